// Runs every check there is, and ends with one line: `N passed, N failed`. `--only STAGE` runs one of them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { e2e } from './e2e.mjs';
import { interop } from './interop.mjs';
import { setup } from './setup.mjs';
import { chromiumArgs } from './lib/browser.mjs';
import { buildApp, buildTested } from './lib/build.mjs';
import { cargoCounts, nextestCounts, nodeCounts } from './lib/counts.mjs';
import { target } from './lib/paths.mjs';
import { Failure, ask, durations, excerpt, main, readable, run, step } from './lib/run.mjs';

/** @typedef {import('./setup.mjs').Ready} Ready @typedef {import('./lib/counts.mjs').Counts} Counts */

const WASM = ['--target', 'wasm32-unknown-unknown'];
/** What only a browser has is the database, and a compiler of its own for the cryptography; the network is tested natively and end to end. */
const BROWSER_TESTS = ['-p', 'volly-core', '--no-default-features', '--features', 'idb', '--test', 'browser', '--test', 'vectors', '--test', 'frozen'];
const WASM_TEST_TIMEOUT_S = '120';

const format = () => step('Format', () => run('format', 'cargo', ['fmt', '--all', '--check'])).then(() => undefined);

const DENY = ['--', '-D', 'warnings'];

const lint = () =>
  step('Lint, native', () => run('lint', 'cargo', ['clippy', '--locked', '--workspace', '--exclude', 'volly-web', '--exclude', 'volly-bench', '--exclude', 'volly-interop', '--all-targets', ...DENY])).then(() => undefined);

/** @param {Ready} ready */
const lintWasm = ({ wasm }) =>
  step('Lint, wasm32', () => run('lint-wasm', 'cargo', ['clippy', '--locked', ...WASM, '-p', 'volly-core', '-p', 'volly-web', '-p', 'volly-bench', '-p', 'volly-interop', ...DENY], { env: wasm })).then(() => undefined);

/** Runs a command that tests; one that fails or runs nothing is a failure, and its output is shown. */
async function runner(name, log, counts, command, args, env = {}) {
  const { output, code } = await step(name, () => run(log, command, args, { env, mayFail: true }));
  const result = counts(output);
  if (code === 0 && result.passed > 0 && result.failed === 0) return result;
  console.log(`${excerpt(output)}\n`);
  return { passed: result.passed, failed: Math.max(1, result.failed) };
}

/** @returns {Promise<Counts>} */
const scripts = () => runner('Script tests', 'scripts', nodeCounts, process.execPath, ['--test', 'scripts/lib/counts.test.mjs']);

/** @returns {Promise<Counts>} */
const unit = () =>
  ask('cargo', ['nextest', '--version'])
    ? runner('Unit tests', 'unit', nextestCounts, 'cargo', ['nextest', 'run', '--locked', '--workspace', '--no-fail-fast', '--failure-output', 'final'])
    : runner('Unit tests', 'unit', cargoCounts, 'cargo', ['test', '--locked', '--workspace', '--all-targets', '--no-fail-fast']);

/** @param {Ready} ready @returns {Promise<Counts>} */
function wasmTests({ wasm, browser }) {
  const capabilities = join(target, 'webdriver.json');
  mkdirSync(target, { recursive: true });
  writeFileSync(capabilities, JSON.stringify({ 'goog:chromeOptions': { binary: browser.chromium, args: [...chromiumArgs, '--headless=new'] } }));
  return runner('Browser tests (wasm)', 'wasm-tests', cargoCounts, 'cargo', ['test', '--locked', ...WASM, ...BROWSER_TESTS, '--no-fail-fast'], {
    ...wasm,
    CHROMEDRIVER: browser.chromedriver,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: 'wasm-bindgen-test-runner',
    WASM_BINDGEN_TEST_TIMEOUT: WASM_TEST_TIMEOUT_S,
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: capabilities,
  });
}

/** @param {Ready} ready @returns {Promise<Counts>} */
async function endToEnd({ wasm, browser }) {
  await buildApp(wasm);
  await buildTested();
  return step('End-to-end tests', () => e2e(browser, []));
}

/** @param {Ready} ready @returns {Promise<Counts>} */
async function otherImplementation(ready) {
  await buildApp(ready.wasm);
  await buildTested();
  return step('Tests with js-libp2p\n', () => interop(ready, []));
}

/** @type {Record<string, (ready: Ready) => Promise<Counts | void>>} in order: what is quick comes first */
const STAGES = { format, scripts, lint, 'lint-wasm': lintWasm, unit, wasm: wasmTests, e2e: endToEnd, interop: otherImplementation };

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  if (values.only && !(values.only in STAGES)) throw new Failure(`--only takes one of: ${Object.keys(STAGES).join(', ')}`);
  const ready = await setup({ tests: true });
  const total = { passed: 0, failed: 0 };
  for (const [name, stage] of Object.entries(STAGES)) {
    if (values.only && values.only !== name) continue;
    try {
      const counts = await stage(ready);
      total.passed += counts?.passed ?? 0;
      total.failed += counts?.failed ?? 0;
    } catch (error) {
      // A check without a count of its own, such as a build that breaks: the rest still runs.
      if (!(error instanceof Failure)) throw error;
      console.log(error.message);
      total.failed += 1;
    }
  }
  console.log(`\n${durations.map(({ name, seconds }) => `${readable(seconds).padStart(14)}  ${name}`).join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
});
