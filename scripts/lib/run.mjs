// Runs commands quietly: one line with a duration per step, the whole output in a log, its end on the screen when it fails.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { logs, root } from './paths.mjs';

/** A fault of the surroundings or of a command, told without a stack trace. */
export class Failure extends Error {}

/** @type {{ name: string, seconds: number }[]} */
export const durations = [];

/** @param {number} seconds */
export const readable = (seconds) =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;

/**
 * Does one named piece of work and prints how long it took.
 * @template T
 * @param {string} name
 * @param {() => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const started = performance.now();
  process.stdout.write(`· ${name} … `);
  const done = (mark) => {
    const seconds = (performance.now() - started) / 1000;
    durations.push({ name, seconds });
    process.stdout.write(`${mark}${readable(seconds)}\n`);
  };
  try {
    const result = await work();
    done('');
    return result;
  } catch (error) {
    done('failed after ');
    throw error;
  }
}

/**
 * Runs a command to its end; its output goes to target/logs/NAME.log.
 * @param {string} log name of the log file, without ending
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, timeout?: number, mayFail?: boolean }} [options] timeout in ms
 * @returns {Promise<{ output: string, code: number }>} the output of both streams
 */
export function run(log, command, args, { env = {}, cwd = root, timeout, mayFail = false } = {}) {
  mkdirSync(logs, { recursive: true });
  const path = join(logs, `${log}.log`);
  const file = createWriteStream(path);
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, timeout, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        file.write(text);
      });
    }
    child.on('error', (error) => reject(new Failure(`${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      file.end();
      if (code === 0 || mayFail) return resolve({ output, code: code ?? 1 });
      const end = signal ? `was ended by ${signal}` : `exited with ${code}`;
      reject(new Failure(`${excerpt(output)}\n\n${command} ${args.join(' ')}\n${end}; all of its output: ${relative(root, path)}`));
    });
  });
}

const EXCERPT_LINES = 60;

/** What to show of a long output: from the compiler's first error, else the end. @param {string} output */
export function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  const first = lines.findIndex((line) => /^error(\[|: (?!test))/.test(line));
  return (first < 0 ? lines.slice(-EXCERPT_LINES) : lines.slice(first, first + EXCERPT_LINES)).join('\n');
}

/** The first line a command prints, or undefined when it is missing or fails. @param {string} command @param {string[]} args */
export function ask(command, args, env = {}) {
  const answer = spawnSync(command, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
  return answer.status === 0 ? answer.stdout.trim().split('\n')[0] : undefined;
}

/** Runs a script's main function; a Failure ends it with its message alone. @param {() => Promise<void>} work */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
