// One page that loses its relay and its contact again and again, and holds no more afterwards than before. How often: the variable
// VOLLY_RECONNECTS. The test is who ends the connections, from within the pages, as a network or the other side would.
import assert from 'node:assert/strict';
import { times } from '../fixtures/chance.mjs';
import { expectSoon } from '../fixtures/expect.mjs';
import { memoryOf, withMemory } from '../fixtures/memory.mjs';
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { Traffic } from '../fixtures/traffic.mjs';

const RECONNECTS = times('VOLLY_RECONNECTS', 100);
/** Streams that a page has to have seen in the end. */
const STREAMS_PER_RECONNECT = 10;
/** How often memory is looked at: so often that one odd figure changes little. */
const SAMPLES = 20;
/** Reconnects after which everything has been allocated that is allocated once. */
const WARM = 20;
/** What scripts may hold more after a thousand reconnects. */
const SLOPE = 1024 * 1024;
/** What the memory of the program may have grown by, which never shrinks. */
const PROGRAM_GROWTH = 1024 * 1024;
/** Objects of a kind that may be there beyond what was: connections that are being made. */
const UNDER_WAY = 8;
/** A reconnect comes after a pause, of half a minute after a negotiation that came to nothing. */
const BACK_MS = 120_000;

/** What the page would leak first. */
const KINDS = ['RTCPeerConnection', 'RTCDataChannel', 'WebSocket', 'WebTransport', 'WebTransportBidirectionalStream', 'ReadableStream'];

/** Counts what each page opens, and lets it be closed; holds nothing itself. @param {import('../fixtures/scenario.mjs').World} world */
function counted({ user, ...world }) {
  const count = async (...args) => {
    const person = await user(...args);
    person.networkMayFail = true;
    await person.context.addInitScript(() => {
      const counts = { relays: 0, contacts: 0, streams: 0 };
      const open = { relays: new Set(), contacts: new Set() };
      globalThis.counted = { counts, open };
      const watch = (name, kind, opened) => {
        const Original = globalThis[name];
        globalThis[name] = new Proxy(Original, {
          construct(target, parts) {
            const made = Reflect.construct(target, parts);
            const reference = new WeakRef(made);
            opened(made, () => {
              counts[kind] += 1;
              open[kind].add(reference);
            }, () => open[kind].delete(reference));
            return made;
          },
        });
      };
      watch('WebSocket', 'relays', (made, yes, no) => {
        made.addEventListener('open', yes);
        made.addEventListener('close', no);
      });
      watch('WebTransport', 'relays', (made, yes, no) => {
        made.ready.then(yes, () => {});
        made.closed.then(no, no);
      });
      watch('RTCPeerConnection', 'contacts', (made, yes, no) => {
        made.addEventListener('connectionstatechange', () => {
          if (made.connectionState === 'connected') yes();
          if (['closed', 'failed'].includes(made.connectionState)) no();
        });
        made.addEventListener('datachannel', () => (counts.streams += 1));
      });
      const streams = (prototype, method) => {
        const original = prototype[method];
        prototype[method] = function (...parts) {
          counts.streams += 1;
          return original.apply(this, parts);
        };
      };
      streams(RTCPeerConnection.prototype, 'createDataChannel');
      if (globalThis.WebTransport) streams(WebTransport.prototype, 'createBidirectionalStream');
    });
    return person;
  };
  return { user: count, ...world };
}

/** @param {import('../fixtures/user.mjs').User} person @returns {Promise<{ relays: number, contacts: number, streams: number }>} */
const counts = ({ app }) => app.page.evaluate(() => globalThis.counted.counts);

/**
 * Ends every connection of a kind, and waits until there is another.
 * @param {import('../fixtures/user.mjs').User} person @param {'relays' | 'contacts'} kind @param {import('../fixtures/user.mjs').User} [ender] whose page ends them
 */
async function reconnect(person, kind, ender = person) {
  const before = (await counts(person))[kind];
  await ender.app.page.evaluate((of) => {
    for (const reference of globalThis.counted.open[of]) {
      reference.deref()?.close();
      globalThis.counted.open[of].delete(reference);
    }
  }, kind);
  await expectSoon(async () => (await counts(person))[kind] > before, `${person.name} is back`, BACK_MS);
}

/** How many objects of each kind the page holds, those that nobody can reach aside. @param {import('../fixtures/user.mjs').User} person */
async function held({ context, app }) {
  const session = await context.newCDPSession(app.page);
  await session.send('HeapProfiler.collectGarbage');
  const found = {};
  for (const kind of KINDS) {
    const { result } = await session.send('Runtime.evaluate', { expression: `${kind}.prototype` });
    const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId });
    const { result: length } = await session.send('Runtime.callFunctionOn', { objectId: objects.objectId, functionDeclaration: 'function () { return this.length; }' });
    found[kind] = length.value;
    await session.send('Runtime.releaseObject', { objectId: objects.objectId });
  }
  await session.detach();
  return found;
}

/** Of the line through the points that is nearest to them. @param {{ at: number, bytes: number }[]} points @returns {number} bytes for each reconnect */
function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [at, bytes] = [mean((point) => point.at), mean((point) => point.bytes)];
  return mean((point) => (point.at - at) * (point.bytes - bytes)) / mean((point) => (point.at - at) ** 2);
}

scenario(`${RECONNECTS} times everything is connected again, and the page holds no more than before`, async (world) => {
  const people = await pair(counted(withMemory(world)));
  const { alice, bob } = people;
  const traffic = new Traffic(people);
  await expectSoon(async () => (await counts(alice)).contacts > 0, 'they are connected', BACK_MS);
  const cycle = async () => {
    await reconnect(alice, 'relays');
    await reconnect(alice, 'contacts', bob);
  };
  for (let warm = 0; warm < WARM; warm += 1) await cycle();
  const [before, first, opened] = [await held(alice), await memoryOf(alice), await counts(alice)];
  const points = [];
  for (let done = 1; done <= RECONNECTS; done += 1) {
    await cycle();
    if (done % Math.ceil(RECONNECTS / SAMPLES) === 0) points.push({ at: done, bytes: (await memoryOf(alice)).script });
  }
  // Texts are kept, so they come when memory has been looked at.
  await traffic.say();
  await traffic.expectAll(BACK_MS);
  const [after, last, now] = [await held(alice), await memoryOf(alice), await counts(alice)];
  const streams = now.streams - opened.streams;
  world.report(`${now.relays - opened.relays} relays, ${now.contacts - opened.contacts} contacts, ${streams} streams`);
  world.report(`${(slope(points) / 1024).toFixed(2)} KB a reconnect; program ${first.program} bytes before, ${last.program} after`);
  world.report(`held ${JSON.stringify(before)} before, ${JSON.stringify(after)} after`);
  for (const kind of KINDS) assert.ok(after[kind] <= before[kind] + UNDER_WAY, `${kind}: ${before[kind]} before, ${after[kind]} after`);
  assert.ok(slope(points) * 1_000 < SLOPE, 'scripts hold no more and more');
  assert.ok(last.program <= first.program + PROGRAM_GROWTH, 'neither does the program');
  assert.ok(streams >= STREAMS_PER_RECONNECT * RECONNECTS, `${streams} streams`);
}, { timeout: 300_000 + RECONNECTS * 20_000 });
