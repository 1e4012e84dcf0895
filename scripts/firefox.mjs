// Runs the tests in Firefox: `npm run firefox`. Installs it and its driver where they are missing.
import { join } from 'node:path';
import { e2e } from './e2e.mjs';
import { setup } from './setup.mjs';
import { buildApp, buildTested } from './lib/build.mjs';
import { firefox } from './lib/firefox.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

await main(async () => {
  const { wasm, browser } = await setup({ tests: true });
  const env = await firefox();
  await buildApp(wasm);
  await buildTested();
  const { passed, failed } = await e2e(browser, process.argv.slice(2), { folder: join(root, 'e2e', 'firefox'), env });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
});
