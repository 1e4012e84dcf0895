// How much a first visit downloads, and how big the relay is.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dist, relayBinary } from '../scripts/lib/paths.mjs';

/** @returns {Record<string, number>} bytes */
export function sizes() {
  const needed = readdirSync(dist).filter((name) => /\.(wasm|js|css|html)$/.test(name) && name !== 'sw.js');
  const total = (names, ending) => names.reduce((sum, name) => sum + statSync(join(dist, existsSync(join(dist, name + ending)) ? name + ending : name)).size, 0);
  const wasm = needed.filter((name) => name.endsWith('.wasm'));
  return {
    'wasm, raw': total(wasm, ''),
    'wasm, gzip': total(wasm, '.gz'),
    'wasm, brotli': total(wasm, '.br'),
    'everything, brotli': total(needed, '.br'),
    'relay binary': statSync(relayBinary).size,
  };
}
