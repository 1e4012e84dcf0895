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
import { buildApp, buildTested } from './lib/build.mjs';
import { nodeCounts } from './lib/counts.mjs';
import { root, testBinary } from './lib/paths.mjs';
import { Failure, main, run } from './lib/run.mjs';

const specs = join(root, 'e2e', 'specs');
/** Those that measure nothing, of which two may run at once. A test has several browsers of its own, and mostly waits. */
const TOGETHER = /^(accessibility|backup|contacts|installable|manners|messages|privacy|storage|tabs)\./;

/**
 * @param {{ chromium: string }} browser
 * @param {string[]} args `-g PATTERN` and parts of file names
 * @param {{ folder?: string, env?: Record<string, string> }} [options] where the tests are, and what else they are told
 * @returns {Promise<import('./lib/counts.mjs').Counts>}
 */
export async function e2e(browser, args, { folder = specs, env = {} } = {}) {
  const { values, positionals } = parseArgs({ args, options: { grep: { type: 'string', short: 'g' } }, allowPositionals: true });
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.test.mjs') && (positionals.length === 0 || positionals.some((part) => name.includes(part))));
  if (files.length === 0) throw new Failure(`No file in ${relative(root, folder)} matches ${positionals.join(' ')}`);
  const pattern = values.grep ? [`--test-name-pattern=/${values.grep.replaceAll('/', '\\/')}/i`] : [];
  const together = folder === specs ? files.filter((name) => TOGETHER.test(name)) : [];
  const total = { passed: 0, failed: 0 };
  for (const [group, atOnce] of [[together, 2], [files.filter((name) => !together.includes(name)), 1]]) {
    if (group.length === 0) continue;
    const { output, code } = await run('e2e', process.execPath, ['--test', `--test-concurrency=${atOnce}`, '--test-reporter=spec', ...pattern, ...group.map((name) => join(folder, name))], {
      env: { VOLLY_RELAY: testBinary('volly-relay'), VOLLY_PROXY: testBinary('volly-proxy'), VOLLY_HOSTILE: testBinary('examples/hostile'), CHROMIUM: browser.chromium, ...env },
      mayFail: true,
    });
    console.log(`\n${output.trimEnd()}`);
    const { passed, failed } = nodeCounts(output);
    total.passed += passed;
    total.failed += code === 0 ? failed : Math.max(1, failed);
  }
  return total.passed > 0 ? total : { passed: 0, failed: Math.max(1, total.failed) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const { wasm, browser } = await setup({ tests: true });
    await buildApp(wasm);
    await buildTested();
    const { passed, failed } = await e2e(browser, process.argv.slice(2));
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  });
}
