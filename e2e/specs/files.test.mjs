// Files: photos, what is large, what breaks off, and what somebody says.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { chromiumArgs } from '../../scripts/lib/browser.mjs';
import { times } from '../fixtures/chance.mjs';
import { expectSoon } from '../fixtures/expect.mjs';
import { MIB, digest, made, photo } from '../fixtures/files.mjs';
import { memoryOf, withMemory } from '../fixtures/memory.mjs';
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

/** Of the large file. */
const SIZE_MIB = times('VOLLY_FILE_MIB', 100);
/** How often its sender is cut off. */
const CUTS = SIZE_MIB >= 1_000 ? 5 : 1;
/** A hundred times as long as a quiet machine takes. */
const PATIENCE_MS = Math.max(120_000, SIZE_MIB * 1_500);
/** What either side may hold more while a file of any size goes through it. */
const MAX_GROWTH = 64 * MIB;
scenario('a photo reaches who was away, without the place where it was taken', async (world) => {
  const { alice, bob } = await pair(world);
  const path = await photo(alice.app.page);
  assert.ok(readFileSync(path).includes('SerialNumber-42'));
  await bob.quit();
  await alice.app.sendFiles(path);
  await alice.app.picture('holiday.jpg').waitFor();
  await expectSoon(async () => /, (Sent|Delivered)$/.test(await alice.app.page.getByRole('log').locator('li').last().textContent()), 'a relay keeps it');
  await alice.quit();
  await bob.open();
  await bob.app.visit();
  await bob.app.openChat('Alice');
  await bob.app.picture('holiday.jpg').waitFor();
  await bob.app.click(bob.app.picture('holiday.jpg'));
  const saved = await bob.app.downloaded(() => bob.app.click(bob.app.button('Save')));
  const bytes = readFileSync(saved);
  assert.ok(!bytes.includes('SerialNumber') && !bytes.includes('Exif'), 'what the camera wrote stays with the sender');
  assert.ok(bytes.length > 5_000);
});

scenario(`${SIZE_MIB} MiB go from one to the other, cut off and gone on with, and neither holds them`, async (world) => {
  const { alice, bob } = await pair(withMemory(world));
  const path = made('film.bin', SIZE_MIB * MIB);
  const before = await Promise.all([alice, bob].map(memoryOf));
  let began = performance.now();
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1);
  await alice.app.sendFiles(path);
  await alice.app.file('film.bin').waitFor({ timeout: PATIENCE_MS });
  world.report(`taken in within ${seconds()} s`);
  await bob.app.file('film.bin').waitFor();
  began = performance.now();
  await bob.app.click(bob.app.button('Get film.bin'));
  const have = async () => Number(await bob.app.page.locator('.file-progress').getAttribute('value', { timeout: 1_000 }).catch(() => 0));
  const part = (SIZE_MIB * MIB) / (CUTS + 2);
  await expectSoon(async () => (await have()) > part, 'it comes', PATIENCE_MS);
  // The one who gets it begins its page anew; the one who sends it goes offline for moments.
  await bob.app.reload();
  await bob.app.openChat('Alice');
  [alice, bob].forEach((person) => (person.networkMayFail = true));
  for (let cut = 1; cut <= CUTS; cut += 1) {
    await expectSoon(async () => (await have()) > part * cut || (await bob.app.button('Save film.bin').isVisible()), 'it goes on', PATIENCE_MS);
    await alice.context.setOffline(true);
    await alice.app.page.waitForTimeout(500);
    await alice.context.setOffline(false);
  }
  await bob.app.button('Save film.bin').waitFor({ timeout: PATIENCE_MS });
  world.report(`there within ${seconds()} s`);
  const saved = await bob.app.downloaded(() => bob.app.click(bob.app.button('Save film.bin')));
  assert.equal(statSync(saved).size, SIZE_MIB * MIB);
  assert.equal(await digest(saved), await digest(path));
  const after = await Promise.all([alice, bob].map(memoryOf));
  for (const [who, then] of before.entries()) {
    const growth = after[who].script + after[who].program - then.script - then.program;
    world.report(`${['Alice', 'Bob'][who]} holds ${(growth / MIB).toFixed(1)} MiB more`);
    assert.ok(growth < MAX_GROWTH, `${growth} bytes more`);
  }
}, { timeout: 3 * PATIENCE_MS });

