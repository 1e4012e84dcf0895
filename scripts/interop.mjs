// Runs the tests with another implementation of libp2p, in Node and in Chromium: `npm run interop`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { e2e } from './e2e.mjs';
import { setup } from './setup.mjs';
import { buildApp, buildInterop, buildTested } from './lib/build.mjs';
import { npmPackages } from './lib/npm.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

/** @param {import('./setup.mjs').Ready} ready @param {string[]} args as of the end-to-end tests */
export async function interop({ wasm, browser }, args) {
  const folder = join(root, 'e2e', 'interop');
  await npmPackages(folder);
  const env = { VOLLY_INTEROP: await buildInterop(wasm) };
  return e2e(browser, args, { folder, env });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const ready = await setup({ tests: true });
    await buildApp(ready.wasm);
    await buildTested();
    const { passed, failed } = await interop(ready, process.argv.slice(2));
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  });
}
