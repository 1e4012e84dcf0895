// What others can read: the relay's disk and logs, the browser's database and its files.
import assert from 'node:assert/strict';
import { fingerprintIn } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { filesUnder, indexedDbOf, traces } from '../fixtures/traces.mjs';

const PLAINTEXT = 'Zwetschgenkuchen um halb sieben';
const NAMES = { 'her name': 'Aloysia Zwitscherling', 'his name': 'Balthasar Quittenbaum' };
const CONTROL = 'a control that must be found';

/** @param {import('../fixtures/scenario.mjs').World} world */
async function meet({ user }) {
  const [alice, bob] = [await user('Alice'), await user('Bob')];
  await alice.app.visit();
  await alice.app.start(NAMES['her name']);
  const link = await alice.app.invite();
  await bob.app.accept(link, NAMES['his name']);
  await bob.app.send(PLAINTEXT);
  await alice.app.openChat(NAMES['his name']);
  await alice.app.expectTexts([PLAINTEXT]);
  return { alice, bob, link };
}

scenario('the relay keeps no text, no name and no identity, on disk or in its log', async (world) => {
  const { alice, bob, link } = await meet(world);
  const invitation = link.split('#')[1];
  await bob.quit();
  await alice.app.send(`${PLAINTEXT} again`);
  await alice.app.expectState(`${PLAINTEXT} again`, /Sent/);
  const running = { ...filesUnder(world.relay.data), 'the log': Buffer.from(world.relay.log.join('\n')) };
  await world.relay.stop();
  const places = { ...running, ...filesUnder(world.relay.data), 'the log to the end': Buffer.from(world.relay.log.join('\n')) };
  assert.ok(Object.keys(filesUnder(world.relay.data)).length > 0, 'there is something on disk');
  assert.ok(world.relay.log.length > 5, 'the log is at debug level');
  const secrets = { 'the text': PLAINTEXT, ...NAMES, 'the fingerprint': fingerprintIn(link), 'the invite': invitation };
  assert.deepEqual(traces(places, secrets), []);
  assert.deepEqual(traces({ control: Buffer.from(`x${fingerprintIn(link).toString('base64url')}y`) }, secrets), ['the fingerprint in control']);
});

scenario('the browser keeps no plaintext in its database or its files', async (world) => {
  const { alice, link } = await meet(world);
  const secrets = { 'the text': PLAINTEXT, ...NAMES, 'the fingerprint': fingerprintIn(link) };
  const database = await indexedDbOf(alice.app.page);
  assert.ok(Object.keys(database).length > 0, 'there is a database');
  assert.deepEqual(traces(database, secrets), []);

  await alice.app.page.evaluate((text) => new Promise((resolve, reject) => {
    const request = indexedDB.open('control', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('store').put({ text }, 1);
    request.onsuccess = () => resolve(request.result.close());
    request.onerror = () => reject(request.error);
  }), CONTROL);
  assert.deepEqual(traces(await indexedDbOf(alice.app.page), { control: CONTROL }), ['control in control/store']);
  await alice.quit();
  const files = Object.fromEntries(Object.entries(filesUnder(alice.profile)).filter(([path]) => /IndexedDB|Local Storage|Session Storage|Service Worker/.test(path)));
  assert.notDeepEqual(traces(files, { control: CONTROL }), [], 'the files are searched well');
  assert.deepEqual(traces(files, secrets), []);
});
