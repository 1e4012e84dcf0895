// Processes that are killed at any moment, under load: nothing that was acknowledged is lost, and nothing comes twice.
//
// In every run a few times; `VOLLY_KILLS=100 npm run e2e -- kills` is the long one. `VOLLY_SEED` repeats a run's moments.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { chance, times } from '../fixtures/chance.mjs';
import { expectSoon } from '../fixtures/expect.mjs';
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

const KILLS = times('VOLLY_KILLS', 10);
/** Texts of each side between two kills. */
const BETWEEN = 4;
/** A kill comes at a moment within this time. */
const WITHIN_MS = 400;
const SETTLED_MS = 60_000;
const TIMEOUT_MS = 120_000 + KILLS * 20_000;
/** So high that all of a round is drawn. */
const TALL = { viewport: { width: 1000, height: 4000 } };

/** @typedef {import('../fixtures/user.mjs').User} User */

/** Texts of this person that can be told from all others. @param {User} person */
function counter(person) {
  let count = 0;
  return () => `${person.name} ${++count}`;
}

const texts = async (app) => (await app.rows()).map(({ text }) => text);

/** What this person's screen says is safe. @param {User} person */
const safe = async ({ app }) => (await app.rows()).filter(({ mine, state }) => mine && /^(Sent|Delivered|Read)$/.test(state ?? '')).map(({ text }) => text);

/** Waits until both screens say the same: every one of these texts, and each text once. @param {User[]} people @param {Set<string>} wanted */
async function expectAgreement(people, wanted) {
  let screens = [];
  const agreed = async () => {
    screens = await Promise.all(people.map(({ app }) => texts(app)));
    const [first, ...others] = screens.map((screen) => JSON.stringify(screen));
    return others.every((other) => other === first) && [...wanted].every((text) => screens[0].includes(text));
  };
  await expectSoon(agreed, () => `both screens say the same:\n${screens.map((screen) => JSON.stringify(screen)).join('\n')}`, SETTLED_MS);
  for (const [index, screen] of screens.entries()) {
    assert.equal(new Set(screen).size, screen.length, `${people[index].name} sees nothing twice`);
    for (const person of people) {
      const numbers = screen.map((text) => text.match(new RegExp(`^${person.name} (\\d+)$`))?.[1]).filter(Boolean).map(Number);
      assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), `${people[index].name} sees what ${person.name} said in its order`);
    }
  }
}

/** Says a few things, until told to stop; what was said is added. @param {User} person @param {() => string} next @param {Set<string>} said */
async function chatter({ app }, next, said, count = BETWEEN) {
  for (let index = 0; index < count; index += 1) {
    const text = next();
    await app.send(text);
    said.add(text);
  }
}

scenario('a browser killed at any moment loses nothing that it called sent, and its database opens', async (world) => {
  const below = chance(world.report);
  const { alice, bob } = await pair(world, TALL);
  const [fromAlice, fromBob] = [counter(alice), counter(bob)];
  const wanted = new Set(['Hello Alice']);
  const opened = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    // What she had only typed dies with her browser, so her own screen says what counts.
    let shown = [];
    const watch = (async () => {
      for (;;) shown = await safe(alice);
    })().catch(() => {});
    const traffic = Promise.allSettled([chatter(alice, fromAlice, new Set()), chatter(bob, fromBob, wanted)]);
    await pause(below(WITHIN_MS));
    await alice.kill();
    await Promise.all([watch, traffic]);
    for (const text of shown) wanted.add(text);
    const started = performance.now();
    await alice.open(TALL);
    await alice.app.visit();
    await alice.app.openChat('Bob');
    await alice.app.expectChip('Online');
    opened.push(performance.now() - started);
    await expectAgreement([alice, bob], wanted);
  }
  opened.sort((a, b) => a - b);
  world.report(`${KILLS} kills; online again after ${(opened[opened.length >> 1] / 1000).toFixed(1)} s, ${(opened.at(-1) / 1000).toFixed(1)} s at most, with the browser's own start`);
}, { timeout: TIMEOUT_MS });

