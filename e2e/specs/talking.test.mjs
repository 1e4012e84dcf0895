// Two people meet, write, reload, go away and come back.
import assert from 'node:assert/strict';
import { expectSoon } from '../fixtures/expect.mjs';
import { numbered, pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { indexedDbOf } from '../fixtures/traces.mjs';

const MAX_CLICKS = { inviter: 3, guest: 2 };
/** From the guest's page to the first message on the other screen; the bar is 15 s, the margin is for slow machines. */
const MAX_FIRST_MESSAGE_MS = 30_000;
/** For what was typed to be in the database. */
const STORED_MS = 2_000;
/** Messages of several pages of the engine, of 60 each, and so of more screens than are drawn at the end of a conversation. */
const LONG = 200;

scenario('two strangers talk after one link', async ({ user, report }) => {
  const [alice, bob] = [await user('Alice'), await user('Bob')];
  await alice.app.visit();
  await alice.app.start('Alice');
  const link = await alice.app.invite();
  assert.ok(link.length <= 300, `${link.length} characters`);
  assert.equal(new URL(link).search, '', 'everything is in the fragment');
  assert.equal(await alice.app.page.evaluate(() => navigator.clipboard.readText()), link);

  const started = performance.now();
  await bob.app.accept(link, 'Bob');
  await bob.app.send('Hello Alice');
  await alice.app.openChat('Bob');
  await alice.app.expectTexts(['Hello Alice'], MAX_FIRST_MESSAGE_MS);
  report(`link to first message: ${((performance.now() - started) / 1000).toFixed(1)} s (bar: 15 s)`);
  report(`clicks: ${alice.app.clicks} by the inviter, ${bob.app.clicks} by the guest`);
  assert.ok(alice.app.clicks <= MAX_CLICKS.inviter);
  assert.ok(bob.app.clicks <= MAX_CLICKS.guest);

  const expected = ['Hello Alice'];
  for (const [who, text] of [[alice, 'Hello Bob'], [bob, 'How are you?'], [alice, 'Fine 🙂'], [alice, 'And you?'], [bob, 'مرحبا']]) {
    await who.app.send(text);
    expected.push(text);
    await Promise.all([alice, bob].map(({ app }) => app.expectTexts(expected)));
  }
  await alice.app.expectState('And you?', /Read/);
  await bob.app.expectState('مرحبا', /Read/);
});

scenario('Start asks for a name, and waits for the program', async ({ user }) => {
  const alice = await user('Alice');
  const { app } = alice;
  await app.visit();
  await app.click(app.button('Start'));
  await app.page.getByText('Choose a name first.').waitFor();
  assert.equal(await app.nameField().evaluate((field) => field === document.activeElement), true);

  let release = () => {};
  const released = new Promise((resolve) => { release = resolve; });
  await alice.context.route(/\.wasm$/, async (route) => {
    await released;
    await route.continue();
  });
  await app.page.goto(app.url, { waitUntil: 'commit' });
  await app.nameField().fill('Alice');
  await app.nameField().press('Enter');
  release();
  await app.inviteLink().waitFor();
});

scenario('everything is there after a reload, and they go on talking', async (world) => {
  const { alice, bob } = await pair(world);
  await alice.app.send('Before');
  await bob.app.expectTexts(['Hello Alice', 'Before']);
  await alice.app.composer().fill('half a thought');
  // A page that goes takes along what its database has not begun to write.
  await expectSoon(async () => (await indexedDbOf(alice.app.page))['volly/drafts'].length > 0, 'the draft is stored', STORED_MS);
  await Promise.all([alice, bob].map(({ app }) => app.reload()));
  await Promise.all([alice.app.openChat('Bob'), bob.app.openChat('Alice')]);
  await Promise.all([alice, bob].map(({ app }) => app.expectTexts(['Hello Alice', 'Before'])));
  assert.equal(await alice.app.composer().inputValue(), 'half a thought');
  await alice.app.send('After, from Alice');
  await bob.app.expectTexts(['Hello Alice', 'Before', 'After, from Alice']);
  await bob.app.send('After, from Bob');
  await alice.app.expectTexts(['Hello Alice', 'Before', 'After, from Alice', 'After, from Bob']);
});

scenario('a long conversation shows its end, and all of it to who scrolls up', async (world) => {
  const { alice, bob } = await pair(world);
  const texts = numbered('Line', LONG);
  for (const text of texts) await alice.app.send(text);
  for (const { app } of [alice, bob]) {
    await expectSoon(async () => (await app.rows()).at(-1)?.text === texts.at(-1), 'the newest is on the screen');
    await expectSoon(async () => (await app.rows()).length < LONG, 'what is far above is not drawn');
    const log = app.page.getByRole('log');
    await expectSoon(async () => {
      await log.evaluate((log) => log.scrollBy(0, -log.clientHeight));
      return (await app.rows())[0].text === 'Hello Alice';
    }, 'the first message comes back');
    await app.expectTexts(['Hello Alice', ...texts]);
    await app.click(app.button('To the newest message'));
    await expectSoon(() => log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2), 'the end is on the screen');
  }
});

scenario('who was away gets everything once, in order, though the sender has left', async (world) => {
  const { alice, bob } = await pair(world);
  await bob.quit();
  const texts = numbered('While you were away', 20);
  for (const text of texts) await alice.app.send(text);
  for (const text of texts) await alice.app.expectState(text, /^Sent$/, 30_000);
  await alice.quit();
  await bob.open();
  await bob.app.visit();
  await bob.app.openChat('Alice');
  await bob.app.expectTexts(['Hello Alice', ...texts]);
});

scenario('on a narrow screen, back leads from the chat to the list, and stays there', async (world) => {
  const { alice } = await pair(world, { viewport: { width: 390, height: 760 } });
  await alice.app.click(alice.app.button('Back'));
  await alice.app.chatRow('Bob').waitFor();
  assert.equal(await alice.app.composer().isVisible(), false);
  await alice.app.openChat('Bob');
  await alice.app.page.goBack();
  await alice.app.chatRow('Bob').waitFor();
});
