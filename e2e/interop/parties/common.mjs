// What the parties have in common, in Node and in a page alike.

/** getRandomValues gives no more at once. */
const RANDOM_BYTES = 65_536;

/** @param {number} size */
export function random(size) {
  const bytes = new Uint8Array(size);
  for (let start = 0; start < size; start += RANDOM_BYTES) crypto.getRandomValues(bytes.subarray(start, start + RANDOM_BYTES));
  return bytes;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export const same = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Whether a connection with this address has no relay in between. @param {string} address */
export const isDirect = (address) => /\/webrtc(\/|$)/.test(address);

/** Looks again every few milliseconds. @param {() => any} holds @param {string} what told when it does not hold in time @param {number} [ms] */
export async function soon(holds, what, ms = 15_000) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
