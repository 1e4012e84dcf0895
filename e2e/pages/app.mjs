// The app as a person uses it: everything is found by role and label, and clicks are counted.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectSoon } from '../fixtures/expect.mjs';

/** @typedef {{ text: string, mine: boolean, state: string | undefined }} Row */

export class App {
  /** Clicks so far. Typing and keys are not clicks. */
  clicks = 0;

  /** @param {import('playwright-core').Page} page @param {string} url */
  constructor(page, url) {
    this.page = page;
    this.url = url;
  }

  /** @param {import('playwright-core').Locator} locator */
  async click(locator) {
    this.clicks += 1;
    await locator.click();
  }

  button = (name) => this.page.getByRole('button', { name, exact: true });
  nameField = () => this.page.getByLabel('Your name');
  inviteLink = () => this.page.getByLabel('Invite link').and(this.page.locator('[readonly]'));
  composer = () => this.page.getByRole('textbox', { name: /^Message to/ });
  /** The row of a contact in the list. */
  chatRow = (name) => this.page.getByRole('navigation', { name: 'Chats' }).getByRole('link', { name });

  /** @param {string} [url] */
  async visit(url = this.url) {
    await this.page.goto(url);
    await this.#running();
  }

  async reload() {
    await this.page.reload();
    await this.#running();
  }

