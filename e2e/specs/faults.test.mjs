// What breaks on the way: the relay dies, the network goes.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { numbered, pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

const BACK_MS = 5_000;
/** Longer than every interval at which the node or the relay does something of its own: the longest is 15 s. */
const KEPT_MS = 18_000;

scenario('a relay killed in mid traffic loses nothing and doubles nothing', async (world) => {
  const { alice, bob } = await pair(world);
  alice.networkMayFail = bob.networkMayFail = true;
  const texts = numbered('Ball', 30);
  for (const text of texts.slice(0, 10)) await alice.app.send(text);
  const traffic = (async () => {
    for (const text of texts.slice(10, 20)) await alice.app.send(text);
  })();
  await world.relay.kill();
  await traffic;
  for (const text of texts.slice(20)) await alice.app.send(text);
  await world.relay.start();
  const started = performance.now();
  await Promise.all([alice, bob].map(({ app }) => app.expectChip('Online', BACK_MS)));
  world.report(`both online ${((performance.now() - started) / 1000).toFixed(1)} s after the relay's return (bar: 5 s)`);
  await bob.app.expectTexts(['Hello Alice', ...texts], 30_000);
  await alice.app.expectState(texts.at(-1), /Delivered|Read/);
});

scenario('airplane mode: the app opens, shows history and keeps what is written until the network is back', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  alice.networkMayFail = true;
  await alice.context.setOffline(true);
  await alice.app.expectChip('Offline', BACK_MS);
  await alice.app.reload();
  await alice.app.openChat('Bob');
  await alice.app.expectTexts(['Hello Alice']);
  await alice.app.expectChip('Offline', BACK_MS);
  await alice.app.send('Written in the air');
  await alice.app.expectState('Written in the air', /Waiting/);
  await alice.context.setOffline(false);
  await alice.app.expectChip('Online', BACK_MS);
  await bob.app.expectTexts(['Hello Alice', 'Written in the air']);
  await alice.app.expectState('Written in the air', /Delivered|Read/);
});

scenario('an undisturbed connection is kept', async (world) => {
  const { alice, bob } = await pair(world);
  for (const { app } of [alice, bob]) {
    await app.page.evaluate(() => {
      globalThis.again = [];
      for (const name of ['WebSocket', 'WebTransport']) {
        globalThis[name] = new Proxy(globalThis[name], {
          construct(target, parts) {
            globalThis.again.push(name);
            return Reflect.construct(target, parts);
          },
        });
      }
    });
  }
  const until = performance.now() + KEPT_MS;
  let count = 0;
  while (performance.now() < until) {
    await alice.app.send(`Ball ${++count}`);
    await setTimeout(1_000);
  }
  await bob.app.expectTexts(['Hello Alice', ...numbered('Ball', count)]);
  for (const { app, name } of [alice, bob]) {
    assert.deepEqual(await app.page.evaluate(() => globalThis.again), [], `${name} did not have to connect again`);
  }
});

scenario('a relay that is asked to stop ends well', async ({ relay }) => {
  assert.equal((await fetch(`${relay.url}/healthz`)).status, 200);
  assert.equal(await relay.stop(), 0);
});
