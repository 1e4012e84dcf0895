// From browser to browser: traffic leaves the relay, and comes back to it.
import assert from 'node:assert/strict';
import { expectSoon } from '../fixtures/expect.mjs';
import { numbered, pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

/** The bar is 3 s on loopback; the margin is for slow machines. */
const DIRECT_MS = 15_000;
/** After a loss: a negotiation that failed is tried again after 30 s. */
const AGAIN_MS = 60_000;

/** Remembers every connection that a page makes. @param {any} world */
function observed({ user, ...world }) {
  const observe = async (...args) => {
    const person = await user(...args);
    await person.context.addInitScript(() => {
      const Original = globalThis.RTCPeerConnection;
      globalThis.connections = [];
      globalThis.RTCPeerConnection = class extends Original {
        constructor(...parts) {
          super(...parts);
          globalThis.connections.push(this);
        }
      };
    });
    return person;
  };
  return { user: observe, ...world };
}

const states = ({ app }) => app.page.evaluate(() => globalThis.connections.map((connection) => connection.connectionState));

/** Waits until each has one connection that carries something. */
const expectDirect = (people, ms = DIRECT_MS) =>
  Promise.all(people.map(async (person) => {
    let seen = [];
    const open = async () => {
      seen = await states(person);
      return seen.filter((state) => state === 'connected').length === 1;
    };
    await expectSoon(open, () => `${person.name} has one connection: ${seen}`, ms);
  }));

/** Each says something, and the other sees it. */
async function talk({ alice, bob }, known, words) {
  for (const [from, word] of [[alice, `${words} from Alice`], [bob, `${words} from Bob`]]) {
    await from.app.send(word);
    known.push(word);
    await Promise.all([alice, bob].map(({ app }) => app.expectTexts(known)));
  }
}

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
      await expectDirect([alice, bob], AGAIN_MS);
      await alice.app.page.evaluate(() => globalThis.connections.forEach((connection) => connection.close()));
    }
    await alice.app.send(text);
  }
  await bob.app.expectTexts(['Hello Alice', ...texts], 30_000);
  await alice.app.expectState(texts.at(-1), /Delivered|Read/);
  await expectDirect([alice, bob], AGAIN_MS);
});

scenario('through the relay only, no address reaches a contact', async (world) => {
  const people = await pair(observed(world));
  const { alice, bob } = people;
  await expectDirect([alice, bob]);
  const known = ['Hello Alice'];
  const choose = async () => {
    await bob.app.toggleRelayOnly();
    await bob.app.openChat('Alice');
  };
  await choose();
  const closed = async () => (await states(bob)).every((state) => state === 'closed');
  await expectSoon(closed, 'what there is of it is closed');
  await talk(people, known, 'Relayed');
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
