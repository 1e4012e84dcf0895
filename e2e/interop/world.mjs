// A relay, a browser and its pages, one party in each; all are gone afterwards, and no page had a fault.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { chromiumArgs } from '../../scripts/lib/browser.mjs';
import { Relay } from '../fixtures/relay.mjs';
import './node-20.mjs';
import { JsParty } from './parties/js.mjs';

/** For a whole test; a dial that hangs is a failure. */
const TIMEOUT_MS = 120_000;

const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** What the pages load, from a port of the system's choice: an address that a page may have WebTransport at. */
export async function site() {
  const server = createServer((request, response) => {
    const name = request.url.slice(1);
    if (!/^\w+\.(js|wasm)$/.test(name)) return response.writeHead(name ? 404 : 200, { 'content-type': 'text/html' }).end('<!doctype html><link rel=icon href="data:,"><script type=module src=/page.js></script>');
    response.writeHead(200, { 'content-type': TYPES[extname(name)] }).end(readFileSync(join(process.env.VOLLY_INTEROP, name)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A page, and what went wrong there. */
export class Page {
  /** @type {string[]} errors in the console and uncaught exceptions */
  faults = [];

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(`uncaught ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && this.faults.push(message.text()));
  }

  /** @param {import('playwright-core').Browser} browser @param {string} url */
  static async open(browser, url) {
    const context = await browser.newContext();
    const page = new this(await context.newPage());
    await page.page.goto(url);
    await page.page.waitForFunction(() => globalThis.begin);
    return page;
  }

  /** Starts a party there; each of its functions is called in the page. @param {'js' | 'volly' | 'raw'} kind */
  async begin(kind) {
    const peer = await this.page.evaluate((kind) => globalThis.begin(kind), kind);
    const call = (name) => (...parts) => this.page.evaluate(([kind, name, parts]) => globalThis.parties[kind][name](...parts), [kind, name, parts]);
    return new Proxy({ peer, page: this }, { get: (own, name) => (name in own || name === 'then' ? own[name] : call(name)) });
  }

  stop = () => this.page.context().close();
}

/** Where a relay is, as its bootstrap document says: the first address of each way, with its PeerId. @param {Relay} relay */
export async function addresses(relay) {
  const { peer, addresses } = await (await fetch(`${relay.url}/bootstrap.json`)).json();
  const first = (part) => `${addresses.find((address) => address.includes(part))}/p2p/${peer}`;
  return { peer, webSocket: first('/ws'), webTransport: first('/webtransport'), webRtcDirect: first('/webrtc-direct') };
}

/**
 * @typedef {object} World
 * @property {Relay} relay
 * @property {Awaited<ReturnType<typeof addresses>>} at where the relay is
 * @property {() => Promise<any>} volly ours, in a page
 * @property {() => Promise<any>} js a node of js-libp2p, in a page
 * @property {(options?: object) => Promise<JsParty>} node a node of js-libp2p, in this process
 */

/** @param {string} name @param {(world: World) => Promise<void>} body */
export function interop(name, body) {
  test(name, { timeout: TIMEOUT_MS }, async () => {
    const [relay, pages, browser] = await Promise.all([
      new Relay().start(), site(), chromium.launch({ executablePath: process.env.CHROMIUM, args: chromiumArgs }),
    ]);
    const opened = [];
    const party = async (kind) => {
      const page = await Page.open(browser, pages.url);
      opened.push(page);
      return page.begin(kind);
    };
    try {
      await body({
        relay,
        at: await addresses(relay),
        volly: () => party('volly'),
        js: () => party('js'),
        node: async (options) => {
          opened.push(await JsParty.start(options));
          return opened.at(-1);
        },
      });
      assert.deepEqual(opened.flatMap(({ faults }) => faults ?? []), []);
    } catch (error) {
      console.log(relay.log.slice(-20).join('\n'));
      throw error;
    } finally {
      await Promise.allSettled(opened.map((one) => one.stop()));
      await Promise.allSettled([browser.close(), relay.close()]);
      pages.close();
    }
  });
}
