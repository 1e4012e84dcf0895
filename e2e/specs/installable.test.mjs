// What makes it an app: manifest, icons, service worker; and the headers that keep it to itself.
import assert from 'node:assert/strict';
import { scenario } from '../fixtures/scenario.mjs';

/** Width and height of a PNG, from its header. @param {Buffer} png */
const sizeOf = (png) => `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;

scenario('the app can be installed', async ({ relay, user }) => {
  const alice = await user('Alice');
  await alice.app.visit();
  await alice.app.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const href = await alice.app.page.locator('link[rel="manifest"]').getAttribute('href');
  const manifest = await (await fetch(new URL(href, relay.url))).json();
  for (const member of ['id', 'name', 'short_name', 'start_url', 'scope', 'description', 'lang', 'theme_color', 'background_color']) {
    assert.equal(typeof manifest[member], 'string', member);
  }
  assert.equal(manifest.display, 'standalone');
  for (const purpose of ['any', 'maskable']) {
    for (const sizes of ['192x192', '512x512']) {
      const icon = manifest.icons.find((one) => one.purpose === purpose && one.sizes === sizes);
      const answer = await fetch(new URL(icon.src, relay.url));
      assert.equal(answer.headers.get('content-type'), 'image/png');
      assert.equal(sizeOf(Buffer.from(await answer.arrayBuffer())), sizes);
    }
  }
  const session = await alice.context.newCDPSession(alice.app.page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), []);
});

scenario('the service worker answers for the pages of the app, and for no other', async ({ relay, user }) => {
  const { app } = await user('Alice');
  await app.visit();
  await app.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await app.page.goto(`${relay.url}/robots.txt`);
  assert.match(await app.page.locator('body').innerText(), /^User-agent:/);
  await app.visit(`${relay.url}/settings`);
  await app.button('Start').waitFor();
});

scenario('every answer carries the security headers, and the policy allows nothing inline', async ({ relay }) => {
  for (const path of ['/', '/sw.js', '/manifest.webmanifest', '/bootstrap.json', '/missing']) {
    const { headers } = await fetch(`${relay.url}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/, path);
    assert.match(policy, /require-trusted-types-for 'script'/, path);
    assert.doesNotMatch(policy, /'unsafe-inline'|'unsafe-eval'/, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
  }
});

scenario('compressed answers are the files themselves', async ({ relay }) => {
  const html = await (await fetch(relay.url)).text();
  const wasm = html.match(/[^'"]+_bg\.wasm/)[0];
  for (const encoding of ['br', 'gzip', 'identity']) {
    const answer = await fetch(new URL(wasm, relay.url), { headers: { 'accept-encoding': encoding } });
    assert.equal(answer.headers.get('content-type'), 'application/wasm');
    assert.equal(answer.headers.get('content-encoding') ?? 'identity', encoding);
    assert.equal(Buffer.from(await answer.arrayBuffer()).readUInt32LE(0), 0x6d736100, 'wasm magic');
  }
});
