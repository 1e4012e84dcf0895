// Lines that lose, delay and reorder, that are cut and heal, and machines that sleep. How long and how often is for `npm run soak` to say.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { chance, times } from '../fixtures/chance.mjs';
import { expectDirect, observed } from '../fixtures/connections.mjs';
import { EVERYWHERE, behindLines, redirected } from '../fixtures/lines.mjs';
import { pair, talk } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { asleep, clockThatJumps, frozen } from '../fixtures/sleep.mjs';
import { Traffic } from '../fixtures/traffic.mjs';

const MINUTE_MS = 60_000;
const MINUTES = times('VOLLY_MINUTES', 1);
const CYCLES = times('VOLLY_CYCLES', 20);
/** A page that nobody looks at may be frozen for longer than the relay waits for it. */
const FROZEN_MS = times('VOLLY_FROZEN_SECONDS', 12) * 1_000;
const ASLEEP_MS = 4_000;

/** From when the page may run again, or the machine is awake. */
const BACK_MS = 3_000;
/** After the last fault, for everything to be there: a deposit is tried again after 5 s, a direct message goes to the mailbox after 10 s. */
const SETTLED_MS = 60_000;

/** Beyond what a test takes that is as long as in every run. */
const TIMEOUT_MS = 180_000;

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Two who talk directly, over lines. */
async function connected(world) {
  const { alice, bob } = await pair(redirected(observed(world)));
  await expectDirect([alice, bob]);
  return { alice, bob };
}

scenario(`a fifth is lost and all is late for ${MINUTES} min: nothing is missing, doubled or out of order`, async (world) => {
  const { lines } = world.around;
  const people = await connected(world);
  const traffic = new Traffic(people);
  await lines.all(EVERYWHERE, 'loss 20 delay 200 jitter 100');
  await traffic.during(MINUTES * MINUTE_MS, 1_500);
  for (const name of EVERYWHERE) {
    const { carried, lost } = await lines.counts(name);
    world.report(`${name}: ${carried} carried, ${lost} lost`);
  }
  const { lost } = await lines.counts('direct');
  assert.ok(lost > 10, `the lines did lose something: ${lost}`);
  await lines.all(EVERYWHERE, 'clear');
  const took = await traffic.expectAll(SETTLED_MS);
  world.report(`${traffic.count} texts; the last was there ${seconds(took)} after the lines were good`);
}, { surroundings: behindLines, timeout: TIMEOUT_MS + MINUTES * 2 * MINUTE_MS });

scenario(`${CYCLES} times everything is cut and heals: nothing is missing, doubled or out of order`, async (world) => {
  const { lines } = world.around;
  const people = await connected(world);
  const traffic = new Traffic(people);
  const below = chance(world.report);
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    await traffic.say();
    await lines.all(EVERYWHERE, 'cut');
    // Half of the cuts are long enough to be noticed, and in some the connections end.
    await setTimeout(below(cycle % 2 === 0 ? 300 : 3_000));
    await traffic.say();
    if (cycle % 4 === 3) await lines.say('web', 'break');
    if (cycle % 4 === 1) await lines.all(['web', 'quic'], 'strand');
    await lines.all(EVERYWHERE, 'heal');
    await setTimeout(below(300));
  }
  const started = performance.now();
  await Promise.all(Object.values(people).map(({ app }) => app.expectChip('Online')));
  world.report(`both online ${seconds(performance.now() - started)} after the last cut`);
  const took = await traffic.expectAll(SETTLED_MS);
  world.report(`${traffic.count} texts; the last was there ${seconds(took)} later`);
}, { surroundings: behindLines, timeout: TIMEOUT_MS + CYCLES * 10_000 });

