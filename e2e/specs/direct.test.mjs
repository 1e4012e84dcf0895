// From browser to browser: traffic leaves the relay, and comes back to it.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { expectDirect, observed, states } from '../fixtures/connections.mjs';
import { expectSoon } from '../fixtures/expect.mjs';
import { numbered, pair, talk } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

/** From a connection to traffic on it; what is closed before was never used. */
const MOVING_MS = 1_000;

scenario('two who are online talk without the relay', async (world) => {
  const people = await pair(observed(world));
  const { alice, bob } = people;
  const started = performance.now();
  await expectDirect([alice, bob]);
  world.report(`direct ${((performance.now() - started) / 1000).toFixed(1)} s after the first message (bar: 3 s)`);
  alice.networkMayFail = bob.networkMayFail = true;
  const known = ['Hello Alice'];
  await talk(people, known, 'Direct');
  await world.relay.kill();
  await Promise.all([alice, bob].map(({ app }) => app.expectChip('Offline')));
  await talk(people, known, 'Without a relay');
  await alice.app.expectState('Without a relay from Alice', /Delivered|Read/);
  await world.relay.start();
  await Promise.all([alice, bob].map(({ app }) => app.expectChip('Online')));
  await talk(people, known, 'With it again');
});

scenario('when the direct connection is lost nothing else is', async (world) => {
  const people = await pair(observed(world));
  const { alice, bob } = people;
  const texts = numbered('Line', 20);
  for (const [index, text] of texts.entries()) {
    if (index % 10 === 5) {
      await expectDirect([alice, bob]);
      await setTimeout(MOVING_MS);
      await alice.app.page.evaluate(() => globalThis.connections.forEach((connection) => connection.close()));
    }
    await alice.app.send(text);
  }
  await bob.app.expectTexts(['Hello Alice', ...texts], 30_000);
  await alice.app.expectState(texts.at(-1), /Delivered|Read/);
  await expectDirect([alice, bob]);
});

scenario('through the relay only, no address reaches a contact', async (world) => {
  const people = await pair(observed(world));
  const { alice, bob } = people;
  await expectDirect([alice, bob]);
  await Promise.all([alice, bob].map(({ app }) => app.expectReach('Direct')));
  const known = ['Hello Alice'];
  const choose = async () => {
    await bob.app.toggleRelayOnly();
    await bob.app.openChat('Alice');
  };
  await choose();
  const closed = async () => (await states(bob)).every((state) => state === 'closed');
  await expectSoon(closed, 'what there is of it is closed');
  await talk(people, known, 'Relayed');
  await Promise.all([alice, bob].map(({ app }) => app.expectReach('Online')));
  await Promise.all([alice, bob].map(({ app }) => app.reload()));
  await Promise.all([alice.app.openChat('Bob'), bob.app.openChat('Alice')]);
  await talk(people, known, 'Still relayed');
  assert.deepEqual(await states(bob), [], 'who has chosen so makes no connection after a reload');
  const candidates = await alice.app.page.evaluate(() => globalThis.connections.filter((connection) => connection.remoteDescription).length);
  assert.equal(candidates, 0, 'and the contact hears of none');
  await choose();
  await talk(people, known, 'Free to be direct');
  await expectDirect([alice, bob]);
});

scenario('how a contact is reached is told without telling who it is', async (world) => {
  const { alice } = await pair(world);
  await alice.app.expectReach('Direct', 30_000);
  await alice.app.about('Bob');
  await alice.app.page.getByText(/^Here now, device to device\. There and back in \d+ ms\.$/).waitFor();
  const details = await alice.app.details();
  const { host } = new URL(world.relay.url);
  assert.match(details, new RegExp(`^Volly [0-9.]+\nRelay ${host}: Online\nDevice to device where possible\nContacts: 1, here: 1\n1\\. Direct \\d+ ms\nMozilla/`));
  assert.doesNotMatch(details, /Bob|Alice/);
});
