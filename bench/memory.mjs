// What the relay holds in memory. Linux only: it reads /proc.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';

const SOCKETS = 200;

/** @param {number} pid @returns {number} bytes */
const resident = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) * 1024;

/** An upgraded WebSocket that says nothing more. @param {URL} url */
async function openSocket(url) {
  const socket = connect(Number(url.port), url.hostname);
  const key = randomBytes(16).toString('base64');
  socket.write(`GET / HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 101')) throw new Error(String(answer));
  return socket;
}

/** @param {import('../e2e/fixtures/relay.mjs').Relay} relay freshly started */
export async function memory(relay) {
  const idle = resident(relay.pid);
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openSocket(new URL(relay.url))));
  const loaded = resident(relay.pid);
  for (const socket of sockets) socket.destroy();
  return { 'relay, idle': idle, [`relay, ${SOCKETS} WebSockets before their handshake`]: loaded };
}
