// A client of WebDriver (W3C), as far as these tests need one, and the geckodriver that it talks to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { expectSoon } from '../fixtures/expect.mjs';

/** The key under which WebDriver names an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** @returns {Promise<number>} a TCP port that is free now */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** One browser with one window. */
export class Session {
  /** @param {(line: string) => void} heard told what the browser writes */
  constructor(heard) {
    this.heard = heard;
  }

  /** @param {string[]} args of Firefox @param {Record<string, unknown>} prefs */
  async open(args, prefs) {
    const port = await freePort();
    this.driver = spawn(process.env.GECKODRIVER, ['--port', String(port), '--websocket-port', String(await freePort())], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.driver.stdout, this.driver.stderr]) createInterface({ input: stream }).on('line', this.heard);
    this.url = `http://127.0.0.1:${port}`;
    await expectSoon(() => fetch(`${this.url}/status`).then((answer) => answer.ok, () => false), 'geckodriver is there');
    const options = { binary: process.env.FIREFOX, args, prefs };
    const { sessionId } = await this.#ask('POST', '/session', { capabilities: { alwaysMatch: { browserName: 'firefox', 'moz:firefoxOptions': options } } });
    this.url += `/session/${sessionId}`;
  }

  /** @param {string} url */
  visit = (url) => this.#ask('POST', '/url', { url });
  reload = () => this.#ask('POST', '/refresh', {});

  /** The value of a function in the page. @param {Function} body @param {unknown[]} args */
  evaluate = (body, ...args) => this.#ask('POST', '/execute/sync', { script: `return (${body}).apply(null, arguments)`, args });

  /** @param {Record<string, string>} element */
  click = (element) => this.#ask('POST', `/element/${element[ELEMENT]}/click`, {});
  /** @param {Record<string, string>} element @param {string} text */
  type = (element, text) => this.#ask('POST', `/element/${element[ELEMENT]}/value`, { text });

  async close() {
    if (!this.driver) return;
    await this.#ask('DELETE', '', undefined).catch(() => {});
    if (this.driver.exitCode === null) {
      this.driver.kill();
      await once(this.driver, 'exit');
    }
  }

  /** @param {string} method @param {string} path @param {unknown} body */
  async #ask(method, path, body) {
    const answer = await fetch(this.url + path, { method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }
}
