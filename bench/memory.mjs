// What the relay holds in memory: idle, and with clients that are connected, reserved and subscribed. Linux only: it reads /proc.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { target } from '../scripts/lib/paths.mjs';

const CLIENTS = 200;

/** @param {import('../e2e/fixtures/relay.mjs').Relay} relay freshly started */
export function memory(relay) {
  const output = execFileSync(join(target, 'relay', 'examples', 'load'), [relay.pid, new URL(relay.url).port, 'idle', CLIENTS].map(String), { encoding: 'utf8' });
  const bytes = (line) => Number(output.match(new RegExp(`${line}: VmRSS:\\s+(\\d+) kB`))[1]) * 1024;
  return { idle: bytes('before'), connected: bytes(`${CLIENTS} clients`) };
}
