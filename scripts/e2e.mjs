// Runs the end-to-end tests: real Chromium profiles against the real relay.
//
//   npm run e2e                      all
//   npm run e2e -- -g "airplane"     those whose name matches
//   npm run e2e -- relay             those in files whose name contains it
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';
import { buildApp, buildRelay } from './lib/build.mjs';
import { nodeCounts } from './lib/counts.mjs';
import { relayBinary, root } from './lib/paths.mjs';
import { Failure, main, run } from './lib/run.mjs';

const specs = join(root, 'e2e', 'specs');

/**
 * @param {{ chromium: string }} browser
 * @param {string[]} args `-g PATTERN` and parts of file names
 * @returns {Promise<import('./lib/counts.mjs').Counts>}
 */
export async function e2e(browser, args) {
  const { values, positionals } = parseArgs({ args, options: { grep: { type: 'string', short: 'g' } }, allowPositionals: true });
  const files = readdirSync(specs)
    .filter((name) => name.endsWith('.test.mjs') && (positionals.length === 0 || positionals.some((part) => name.includes(part))))
    .map((name) => join(specs, name));
  if (files.length === 0) throw new Failure(`No file in ${relative(root, specs)} matches ${positionals.join(' ')}`);
  const pattern = values.grep ? [`--test-name-pattern=/${values.grep.replaceAll('/', '\\/')}/i`] : [];
  // One at a time: a test has several browsers of its own, and measures times.
  const { output, code } = await run('e2e', process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...pattern, ...files], {
    env: { VOLLY_RELAY: relayBinary, CHROMIUM: browser.chromium },
    mayFail: true,
  });
  console.log(`\n${output.trimEnd()}`);
  const counts = nodeCounts(output);
  const nothingWrong = code === 0 && counts.passed > 0;
  return nothingWrong ? counts : { passed: counts.passed, failed: Math.max(1, counts.failed) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const { wasm, browser } = await setup({ tests: true });
    await buildApp(wasm);
    await buildRelay();
    const { passed, failed } = await e2e(browser, process.argv.slice(2));
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  });
}
