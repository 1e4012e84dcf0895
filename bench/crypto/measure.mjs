// Times operations side by side, in Node and in a page alike: the subjects of a row take turns, a batch each, so that what slows
// the machine for a while slows them all.
import { percentile } from '../median.mjs';
import { rows } from './rows.mjs';

const BATCHES = 9;

/** Long enough for a page's clock, which ticks every 0.1 ms. */
const BATCH_MS = 20;

/** @typedef {(count: number) => void | Promise<void>} Operate does one thing so many times */

/** @param {Operate} operate @param {number} count @returns {Promise<number>} milliseconds */
async function time(operate, count) {
  const started = performance.now();
  await operate(count);
  return performance.now() - started;
}

/** Warms up, and finds how many operations fill a batch. @param {Operate} operate */
async function batch(operate) {
  for (let count = 1; ; count *= 2) {
    const took = await time(operate, count);
    if (took >= BATCH_MS) return Math.ceil((count * BATCH_MS) / took);
  }
}

/** @param {Record<string, Operate | null>} subjects null: this host has no such thing @returns {Promise<Record<string, number | null>>} microseconds */
async function compare(subjects) {
  const running = Object.entries(subjects).filter(([, operate]) => operate);
  const counts = new Map();
  for (const [name, operate] of running) counts.set(name, await batch(operate));
  const took = new Map(running.map(([name]) => [name, []]));
  for (let round = 0; round < BATCHES; round += 1) {
    for (const [name, operate] of running) took.get(name).push((await time(operate, counts.get(name))) / counts.get(name));
  }
  return Object.fromEntries(Object.keys(subjects).map((name) => [name, took.has(name) ? percentile(took.get(name)) * 1000 : null]));
}

/**
 * @param {string} module URL of what wasm-bindgen made
 * @param {BufferSource} [wasm] its bytes, where they cannot be fetched
 */
export async function measure(module, wasm) {
  const volly = await import(module);
  await volly.default(wasm && { module_or_path: wasm });
  const results = [];
  for (const { subjects, less, ...row } of await rows(volly)) {
    const { uncounted = 0, ...times } = await compare(less ? { ...subjects, uncounted: less } : subjects);
    results.push({ ...row, times: { ...times, Volly: times.Volly - uncounted } });
  }
  return results;
}
