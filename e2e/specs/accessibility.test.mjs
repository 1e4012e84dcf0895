// Everyone can use it: axe on every screen, both themes, three widths; and a first conversation by keyboard alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MIB, made, photo } from '../fixtures/files.mjs';
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDTHS = [320, 390, 1280];
const THEMES = ['light', 'dark'];

/** @param {import('playwright-core').Page} page @param {string} screen */
async function check(page, screen) {
  const found = [];
  await page.evaluate(axe);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 760 });
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      const violations = await page.evaluate(async (values) => (await globalThis.axe.run(document, { runOnly: { type: 'tag', values } })).violations, TAGS);
      found.push(...violations.map(({ id, nodes }) => `${screen}, ${width} px, ${colorScheme}: ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`));
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) found.push(`${screen}, ${width} px: scrolls sideways by ${overflow} px`);
  }
  await page.setViewportSize({ width: 1000, height: 760 });
  return found;
}

scenario('axe finds nothing on any screen, light or dark, narrow or wide', async (world) => {
  const guest = await world.user('Guest');
  await guest.app.visit();
  await guest.app.nameField().waitFor();
  const found = await check(guest.app.page, 'first page');
  await guest.app.click(guest.app.button('Restore'));
  await guest.app.click(guest.app.button('I have a backup'));
  found.push(...(await check(guest.app.page, 'restore from a backup')));

  const { alice, bob } = await pair(world);
  const { page } = alice.app;
  await alice.app.react('Hello Alice', 'React with 👍');
  await alice.app.choose('Hello Alice', 'Reply');
  await alice.app.send('Hello Bob');
  await alice.app.choose('Hello Bob', 'Edit');
  found.push(...(await check(page, 'chat')));
  await alice.app.composer().press('Escape');
  await alice.app.sendFiles([await photo(page), made('notes.bin', 1_000), made('film.mkv', 9 * MIB)]);
  await alice.app.picture('holiday.jpg').waitFor();
  await bob.app.button('Get film.mkv').waitFor();
  for (const { app } of [alice, bob]) found.push(...(await check(app.page, 'files')));
  await alice.app.click(alice.app.picture('holiday.jpg'));
  found.push(...(await check(page, 'picture')));
  await page.keyboard.press('Escape');
  await alice.app.openMenu('Hello Bob');
  found.push(...(await check(page, 'actions')));
  await alice.app.click(page.getByRole('button', { name: 'Another emoji' }));
  found.push(...(await check(page, 'any emoji')));
  await page.keyboard.press('Escape');
  await alice.app.choose('Hello Bob', 'Delete…');
  found.push(...(await check(page, 'deleting')));
  await page.keyboard.press('Escape');
  const contact = new URL(page.url()).hash;
  for (const [screen, hash] of [['list', '#/'], ['new', '#/new'], ['contact', `${contact}/about`], ['safety number', `${contact}/safety`], ['settings', '#/settings'], ['words', '#/words'], ['backup', '#/backup'], ['app lock', '#/lock']]) {
    await page.evaluate((fragment) => { location.hash = fragment; }, hash);
    await page.waitForFunction((fragment) => location.hash === fragment, hash);
    found.push(...(await check(page, screen)));
  }
  await page.evaluate(() => { location.hash = '#/new'; });
  const link = await alice.app.invite();
  found.push(...(await check(page, 'invite')));
  await guest.app.visit(link);
  await guest.app.button('Start talking').waitFor();
  found.push(...(await check(guest.app.page, 'invited')));
  bob.networkMayFail = true;
  await bob.context.setOffline(true);
  await bob.app.expectChip('Offline');
  found.push(...(await check(bob.app.page, 'offline')));
  await alice.app.setLock('a long passphrase');
  found.push(...(await check(page, 'app lock, set')));
  await alice.app.click(alice.app.button('Lock now'));
  await alice.app.button('Unlock').waitFor();
  found.push(...(await check(page, 'locked')));
  await alice.app.click(alice.app.button('I forgot it'));
  found.push(...(await check(page, 'erase everything')));
  assert.deepEqual(found, []);
});

/** Moves the focus with Tab until it is on the locator. @param {import('playwright-core').Page} page @param {import('playwright-core').Locator} locator */
async function tabTo(page, locator) {
  await locator.waitFor();
  for (let presses = 0; presses < 40; presses += 1) {
    if (await locator.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never reaches ${locator}`);
}

scenario('a first conversation needs no mouse', async ({ user }) => {
  const [alice, bob] = [await user('Alice'), await user('Bob')];
  const begin = async ({ app }, button) => {
    await tabTo(app.page, app.nameField());
    await app.page.keyboard.type('Somebody');
    await app.page.keyboard.press('Enter');
    await app.button(button).waitFor({ state: 'hidden' });
  };
  await alice.app.visit();
  await begin(alice, 'Start');
  await tabTo(alice.app.page, alice.app.button('Copy'));
  await alice.app.page.keyboard.press('Enter');
  await alice.app.button('Copied').waitFor();
  const link = await alice.app.page.evaluate(() => navigator.clipboard.readText());
  await bob.app.visit(link);
  await begin(bob, 'Start talking');
  await tabTo(bob.app.page, bob.app.composer());
  await bob.app.page.keyboard.type('By keyboard');
  await bob.app.page.keyboard.press('Enter');
  await alice.app.expectTexts(['By keyboard']);
  await tabTo(alice.app.page, alice.app.composer());
  await alice.app.page.keyboard.type('So be it');
  await alice.app.page.keyboard.press('Enter');
  await bob.app.expectTexts(['By keyboard', 'So be it']);
});
