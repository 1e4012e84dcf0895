// What a terminal shows of the parts that compare: the cryptography, the bytes, streams between browsers, and circuits.
import { table } from './table.mjs';

const SUBJECTS = ['Volly', 'noble', 'mlkem', 'libolm', 'WebCrypto'];

const number = (value, digits = 0) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const microseconds = (value) => (value === null ? 'not there' : number(value, value < 100 ? 1 : 0));
const verdict = (met) => (met ? 'met' : 'MISSED');

/** @param {{ times: Record<string, number>, peer?: string, least?: number, most?: number }} row */
function judged({ times, peer, least, most }) {
  const ratio = peer && times[peer] / times.Volly;
  return [
    peer ? `${number(ratio, 1)} × ${peer}` : '',
    [
      ...(least ? [`at least ${least} × ${peer}: ${verdict(ratio >= least)}`] : []),
      ...(most ? [`at most ${number(most)} µs: ${verdict(times.Volly <= most)}`] : []),
    ].join(', '),
  ];
}

/** @param {{ host: string, rows: any[] }[]} hosts */
export function cryptoReport(hosts) {
  const head = (host) => [host, ...SUBJECTS, 'as fast as', 'bar'];
  const body = (rows) => rows.map((row) => [row.name, ...SUBJECTS.map((name) => (name in row.times ? microseconds(row.times[name]) : '')), ...judged(row)]);
  return hosts.map(({ host, rows }) => table('Microseconds an operation, median of nine batches that took turns', head(host), body(rows))).join('\n');
}

/** Counted over 20,000 messages of 100 B of libsignal with its post-quantum ratchet; rekeys: messages from one post-quantum key to the next. */
const SIGNAL = { bundle: '1,796', first: '1,783 to 1,797', steady: '68 to 101, mean 96', rekeys: { 'in turn': '87', '5 to 1': '225', '20 to 1': '785 to 840' } };

/** Specified, with the post-quantum ratchet on: the keys are in every header, and every message is a block. */
const SIMPLEX = { keys: '2,310', block: '16,384' };

const STEADY_MOST = 120;

/** For turns that each take a step; with receipts between them the robbed end may speak once before its turn comes. */
const ROUND_TRIPS_MOST = 1;

/** @param {Awaited<ReturnType<typeof import('./bytes.mjs').bytes>>} result */
export function bytesReport({ bundle, first, answer, step, steady, talks }) {
  const row = (name, { around, envelope }, signal, simplex, bar = '') => [name, number(around), number(envelope), signal, simplex, bar];
  const messages = table('Bytes around a content before padding, and of the envelope', ['', 'Volly', 'envelope', 'Signal', 'SimpleX', 'bar'], [
    ['prekey bundle, identity and certificate included', number(bundle), '', SIGNAL.bundle, '', ''],
    row('first message, identity and certificate included', first, SIGNAL.first, SIMPLEX.block),
    row('first answer, with the proof', answer, '', SIMPLEX.block),
    row('message with a step', step, '', `${SIMPLEX.keys} of ${SIMPLEX.block}`),
    row('steady message, header encrypted', steady, SIGNAL.steady, `${SIMPLEX.keys} of ${SIMPLEX.block}`, `at most ${STEADY_MOST}: ${verdict(steady.around <= STEADY_MOST)}`),
  ]);
  const head = ['1,000 texts of 100 B', 'around a text', 'and its receipt', 'envelopes', 'with a step', 'healed after', 'at most', 'Signal rekeys', 'round trips', 'bar'];
  const conversations = talks.map((talk) => [
    `${talk.name}, ${talk.pace} s apart${talk.receipts ? ', receipts' : ''}`,
    number(talk.around, 1),
    talk.receipts ? number(talk.sent, 1) : '',
    number(talk.envelopes),
    `${number(talk.steps * 100, 1)} %`,
    `${number(talk.textsToHeal, 1)} texts`,
    number(talk.mostTextsToHeal),
    SIGNAL.rekeys[talk.name] ?? '',
    number(talk.mostRoundTrips),
    talk.pace >= 60 && !talk.receipts ? `at most ${ROUND_TRIPS_MOST}: ${verdict(talk.mostRoundTrips <= ROUND_TRIPS_MOST)}` : '',
  ]);
  return `${messages}\n${table('Bytes for each text; texts that a stolen state still reads', head, conversations)}`;
}

/** Of the data channel without libp2p. */
const LEAST_THROUGHPUT = 0.8;
const MOST_ROUND_TRIP = 1.3;

/** @param {Awaited<ReturnType<typeof import('./webrtc.mjs').webrtc>>} result */
export function webrtcReport({ rows, ratios: { raw, js } }) {
  const NAMES = { raw: 'data channel', volly: 'Volly', js: 'js-libp2p' };
  const body = Object.entries(rows).map(([kind, { roundTrip, throughput }]) => [NAMES[kind], `${number(roundTrip, 2)} ms`, `${number(throughput, 1)} Mbit/s`]);
  const against = (name, ratio, bar, met) => [`Volly of ${name}`, ...ratio.map((value) => `${number(value, 2)} ×`), ...[bar, verdict(met)]];
  return [
    table('A stream from browser to browser, medians of twelve rounds', ['', 'round trip, p50', 'throughput'], body),
    table('Medians of the ratios within a round', ['', 'round trip', 'throughput', 'bar', ''], [
      against('the data channel', [raw.roundTrip, raw.throughput], `at most ${MOST_ROUND_TRIP}, at least ${LEAST_THROUGHPUT}`, raw.roundTrip <= MOST_ROUND_TRIP && raw.throughput >= LEAST_THROUGHPUT),
      against('js-libp2p', [js.roundTrip, js.throughput], 'below 1, above 1', js.roundTrip < 1 && js.throughput > 1),
    ]),
  ].join('\n');
}

/** What is said of a circuit: its name, its unit and digits, and what it has to stay within. */
const CIRCUIT = {
  idleKilobytes: ['resident with one reservation', 'KB', 0],
  bytesEach: ['resident, for each further reservation', 'B', 0],
  cpuEachMs: ['processor, for each reservation', 'ms', 2],
  dialMs: ['dial through it, p50', 'ms', 2, (value) => value <= 15, 'at most 15'],
  echoP50Ms: ['32 bytes there and back, p50', 'ms', 3, (value) => value <= 0.25, 'at most 0.25'],
  echoP99Ms: ['p99', 'ms', 3],
  megabits: ['four pairs at once, in sum', 'Mbit/s', 0, (value) => value >= 1_000, 'at least 1,000'],
  cpuSecondsPerGigabit: ['processor of the relay, for a gigabit', 's', 2],
};

/** @param {Awaited<ReturnType<typeof import('./circuit.mjs').circuit>>} result */
export function circuitReport({ volly, js }) {
  const body = Object.entries(CIRCUIT).map(([key, [name, unit, digits, met, bar]]) => [
    name, ...[volly, js].map((relay) => `${number(relay[key], digits)} ${unit}`), ...(met ? [bar, verdict(met(volly[key]))] : ['', '']),
  ]);
  return table('A circuit through a relay, the same clients', ['', 'Volly', 'js-libp2p', 'bar', ''], body);
}
