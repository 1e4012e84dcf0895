// Networks that a test makes itself, of network namespaces: a public one in which the relay is, and for each person a private
// one behind a translator of their own (the program of this folder). Needs Linux, and root for the namespaces.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromiumArgs } from '../../scripts/lib/browser.mjs';

/** Addresses for documentation (RFC 5737): nothing that runs here can be meant. */
export const RELAY = '192.0.2.1:8080';
/** The port after that of the relay. */
export const STUN = '192.0.2.1:8081';
/** Under which address the person of this number is seen. @param {number} index */
export const outsideOf = (index) => `198.51.100.${index + 1}`;

/** @param {string[]} args */
function ip(...args) {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    throw new Error(`ip ${args.join(' ')}: ${String(error.stderr ?? error.message).trim()} (these tests need Linux, iproute2 and root)`);
  }
}

/** One person's network and what translates it. */
class Private {
  /** @type {string[]} `Udp HOST:PORT` or `Tcp …`: where something was sent */
  ends = [];

  /** @param {string} prefix @param {number} index */
  constructor(prefix, index) {
    this.index = index;
    this.name = `${prefix}-private-${index}`;
    this.translator = `${prefix}-nat-${index}`;
  }

  /** @param {string} kind @param {string} outer name of the public network */
  async start(kind, outer) {
    for (const name of [this.name, this.translator]) ip('netns', 'add', name);
    this.child = spawn('ip', ['netns', 'exec', this.translator, process.env.VOLLY_NAT, kind, outsideOf(this.index), 'inside', 'outside'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.child.stdout });
    const [first] = await Promise.race([once(lines, 'line'), once(this.child, 'exit')]);
    if (first !== 'ready') throw new Error(`the translator ended with ${first}`);
    lines.on('line', (line) => this.ends.push(line));
    ip('-n', this.translator, 'link', 'set', 'inside', 'netns', this.name, 'name', 'eth0');
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
    ip('-n', this.name, 'addr', 'add', `10.${this.index + 1}.0.2/24`, 'dev', 'eth0');
    ip('-n', this.name, 'link', 'set', 'eth0', 'up');
    ip('-n', this.name, 'route', 'add', 'default', 'dev', 'eth0');
    const device = `nat${this.index}`;
    ip('-n', this.translator, 'link', 'set', 'outside', 'netns', outer, 'name', device);
    ip('-n', outer, 'link', 'set', device, 'up');
    ip('-n', outer, 'route', 'add', `${outsideOf(this.index)}/32`, 'dev', device);
  }

  async close() {
    if (this.child && this.child.exitCode === null) {
      this.child.kill();
      await once(this.child, 'exit');
    }
  }
}

/**
 * @param {string[]} kinds of the translators, one for each person
 * @returns {Promise<import('../fixtures/scenario.mjs').Surroundings>}
 */
export async function networks(kinds) {
  const prefix = `volly-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const outer = `${prefix}-public`;
  const folder = mkdtempSync(join(tmpdir(), 'volly-nat-'));
  const people = kinds.map((_, index) => new Private(prefix, index));
  /** A command that runs another one inside. @param {string} network @param {string} command */
  const inside = (network, command) => {
    const path = join(folder, network);
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${network} ${command} "$@"\n`, { mode: 0o755 });
    return path;
  };
  const close = async () => {
    await Promise.allSettled(people.map((one) => one.close()));
    for (const name of [outer, ...people.flatMap((one) => [one.name, one.translator])]) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was not made.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    ip('netns', 'add', outer);
    ip('-n', outer, 'link', 'set', 'lo', 'up');
    ip('-n', outer, 'addr', 'add', `${RELAY.split(':')[0]}/32`, 'dev', 'lo');
    execFileSync('ip', ['netns', 'exec', outer, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
    for (const [index, kind] of kinds.entries()) await people[index].start(kind, outer);
  } catch (error) {
    await close();
    throw error;
  }
  let next = 0;
  return {
    relay: { command: inside(outer, process.env.VOLLY_RELAY), listen: RELAY },
    browser: () => ({
      executablePath: inside(people[next++].name, process.env.CHROMIUM),
      // Without a certificate an address is no secure context, where the keys are.
      args: [...chromiumArgs, `--unsafely-treat-insecure-origin-as-secure=http://${RELAY}`],
    }),
    ends: (index) => people[index].ends,
    close,
  };
}
