// What one lets others know, how chats stand in the list, messages that disappear, and search.
import assert from 'node:assert/strict';
import { expectSoon } from '../fixtures/expect.mjs';
import { numbered, pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

/** Messages that fill several pages of history. */
const PAGES = 130;
/** The shortest lifetime that one can choose, and a margin for slow machines. */
const GONE_MS = 60_000 + 20_000;

scenario('who types is seen, unless one of the two does not want to', async (world) => {
  const { alice, bob } = await pair(world);
  const typing = alice.app.page.locator('.bar-chat').getByText('typing…');
  await Promise.all([alice, bob].map(({ app }) => app.page.locator('.bar-chat').getByText(/^(Online|Direct)$/).waitFor()));
  await bob.app.composer().pressSequentially('Hm');
  await typing.waitFor();
  await bob.app.composer().press('Enter');
  await typing.waitFor({ state: 'hidden' });
  await alice.app.setting('Show who is typing', false);
  await alice.app.openChat('Bob');
  await bob.app.composer().pressSequentially('Once more');
  await bob.app.composer().press('Enter');
  await alice.app.expectTexts(['Hello Alice', 'Hm', 'Once more']);
  assert.equal(await typing.count(), 0);
});

scenario('what was read stays with the reader who wants that', async (world) => {
  const { alice, bob } = await pair(world);
  await bob.app.expectState('Hello Alice', /Read/);
  await alice.app.setting('Say what I have read', false);
  await alice.app.openChat('Bob');
  await bob.app.send('Read this');
  await alice.app.expectTexts(['Hello Alice', 'Read this']);
  await bob.app.send('And this');
  await alice.app.expectTexts(['Hello Alice', 'Read this', 'And this']);
  await bob.app.expectState('And this', /^Delivered$/);
  await bob.app.about('Alice');
  await bob.app.page.getByText('Alice doesn’t say what was read.').waitFor();
});

scenario('chats are pinned, muted, marked and put away, by mouse and by keyboard', async (world) => {
  const { alice, bob } = await pair(world);
  const { page } = alice.app;
  await page.evaluate(() => { location.hash = '#/settings'; });
  await alice.app.arrange('Bob', 'Pin');
  await alice.app.chatRow('Bob').getByText('Pinned').waitFor();
  await alice.app.chatRow('Bob').focus();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('dialog', { name: 'Chat' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await alice.app.chatRow('Bob').getByText('Muted').waitFor();
  await alice.app.arrange('Bob', 'Mark as unread');
  await alice.app.chatRow('Bob').getByText('Marked as unread').waitFor();
  await alice.app.openChat('Bob');
  await alice.app.chatRow('Bob').getByText('Marked as unread').waitFor({ state: 'detached' });
  await alice.app.arrange('Bob', 'Unmute');
  await alice.app.arrange('Bob', 'Archive');
  await alice.app.button('1 archived chat').waitFor();
  assert.equal(await alice.app.chatRow('Bob').count(), 0);
  await alice.app.click(alice.app.button('1 archived chat'));
  await alice.app.chatRow('Bob').waitFor();
  await bob.app.send('Something new');
  await alice.app.button('1 archived chat').waitFor({ state: 'detached' });
  await alice.app.chatRow('Bob').waitFor();
});

scenario('a message that disappears does so on both sides', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.about('Bob');
  await alice.app.page.getByLabel('Disappearing messages').selectOption('1 minute');
  await bob.app.page.getByText('Alice chose: messages disappear after 1 minute.').waitFor();
  await bob.app.send('For a minute');
  await alice.app.click(alice.app.chatRow('Bob'));
  await Promise.all([alice, bob].map(({ app }) => app.expectTexts(['Hello Alice', 'For a minute'])));
  await Promise.all([alice, bob].map(({ app }) => app.expectTexts(['Hello Alice'], GONE_MS)));
});

scenario('search finds what was said long ago, and leads there', async (world) => {
  const { alice, bob } = await pair(world);
  await bob.app.send('The old mill at eight');
  for (const text of numbered('Line', PAGES)) await bob.app.send(text);
  const { page } = alice.app;
  await alice.app.message(`Line ${PAGES}`).waitFor();
  await alice.app.page.getByRole('searchbox', { name: 'Search' }).fill('MILL eight');
  const hit = page.getByRole('navigation', { name: 'Chats' }).getByRole('link', { name: /The old mill/ });
  await hit.waitFor();
  await alice.app.click(hit);
  await alice.app.message('The old mill at eight').and(page.locator('.found')).waitFor();
  assert.equal(await alice.app.message(`Line ${PAGES}`).count(), 0, 'what lies between is not drawn');
  await alice.app.click(alice.app.button('To the newest message'));
  await alice.app.message(`Line ${PAGES}`).waitFor();
  await alice.app.send('Found it');
  await bob.app.message('Found it').waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('nowhere to be found');
  await expectSoon(async () => (await page.getByText('Nothing here for “nowhere to be found”.').count()) === 1, 'it says so');
});
