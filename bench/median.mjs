/** @param {number[]} values @param {number} [share] of the values that lie below */
export function percentile(values, share = 0.5) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The median of each figure over several runs. @param {number} runs @param {() => Promise<Record<string, number>>} measure */
export async function medians(runs, measure) {
  const results = [];
  for (let run = 0; run < runs; run += 1) results.push(await measure());
  return Object.fromEntries(Object.keys(results[0]).map((name) => [name, percentile(results.map((result) => result[name]))]));
}
