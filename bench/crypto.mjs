// The cryptography in wasm beside others', in Node and in Chromium: microseconds an operation.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromiumArgs } from '../scripts/lib/browser.mjs';

const folder = dirname(fileURLToPath(import.meta.url));

/** A page may use WebCrypto here; nothing listens, every request is answered from the disk. */
const ORIGIN = 'http://localhost';

/** What Node finds in node_modules; libolm is a script of its own. */
const PAGE = `<!doctype html><script src="/node_modules/@matrix-org/olm/olm.js"></script><script type="importmap">${JSON.stringify({
  imports: {
    '@matrix-org/olm': 'data:text/javascript,export default globalThis.Olm',
    '@noble/curves/': '/node_modules/@noble/curves/',
    '@noble/hashes/': '/node_modules/@noble/hashes/',
    '@noble/post-quantum/': '/node_modules/@noble/post-quantum/',
    mlkem: '/node_modules/mlkem/esm/mod.js',
  },
})}</script>`;

/** @param {string} module */
async function inNode(module) {
  const { measure } = await import('./crypto/measure.mjs');
  const wasm = readFileSync(module.replace(/\.js$/, '_bg.wasm'));
  return { host: `Node ${process.versions.node}`, rows: await measure(pathToFileURL(module).href, wasm) };
}

/** @param {string} module */
async function inChromium(module) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: chromiumArgs });
  try {
    const page = await browser.newPage();
    await page.route(`${ORIGIN}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: PAGE });
      const volly = pathname.match(/^\/volly\/(.+)$/);
      return route.fulfill({ path: volly ? join(dirname(module), volly[1]) : join(folder, pathname) });
    });
    await page.goto(ORIGIN);
    const rows = await page.evaluate(async () => (await import('/crypto/measure.mjs')).measure('/volly/volly_bench.js'));
    return { host: `Chromium ${browser.version()}`, rows };
  } finally {
    await browser.close();
  }
}

/** @param {string} module what wasm-bindgen made */
export const crypto = async (module) => [await inNode(module), await inChromium(module)];
