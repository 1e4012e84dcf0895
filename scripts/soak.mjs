// The tests of faults, for hours: `npm run soak -- --minutes 30 --cycles 200 --frozen 600 --kills 100 --frames 1000000 --reconnects 1000 --mebibytes 1024`. Without a number
// each is as long as in `npm test`. What else stands there goes to the end-to-end tests, as `-g "cut"`.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { e2e } from './e2e.mjs';
import { setup } from './setup.mjs';
import { buildApp, buildAttacker, buildTested } from './lib/build.mjs';
import { root } from './lib/paths.mjs';
import { Failure, main, run, step } from './lib/run.mjs';

/** What each option says to the tests. */
const SIZES = { minutes: 'VOLLY_MINUTES', cycles: 'VOLLY_CYCLES', frozen: 'VOLLY_FROZEN_SECONDS', kills: 'VOLLY_KILLS', frames: 'VOLLY_FRAMES', reconnects: 'VOLLY_RECONNECTS', mebibytes: 'VOLLY_FILE_MIB' };

/** Of the end-to-end tests. */
const FILES = ['lines', 'kills', 'files'];
/** What is no part of `npm test`, since it takes minutes, and the option without which it is left out. */
const LONG = { frames: 'hostile', reconnects: 'endurance' };

await main(async () => {
  const options = Object.fromEntries(Object.keys(SIZES).map((name) => [name, { type: 'string' }]));
  const { values, positionals } = parseArgs({ options: { ...options, grep: { type: 'string', short: 'g' } }, allowPositionals: true });
  const { grep, ...sizes } = values;
  for (const [name, value] of Object.entries(sizes)) if (!/^\d+$/.test(value)) throw new Failure(`--${name} takes a whole number`);
  const { wasm, browser } = await setup({ tests: true });
  await buildApp(wasm);
  await buildTested();
  await buildAttacker();
  const env = Object.fromEntries(Object.entries(sizes).map(([name, value]) => [SIZES[name], value]));
  if (sizes.frames) {
    await step('Hostile peers against the relay', () => run('hostile-relay', 'cargo', ['test', '--locked', '--workspace', '--test', 'relay', 'hostile'], { env }));
  }
  const pattern = grep ? ['-g', grep] : [];
  const faults = await e2e(browser, [...pattern, ...(positionals.length > 0 ? positionals : FILES)], { env });
  let { passed, failed } = faults;
  for (const [option, file] of Object.entries(LONG)) {
    if (!sizes[option] || grep) continue;
    const long = await e2e(browser, [file], { folder: join(root, 'e2e', 'soak'), env });
    passed += long.passed;
    failed += long.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
});
