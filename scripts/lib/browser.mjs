// Finds Chromium and its driver for the tests; installs Debian's when there is none.
import { existsSync } from 'node:fs';
import { aptInstall, hasApt } from './debian.mjs';
import { Failure, ask, step } from './run.mjs';

/** @param {string | undefined} chosen @param {string[]} names */
const find = (chosen, names) => [chosen, ...names].find((name) => name && (name.includes('/') ? existsSync(name) : ask(name, ['--version']) !== undefined));

/** @param {string} name a command or a path */
const absolute = (name) => (name.includes('/') ? name : (ask('which', [name]) ?? name));

const chromium = () =>
  find(process.env.CHROMIUM, ['chromium', 'chromium-browser', 'google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']);
const driver = () => find(process.env.CHROMEDRIVER, ['chromedriver']);

/** @returns {Promise<{ chromium: string, chromedriver: string }>} absolute paths */
export async function browser() {
  if (!(chromium() && driver())) {
    if (!hasApt()) {
      throw new Failure('The tests need Chromium or Chrome and the chromedriver of the same version on PATH (or named by the variables CHROMIUM and CHROMEDRIVER).');
    }
    await step('Install Chromium and its driver (about 1 min)', () => aptInstall(['chromium', 'chromium-driver'], 'The tests run in Chromium'));
  }
  return { chromium: absolute(chromium()), chromedriver: absolute(driver()) };
}

/** What a headless Chromium needs to run anywhere, also as root. QUIC stays on: WebTransport needs it. */
export const chromiumArgs = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
