// Reads how many tests passed and failed from what the runners print.

/** @typedef {{ passed: number, failed: number }} Counts */

/** @param {string} output @param {RegExp} pattern with groups passed and failed @returns {Counts} the sum over all matches */
const sum = (output, pattern) =>
  [...output.matchAll(pattern)].reduce(
    (total, { groups }) => ({ passed: total.passed + Number(groups.passed), failed: total.failed + Number(groups.failed ?? 0) }),
    { passed: 0, failed: 0 },
  );

/** cargo test, doc tests and wasm-bindgen-test-runner, one line per binary. @param {string} output */
export const cargoCounts = (output) => sum(output, /test result: \S+ (?<passed>\d+) passed; (?<failed>\d+) failed/g);

/** cargo nextest, one line in all; an aborted or timed-out test counts as failed. @param {string} output */
export function nextestCounts(output) {
  const line = output.match(/Summary.*?tests? run: (?<passed>\d+) passed.*/);
  const failed = [...(line?.[0].matchAll(/(\d+) (?:failed|timed out|exec failed)/g) ?? [])];
  return { passed: Number(line?.groups.passed ?? 0), failed: failed.reduce((total, [, n]) => total + Number(n), 0) };
}

/** node --test with the spec or tap reporter. @param {string} output */
export const nodeCounts = (output) => sum(output, /^\S+ pass (?<passed>\d+)\n\S+ fail (?<failed>\d+)$/gm);
