// The app as a person uses it: everything is found by role and label, and clicks are counted.
import { expectSoon } from '../fixtures/expect.mjs';

/** @typedef {{ text: string, mine: boolean, state: string | undefined }} Row */

const STATES = /^(Not sent|Waiting to be sent|Sent|Delivered|Read)$/;

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

  button = (name) => this.page.getByRole('button', { name });
  /** A link or a button: what a word looks like is the design's business. */
  action = (name) => this.page.getByRole('button', { name }).or(this.page.getByRole('link', { name })).first();

  async visit(fragment = '') {
    await this.page.goto(`${this.url}/${fragment}`);
  }

  async reload() {
    await this.page.reload();
  }

  nameField = () => this.page.getByLabel('Your name');
  composer = () => this.page.getByRole('textbox', { name: /^Message/ });
  log = () => this.page.getByRole('log');

  /** From the first page to the list. @param {string} name */
  async start(name) {
    await this.nameField().fill(name);
    await this.click(this.button('Start'));
    await this.action(/Make an invite|New chat/).waitFor();
  }

  /** Makes an invite and takes its link from the screen. */
  async invite() {
    const make = this.action('Make an invite');
    if (!(await make.isVisible())) await this.click(this.action('New chat'));
    if (await make.isVisible()) await this.click(make);
    const field = this.page.getByLabel('Invite link');
    await field.waitFor();
    await this.page.getByText(/Works until/).waitFor();
    return (await field.inputValue().catch(() => field.textContent())).trim();
  }

  /** Opens an invite as a new person. @param {string} link @param {string} name */
  async accept(link, name) {
    await this.page.goto(link);
    await this.nameField().fill(name);
    await this.click(this.button('Start talking'));
    await this.composer().waitFor();
  }

  /** Opens the conversation with someone from the list. @param {string} name */
  async openChat(name) {
    if ((await this.composer().isVisible()) && (await this.page.getByRole('heading', { name }).first().isVisible())) return;
    await this.click(this.page.getByRole('navigation').or(this.page.getByRole('main')).getByRole('link', { name: new RegExp(`\\b${name}\\b`) }).first());
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
    return this.log()
      .getByRole('listitem')
      .evaluateAll(
        (items, states) =>
          items
            .map((item) => ({
              text: item.querySelector('[data-text], .message-text, .text')?.textContent ?? '',
              mine: item.matches('.mine, [data-mine]') || item.querySelector('.mine') !== null,
              state: [...item.querySelectorAll('*')]
                .flatMap((node) => [node.getAttribute('aria-label'), node.childElementCount === 0 ? node.textContent : undefined])
                .find((label) => label && new RegExp(states).test(label.trim())),
            }))
            .filter(({ text }) => text !== ''),
        STATES.source,
      );
  }

  texts = async () => (await this.rows()).map(({ text }) => text);

  /** Waits until the conversation holds exactly these texts, in this order. @param {string[]} texts @param {number} [ms] */
  async expectTexts(texts, ms) {
    let seen = [];
    await expectSoon(async () => {
      seen = await this.texts();
      return JSON.stringify(seen) === JSON.stringify(texts);
    }, () => `texts are\n${JSON.stringify(texts)}\nand not\n${JSON.stringify(seen)}`, ms);
  }

  /** Waits for the state of one of our messages. @param {string} text @param {string | RegExp} state @param {number} [ms] */
  async expectState(text, state, ms) {
    let seen;
    await expectSoon(async () => {
      seen = (await this.rows()).find((row) => row.text === text)?.state;
      return typeof state === 'string' ? seen === state : state.test(seen ?? '');
    }, () => `“${text}” is ${state} and not ${seen}`, ms);
  }

  /** Waits for the words of the connection chip. @param {string | RegExp} words @param {number} [ms] */
  async expectChip(words, ms) {
    const chip = this.page.getByRole('button', { name: /^Connection:/ }).first();
    let seen;
    await expectSoon(async () => {
      seen = ((await chip.getAttribute('aria-label').catch(() => undefined)) ?? (await chip.textContent()) ?? '').trim();
      return new RegExp(words).test(seen);
    }, () => `the chip says ${words} and not “${seen}”`, ms);
  }
}
