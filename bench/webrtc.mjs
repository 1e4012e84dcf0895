// A stream from browser to browser, ours and js-libp2p's, beside a data channel without libp2p: all three between the same two pages.
import { chromium } from 'playwright-core';
import { chromiumArgs } from '../scripts/lib/browser.mjs';
import { percentile } from './median.mjs';

const RUNS = 4;
const DIALS = 6;
const TRIPS = 500;
const TRIP_BYTES = 32;
const PUSH_BYTES = 8_192_000;

const ECHO = '/volly-bench/echo/1';
const COUNT = '/volly-bench/count/1';

const KINDS = ['volly', 'raw', 'js'];

/** Connects the parties of a kind. @param {'raw' | 'volly' | 'js'} kind @param {any} near @param {any} far @param {string} relay */
async function connect(kind, near, far, relay) {
  if (kind === 'raw') return near.connect(await far.describe(await near.describe()));
  await Promise.all([far.echo(ECHO), far.count(COUNT), far.reserve(relay), near.reserve(relay)]);
  const through = `${relay}/p2p-circuit`;
  if (kind === 'js') return again(() => near.dial(`${through}/webrtc/p2p/${far.peer}`));
  await near.dial(`${through}/p2p/${far.peer}`);
  return near.offer(far.peer);
}

/** Two of js-libp2p both close the channel `init`, and the one that dials waits for that for ever when the other was first. @param {() => Promise<void>} dial */
async function again(dial) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await dial();
    } catch (error) {
      if (attempt === DIALS) throw error;
    }
  }
}

/** @param {any} near @param {string} far @param {number} share of the whole */
async function measure(near, far, share) {
  const bytes = PUSH_BYTES * share;
  const trips = await near.roundTrips(far, ECHO, TRIPS * share, TRIP_BYTES);
  const took = await near.push(far, COUNT, bytes);
  return { roundTrip: percentile(trips), throughput: (bytes * 8) / took / 1000 };
}

/** One run of three rounds: two fresh pages, and the kinds in turn. @param {import('playwright-core').Browser} browser @param {string} url @param {string} relay */
async function once(browser, url, relay) {
  const { Page } = await import('../e2e/interop/world.mjs');
  const pages = await Promise.all([Page.open(browser, url), Page.open(browser, url)]);
  try {
    const ends = {};
    // Ours last: it lets go of what carries nothing, and two of js-libp2p may take a while.
    for (const kind of KINDS.toReversed()) {
      ends[kind] = await Promise.all(pages.map((page) => page.begin(kind)));
      await connect(kind, ...ends[kind], relay);
    }
    const rounds = [];
    // What is compiled at first is not measured. Each goes first once: what the machine does beside it meets them all.
    for (const round of [0, 1, 2, 3]) {
      const figures = {};
      for (const turn of KINDS.keys()) {
        const kind = KINDS[(round + turn) % KINDS.length];
        const [near, far] = ends[kind];
        figures[kind] = await measure(near, far.peer, round === 0 ? 0.1 : 1);
      }
      if (round > 0) rounds.push(figures);
    }
    return rounds;
  } finally {
    await Promise.all(pages.map((page) => page.stop()));
  }
}

/** @param {import('../e2e/fixtures/relay.mjs').Relay} relay */
export async function webrtc(relay) {
  const { addresses, site } = await import('../e2e/interop/world.mjs');
  const [pages, { webSocket }] = await Promise.all([site(), addresses(relay)]);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: chromiumArgs });
  try {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(...(await once(browser, pages.url, webSocket)));
    const median = (figure) => percentile(runs.map(figure));
    const rows = Object.fromEntries(KINDS.map((kind) => [kind, {
      roundTrip: median((run) => run[kind].roundTrip),
      throughput: median((run) => run[kind].throughput),
    }]));
    // Of figures of one round, for what else the machine does is in both.
    const ratio = (kind, name) => median((run) => run.volly[name] / run[kind][name]);
    const against = (kind) => ({ roundTrip: ratio(kind, 'roundTrip'), throughput: ratio(kind, 'throughput') });
    return { rows, ratios: { raw: against('raw'), js: against('js') }, runs };
  } finally {
    await browser.close();
    pages.close();
  }
}
