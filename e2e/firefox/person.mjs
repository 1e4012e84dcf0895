// One person in Firefox, who does the same as one in Chromium (e2e/pages/app.mjs) as far as these tests need it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectSoon } from '../fixtures/expect.mjs';
import { App } from '../pages/app.mjs';
import { Session } from './webdriver.mjs';

/** Of what Firefox writes when it is told to, that which a page is at fault for: its own parts do not quote what they say. */
const FAULT = /^(console\.error: "|JavaScript error: http)/;

/** What a test of two browsers on one machine needs: their loopback addresses count, and are not hidden behind names. */
const PREFERENCES = {
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'devtools.console.stdout.content': true,
  'browser.dom.window.dump.enabled': true,
};

class FirefoxApp extends App {
  /** @param {Session} session @param {string} url */
  constructor(session, url) {
    super(undefined, url);
    this.session = session;
  }

  /** Waits for an element of a kind, by its name. @param {string} selector @param {string} name @param {number} [ms] */
  async #find(selector, name, ms) {
    let found;
    await expectSoon(async () => {
      found = await this.session.evaluate((selector, name) => {
        const label = (element) => element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
        return [...document.querySelectorAll(selector)].find((element) => element.checkVisibility() && label(element).trim().startsWith(name)) ?? null;
      }, selector, name);
      return found !== null;
    }, `there is ${selector} “${name}”`, ms);
    return found;
  }

  /** @param {string} selector @param {string} name */
  async #press(selector, name) {
    this.clicks += 1;
    await this.session.click(await this.#find(selector, name));
  }

  #running = () => expectSoon(() => this.session.evaluate(() => !document.querySelector('.boot')), 'the program runs', 60_000);

  async visit(url = this.url) {
    await this.session.visit(url);
    await this.#running();
  }

  async reload() {
    await this.session.reload();
    await this.#running();
  }

  async start(name) {
    await this.session.type(await this.#find('input', 'Your name'), name);
    await this.#press('button', 'Start');
    await this.#find('[readonly]', 'Invite link');
  }

  async invite() {
    const make = await this.session.evaluate(() => [...document.querySelectorAll('button')].some((button) => button.textContent.trim() === 'Make an invite'));
    if (make) await this.#press('button', 'Make an invite');
    await expectSoon(() => this.session.evaluate(() => /Works until/.test(document.body.textContent)), 'the invite is there');
    return this.session.evaluate((field) => field.value, await this.#find('[readonly]', 'Invite link'));
  }

  async accept(link, name) {
    await this.visit(link);
    await this.session.type(await this.#find('input', 'Your name'), name);
    await this.#press('button', 'Start talking');
    await this.#find('textarea', 'Message to');
  }

  async openChat(name) {
    const open = () => this.session.evaluate(() => document.querySelector('textarea')?.checkVisibility() ?? false);
    if (!(await open())) await this.#press('nav a', name);
    await this.#find('textarea', 'Message to');
  }

  async send(text) {
    const composer = await this.#find('textarea', 'Message to');
    await this.session.type(composer, `${text}\uE007`);
    await expectSoon(() => this.session.evaluate((composer) => composer.value === '', composer), `the composer is empty after “${text}”`);
  }

  rows() {
    return this.session.evaluate(() =>
      [...document.querySelectorAll('[role=log] li:has(.bubble-text)')].map((item) => ({
        text: item.querySelector('.bubble-text').textContent,
        mine: item.classList.contains('bubble-ours'),
        state: item.textContent.match(/, (Not sent|Waiting to be sent|Sending|Sent|Delivered|Read)$/)?.[1],
      })));
  }

  async expectChip(word, ms) {
    await this.#find('button', `Connection: ${word}`, ms);
  }

  async expectReach(word, ms) {
    const says = () => this.session.evaluate((word) => document.querySelector('.bar-chat [role=status]')?.textContent.includes(word) ?? false, word);
    await expectSoon(says, `the contact is ${word}`, ms);
  }
}

export class FirefoxUser {
  profile = mkdtempSync(join(tmpdir(), 'volly-firefox-'));
  /** @type {string[]} errors in the console and uncaught exceptions */
  faults = [];

  /** @param {string} name @param {string} url where the app is @param {Record<string, unknown>} [preferences] */
  constructor(name, url, preferences = {}) {
    Object.assign(this, { name, url, preferences });
  }

  async open() {
    this.session = new Session((line) => {
      if (FAULT.test(line)) this.faults.push(`${this.name}: ${line}`);
    });
    await this.session.open(['-headless', '-profile', this.profile], { ...PREFERENCES, ...this.preferences });
    this.app = new FirefoxApp(this.session, this.url);
    return this;
  }

  async close() {
    await this.session?.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
