// What becomes of messages: answers, reactions, edits, their end; by mouse, by keyboard, by finger.
import assert from 'node:assert/strict';
import { expectSoon } from '../fixtures/expect.mjs';
import { numbered, pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

/** Messages that fill several pages of history. */
const PAGES = 130;

scenario('an answer quotes what it answers, and leads there', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.choose('Hello Alice', 'Reply');
  assert.equal(await alice.app.composer().evaluate((field) => field === document.activeElement), true);
  await alice.app.send('Hello yourself');
  for (const { app } of [alice, bob]) {
    await app.expectTexts(['Hello Alice', 'Hello yourself']);
    await expectSoon(async () => (await app.message('Hello yourself').locator('.quote-text').textContent()) === 'Hello Alice', 'it is quoted');
  }
  // Far away, it is fetched.
  const texts = numbered('Line', PAGES);
  for (const text of texts) await bob.app.send(text);
  await alice.app.choose(texts.at(-1), 'Reply');
  await alice.app.send('I have read it all');
  await bob.app.message('I have read it all').waitFor();
  await bob.app.reload();
  await bob.app.openChat('Alice');
  await bob.app.message(texts.at(-1)).waitFor();
  assert.equal(await bob.app.message('Hello Alice').count(), 0, 'the beginning is not drawn');
  await bob.app.choose('I have read it all', 'Show what it answers');
  await bob.app.message(texts.at(-1)).and(bob.app.page.locator('.found')).waitFor();
});

scenario('a reaction is changed and taken back, and may be any emoji', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.react('Hello Alice', 'React with 👍');
  await Promise.all([alice, bob].map(({ app }) => app.expectReactions('Hello Alice', ['👍'])));
  await bob.app.react('Hello Alice', 'React with 👍');
  await Promise.all([alice, bob].map(({ app }) => app.expectReactions('Hello Alice', ['👍2'])));
  await alice.app.react('Hello Alice', 'Another emoji');
  await alice.app.page.getByLabel('Any emoji').fill('ok');
  await alice.app.page.keyboard.press('Enter');
  await alice.app.page.getByText('That isn’t one emoji.').waitFor();
  await alice.app.page.getByLabel('Any emoji').fill('🏓');
  await alice.app.page.keyboard.press('Enter');
  await Promise.all([alice, bob].map(({ app }) => app.expectReactions('Hello Alice', ['👍', '🏓'])));
  await bob.app.react('Hello Alice', 'Take back 👍');
  await alice.app.expectReactions('Hello Alice', ['🏓']);
  await alice.app.reload();
  await alice.app.openChat('Bob');
  await alice.app.expectReactions('Hello Alice', ['🏓']);
});

scenario('a text is edited with ↑, and given up with Esc', async (world) => {
  const { alice, bob } = await pair(world);
  const { page } = bob.app;
  await bob.app.composer().press('ArrowUp');
  assert.equal(await bob.app.composer().inputValue(), 'Hello Alice');
  await bob.app.composer().press('Escape');
  assert.equal(await bob.app.composer().inputValue(), '');
  await bob.app.composer().fill('half a thought');
  await bob.app.choose('Hello Alice', 'Edit');
  await bob.app.composer().fill('Hello Alice!');
  await bob.app.click(bob.app.button('Save'));
  for (const { app } of [alice, bob]) {
    await app.expectTexts(['Hello Alice!']);
    await app.message('Hello Alice!').getByText('edited').waitFor();
  }
  assert.equal(await bob.app.composer().inputValue(), 'half a thought', 'what stood there is back');
  assert.equal(await page.getByRole('button', { name: 'Don’t edit' }).count(), 0);
  await alice.app.openMenu('Hello Alice!');
  assert.equal(await alice.app.page.getByRole('button', { name: 'Edit', exact: true }).count(), 0, 'it is not hers');
});

scenario('a message is deleted here, or for both', async (world) => {
  const { alice, bob } = await pair(world);
  await bob.app.send('A slip');
  await alice.app.expectTexts(['Hello Alice', 'A slip']);
  await bob.app.choose('A slip', 'Delete…');
  await bob.app.click(bob.app.button('Delete for both'));
  await Promise.all([alice, bob].map(({ app }) => app.expectTexts(['Hello Alice', 'Message deleted'])));
  await alice.app.choose('Hello Alice', 'Delete…');
  assert.equal(await alice.app.button('Delete for both').count(), 0, 'it is not hers');
  await alice.app.click(alice.app.button('Delete for me'));
  await alice.app.expectTexts(['Message deleted']);
  await bob.app.expectTexts(['Hello Alice', 'Message deleted']);
});

scenario('everything can be done to a message without a mouse', async (world) => {
  const { alice, bob } = await pair(world);
  const { page } = alice.app;
  await alice.app.composer().focus();
  // Past the button that sends files.
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await page.getByRole('log').evaluate((log) => log === document.activeElement), true);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Message' }).waitFor();
  await page.keyboard.press('Enter');
  await bob.app.expectReactions('Hello Alice', ['👍']);
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /Hello Alice/, 'the focus is where it was');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.equal(await alice.app.composer().isVisible(), true, 'Esc closed the menu alone');
});

scenario('a finger that rests opens the actions from below', async (world) => {
  const { alice } = await pair(world, { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true });
  const { page } = alice.app;
  await alice.app.message('Hello Alice').dispatchEvent('touchstart');
  const menu = page.getByRole('dialog', { name: 'Message' });
  await menu.waitFor();
  const box = await menu.boundingBox();
  assert.ok(Math.abs(box.y + box.height - 760) < 2, 'it stands at the lower edge');
  await alice.app.click(alice.app.page.getByRole('button', { name: 'Reply', exact: true }));
  await page.getByText('Reply to Bob').waitFor();
});
