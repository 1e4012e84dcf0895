// The build tools written in Rust: taken from PATH when the version is right, else built once into .volly/tools.
import { delimiter, join } from 'node:path';
import { local, root, wasmTarget } from './paths.mjs';
import { ask, run, step } from './run.mjs';

// Built without optimisation or symbols: they drive builds and wait, and compile in half the time.
const TOOLS = [
  // The version of the wasm-bindgen crate, which libp2p's browser transports pin.
  { crate: 'wasm-bindgen-cli', version: '0.2.108', binary: 'wasm-bindgen', flags: [], minutes: 2 },
  { crate: 'trunk', version: '0.21.14', binary: 'trunk', flags: ['--no-default-features', '--features', 'rustls'], minutes: 4 },
];
const toolsFolder = join(local, 'tools');
export const toolPath = [join(toolsFolder, 'bin'), join(root, 'node_modules', '.bin')].join(delimiter);

/** Builds what is missing, trunk and wasm-bindgen. */
export async function buildTools() {
  const env = { PATH: `${toolPath}${delimiter}${process.env.PATH}` };
  for (const { crate, version, binary, flags, minutes } of TOOLS) {
    if (ask(binary, ['--version'], env)?.split(' ')[1] === version) continue;
    await step(`Install ${crate} ${version} (about ${minutes} min, once)`, () =>
      run(`install-${binary}`, 'cargo', ['install', '--locked', '--debug', ...flags, '--root', toolsFolder, crate, '--version', version], {
        env: { CARGO_TARGET_DIR: join(local, 'tools-build'), CARGO_PROFILE_DEV_DEBUG: '0', CARGO_INCREMENTAL: '0' },
      }));
  }
}

/** The environment every wasm build runs in: the toolchain, the tools and a target folder of its own. */
export const wasmEnv = (/** @type {Record<string, string>} */ toolchain) => ({
  ...toolchain,
  PATH: `${toolPath}${delimiter}${toolchain.PATH ?? process.env.PATH}`,
  CARGO_TARGET_DIR: wasmTarget,
});
