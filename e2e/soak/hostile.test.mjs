// A contact that attacks: the native program relay/examples/hostile.rs accepts an invite as anybody does, and then floods the browser
// over a circuit. How many frames: the variable VOLLY_FRAMES.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { times } from '../fixtures/chance.mjs';
import { observed, states } from '../fixtures/connections.mjs';
import { expectSoon } from '../fixtures/expect.mjs';
import { memoryOf, withMemory } from '../fixtures/memory.mjs';
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { Traffic } from '../fixtures/traffic.mjs';

const FRAMES = times('VOLLY_FRAMES', 80);
/** Frames after which everything has been allocated that an attack can bring about. */
const FIRST_FRAMES = 80;
/** What scripts may hold more than before, when it is over. */
const GROWTH = 1.1;
/** What the memory of the program may have grown by, which never shrinks: what waits for a reader at once, in bytes. */
const PROGRAM_GROWTH = 2 * 1024 * 1024;
/** For two texts there and back, on a machine that is busy with all this. */
const SERVED_MS = 15_000;
/** For an offer that is left to be given up (20 s), and for what is closed to be collected. */
const OVER_MS = 60_000;

/** Runs an attack on whoever made the invite, to its end. @param {string} url of the relay @param {string} link @param {number} frames */
function attack(url, link, frames) {
  const child = spawn(process.env.VOLLY_HOSTILE, [new URL(url).port, link, String(frames)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  /** @type {Record<string, number>} */
  const sent = {};
  lines.on('line', (line) => {
    const [kind, count] = line.split(' ');
    if (count) sent[kind] = Number(count);
  });
  const met = once(lines, 'line');
  const ended = once(child, 'exit').then(([code]) => code);
  return { met, ended, sent, kill: () => child.kill('SIGKILL') };
}

scenario('a contact that floods the page with nonsense costs it nothing that stays', async (world) => {
  const people = await pair(observed(withMemory(world)));
  const { alice } = people;
  const traffic = new Traffic(people);
  /** An attack, while the others talk. */
  const survive = async (frames) => {
    const link = await alice.app.invite();
    const running = attack(world.relay.url, link, frames);
    try {
      await Promise.race([running.met, running.ended]);
      await alice.app.openChat('Bob');
      let over = false;
      const ended = running.ended.finally(() => (over = true));
      let longest = 0;
      while (!over) {
        const started = performance.now();
        await traffic.say();
        await traffic.expectLast(SERVED_MS);
        longest = Math.max(longest, performance.now() - started);
      }
      assert.equal(await ended, 0, 'the attacker came to its end');
      world.report(`${JSON.stringify(running.sent)}; two texts took ${(longest / 1000).toFixed(1)} s at most`);
      return running.sent;
    } finally {
      running.kill();
    }
  };
  const settled = async () => {
    // Of theirs none is left; that with Bob may be there.
    await expectSoon(async () => (await states(alice)).filter((state) => state !== 'closed').length <= 1, 'what was negotiated is closed', OVER_MS);
    return memoryOf(alice);
  };
  await survive(FIRST_FRAMES);
  const before = await settled();
  const [made, started] = [(await states(alice)).length, performance.now()];
  const sent = await survive(FRAMES);
  const seconds = (performance.now() - started) / 1000;
  const answered = (await states(alice)).length - made;
  world.report(`${sent.offers} offers in ${seconds.toFixed(0)} s, of which ${answered} were looked at`);
  assert.ok(answered <= seconds + 2, 'one a second at most');
  await traffic.expectAll(OVER_MS);
  let after = await settled();
  await expectSoon(async () => {
    after = await memoryOf(alice);
    return after.script <= before.script * GROWTH && after.program <= before.program + PROGRAM_GROWTH;
  }, () => `memory ${JSON.stringify(before)} before, ${JSON.stringify(after)} after`, OVER_MS);
  world.report(`memory ${JSON.stringify(before)} before, ${JSON.stringify(after)} after`);
}, { timeout: 300_000 + FRAMES * 100 });
