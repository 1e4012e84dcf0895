// What messages weigh, and how soon a session heals: real sessions in wasm, on a virtual clock.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const TEXTS = 1000;

/** Texts of the one for each of the other, and seconds between two. */
const TALKS = [
  { name: 'in turn', run: 1, pace: 5 },
  { name: '5 to 1', run: 5, pace: 5 },
  { name: '20 to 1', run: 20, pace: 5 },
  { name: 'in turn', run: 1, pace: 60 },
];

/** @param {string} module what wasm-bindgen made */
export async function bytes(module) {
  const volly = await import(pathToFileURL(module).href);
  await volly.default({ module_or_path: readFileSync(module.replace(/\.js$/, '_bg.wasm')) });
  const pair = new volly.Pair();
  const [first, answer, step, steady] = pair.message_bytes().map(({ around, envelope }) => ({ around, envelope }));
  const talks = TALKS.flatMap(({ name, run, pace }) => [false, true].map((receipts) => {
    const sum = pair.traffic(TEXTS, run, pace, receipts);
    return {
      name,
      pace,
      receipts,
      around: sum.around_texts / TEXTS,
      sent: (sum.around_texts + sum.receipts) / TEXTS,
      envelopes: sum.envelopes / TEXTS,
      steps: sum.steps / sum.messages,
      textsToHeal: sum.texts_to_heal / sum.healed,
      mostTextsToHeal: sum.most_texts_to_heal,
      mostRoundTrips: sum.most_round_trips_to_heal,
    };
  }));
  return { bundle: pair.bundle_bytes(), first, answer, step, steady, talks };
}
