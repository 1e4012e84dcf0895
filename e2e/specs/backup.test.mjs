// A backup: saved to a file, restored in another browser, and what goes wrong on the way; and a chat as a file.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pair, talk } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { filesUnder, traces } from '../fixtures/traces.mjs';

const PASSPHRASE = 'zwei Zwetschgen für Jörg';
const SECRET = 'Zwetschgenkuchen um halb sieben';

scenario('a backup restored in another browser brings the chats back, and people go on talking', async (world) => {
  const { alice, bob } = await pair(world);
  const known = ['Hello Alice'];
  await talk({ alice, bob }, known, 'Before');
  await alice.app.send(SECRET);
  known.push(SECRET);
  await bob.app.expectTexts(known);
  const file = await alice.app.saveBackup(PASSPHRASE);
  assert.match(file, /Volly \d{4}-\d\d-\d\d\.volly$/);
  assert.deepEqual(traces({ 'the file': readFileSync(file) }, { 'a text': SECRET, 'a name': 'Bob', 'the passphrase': PASSPHRASE }), []);

  // Alice writes on in the browser that has the chats; the backup knows nothing of it.
  await alice.app.openChat('Bob');
  await alice.app.send('After the backup');
  await bob.app.expectTexts([...known, 'After the backup']);

  const again = await world.user('Alice again');
  await again.app.visit();
  await again.app.restoreBackup(file, PASSPHRASE);
  await again.app.openChat('Bob');
  await again.app.expectTexts(known);
  await again.app.send('From the new browser');
  await bob.app.expectTexts([...known, 'After the backup', 'From the new browser']);
  await bob.app.send('To the new browser');
  await again.app.expectTexts([...known, 'From the new browser', 'To the new browser']);
  await again.app.expectState('From the new browser', /Delivered|Read/);

  // The old browser says so, and keeps the history.
  await alice.app.page.getByText('You went on with Bob in another browser').waitFor();
  assert.equal(await alice.app.composer().count(), 0);
  await alice.app.expectTexts([...known, 'After the backup']);
});

scenario('the 24 words open a backup, in any case and spacing', async (world) => {
  const { alice } = await pair(world);
  const file = await alice.app.saveBackup();
  const words = await alice.app.words();
  await alice.quit();
  const again = await world.user('Alice again');
  await again.app.visit();
  await again.app.restoreBackup(file, `  ${words.join('  ').toUpperCase()} `);
  await again.app.openChat('Bob');
  await again.app.expectTexts(['Hello Alice']);
});

scenario('what is wrong with a backup is said, and nothing is changed', async (world) => {
  const { alice } = await pair(world);
  const file = await alice.app.saveBackup(PASSPHRASE);
  const bytes = readFileSync(file);
  const variant = (name, change) => {
    const path = join(tmpdir(), `volly-${process.pid}-${name}`);
    const copy = Buffer.from(bytes);
    writeFileSync(path, change(copy) ?? copy);
    return path;
  };
  const other = await world.user('Other');
  const { app } = other;
  await app.visit();
  const tries = [
    ['another file', variant('other', () => Buffer.from('hello')), PASSPHRASE, 'That isn’t a Volly backup.'],
    ['a newer version', variant('newer', (copy) => void (copy[8] = 9)), PASSPHRASE, 'A newer Volly saved this backup.'],
    ['another passphrase', file, 'zwei zwetschgen', 'That doesn’t open it.'],
    ['no passphrase', file, '', 'Type the passphrase first.'],
    ['a changed byte', variant('changed', (copy) => void (copy[copy.length - 40] ^= 1)), PASSPHRASE, 'This backup is damaged'],
    ['a cut file', variant('cut', (copy) => copy.subarray(0, copy.length - 9)), PASSPHRASE, 'This backup is damaged'],
  ];
  for (const [what, path, passphrase, words] of tries) {
    await app.chooseBackup(path, passphrase);
    await app.page.getByRole('alert').getByText(words).waitFor();
    assert.equal(await app.button('Settings').count(), 0, what);
  }
  await app.chooseBackup(file, PASSPHRASE);
  await app.button('Settings').waitFor();
});

scenario('a chat is exported as a page and as JSON', async (world) => {
  const { alice } = await pair(world);
  await alice.app.send('<b>1 < 2</b> & "so on"\nand on');
  await alice.app.about('Bob');
  const page = readFileSync(await alice.app.downloaded(() => alice.app.click(alice.app.button('As a web page'))), 'utf8');
  assert.match(page, /Hello Alice/);
  assert.match(page, /&lt;b&gt;1 &lt; 2&lt;\/b&gt; &amp; &quot;so on&quot;/);
  const path = await alice.app.downloaded(() => alice.app.click(alice.app.button('As JSON')));
  assert.match(path, /Volly Bob \d{4}-\d\d-\d\d\.json$/);
  const { with: name, messages } = JSON.parse(readFileSync(path, 'utf8'));
  assert.equal(name, 'Bob');
  assert.deepEqual(messages.map(({ mine, text }) => [mine, text]), [[false, 'Hello Alice'], [true, '<b>1 < 2</b> & "so on"\nand on']]);
});

scenario('neither saving nor restoring leaves plaintext in the browser’s files', async (world) => {
  const { alice } = await pair(world);
  await alice.app.send(SECRET);
  const file = await alice.app.saveBackup(PASSPHRASE);
  const again = await world.user('Alice again');
  await again.app.visit();
  await again.app.restoreBackup(file, PASSPHRASE);
  await again.app.openChat('Bob');
  await again.app.expectTexts(['Hello Alice', SECRET]);
  const secrets = { 'a text': SECRET, 'the passphrase': PASSPHRASE };
  for (const person of [alice, again]) {
    await person.quit();
    const files = Object.fromEntries(Object.entries(filesUnder(person.profile)).filter(([path]) => /IndexedDB|Local Storage|Session Storage|Service Worker|File System|blob_storage/.test(path)));
    assert.deepEqual(traces(files, secrets), [], person.name);
  }
});
