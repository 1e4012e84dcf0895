// What the relay holds in memory: idle, and with clients that are connected, reserved and subscribed. Linux only: it reads /proc.
import { load } from './relay.mjs';

const CLIENTS = 200;

/** @param {import('../e2e/fixtures/relay.mjs').Relay} relay freshly started */
export async function memory(relay) {
  const { before, arrived } = await load(relay, 'idle', [CLIENTS, 0]);
  return { idle: before, connected: arrived };
}
