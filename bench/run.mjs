// Measures what a person feels: download size, start-up, latency, memory. Prints a table, writes target/bench.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setup } from '../scripts/setup.mjs';
import { buildApp, buildRelay } from '../scripts/lib/build.mjs';
import { relayBinary, root, target } from '../scripts/lib/paths.mjs';
import { main, step } from '../scripts/lib/run.mjs';

await main(async () => {
  const { wasm, browser } = await setup({ tests: true });
  await buildApp(wasm);
  await buildRelay();
  Object.assign(process.env, { VOLLY_RELAY: relayBinary, CHROMIUM: browser.chromium });
  // These need the npm packages, which setup may just have installed.
  const [{ sizes }, { startup }, { latency }, { memory }, { Relay }, { User }, { pair }] = await Promise.all(
    ['./size.mjs', './startup.mjs', './latency.mjs', './memory.mjs', '../e2e/fixtures/relay.mjs', '../e2e/fixtures/user.mjs', '../e2e/fixtures/pair.mjs'].map((path) => import(path)),
  );
  const relay = await new Relay('info').start();
  const users = [];
  const user = async (name) => {
    users.push(new User(name, relay.url));
    return users.at(-1).open();
  };
  const result = { sizes: sizes() };
  try {
    result.memory = await step('Memory', () => memory(relay));
    result.startup = await step('Start-up', async () => startup(await user('Visitor')));
    result.latency = await step('Latency', async () => {
      const { alice, bob } = await pair({ user });
      return latency(alice.app, bob.app);
    });
  } finally {
    await Promise.allSettled([...users, relay].map((one) => one.close()));
  }
  const file = join(target, 'bench.json');
  mkdirSync(target, { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  const kilobytes = (values) => Object.entries(values).map(([name, bytes]) => [name, `${(bytes / 1024).toFixed(0)} KB`]);
  const milliseconds = ({ messages, ...values }) => Object.entries(values).map(([name, ms]) => [name, `${ms.toFixed(1)} ms`]);
  const rows = [...kilobytes(result.sizes), ...kilobytes(result.memory), ...milliseconds(result.startup),
    ...milliseconds(result.latency).map(([name, value]) => [`message, ${name} of ${result.latency.messages}`, value])];
  console.log(`\n${rows.map(([name, value]) => `${value.padStart(12)}  ${name}`).join('\n')}\n\n${relative(root, file)}`);
});
