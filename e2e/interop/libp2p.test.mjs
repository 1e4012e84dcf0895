// js-libp2p against our relay and our node: what another implementation of the same specifications makes of them.
import assert from 'node:assert/strict';
import { soon } from './parties/common.mjs';
import { interop } from './world.mjs';

const ECHO = '/volly-interop/echo/1';
const IDENTIFY = '/ipfs/id/1.0.0';
const PING = '/ipfs/ping/1.0.0';

/** What a short message is, and what has many frames and stops at the windows of a multiplexer. */
const SIZES = [1, 1_000_000];

/** Whether `from` knows what `to` is and says. */
async function identifies(from, to, agent) {
  const { protocols } = await soon(async () => {
    const known = await from.known(to.peer);
    return known.agent.startsWith(agent) && known;
  }, `${agent} is identified`);
  for (const protocol of [IDENTIFY, PING]) assert.ok(protocols.includes(protocol), `${agent} speaks ${protocol}: ${protocols}`);
}

/** Each knows the other, has an answer from it, and gets back from it what it sent. */
async function both(volly, js, direct) {
  await identifies(volly, js, 'js-libp2p');
  await identifies(js, volly, 'volly');
  assert.ok((await js.ping(volly.peer, direct)) >= 0);
  assert.ok((await volly.ping(js.peer)) >= 0);
  for (const size of SIZES) {
    assert.ok(await js.repeats(volly.peer, direct, ECHO, size), `${size} bytes from js-libp2p`);
    assert.ok(await volly.repeats(js.peer, direct, ECHO, size), `${size} bytes from Volly`);
  }
}

/** @param {import('./world.mjs').World} world */
async function meet({ at, volly, js }) {
  const [ours, theirs] = await Promise.all([volly(), js()]);
  await Promise.all([ours, theirs].flatMap((party) => [party.echo(ECHO), party.reserve(at.webSocket)]));
  return { ours, theirs, circuit: (party) => `${at.webSocket}/p2p-circuit/p2p/${party.peer}`, webrtc: (party) => `${at.webSocket}/p2p-circuit/webrtc/p2p/${party.peer}` };
}

interop('a node in Node dials the relay, has a place, and both are reached through it', async ({ at, volly, node }) => {
  const [ours, theirs] = await Promise.all([volly(), node()]);
  await Promise.all([ours, theirs].map((party) => party.echo(ECHO)));
  await theirs.dial(at.webSocket);
  await identifies(theirs, at, 'volly-relay');
  assert.ok((await theirs.ping(at.peer)) >= 0);
  await Promise.all([ours.reserve(at.webTransport), theirs.reserve(at.webSocket)]);
  await theirs.dial(`${at.webSocket}/p2p-circuit/p2p/${ours.peer}`);
  await both(ours, theirs, false);
  await ours.close(theirs.peer);
  await soon(async () => (await theirs.known(ours.peer)).connections.length === 0, 'the end of the connection is noticed');
  await ours.dial(`${at.webTransport}/p2p-circuit/p2p/${theirs.peer}`);
  await both(ours, theirs, false);
});

for (const way of ['webSocket', 'webTransport', 'webRtcDirect']) {
  interop(`a page dials the relay over ${way}`, async ({ at, js }) => {
    const page = await js();
    await page.dial(at[way]);
    await identifies(page, at, 'volly-relay');
    assert.ok((await page.ping(at.peer)) >= 0);
    await page.reserve(at[way]);
  });
}

interop('two pages: js-libp2p offers a connection of their own', async (world) => {
  const { ours, theirs, webrtc } = await meet(world);
  await theirs.dial(webrtc(ours));
  await both(ours, theirs, true);
});

interop('two pages: Volly offers a connection of their own', async (world) => {
  const { ours, theirs, circuit } = await meet(world);
  await ours.dial(circuit(theirs));
  await ours.offer(theirs.peer);
  await both(ours, theirs, true);
});
