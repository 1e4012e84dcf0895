// The cryptography in wasm, in Node: the time of one operation, in milliseconds.
import { percentile } from './median.mjs';

const BATCHES = 9;

/** @param {number} count operations in a batch @param {(count: number) => void} operate */
function time(count, operate) {
  operate(count);
  const batches = Array.from({ length: BATCHES }, () => {
    const started = performance.now();
    operate(count);
    return (performance.now() - started) / count;
  });
  return percentile(batches);
}

/** @param {string} module what wasm-bindgen made */
export async function crypto(module) {
  const { Pair } = await import(module);
  const pair = new Pair();
  const [whole, certificate] = [time(50, (count) => pair.handshakes(count)), time(50, (count) => pair.certificates(count))];
  const talk = pair.conversation();
  return {
    handshake: whole - certificate,
    certificate,
    bundle: time(20, (count) => pair.bundles(count)),
    // In one chain: new keys, which the first messages of a chain carry, have been heard of.
    oneWay: (talk.settle(), time(500, (count) => talk.one_way(count, 256))),
    kilobyte: (talk.settle(), time(500, (count) => talk.one_way(count, 1024))),
    pingPong: time(100, (count) => talk.ping_pong(count, 256)) / 2,
  };
}
