// A profile of 100,000 messages in ten conversations: how long it takes to open, to go to one of them, and to search all.
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryOf } from '../e2e/fixtures/memory.mjs';
import { root } from '../scripts/lib/paths.mjs';
import { Failure } from '../scripts/lib/run.mjs';
import { percentile } from './median.mjs';

const PASSPHRASE = 'a long history';
const RUNS = 5;

/** Writes the profile as a backup. @returns {string} where it is */
export function profile() {
  const file = join(mkdtempSync(join(tmpdir(), 'volly-history-')), 'history.volly');
  const args = ['test', '--locked', '--workspace', '--test', 'sim', '--', '--ignored', 'write_a_long_history'];
  const { status, stderr } = spawnSync('cargo', args, { cwd: root, env: { ...process.env, VOLLY_PROFILE: file }, encoding: 'utf8' });
  if (status !== 0) throw new Failure(stderr);
  return file;
}

/** Milliseconds in the page from what `act` does until the selector is there in a frame. @param {import('playwright-core').Page} page @param {string} clicked @param {string} awaited */
const clickUntil = (page, clicked, awaited) => page.evaluate(([clicked, awaited]) => new Promise((resolve) => {
  const began = performance.now();
  document.querySelector(clicked).click();
  const look = () => (document.querySelector(awaited) ? resolve(performance.now() - began) : requestAnimationFrame(look));
  requestAnimationFrame(look);
}), [clicked, awaited]);

/** Milliseconds from the last letter of a query to its results. @param {import('playwright-core').Page} page @param {string} query @param {string} found */
const searchUntil = (page, query, found) => page.evaluate(([query, found]) => new Promise((resolve) => {
  const field = document.querySelector('[type=search]');
  const began = performance.now();
  field.value = query;
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  const isThere = () => document.querySelector('.rows-title + ul')?.innerText.includes(found) && document.querySelector('.rows-empty')?.innerText === '';
  const look = () => (isThere() ? resolve(performance.now() - began) : requestAnimationFrame(look));
  requestAnimationFrame(look);
}), [query, found]);

/** @param {import('../e2e/fixtures/user.mjs').User} user a fresh profile @param {string} file */
export async function history(user, file) {
  const { app } = user;
  user.networkMayFail = true;
  await app.visit();
  const began = performance.now();
  await app.restoreBackup(file, PASSPHRASE);
  const restored = performance.now() - began;
  const opened = [];
  const chats = [];
  for (let run = 0; run < RUNS; run += 1) {
    await app.page.evaluate(() => { location.hash = '#/'; });
    await app.page.reload();
    await app.page.locator('.row-name').first().waitFor();
    opened.push(await app.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())))));
    chats.push(await clickUntil(app.page, '.row', '.bubble'));
  }
  await app.page.evaluate(() => { location.hash = '#/'; });
  const first = await searchUntil(app.page, 'number 005555', '005555');
  const searches = [];
  for (let run = 0; run < RUNS; run += 1) searches.push(await searchUntil(app.page, `number 00${4000 + run}`, `00${4000 + run}`));
  const memory = await memoryOf(user);
  return { restored, opened: percentile(opened), chat: percentile(chats), firstSearch: first, search: percentile(searches), memory: memory.script + memory.program };
}
