// A circuit through our relay, and through one of js-libp2p: the same clients, first the one, then the other. Linux only: it reads /proc.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root, target } from '../scripts/lib/paths.mjs';
import { medians } from './median.mjs';

const RUNS = 3;
const RESERVATIONS = 100;
const PAIRS = 4;

/** Of each pair. The relay of js-libp2p is slow, and is given less to do. */
const MEGABYTES = { volly: 200, js: 25 };

/** @param {number} pid @param {string} address @param {number} megabytes */
async function load(pid, address, megabytes) {
  const program = join(target, 'relay', 'examples', 'circuits');
  const { stdout } = await promisify(execFile)(program, [pid, address, RESERVATIONS, PAIRS, megabytes].map(String));
  return JSON.parse(stdout);
}

async function ours() {
  const [{ Relay }, { addresses }] = await Promise.all([import('../e2e/fixtures/relay.mjs'), import('../e2e/interop/world.mjs')]);
  const relay = await new Relay('info').start();
  try {
    return await load(relay.pid, (await addresses(relay)).webSocket, MEGABYTES.volly);
  } finally {
    await relay.close();
  }
}

async function theirs() {
  const relay = spawn(process.execPath, [join(root, 'e2e', 'interop', 'relay.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(createInterface({ input: relay.stdout }), 'line');
    return await load(relay.pid, line.replace(/^ready /, ''), MEGABYTES.js);
  } finally {
    relay.kill();
  }
}

/** Medians of several runs, each with a relay of its own. */
export const circuit = async () => ({ volly: await medians(RUNS, ours), js: await medians(RUNS, theirs) });
