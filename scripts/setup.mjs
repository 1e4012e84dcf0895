// Finds or installs what building and testing need. `npm start` and `npm test` call it; running it alone does no harm.
import { pathToFileURL } from 'node:url';
import { browser } from './lib/browser.mjs';
import { npmPackages } from './lib/npm.mjs';
import { root } from './lib/paths.mjs';
import { Failure, main } from './lib/run.mjs';
import { checkRust, wasmToolchain } from './lib/toolchain.mjs';
import { buildTools, wasmEnv } from './lib/tools.mjs';

const NODE_MAJOR = 20;

/**
 * @typedef {object} Ready
 * @property {Record<string, string>} wasm the environment of wasm builds
 * @property {{ chromium: string, chromedriver: string }} [browser]
 */

/**
 * @param {{ tests?: boolean }} [options] tests also need a browser
 * @returns {Promise<Ready>}
 */
export async function setup({ tests = false } = {}) {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) throw new Failure(`Node ${NODE_MAJOR} or newer is needed; this is ${process.version}.`);
  checkRust();
  await npmPackages(root);
  const toolchain = await wasmToolchain();
  await buildTools();
  return { wasm: wasmEnv(toolchain), browser: tests ? await browser() : undefined };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setup({ tests: true });
    console.log('Everything is there.');
  });
}
