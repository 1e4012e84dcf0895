// Contacts, safety numbers, spent invites and the 24 words.
import assert from 'node:assert/strict';
import { expectSoon } from '../fixtures/expect.mjs';
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

scenario('a second guest is told that the invite was used', async (world) => {
  const { link } = await pair(world);
  const carol = await world.user('Carol');
  await carol.app.page.goto(link);
  await carol.app.page.getByText(/already used/).first().waitFor();
});

scenario('the safety number is the same on both sides', async (world) => {
  const { alice, bob } = await pair(world);
  const numbers = [];
  for (const [who, contact] of [[alice, 'Bob'], [bob, 'Alice']]) numbers.push(await who.app.safetyNumber(contact));
  assert.match(numbers[0], /^\d{60}$/);
  assert.equal(numbers[0], numbers[1]);
});

scenario('a contact is renamed here alone, and deleted for good', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.about('Bob');
  await alice.app.page.getByLabel('Name', { exact: true }).fill('Robert');
  await alice.app.click(alice.app.button('Save'));
  await alice.app.page.getByText('Robert').first().waitFor();
  await bob.app.page.getByText('Alice').first().waitFor();
  assert.equal(await bob.app.page.getByText('Robert').count(), 0);

  await alice.app.click(alice.app.button('Delete chat'));
  await alice.app.click(alice.app.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }));
  await expectSoon(async () => (await alice.app.page.getByText('Robert').count()) === 0, 'the chat is gone');
  await bob.app.page.getByText('Alice deleted this chat.').first().waitFor();
  await bob.app.expectTexts(['Hello Alice']);
});

scenario('the 24 words bring the same identity back in another browser', async ({ user }) => {
  const alice = await user('Alice');
  await alice.app.visit();
  await alice.app.start('Alice');
  const fingerprint = async (app) => (await app.invite()).split('#')[1] && Buffer.from(new URL(await app.invite()).hash.slice(1), 'base64url').subarray(2, 34).toString('hex');
  const before = await fingerprint(alice.app);
  const words = await alice.app.words();
  assert.equal(words.length, 24);

  const again = await user('Alice, elsewhere');
  await again.app.visit();
  await again.app.restore('Alice', words);
  assert.equal(await fingerprint(again.app), before);
});
