// Measures what a person feels: download size, start-up, latency over the relay and direct, cryptography, bytes, memory; and
// streams and circuits beside those of js-libp2p.
// Prints tables, writes target/bench.json.
// `--only latency,memory` measures these alone; `--only commands` times the two commands in a fresh clone, which takes half an hour.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { setup } from '../scripts/setup.mjs';
import { npmPackages } from '../scripts/lib/npm.mjs';
import { buildApp, buildBench, buildInterop, buildLoad, buildRelay } from '../scripts/lib/build.mjs';
import { relayBinary, root, target } from '../scripts/lib/paths.mjs';
import { Failure, main, readable, step } from '../scripts/lib/run.mjs';
import { medians } from './median.mjs';
import { bytesReport, circuitReport, cryptoReport, webrtcReport } from './report.mjs';

/** What needs neither the app nor the relay of this clone. */
const ALONE = ['crypto', 'bytes', 'commands'];

const RUNS = { relay: 3, startup: 5, latency: 3, direct: 3, files: 3 };
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} KB`;
const mebibytes = (rate) => `${rate.toFixed(1)} MiB/s`;
const milliseconds = (ms) => `${ms.toFixed(ms < 1 ? 4 : 1)} ms`;

const megabits = (bits) => `${(bits / 1e6).toFixed(0)} Mbit/s`;
const count = (value) => value.toLocaleString('en');

/** What is said of a figure: how it is written, its name, and what it has to stay below, or above. */
const ROWS = {
  sizes: {
    'wasm, raw': [kilobytes], 'wasm, gzip': [kilobytes], 'wasm, brotli': [kilobytes],
    'everything, brotli': [kilobytes, 'everything a first visit loads, brotli', '1,200 KB'], 'relay binary': [kilobytes],
  },
  memory: { idle: [kilobytes, 'relay, idle', '30,720 KB'], connected: [kilobytes, 'relay, 200 clients with three mailboxes each'] },
  relay: {
    bytesEach: [kilobytes, 'relay, in memory for each of 5,000 idle clients', '30 KB'], arrival: [milliseconds, 'processor for each that comes', '1.5 ms'],
    dial: [milliseconds, 'a circuit, dialled', '15 ms'], echo: [milliseconds, 'to and fro through it, p50 of 4,500', '0.25 ms'],
    bitsASecond: [megabits, 'through eight circuits at a time', '1,000 Mbit/s', 'at least'],
    deposits: [count, 'deposits a second, on the disk', '5,000', 'at least'], depositP99: [milliseconds, 'p99 of 100 clients that deposit', '50 ms'],
  },
  startup: {
    coldPainted: [milliseconds, 'first visit at 10 Mbit/s and 40 ms, painted', '1,000 ms'], coldUsable: [milliseconds, 'first visit, usable', '3,000 ms'],
    warmPainted: [milliseconds, 'later visit, painted'], warmUsable: [milliseconds, 'later visit, usable', '1,000 ms'],
  },
  latency: {
    p50: [milliseconds, 'a message over the relay, screen to screen, p50 of 500', '10 ms'], p99: [milliseconds, 'p99', '50 ms'], max: [milliseconds, 'longest'],
  },
  direct: {
    afterFirst: [milliseconds, 'browser to browser after the first message', '3,000 ms'],
    p50: [milliseconds, 'a message, screen to screen, p50 of 500', '3 ms'], p99: [milliseconds, 'p99', '25 ms'], max: [milliseconds, 'longest'],
  },
  history: {
    opened: [milliseconds, 'a profile of 100,000 messages, from the request to its list', '1,000 ms'],
    chat: [milliseconds, 'a conversation of 10,000 messages, from the click to its end', '300 ms'],
    search: [milliseconds, 'search over 100,000 messages', '100 ms'], firstSearch: [milliseconds, 'the first one, which reads them'],
    restored: [milliseconds, 'restoring that profile from its backup'], memory: [kilobytes, 'memory of the page then'],
  },
  files: {
    direct: [mebibytes, 'a file of 50 MiB from browser to browser'], relayed: [mebibytes, 'through the relay'],
    takenIn: [mebibytes, 'taken in by its sender'], fetch: [mebibytes, '`fetch` of such a file from this machine'], share: [(share) => `${(share * 100).toFixed(1)} %`, 'of that, directly'],
  },
  commands: {
    startCold: [readable, 'npm start in a fresh clone', '20 min'], startWarm: [readable, 'npm start again'],
    testCold: [readable, 'npm test after it', '40 min'], testWarm: [readable, 'npm test again'],
  },
};

/** What is said of the parts that compare. */
const REPORTS = { crypto: cryptoReport, bytes: bytesReport, webrtc: webrtcReport, circuit: circuitReport };

/** @param {string} part @param {any} figures */
function report(part, figures) {
  if (part in REPORTS) return REPORTS[part](figures);
  const lines = Object.entries(ROWS[part]).map(([key, [write, name = key, bar, most = 'at most']]) =>
    `${write(figures[key]).padStart(14)}  ${name}${bar ? ` (${most} ${bar})` : ''}`);
  return lines.join('\n');
}

/** Measures with a relay and with people; both are gone afterwards. @param {(relay: any, user: (name: string) => any) => any} measure */
async function inWorld(measure) {
  const [{ Relay }, { User }] = await Promise.all([import('../e2e/fixtures/relay.mjs'), import('../e2e/fixtures/user.mjs')]);
  const relay = await new Relay('info').start();
  const users = [];
  try {
    return await measure(relay, (name) => {
      users.push(new User(name, relay.url));
      return users.at(-1).open();
    });
  } finally {
    await Promise.allSettled([...users, relay].map((one) => one.close()));
  }
}

/** Each part imports what it needs when it runs: setup may just have installed that. */
const PARTS = {
  sizes: async () => (await import('./size.mjs')).sizes(),
  memory: async () => {
    await buildLoad();
    const { memory } = await import('./memory.mjs');
    return inWorld(memory);
  },
  relay: async () => {
    await buildLoad();
    const { idle, relayed } = await import('./relay.mjs');
    return medians(RUNS.relay, async () => ({ ...(await inWorld(idle)), ...(await inWorld(relayed)) }));
  },
  startup: async () => {
    const { startup } = await import('./startup.mjs');
    return medians(RUNS.startup, () => inWorld(async (_, user) => startup(await user('Visitor'))));
  },
  latency: async () => {
    const [{ latency }, { pair }] = await Promise.all([import('./latency.mjs'), import('../e2e/fixtures/pair.mjs')]);
    return medians(RUNS.latency, () => inWorld(async (_, user) => {
      const { alice, bob } = await pair({ user });
      await alice.app.toggleRelayOnly();
      await alice.app.openChat('Bob');
      await Promise.all([alice, bob].map(({ app }) => app.expectReach('Online')));
      return latency(alice.app, bob.app);
    }));
  },
  direct: async () => {
    const [{ latency }, { pair }] = await Promise.all([import('./latency.mjs'), import('../e2e/fixtures/pair.mjs')]);
    return medians(RUNS.direct, () => inWorld(async (_, user) => {
      const { alice, bob } = await pair({ user });
      const started = performance.now();
      await Promise.all([alice, bob].map(({ app }) => app.expectReach('Direct')));
      const afterFirst = performance.now() - started;
      return { afterFirst, ...(await latency(alice.app, bob.app)) };
    }));
  },
  history: async () => {
    const [{ history, profile }, { withMemory }] = await Promise.all([import('./history.mjs'), import('../e2e/fixtures/memory.mjs')]);
    const file = profile();
    return inWorld(async (_, user) => history(await withMemory({ user }).user('Somebody'), file));
  },
  files: async () => {
    const { files } = await import('./files.mjs');
    return medians(RUNS.files, () => inWorld((_, user) => files(user)));
  },
  webrtc: async ({ wasm }) => {
    await npmPackages(join(root, 'e2e', 'interop'));
    process.env.VOLLY_INTEROP = await buildInterop(wasm);
    const { webrtc } = await import('./webrtc.mjs');
    return inWorld(webrtc);
  },
  circuit: async () => {
    await npmPackages(join(root, 'e2e', 'interop'));
    await buildLoad();
    return (await import('./circuit.mjs')).circuit();
  },
  crypto: async ({ wasm }) => {
    await npmPackages(join(root, 'bench'));
    const module = await buildBench(wasm);
    return (await import('./crypto.mjs')).crypto(module);
  },
  bytes: async ({ wasm }) => (await import('./bytes.mjs')).bytes(await buildBench(wasm)),
  commands: async () => (await import('./commands.mjs')).commands(),
};

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const wanted = values.only?.split(',') ?? Object.keys(PARTS).filter((part) => part !== 'commands');
  const unknown = wanted.find((part) => !(part in PARTS));
  if (unknown) throw new Failure(`--only takes some of: ${Object.keys(PARTS).join(',')}`);
  const ready = await setup({ tests: true });
  if (!wanted.every((part) => ALONE.includes(part))) {
    await buildApp(ready.wasm);
    await buildRelay();
  }
  Object.assign(process.env, { VOLLY_RELAY: relayBinary, CHROMIUM: ready.browser.chromium });
  const result = {};
  for (const part of wanted) result[part] = await step(`Measure ${part}`, () => PARTS[part](ready));
  const file = join(target, 'bench.json');
  mkdirSync(target, { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log();
  for (const part of wanted) console.log(report(part, result[part]));
  console.log(`\n${relative(root, file)}`);
});