scenario('a relay killed at any moment under load loses nothing', async (world) => {
  const below = chance(world.report);
  const { alice, bob } = await pair(world, TALL);
  alice.networkMayFail = bob.networkMayFail = true;
  // Or they would talk on without it.
  await alice.app.toggleRelayOnly();
  await alice.app.page.goBack();
  await alice.app.openChat('Bob');
  const [fromAlice, fromBob] = [counter(alice), counter(bob)];
  const wanted = new Set(['Hello Alice']);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const traffic = Promise.all([chatter(alice, fromAlice, wanted), chatter(bob, fromBob, wanted)]);
    await pause(below(WITHIN_MS));
    await world.relay.kill();
    await pause(below(WITHIN_MS));
    await world.relay.start();
    await traffic;
  }
  await expectAgreement([alice, bob], wanted);
  world.report(`${KILLS} kills, ${wanted.size} texts`);
}, { timeout: TIMEOUT_MS });

/** The tab that runs the engine: the one that holds its lock. @param {import('../pages/app.mjs').App[]} tabs */
async function leader(tabs) {
  const leads = await Promise.all(tabs.map(({ page }) => page.evaluate(() => navigator.locks.request(`probe ${Math.random()}`, async ({ name }) => {
    const { held } = await navigator.locks.query();
    const client = (of) => held.find((lock) => lock.name === of)?.clientId;
    return client(name) === client('volly-engine');
  }))));
  return tabs[leads.indexOf(true)];
}

/** Kills the process behind a tab. @param {User} person @param {import('../pages/app.mjs').App} tab */
async function crash({ context }, { page }) {
  const session = await context.newCDPSession(page);
  const gone = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => {});
  await gone;
}

scenario('three tabs, of which the one that leads is killed again and again, are one', async (world) => {
  const { alice, bob } = await pair(world, TALL);
  const open = async () => {
    const tab = await alice.newTab();
    await tab.visit();
    await tab.openChat('Bob');
    return tab;
  };
  let tabs = [alice.app, await open(), await open()];
  const next = counter(alice);
  const wanted = new Set(['Hello Alice']);
  const took = [];
  for (let kill = 0; kill < KILLS / 2; kill += 1) {
    for (const tab of [...tabs, ...tabs]) await chatter({ app: tab }, next, wanted, 1);
    // What the tab that dies has said itself, and is not stored, dies with it.
    const everywhere = async () => (await Promise.all(tabs.map(texts))).every((screen) => [...wanted].every((text) => screen.includes(text)));
    await expectSoon(everywhere, 'what was said is stored');
    const killed = await leader(tabs);
    assert.ok(killed, 'one of them leads');
    tabs = tabs.filter((tab) => tab !== killed);
    // What another one says at that moment is asked for again by its tab.
    await chatter({ app: tabs[1] }, next, wanted, 1);
    await crash(alice, killed);
    const started = performance.now();
    // What is said now waits for the successor; the other tab shows it when that has stored it.
    await chatter({ app: tabs[0] }, next, wanted, 1);
    const last = [...wanted].at(-1);
    await expectSoon(async () => (await texts(tabs[1])).includes(last), 'another one leads');
    took.push(performance.now() - started);
    await tabs[0].expectState(last, /Sent|Delivered|Read/);
    await killed.page.close();
    tabs.push(await open());
  }
  alice.app = tabs[0];
  await expectAgreement([alice, bob, ...tabs.map((app) => ({ app, name: 'a tab' }))], wanted);
  took.sort((a, b) => a - b);
  world.report(`a text said after the kill is stored after ${took[took.length >> 1].toFixed(0)} ms, ${took.at(-1).toFixed(0)} ms at most (bar for the takeover: 1 s)`);
}, { timeout: TIMEOUT_MS });
