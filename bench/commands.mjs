// The two commands as a person meets them: in a fresh clone, and again. Builds everything twice over, so it runs only when asked for.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../scripts/lib/paths.mjs';
import { Failure, step } from '../scripts/lib/run.mjs';

/**
 * Seconds until a line of the output begins with `wanted`; the command is ended then, unless it ends by itself.
 * @param {string} cwd @param {string[]} args of npm @param {RegExp} wanted
 */
function until(cwd, args, wanted) {
  const started = performance.now();
  const { CARGO_TARGET_DIR: _, ...env } = process.env;
  const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  return new Promise((resolve, reject) => {
    let seconds;
    createInterface({ input: child.stdout }).on('line', (line) => {
      console.log(`    ${line}`);
      if (!wanted.test(line)) return;
      seconds = (performance.now() - started) / 1000;
      if (args[0] === 'start') process.kill(-child.pid, 'SIGINT');
    });
    child.once('close', () => (seconds === undefined ? reject(new Failure(`npm ${args.join(' ')} did not get to ${wanted}`)) : resolve(seconds)));
  });
}

/** What is installed on the machine already is not installed again: rustup's target, Chromium. */
export async function commands() {
  const folder = mkdtempSync(join(tmpdir(), 'volly-clone-'));
  try {
    execFileSync('git', ['clone', '--quiet', root, folder]);
    const start = () => until(folder, ['start', '--', '--listen', '127.0.0.1:0'], /^ready /);
    const test = () => until(folder, ['test'], /^\d+ passed, 0 failed/);
    return {
      startCold: await step('npm start, cold\n', start),
      startWarm: await step('npm start, again\n', start),
      testCold: await step('npm test, after npm start\n', test),
      testWarm: await step('npm test, again\n', test),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