  /** Waits until the program has taken the place of the first paint. */
  #running() {
    return this.page.waitForFunction(() => !document.querySelector('.boot'));
  }

  /** From the first page to the list, where the first invite waits. @param {string} name */
  async start(name) {
    await this.nameField().fill(name);
    await this.click(this.button('Start'));
    await this.inviteLink().waitFor();
  }

  /** Copies the link of an invite, of a new one when none is on the screen. @returns {Promise<string>} */
  async invite() {
    const make = this.button('Make an invite');
    if (!(await this.inviteLink().or(make).first().isVisible())) await this.click(this.button('New chat'));
    await this.inviteLink().or(make).first().waitFor();
    if (await make.isVisible()) await this.click(make);
    await this.page.getByText(/^Works until/).waitFor();
    await this.click(this.button('Copy'));
    await this.button('Copied').waitFor();
    return this.inviteLink().inputValue();
  }

  /** Opens an invite as a new person. @param {string} link @param {string} name */
  async accept(link, name) {
    await this.visit(link);
    await this.nameField().fill(name);
    await this.click(this.button('Start talking'));
    await this.composer().waitFor();
  }

  /** Brings a conversation to the screen, if it is not there yet. @param {string} name */
  async openChat(name) {
    const title = this.page.getByRole('heading', { level: 1, name });
    await title.or(this.chatRow(name)).first().waitFor();
    if (!(await title.isVisible())) await this.click(this.chatRow(name));
    await this.composer().waitFor();
  }

  /** @param {string} text */
  async send(text) {
    await this.composer().fill(text);
    await this.composer().press('Enter');
    await expectSoon(async () => (await this.composer().inputValue()) === '', `the composer is empty after “${text}”`);
  }

  /** What the open conversation shows, from top to bottom. @returns {Promise<Row[]>} */
  rows() {
    return this.page
      .getByRole('log')
      .locator('li:has(.bubble-text)')
      .evaluateAll((items) =>
        items.map((item) => ({
          text: item.querySelector('.bubble-text').textContent,
          mine: item.classList.contains('bubble-ours'),
          state: item.textContent.match(/, (Not sent|Waiting to be sent|Sending|Sent|Delivered|Read)$/)?.[1],
        })));
  }

  /** The row of a message. @param {string} text */
  message = (text) => this.page.getByRole('log').locator('li').filter({ has: this.page.locator('.bubble-text').getByText(text, { exact: true }) });

  /** Opens what one can do with a message. @param {string} text */
  async openMenu(text) {
    await this.message(text).hover();
    await this.click(this.message(text).getByRole('button', { name: /^What to do with/ }));
    await this.page.getByRole('dialog', { name: 'Message' }).waitFor();
  }

  /** Does something with a message. @param {string} text @param {string} what */
  async choose(text, what) {
    await this.openMenu(text);
    await this.click(this.page.getByRole('dialog', { name: 'Message' }).getByRole('button', { name: what, exact: true }));
  }

  /** @param {string} text @param {string} how */
  react = (text, how) => this.choose(text, how);

  /** Waits for the reactions that a message shows. @param {string} text @param {string[]} reactions */
  async expectReactions(text, reactions) {
    let seen = [];
    await expectSoon(async () => {
      const chips = await this.message(text).locator('.reaction').all();
      seen = await Promise.all(chips.map(async (chip) => (await chip.locator('span:not(.visually-hidden)').allTextContents()).join('')));
      return JSON.stringify(seen.sort()) === JSON.stringify([...reactions].sort());
    }, () => `the reactions are ${reactions} and not ${seen}`);
  }

  /** All of the open conversation, from its first text on: scrolls up until that is there. @param {string} first @returns {Promise<Row[]>} */
  async everything(first) {
    const log = this.page.getByRole('log');
    await expectSoon(async () => {
      await log.evaluate((log) => log.scrollBy(0, -log.clientHeight));
      return (await this.rows())[0]?.text === first;
    }, `“${first}” comes back`, 60_000);
    return this.rows();
  }

  /** Waits until the conversation holds exactly these texts, in this order. @param {string[]} texts @param {number} [ms] */
  async expectTexts(texts, ms) {
    let seen = [];
    const wanted = JSON.stringify(texts);
    await expectSoon(async () => {
      seen = (await this.rows()).map(({ text }) => text);
      return JSON.stringify(seen) === wanted;
    }, () => `the texts are\n${wanted}\nand not\n${JSON.stringify(seen)}`, ms);
  }

  /** Waits for the state of one of our messages. @param {string} text @param {RegExp} state @param {number} [ms] */
  async expectState(text, state, ms) {
    let seen;
    await expectSoon(async () => {
      seen = (await this.rows()).find((row) => row.mine && row.text === text)?.state;
      return state.test(seen ?? '');
    }, () => `“${text}” is ${state} and not ${seen}`, ms);
  }

  /** Waits for the word of the connection chip. @param {string} word @param {number} [ms] */
  async expectChip(word, ms = 15_000) {
    await this.button(`Connection: ${word}`).waitFor({ timeout: ms });
  }

  /** Opens what is known of a contact, from its open chat. @param {string} name */
  async about(name) {
    await this.click(this.page.getByTitle(`About ${name}`));
  }

  /** Waits for how the contact of the open chat is reached. @param {string} word @param {number} [ms] */
  async expectReach(word, ms = 15_000) {
    await this.page.locator('.bar-chat').getByRole('status').getByText(word, { exact: true }).waitFor({ timeout: ms });
  }

  /** @returns {Promise<string>} what the connection sheet tells somebody who helps */
  async details() {
    await this.click(this.page.getByRole('button', { name: 'Connection:' }));
    await this.click(this.page.getByText('Details', { exact: true }));
    const text = await this.page.getByLabel('Details').inputValue();
    await this.click(this.button('Close'));
    return text;
  }

  /** @param {string} name @returns {Promise<string>} 60 digits */
  async safetyNumber(name) {
    await this.about(name);
    await this.click(this.page.getByRole('link', { name: 'Compare safety number' }));
    const digits = this.page.getByRole('list', { name: 'Safety number' });
    await digits.and(this.page.locator('[aria-busy="false"]')).waitFor();
    return (await digits.innerText()).replace(/\s/g, '');
  }

  /** @param {string} label @param {boolean} on */
  async setting(label, on) {
    await this.click(this.button('Settings'));
    const box = this.page.getByRole('checkbox', { name: label });
    if ((await box.isChecked()) !== on) await this.click(box);
    await expectSoon(async () => (await box.isChecked()) === on, `${label} is ${on}`);
  }

  /** Does something with a chat in the list. @param {string} name @param {string} what */
  async arrange(name, what) {
    await this.chatRow(name).hover();
    await this.click(this.button(`What to do with the chat with ${name}`));
    await this.click(this.page.getByRole('dialog', { name: 'Chat' }).getByRole('button', { name: what, exact: true }));
  }

  /** Chooses whether everything goes through the relay, or takes it back. */
  async toggleRelayOnly() {
    await this.click(this.button('Settings'));
    await this.click(this.page.getByRole('checkbox', { name: 'Through the relay only' }));
  }

  /** @returns {Promise<string[]>} the recovery phrase */
  async words() {
    await this.click(this.button('Settings'));
    await this.click(this.page.getByRole('link', { name: 'Your 24 words' }));
    await this.click(this.button('Show the words'));
    const list = this.page.getByRole('list', { name: 'Your 24 words' });
    await list.waitFor();
    return list.getByRole('listitem').allInnerTexts();
  }

  /** @param {string} name @param {string[]} words */
  async restore(name, words) {
    await this.click(this.button('Restore'));
    await this.page.getByLabel('Your 24 words').fill(words.join(' '));
    await this.nameField().fill(name);
    await this.click(this.button('Restore'));
    await this.button('Settings').waitFor();
  }

  /** Chooses files, as the button beside the composer does. @param {string | string[]} files */
  async sendFiles(files) {
    await this.page.locator('.composer input[type=file]').setInputFiles(files);
  }

  /** The row of a file by its name. @param {string} name */
  file = (name) => this.page.getByRole('log').locator('li').filter({ has: this.page.locator('.file-name').getByText(name, { exact: true }) });

  /** The picture of this name, once it is whole. @param {string} name */
  picture = (name) => this.button(`Open ${name}`);

  /** Waits for what the browser downloads. @param {() => Promise<void>} act @returns {Promise<string>} where it is, under its own name */
  async downloaded(act) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), act()]);
    const path = join(mkdtempSync(join(tmpdir(), 'volly-download-')), download.suggestedFilename());
    await download.saveAs(path);
    return path;
  }

  /** Saves a backup; without a passphrase the 24 words open it. @param {string} [passphrase] @returns {Promise<string>} the file */
  async saveBackup(passphrase) {
    await this.click(this.button('Settings'));
    await this.click(this.page.getByRole('link', { name: 'Save a backup' }));
    if (passphrase !== undefined) {
      await this.click(this.page.getByRole('checkbox', { name: 'Open it with a passphrase' }));
      await this.page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    }
    const file = await this.downloaded(() => this.click(this.button('Save a backup')));
    await this.page.getByText('Saved to your downloads').waitFor();
    return file;
  }

  /** Chooses a backup on the first page, and what opens it. @param {string} file @param {string} openedBy */
  async chooseBackup(file, openedBy) {
    const [byFile, field] = [this.button('I have a backup'), this.page.getByLabel('The file, it ends in .volly')];
    await this.button('Start').or(byFile).or(field).first().waitFor();
    if (await this.button('Start').isVisible()) await this.click(this.button('Restore'));
    await byFile.or(field).first().waitFor();
    if (await byFile.isVisible()) await this.click(byFile);
    await field.setInputFiles(file);
    await this.page.getByLabel('Its passphrase, or your 24 words').fill(openedBy);
    await this.click(this.button('Restore'));
  }

  /** @param {string} file @param {string} openedBy */
  async restoreBackup(file, openedBy) {
    await this.chooseBackup(file, openedBy);
    await this.button('Settings').waitFor();
  }

  /** Sets a passphrase, from anywhere. @param {string} passphrase */
  async setLock(passphrase) {
    await this.click(this.button('Settings'));
    await this.click(this.page.getByRole('link', { name: 'App lock' }));
    await this.page.getByLabel('New passphrase').fill(passphrase);
    await this.page.getByLabel('The same again').fill(passphrase);
    await this.click(this.button('Turn on'));
    await this.button('Lock now').waitFor();
  }

  /** Changes it, where it was set. @param {string} current @param {string} next */
  async changeLock(current, next) {
    await this.page.getByLabel('Your passphrase now').fill(current);
    await this.page.getByLabel('New passphrase').fill(next);
    await this.page.getByLabel('The same again').fill(next);
    await this.click(this.button('Change'));
  }

  /** @param {string} passphrase */
  async unlock(passphrase) {
    await this.page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await this.click(this.button('Unlock'));
  }
}