scenario('a large file waits until it is wanted; it is paused, and given up', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.sendFiles(made('album.zip', 30 * MIB));
  const file = bob.app.file('album.zip');
  await file.getByText('31 MB', { exact: true }).waitFor();
  await bob.app.click(bob.app.button('Get album.zip'));
  await bob.app.click(bob.app.button('Pause album.zip'));
  await file.getByText(/paused$/).waitFor();
  await bob.app.click(bob.app.button('Cancel'));
  await file.getByText('31 MB', { exact: true }).waitFor();
  await bob.app.click(bob.app.button('Get album.zip'));
  await bob.app.button('Save album.zip').waitFor({ timeout: 60_000 });
});

scenario('what is dropped and pasted is sent, and answered like a text', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.page.evaluate(() => {
    const dropped = new DataTransfer();
    dropped.items.add(new File(['dropped'], 'notes.txt', { type: 'text/plain' }));
    dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
  });
  await bob.app.button('Save notes.txt').waitFor();
  await alice.app.composer().evaluate((field) => {
    const pasted = new DataTransfer();
    pasted.items.add(new File(['<svg onload="alert(1)"/>'], 'x.svg', { type: 'image/svg+xml' }));
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: pasted, bubbles: true, cancelable: true }));
  });
  await bob.app.button('Save x.svg').waitFor();
  assert.equal(await bob.app.page.locator('.log img').count(), 0, 'what could run a script is not shown');
  const saved = await bob.app.downloaded(() => bob.app.click(bob.app.button('Save notes.txt')));
  assert.equal(readFileSync(saved, 'utf8'), 'dropped');
  const row = bob.app.file('notes.txt');
  await row.hover();
  await bob.app.click(row.getByRole('button', { name: /^What to do with/ }));
  await bob.app.click(bob.app.page.getByRole('dialog', { name: 'Message' }).getByRole('button', { name: 'Reply' }));
  await bob.app.send('thanks for the notes');
  await alice.app.message('thanks for the notes').locator('.quote-text').getByText('notes.txt').waitFor();
  await alice.app.page.reload();
  await alice.app.openChat('Bob');
  await alice.app.button('Save notes.txt').waitFor();
});

scenario('a voice message is spoken, and heard', async (world) => {
  const args = [...chromiumArgs, '--use-fake-device-for-media-stream'];
  const { alice, bob } = await pair(world, { args, permissions: ['microphone', 'clipboard-read', 'clipboard-write'] });
  await alice.app.click(alice.app.button('Speak a message'));
  await alice.app.page.getByRole('timer').getByText(/0:0[2-9]/).waitFor();
  await alice.app.click(alice.app.button('Don’t send the voice message'));
  await alice.app.click(alice.app.button('Speak a message'));
  await alice.app.page.getByRole('timer').getByText(/0:0[2-9]/).waitFor();
  await alice.app.click(alice.app.button('Send the voice message'));
  const sound = bob.app.page.locator('.log audio');
  await sound.waitFor();
  assert.equal(await sound.count(), 1, 'the other one was not sent');
  await expectSoon(() => sound.evaluate((audio) => audio.readyState > 0 && audio.error === null), 'it can be played');
});

scenario('a file that is deleted for both leaves nothing', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.sendFiles(made('secret.bin', 300_000));
  await bob.app.button('Save secret.bin').waitFor();
  const row = alice.app.file('secret.bin');
  await row.hover();
  await alice.app.click(row.getByRole('button', { name: /^What to do with/ }));
  await alice.app.click(alice.app.page.getByRole('dialog', { name: 'Message' }).getByRole('button', { name: 'Delete…' }));
  await alice.app.click(alice.app.button('Delete for both'));
  await bob.app.message('Message deleted').waitFor();
  await bob.app.file('secret.bin').waitFor({ state: 'detached' });
  const chunks = () => bob.app.page.evaluate(async () => {
    const [{ name }] = await indexedDB.databases();
    const database = await new Promise((resolve) => { const open = indexedDB.open(name); open.onsuccess = () => resolve(open.result); });
    const count = await new Promise((resolve) => { const ask = database.transaction('chunks').objectStore('chunks').count(); ask.onsuccess = () => resolve(ask.result); });
    database.close();
    return count;
  });
  await expectSoon(async () => (await chunks()) === 0, 'its bytes are gone');
});
