// A file from browser to browser, directly and through the relay, beside `fetch` of the same file from this machine.
import { createServer } from 'node:http';
import { createReadStream } from 'node:fs';
import { MIB, made } from '../e2e/fixtures/files.mjs';
import { pair } from '../e2e/fixtures/pair.mjs';

const SIZE_MIB = 50;
const PATIENCE_MS = 300_000;

/** MiB a second. @param {number} began */
const rate = (began) => SIZE_MIB / ((performance.now() - began) / 1_000);

/** From the wish to the whole file. @param {any} alice @param {any} bob @param {string} path @param {string} name */
async function transfer(alice, bob, path, name) {
  const taken = performance.now();
  await alice.app.sendFiles(path);
  await alice.app.file(name).waitFor({ timeout: PATIENCE_MS });
  const takenIn = rate(taken);
  await bob.app.button(`Get ${name}`).waitFor({ timeout: PATIENCE_MS });
  const began = performance.now();
  await bob.app.click(bob.app.button(`Get ${name}`));
  await bob.app.button(`Save ${name}`).waitFor({ timeout: PATIENCE_MS });
  return { takenIn, there: rate(began) };
}

/** What a page gets when it just fetches. @param {any} user @param {string} path */
async function fetched(user, path) {
  const server = createServer((request, response) => {
    if (request.url !== '/file') return response.setHeader('content-type', 'text/html').end('<!doctype html>');
    createReadStream(path).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await user.context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const took = await page.evaluate(async () => {
    const began = performance.now();
    await (await fetch('/file')).arrayBuffer();
    return performance.now() - began;
  });
  await page.close();
  server.close();
  return SIZE_MIB / (took / 1_000);
}

/** @param {(name: string) => any} user */
export async function files(user) {
  const { alice, bob } = await pair({ user });
  await Promise.all([alice, bob].map(({ app }) => app.expectReach('Direct')));
  const direct = await transfer(alice, bob, made('direct.bin', SIZE_MIB * MIB), 'direct.bin');
  const plain = await fetched(bob, made('plain.bin', SIZE_MIB * MIB));
  await alice.app.toggleRelayOnly();
  await alice.app.openChat('Bob');
  await Promise.all([alice, bob].map(({ app }) => app.expectReach('Online')));
  const relayed = await transfer(alice, bob, made('relayed.bin', SIZE_MIB * MIB), 'relayed.bin');
  return { takenIn: direct.takenIn, direct: direct.there, relayed: relayed.there, fetch: plain, share: direct.there / plain };
}
