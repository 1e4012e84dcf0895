// Finds Firefox and its driver for the tests; installs what is missing: Firefox from Debian, the driver by cargo.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, hasApt } from './debian.mjs';
import { local } from './paths.mjs';
import { Failure, ask, run, step } from './run.mjs';

const DRIVER_VERSION = '0.37.1';
const tools = join(local, 'tools');

/** @param {(string | undefined)[]} names commands or paths */
const find = (names) => names.find((name) => name && (name.includes('/') ? existsSync(name) : ask(name, ['--version']) !== undefined));

const browser = () => find([process.env.FIREFOX, 'firefox-esr', 'firefox', '/Applications/Firefox.app/Contents/MacOS/firefox']);
const driver = () => find([process.env.GECKODRIVER, 'geckodriver', join(tools, 'bin', 'geckodriver')]);

/** @param {string} name */
const absolute = (name) => (name.includes('/') ? name : (ask('which', [name]) ?? name));

/** @returns {Promise<{ FIREFOX: string, GECKODRIVER: string }>} absolute paths, as the tests are told them */
export async function firefox() {
  if (!browser()) {
    if (!hasApt()) throw new Failure('These tests need Firefox on PATH (or named by the variable FIREFOX).');
    await step('Install Firefox (about 1 min)', () => aptInstall(['firefox-esr'], 'These tests run in Firefox'));
  }
  if (!driver()) {
    await step(`Install geckodriver ${DRIVER_VERSION} (about 1 min, once)`, () =>
      run('install-geckodriver', 'cargo', ['install', '--locked', '--debug', '--root', tools, 'geckodriver', '--version', DRIVER_VERSION], {
        env: { CARGO_TARGET_DIR: join(local, 'tools-build') },
      }));
  }
  return { FIREFOX: absolute(browser()), GECKODRIVER: absolute(driver()) };
}