scenario('with the direct path cut they are back on the relay, and direct again when it heals', async (world) => {
  const { lines } = world.around;
  const people = await connected(world);
  const both = Object.values(people);
  const traffic = new Traffic(people);
  await Promise.all(both.map(({ app }) => app.expectReach('Direct')));
  await traffic.during(2_000, 200);
  const started = performance.now();
  await lines.say('direct', 'cut');
  await traffic.during(10_000, 500);
  await Promise.all(both.map(({ app }) => app.expectReach('Online', SETTLED_MS)));
  world.report(`on the relay ${seconds(performance.now() - started)} after the cut`);
  await traffic.expectAll(SETTLED_MS);
  await lines.say('direct', 'heal');
  const healed = performance.now();
  await Promise.all(both.map(({ app }) => app.expectReach('Direct', SETTLED_MS)));
  world.report(`direct ${seconds(performance.now() - healed)} after it healed`);
  await traffic.say();
  await traffic.expectAll(SETTLED_MS);
}, { surroundings: behindLines });

scenario(`a page that was frozen for ${FROZEN_MS / 1_000} s is back at once`, async (world) => {
  const people = await pair(world);
  const { alice, bob } = people;
  const known = ['Hello Alice'];
  await frozen(alice, async () => {
    await bob.app.send('While you were frozen');
    known.push('While you were frozen');
    await setTimeout(FROZEN_MS);
  });
  const started = performance.now();
  await alice.app.expectTexts(known, BACK_MS);
  await alice.app.expectChip('Online', BACK_MS);
  world.report(`online, with what was written meanwhile, ${seconds(performance.now() - started)} after it ran again (bar: 3 s)`);
  await talk(people, known, 'Awake');
}, { timeout: TIMEOUT_MS + FROZEN_MS });

scenario('a machine that slept for an hour is back at once, though nobody told it that its connections are gone', async (world) => {
  const { lines } = world.around;
  const people = await pair(clockThatJumps(world));
  const { alice, bob } = people;
  const known = ['Hello Alice'];
  for (const person of [alice, bob]) person.networkMayFail = true;
  // What is written has to come over a new connection to the relay.
  await alice.app.toggleRelayOnly();
  await alice.app.openChat('Bob');
  await asleep(alice, { hours: 1, ms: ASLEEP_MS }, async () => {
    // The relay has given the sleeper up, and translators have forgotten; packets go nowhere, and nothing says so.
    await lines.all(['web', 'quic'], 'strand');
    await bob.app.send('While you slept');
    known.push('While you slept');
    await bob.app.expectState('While you slept', /^Sent$/, SETTLED_MS);
  });
  const started = performance.now();
  await alice.app.expectTexts(known, BACK_MS);
  await alice.app.expectChip('Online', BACK_MS);
  world.report(`online, with what was written meanwhile, ${seconds(performance.now() - started)} after waking (bar: 3 s)`);
  await talk(people, known, 'Awake');
}, { surroundings: behindLines });

scenario('where no UDP passes the WebSocket is enough', async (world) => {
  const { lines } = world.around;
  await lines.all(['quic', 'direct'], 'cut');
  const people = await pair(redirected(world));
  const { alice, bob } = people;
  const started = performance.now();
  await alice.app.reload();
  await alice.app.expectChip('Online', 5_000);
  world.report(`online ${seconds(performance.now() - started)} after a reload (bar: 5 s)`);
  await alice.app.openChat('Bob');
  const known = ['Hello Alice'];
  await talk(people, known, 'Over TCP');
  await Promise.all([alice, bob].map(({ app }) => app.expectReach('Online')));
  assert.equal((await lines.counts('quic')).carried, 0);
  assert.ok((await lines.counts('quic')).lost > 0, 'WebTransport was tried');
}, { surroundings: behindLines });

scenario('over IPv6 alone', async (world) => {
  const people = await pair(world);
  const { alice } = people;
  assert.match(alice.app.page.url(), /^http:\/\/\[::1\]:/);
  const started = performance.now();
  await alice.app.reload();
  await alice.app.expectChip('Online', 5_000);
  world.report(`online ${seconds(performance.now() - started)} after a reload (bar: 5 s)`);
  await alice.app.openChat('Bob');
  await talk(people, ['Hello Alice'], 'Over IPv6');
}, { surroundings: async () => ({ relay: { listen: '[::1]:0' }, browser: () => ({}), ends: () => [], close: async () => {} }) });
