// Where things are. Native and wasm builds have target folders of their own: they may use different compilers.
import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';

export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
export const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
export const wasmTarget = join(target, 'wasm');
export const logs = join(target, 'logs');
export const dist = join(root, 'dist');
/** Tools and the wasm32 standard library that setup builds for this clone. */
export const local = join(root, '.volly');
export const relayBinary = join(target, 'relay', process.platform === 'win32' ? 'volly-relay.exe' : 'volly-relay');
/** @param {string} name of a program of the tests */
export const testBinary = (name) => join(target, 'debug', process.platform === 'win32' ? `${name}.exe` : name);
