// Runs the tests of direct connections behind address translators, in networks that they make themselves: `npm run nat`. Needs
// Linux and root, and fails without; so it is a command of its own and no part of `npm test`.
import { join } from 'node:path';
import { e2e } from './e2e.mjs';
import { setup } from './setup.mjs';
import { buildApp, buildTested } from './lib/build.mjs';
import { root, target } from './lib/paths.mjs';
import { main, run, step } from './lib/run.mjs';

await main(async () => {
  const { wasm, browser } = await setup({ tests: true });
  await buildApp(wasm);
  await buildTested();
  await step('Build the translator', () => run('nat', 'cargo', ['build', '--locked', '-p', 'volly-nat', '--profile', 'relay']));
  const env = { VOLLY_NAT: join(target, 'relay', 'volly-nat') };
  const { passed, failed } = await e2e(browser, process.argv.slice(2), { folder: join(root, 'e2e', 'nat'), env });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
});
