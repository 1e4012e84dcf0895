// Contacts, safety numbers, spent invites and the 24 words.
import assert from 'node:assert/strict';
import { expectSoon } from '../fixtures/expect.mjs';
import { fingerprintIn, pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

scenario('a second guest is told that the invite was used', async (world) => {
  const { link } = await pair(world);
  const carol = await world.user('Carol');
  await carol.app.visit(link);
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
  await alice.app.chatRow('Robert').waitFor();
  await bob.app.openChat('Alice');
  assert.equal(await bob.app.page.getByText('Robert').count(), 0);

  await alice.app.click(alice.app.button('Delete chat'));
  await alice.app.click(alice.app.button('Delete'));
  await expectSoon(async () => (await alice.app.page.getByText('Robert').count()) === 0, 'the chat is gone');
  await bob.app.page.getByText(/^Alice deleted this chat/).waitFor();
  await bob.app.expectTexts(['Hello Alice']);
});

scenario('a text that failed is sent again when the two have met again', async (world) => {
  const { alice, bob } = await pair(world);
  // Or they talk on without a relay.
  await alice.app.toggleRelayOnly();
  await alice.app.openChat('Bob');
  await bob.app.expectReach('Online');
  await bob.context.setOffline(true);
  bob.networkMayFail = true;
  await bob.app.send('Lost');
  await alice.app.about('Bob');
  await alice.app.click(alice.app.button('Delete chat'));
  await alice.app.click(alice.app.button('Delete'));
  await bob.context.setOffline(false);
  await bob.app.page.getByText(/^Alice deleted this chat/).waitFor({ timeout: 30_000 });
  await bob.app.expectState('Lost', /Not sent/);
  assert.equal(await bob.app.button('Send again').count(), 0, 'there is nobody to send it to');

  const link = await alice.app.invite();
  await bob.app.visit(link);
  await bob.app.click(bob.app.button('Start talking'));
  await bob.app.composer().waitFor();
  await bob.app.send('Here again');
  await alice.app.openChat('Bob');
  await alice.app.expectTexts(['Here again']);
  await bob.app.click(bob.app.button('Send again'));
  await alice.app.expectTexts(['Here again', 'Lost']);
  await bob.app.expectTexts(['Hello Alice', 'Here again', 'Lost']);
});

scenario('the 24 words bring the same identity back in another browser', async ({ user }) => {
  const alice = await user('Alice');
  await alice.app.visit();
  await alice.app.start('Alice');
  const fingerprint = async (app) => fingerprintIn(await app.invite()).toString('hex');
  const before = await fingerprint(alice.app);
  const words = await alice.app.words();
  assert.equal(words.length, 24);

  const again = await user('Alice, elsewhere');
  await again.app.visit();
  await again.app.restore('Alice', words);
  assert.equal(await fingerprint(again.app), before);
});
