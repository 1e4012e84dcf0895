// Firefox: by each way to the relay alone, with another Firefox and with Chromium.
import assert from 'node:assert/strict';
import { pair, talk } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { chromiumArgs } from '../../scripts/lib/browser.mjs';
import { withoutUpgrades } from './gate.mjs';
import { FirefoxUser } from './person.mjs';

const ONLINE_MS = 5_000;
const DIRECT_MS = 30_000;

/** @typedef {import('../fixtures/scenario.mjs').World} World */

/**
 * Has some of the people use Firefox.
 * @param {World} world @param {string[]} names who @param {{ url?: string, preferences?: Record<string, unknown> }} [options]
 */
function inFirefox({ user, ...world }, names, { url = world.relay.url, preferences } = {}) {
  const open = async (name, options) => {
    // Chromium hides its addresses behind names that it alone resolves.
    if (!names.includes(name)) return user(name, { ...options, args: [...chromiumArgs, '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection'] });
    const person = new FirefoxUser(name, url, preferences);
    world.also(person);
    return person.open();
  };
  return { user: open, ...world };
}

/** Two people meet, one opens the page again, and they go on. @param {World} world */
async function together(world) {
  const people = await pair(world);
  const known = ['Hello Alice'];
  await talk(people, known, 'Hello');
  const started = performance.now();
  await people.alice.app.reload();
  await people.alice.app.expectChip('Online', ONLINE_MS);
  world.report(`online ${((performance.now() - started) / 1000).toFixed(1)} s after a reload`);
  await people.alice.app.openChat('Bob');
  await talk(people, known, 'Again');
  return { people, known };
}

for (const [names, who] of /** @type {[string[], string][]} */ ([
  [['Alice', 'Bob'], 'Firefox and Firefox'],
  [['Alice'], 'Firefox invites Chromium'],
  [['Bob'], 'Chromium invites Firefox'],
])) {
  scenario(`${who}: through the relay, then direct`, async (world) => {
    const { people, known } = await together(inFirefox(world, names));
    const both = [people.alice, people.bob];
    const started = performance.now();
    await Promise.all(both.map(({ app }) => app.expectReach('Direct', DIRECT_MS)));
    world.report(`direct within ${((performance.now() - started) / 1000).toFixed(1)} s`);
    both.forEach((person) => (person.networkMayFail = true));
    await talk(people, known, 'Direct');
    await world.relay.kill();
    await Promise.all(both.map(({ app }) => app.expectChip('Offline')));
    await talk(people, known, 'Without a relay');
  });
}

scenario('WebSocket alone is enough', async (world) => {
  const { people } = await together(inFirefox(world, ['Alice', 'Bob'], { preferences: { 'network.webtransport.enabled': false } }));
  assert.equal(await people.alice.app.session.evaluate(() => 'WebTransport' in globalThis), false);
});

scenario('WebTransport alone is enough', async (world) => {
  const gate = await withoutUpgrades(world.relay.url);
  try {
    const { people } = await together(inFirefox(world, ['Alice', 'Bob'], { url: gate.url }));
    assert.equal(await people.alice.app.session.evaluate(() => 'WebTransport' in globalThis), true);
  } finally {
    gate.close();
  }
});
