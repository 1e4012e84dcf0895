// The app as a person uses it: everything is found by role and label, and clicks are counted.
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
          state: item.textContent.match(/, (Not sent|Waiting to be sent|Sent|Delivered|Read)$/)?.[1],
        })));
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

  /** @param {string} name @returns {Promise<string>} 60 digits */
  async safetyNumber(name) {
    await this.about(name);
    await this.click(this.page.getByRole('link', { name: 'Compare safety number' }));
    const digits = this.page.getByRole('list', { name: 'Safety number' });
    await digits.and(this.page.locator('[aria-busy="false"]')).waitFor();
    return (await digits.innerText()).replace(/\s/g, '');
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
}
