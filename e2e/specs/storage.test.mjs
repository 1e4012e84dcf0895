// The store as people meet it: a database that went back in time, one that is gone, and little room.
import assert from 'node:assert/strict';
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

const TABLES = ['account', 'contacts', 'sessions', 'messages', 'outbox', 'invites', 'drafts'];

/** Every row of the database, sealed as it is; read where the app does not run. @param {import('playwright-core').Page} page */
async function rowsOf(page, url) {
  await page.goto(`${url}/robots.txt`);
  return page.evaluate((tables) => new Promise((resolve, reject) => {
    const opening = indexedDB.open('volly');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = async () => {
      const database = opening.result;
      const all = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
      const rows = [];
      for (const table of tables) {
        const store = database.transaction(table).objectStore(table);
        const [keys, values] = await Promise.all([all(store.getAllKeys()), all(store.getAll())]);
        keys.forEach((key, place) => rows.push([table, [...new Uint8Array(key)], [...values[place]]]));
      }
      database.close();
      resolve(rows);
    };
  }), TABLES);
}

/** Puts those rows in place of what is there. @param {import('playwright-core').Page} page */
async function putBack(page, url, rows) {
  await page.goto(`${url}/robots.txt`);
  await page.evaluate(([tables, all]) => new Promise((resolve, reject) => {
    const opening = indexedDB.open('volly');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(tables, 'readwrite');
      for (const table of tables) transaction.objectStore(table).clear();
      for (const [table, key, value] of all) transaction.objectStore(table).put(new Uint8Array(value), new Uint8Array(key));
      transaction.oncomplete = () => { database.close(); resolve(); };
      transaction.onerror = () => reject(transaction.error);
    };
  }), [TABLES, rows]);
}

scenario('a database that went back in time is recognised, and goes on with fresh keys alone', async (world) => {
  const { alice, bob } = await pair(world);
  const { app } = alice;
  await app.send('In the copy');
  await bob.app.expectTexts(['Hello Alice', 'In the copy']);
  const rows = await rowsOf(app.page, alice.url);
  await app.visit();
  await app.openChat('Bob');
  await app.send('After the copy');
  await bob.app.expectTexts(['Hello Alice', 'In the copy', 'After the copy']);

  await putBack(app.page, alice.url, rows);
  await app.visit();
  await app.page.getByRole('heading', { name: 'This browser went back in time' }).waitFor();
  await app.click(app.button('Go on with this copy'));
  await app.openChat('Bob');
  await app.expectTexts(['Hello Alice', 'In the copy']);
  await app.send('With fresh keys');
  await bob.app.expectTexts(['Hello Alice', 'In the copy', 'After the copy', 'With fresh keys']);
  await bob.app.send('And back');
  await app.expectTexts(['Hello Alice', 'In the copy', 'With fresh keys', 'And back']);
});

scenario('a database that is gone leads to the way back, and to no new identity by itself', async (world) => {
  const { alice } = await pair(world);
  const { app } = alice;
  const file = await app.saveBackup('ein Korb Birnen');
  await app.page.goto(`${alice.url}/robots.txt`);
  await app.page.evaluate(() => new Promise((resolve) => { indexedDB.deleteDatabase('volly').onsuccess = resolve; }));
  await app.visit();
  await app.page.getByRole('heading', { name: 'This browser forgot you' }).waitFor();
  await app.click(app.button('Start again here'));
  await app.restoreBackup(file, 'ein Korb Birnen');
  await app.openChat('Bob');
  await app.expectTexts(['Hello Alice']);
});

scenario('little room is told before there is none', async (world) => {
  const { alice } = await pair(world);
  const { page } = alice.app;
  assert.equal(await page.getByText('running out of space').count(), 0);
  // Chromium tells pages of the same room everywhere, so the page is told what others tell.
  await alice.context.addInitScript(() => { navigator.storage.estimate = async () => ({ usage: 95, quota: 100 }); });
  await page.reload();
  await page.getByText('This browser is running out of space').waitFor();
});
