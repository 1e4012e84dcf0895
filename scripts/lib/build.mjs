// Builds what is served and what serves it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dist, root, target } from './paths.mjs';
import { run, step } from './run.mjs';

const APP_INPUTS = ['web', 'wasm-core/src', 'wasm-core/Cargo.toml', 'public', 'Cargo.toml', 'Cargo.lock', '.cargo', 'Trunk.toml', 'package-lock.json', 'scripts/finish-dist.mjs'];
const stamp = join(target, 'stamps', 'app');

/** Hash over names and contents. @param {string[]} paths */
function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const full = join(root, path);
    const files = statSync(full).isDirectory() ? readdirSync(full, { recursive: true }).sort().map((name) => join(full, String(name))) : [full];
    for (const file of files.filter((name) => statSync(name).isFile())) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Builds the app into dist/, unless it is there already. @param {Record<string, string>} wasm environment of wasm builds */
export async function buildApp(wasm) {
  const inputs = hashOf(APP_INPUTS) + (wasm.RUSTC ?? '');
  if (existsSync(join(dist, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return;
  await step('Build the app (about 4 min the first time)', async () => {
    // Trunk must not look for tools on the network, so it runs offline, and the crates come first.
    await run('fetch', 'cargo', ['fetch', '--locked'], { env: wasm });
    await run('app', 'trunk', ['build', '--release', '--offline', '--locked'], { env: { ...wasm, RUST_BACKTRACE: '0' } });
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputs);
}

/** How wasm-opt treats the app, which says it where Trunk reads it. */
function wasmOptArguments() {
  const [, level, flags] = readFileSync(join(root, 'web/index.html'), 'utf8').match(/data-wasm-opt="(\w+)"\s+data-wasm-opt-params="([^"]+)"/);
  return [`-O${level}`, ...flags.split(/\s+/)];
}

/** Builds a crate as the app is built: a module for Node and for a page, in target/NAME. @param {Record<string, string>} wasm @param {string} name @returns {Promise<string>} its path */
async function buildModule(wasm, name) {
  const [out, crate] = [join(target, name), `volly_${name}`];
  await run(`${name}-wasm`, 'cargo', ['build', '--locked', '--release', '--target', 'wasm32-unknown-unknown', '-p', `volly-${name}`], { env: wasm });
  const built = join(wasm.CARGO_TARGET_DIR, 'wasm32-unknown-unknown', 'release', `${crate}.wasm`);
  const [module, bound] = [join(out, `${crate}.js`), join(out, `${crate}_bg.wasm`)];
  // What is made of it is made last; cargo leaves what did not change.
  if (existsSync(bound) && statSync(bound).mtimeMs > statSync(built).mtimeMs) return module;
  rmSync(bound, { force: true });
  await run(`${name}-bindgen`, 'wasm-bindgen', ['--target', 'web', '--out-dir', out, built], { env: wasm });
  await run(`${name}-opt`, 'wasm-opt', [bound, ...wasmOptArguments(), '-o', bound], { env: wasm });
  return module;
}

/** Builds what times the cryptography. @param {Record<string, string>} wasm @returns {Promise<string>} its path */
export const buildBench = (wasm) => step('Build the cryptography by itself', () => buildModule(wasm, 'bench'));

/** Builds what a page of the tests with other implementations loads. @param {Record<string, string>} wasm @returns {Promise<string>} the folder */
export const buildInterop = (wasm) =>
  step('Build the node by itself (about 3 min the first time)', async () => {
    const folder = dirname(await buildModule(wasm, 'interop'));
    const source = join(root, 'e2e', 'interop');
    const bundle = ['--bundle', '--format=esm', '--log-level=warning', `--outfile=${join(folder, 'page.js')}`];
    await run('interop-page', join(source, 'node_modules', '.bin', 'esbuild'), [join(source, 'parties', 'page.mjs'), ...bundle]);
    return folder;
  });

/** Builds what is like many clients. */
export const buildLoad = () =>
  step('Build the load', () => run('load', 'cargo', ['build', '--locked', '-p', 'volly-relay', '--profile', 'relay', '--example', 'load', '--example', 'circuits']));

/** Builds the relay with the app inside. Cargo knows by itself whether anything changed. */
export const buildRelay = () =>
  step('Build the relay (about 4 min the first time)', () => run('relay', 'cargo', ['build', '--locked', '-p', 'volly-relay', '--profile', 'relay']));

/** The relay as the unit tests have it, which reads the app when it is asked for it, and what makes lines bad. Of the whole workspace, so that its crates are those of the unit tests. */
export const buildTested = () =>
  step('Build what is tested', () => run('tested', 'cargo', ['build', '--locked', '--workspace', '--bin', 'volly-relay', '--bin', 'volly-proxy']));

/** A contact that attacks. */
export const buildAttacker = () => step('Build the attacker', () => run('attacker', 'cargo', ['build', '--locked', '--workspace', '--example', 'hostile']));
