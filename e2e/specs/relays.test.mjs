// Two relays that know each other: either of them may die, and nothing else changes.
import assert from 'node:assert/strict';
import { expectSoon } from '../fixtures/expect.mjs';
import { numbered, pair, talk } from '../fixtures/pair.mjs';
import { Relay } from '../fixtures/relay.mjs';
import { scenario } from '../fixtures/scenario.mjs';

/** From the death of a relay to a conversation that goes on. */
const SECONDS_MS = 10_000;

/** A second relay, which the first names to pages. @param {import('../fixtures/scenario.mjs').World} world */
async function beside({ relay }) {
  const other = await new Relay('debug', { mesh: true, peers: [relay.peer] }).start();
  const named = async () => (await (await fetch(`${relay.url}/bootstrap.json`)).json()).relays.length === 1;
  try {
    await expectSoon(named, 'the first relay names the second');
  } catch (error) {
    await other.close();
    throw error;
  }
  return other;
}

/** Where it happens: with a relay that others find. */
const among = async () => ({ relay: { mesh: true }, browser: () => ({}), ends: () => [], close: async () => {} });

/** @param {import('../fixtures/user.mjs').User} person @param {Relay[]} relays */
async function expectRelays(person, relays) {
  const wanted = relays.map(({ url }) => new URL(url).host).sort();
  let seen = [];
  await expectSoon(async () => {
    const details = await person.app.details();
    seen = [...details.matchAll(/^Relay (\S+): Online$/gm)].map(([, host]) => host).sort();
    return JSON.stringify(seen) === JSON.stringify(wanted);
  }, () => `${person.name} is at ${wanted} and not at ${seen}`, 30_000);
}

scenario('either of two relays may die while people talk through them', async (world) => {
  const other = await beside(world);
  try {
    const people = await pair(world);
    const both = [people.alice, people.bob];
    await people.bob.app.toggleRelayOnly();
    await people.bob.app.openChat('Alice');
    for (const person of both) person.networkMayFail = true;
    await Promise.all(both.map((person) => expectRelays(person, [world.relay, other])));
    const known = ['Hello Alice'];
    await talk(people, known, 'With both');
    for (const [dead, left] of [[world.relay, other], [other, world.relay]]) {
      await dead.kill();
      const started = performance.now();
      await talk(people, known, `Without ${dead === other ? 'the other' : 'the first'}`);
      const took = performance.now() - started;
      world.report(`two texts each way ${(took / 1000).toFixed(1)} s after a relay died`);
      assert.ok(took < SECONDS_MS, `${took} ms`);
      await Promise.all(both.map(({ app }) => app.expectReach('Online', SECONDS_MS)));
      await Promise.all(both.map(({ app }) => app.expectChip('Online')));
      await Promise.all(both.map((person) => expectRelays(person, [left])));
      await dead.start();
      await Promise.all(both.map(({ app }) => app.reload()));
      await Promise.all([people.alice.app.openChat('Bob'), people.bob.app.openChat('Alice')]);
      await Promise.all(both.map((person) => expectRelays(person, [world.relay, other])));
    }
    await talk(people, known, 'With both again');
  } finally {
    await other.close();
  }
}, { surroundings: among });

scenario('what waits for somebody who is away survives the relay at which it was left', async (world) => {
  const other = await beside(world);
  try {
    const { alice, bob } = await pair(world);
    await bob.app.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await expectRelays(bob, [world.relay, other]);
    await bob.quit();
    const texts = numbered('While you were away', 10);
    for (const text of texts) await alice.app.send(text);
    for (const text of texts) await alice.app.expectState(text, /^Sent$/, 30_000);
    await alice.quit();
    await world.relay.kill();
    // The page comes from the service worker, and finds the other relay by what it remembers.
    bob.networkMayFail = true;
    await bob.open();
    await bob.app.visit();
    await bob.app.openChat('Alice');
    await bob.app.expectTexts(['Hello Alice', ...texts], 30_000);
    await bob.app.expectChip('Online');
    await bob.app.send('I am back');
    await bob.app.expectState('I am back', /^Sent$/);
    await world.relay.start();
    await alice.open();
    await alice.app.visit();
    await alice.app.openChat('Bob');
    await alice.app.expectTexts(['Hello Alice', ...texts, 'I am back'], 30_000);
    await bob.app.expectTexts(['Hello Alice', ...texts, 'I am back']);
  } finally {
    await other.close();
  }
}, { surroundings: among });
