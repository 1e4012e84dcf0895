// What a relay does with what comes to it: clients that are there, pairs that speak through it, deposits. Linux only: the load reads /proc.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { target } from '../scripts/lib/paths.mjs';

/** Clients, and seconds that they stay. */
const IDLE = [5_000, 35];

/** Pairs, and seconds for which all of them send. */
const CIRCUIT = [8, 5];

/** Clients, and deposits of each, one after the other. */
const DEPOSITS = [100, 400];

const execute = promisify(execFile);

/** Node lets itself and what it starts have as many files as the system does. @param {{ pid: number, url: string }} relay @param {'idle' | 'circuit' | 'deposits'} what @param {number[]} numbers @returns {Promise<Record<string, number>>} */
export async function load(relay, what, numbers) {
  const program = join(target, 'relay', 'examples', 'load');
  const { stdout } = await execute(program, [relay.pid, new URL(relay.url).port, what, ...numbers].map(String));
  return JSON.parse(stdout);
}

/** @param {any} relay freshly started */
export async function relayed(relay) {
  const { dial, echo, bitsASecond } = await load(relay, 'circuit', CIRCUIT);
  const { aSecond, p99 } = await load(relay, 'deposits', DEPOSITS);
  return { dial: dial / 1000, echo: echo / 1000, bitsASecond, deposits: aSecond, depositP99: p99 / 1000 };
}

/** @param {any} relay freshly started */
export async function idle(relay) {
  const { bytesEach, arrivalMicrosecondsEach } = await load(relay, 'idle', IDLE);
  return { bytesEach, arrival: arrivalMicrosecondsEach / 1000 };
}
