// The ways to the relay: WebTransport, WebSocket and WebRTC-direct, each of which is enough alone.
import assert from 'node:assert/strict';
import { pair } from '../fixtures/pair.mjs';
import { chromiumArgs } from '../../scripts/lib/browser.mjs';
import { scenario } from '../fixtures/scenario.mjs';

/** From an open page to online, on loopback. */
const ONLINE_MS = 5_000;

/** What becomes of a constructor: as it is, throws, or makes something that never connects. @typedef {'works' | 'throws' | 'hangs'} Fate */

/**
 * Counts what each page makes, and takes ways away.
 * @param {import('../fixtures/scenario.mjs').World} world
 * @param {{ WebTransport: Fate, WebSocket: Fate }} fates
 * @param {{ args?: string[], munge?: boolean }} [browser] what it is started with; whether it dials as version 1
 */
function withWays({ user, ...world }, fates, { args = [], munge = false } = {}) {
  const limit = async (name, options) => {
    const person = await user(name, { ...options, args: [...chromiumArgs, ...args] });
    if (munge) await person.context.addInitScript(changeDescriptions);
    await person.context.addInitScript(countConnections);
    await person.context.addInitScript((fates) => {
      globalThis.made = { WebTransport: 0, WebSocket: 0, WebRTC: globalThis.made.WebRTC };
      const forever = () => new Promise(() => {});
      const silent = {
        WebTransport: class {
          ready = forever();
          closed = forever();
          incomingBidirectionalStreams = new ReadableStream();
          close() {}
        },
        WebSocket: class extends EventTarget {
          readyState = 0;
          bufferedAmount = 0;
          close() {}
        },
      };
      for (const name of ['WebTransport', 'WebSocket']) {
        const Original = globalThis[name];
        const Silent = silent[name];
        globalThis[name] = new Proxy(Original, {
          construct(target, parts) {
            globalThis.made[name] += 1;
            if (fates[name] === 'throws') throw new DOMException(`no ${name}`, 'SecurityError');
            return fates[name] === 'hangs' ? new Silent() : Reflect.construct(target, parts);
          },
        });
      }
    }, fates);
    return person;
  };
  return { user: limit, ...world };
}

/** Counts the connections to a relay that use its address: those that have the channel 0 that both sides know. */
function countConnections() {
  globalThis.made = { WebRTC: 0 };
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (label, how) {
    if (how?.negotiated) globalThis.made.WebRTC += 1;
    return createDataChannel.call(this, label, how);
  };
}

/**
 * Version 1 of WebRTC-direct: the page changes its own description so that both sides have one name. The app speaks version 2
 * alone; here the difference between the two is made below it.
 */
function changeDescriptions() {
  const { createDataChannel, setLocalDescription, setRemoteDescription } = RTCPeerConnection.prototype;
  const names = new WeakMap();
  const rename = (sdp, name) => sdp.replace(/a=ice-(ufrag|pwd):[^\r]*/g, `a=ice-$1:${name}`);
  Object.assign(RTCPeerConnection.prototype, {
    createDataChannel(label, how) {
      if (how?.negotiated) names.set(this, `libp2p+webrtc+v1/${crypto.randomUUID().replaceAll('-', '')}`);
      return createDataChannel.call(this, label, how);
    },
    setLocalDescription({ type, sdp }) {
      const name = names.get(this);
      return setLocalDescription.call(this, { type, sdp: name ? rename(sdp, name) : sdp });
    },
    setRemoteDescription({ type, sdp }) {
      const name = names.get(this);
      return setRemoteDescription.call(this, { type, sdp: name ? rename(sdp, name) : sdp });
    },
  });
}

const made = ({ app }) => app.page.evaluate(() => globalThis.made);

/** Two people meet and talk; how long it took until they were online. */
async function talk(world) {
  const { alice, bob } = await pair(world);
  await alice.app.send('Hello Bob');
  await bob.app.expectTexts(['Hello Alice', 'Hello Bob']);
  const started = performance.now();
  await alice.app.reload();
  await alice.app.expectChip('Online', ONLINE_MS);
  const took = performance.now() - started;
  await alice.app.openChat('Bob');
  await bob.app.send('Still there?');
  await alice.app.expectTexts(['Hello Alice', 'Hello Bob', 'Still there?']);
  return { alice, bob, took };
}

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

scenario('by default both are there, and WebTransport is used', async (world) => {
  const { alice, bob, took } = await talk(withWays(world, { WebTransport: 'works', WebSocket: 'works' }));
  world.report(`online ${seconds(took)} after a reload`);
  for (const person of [alice, bob]) assert.ok((await made(person)).WebTransport >= 1, person.name);
});

for (const fate of /** @type {Fate[]} */ (['throws', 'hangs'])) {
  scenario(`WebTransport alone is enough: WebSocket ${fate}`, async (world) => {
    const { alice, bob, took } = await talk(withWays(world, { WebTransport: 'works', WebSocket: fate }));
    world.report(`online ${seconds(took)} after a reload, over WebTransport`);
    for (const person of [alice, bob]) assert.ok((await made(person)).WebTransport >= 1, person.name);
  });

  scenario(`WebSocket alone is enough: WebTransport ${fate}`, async (world) => {
    const { alice, bob, took } = await talk(withWays(world, { WebTransport: fate, WebSocket: 'works' }));
    world.report(`online ${seconds(took)} after a reload, over WebSocket`);
    for (const person of [alice, bob]) assert.ok((await made(person)).WebSocket >= 1, person.name);
  });
}

/** Chromium without the permission to change one's own description, as it is announced for everybody. */
const UNCHANGED = ['--force-fieldtrials=WebRTC-NoSdpMangleUfrag/Enabled/'];

/** Whether a page can give its own description another name. */
async function mayBeChanged() {
  const connection = new RTCPeerConnection();
  connection.createDataChannel('');
  const { type, sdp } = await connection.createOffer();
  const changed = { type, sdp: sdp.replace(/a=ice-ufrag:[^\r]*/, 'a=ice-ufrag:changed') };
  const accepted = await connection.setLocalDescription(changed).then(() => true, () => false);
  connection.close();
  return accepted;
}

for (const [version, browser] of [
  ['version 1', { munge: true }],
  ['version 2', {}],
  ['version 2, where descriptions may not be changed', { args: UNCHANGED }],
]) {
  scenario(`WebRTC-direct alone is enough: ${version}`, async (world) => {
    const { alice, bob, took } = await talk(withWays(world, { WebTransport: 'hangs', WebSocket: 'hangs' }, browser));
    world.report(`online ${seconds(took)} after a reload, over WebRTC-direct, ${version}`);
    for (const person of [alice, bob]) assert.ok((await made(person)).WebRTC >= 1, person.name);
    assert.equal(await alice.app.page.evaluate(mayBeChanged), browser.args !== UNCHANGED);
  });
}

scenario('WebRTC-direct is begun at once where the others fail', async (world) => {
  const { took } = await talk(withWays(world, { WebTransport: 'throws', WebSocket: 'throws' }));
  world.report(`online ${seconds(took)} after a reload, over WebRTC-direct, the others refused`);
});
