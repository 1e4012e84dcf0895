// A node of js-libp2p, in Node and in a page alike. It does what ./volly.mjs does.
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { isDirect, random, same, soon } from './common.mjs';

/** Of the bytes that are sent at once. */
const CHUNK = 64 * 1024;

/** Circuits have an end, and js-libp2p speaks over them only what is allowed there. */
const ON_CIRCUITS = { runOnLimitedConnection: true };

export class JsParty {
  #node;

  /** @param {import('libp2p').Libp2p} node */
  constructor(node) {
    this.#node = node;
  }

  /** @param {{ transports?: any[], listen?: string[], services?: object }} [options] beside WebSockets and circuits; where it listens; what it does beside identify and ping */
  static async start({ transports = [], listen = [], services = {} } = {}) {
    return new this(await createLibp2p({
      addresses: { listen },
      transports: [webSockets(), circuitRelayTransport(), ...transports],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // The peers of these tests are on loopback, which a page of js-libp2p does not dial by itself.
      connectionGater: { denyDialMultiaddr: () => false },
      services: { identify: identify(), ping: ping(), ...services },
    }));
  }

  get peer() {
    return this.#node.peerId.toString();
  }

  /** Where it can be reached. */
  get addresses() {
    return this.#node.getMultiaddrs().map(String);
  }

  /** @param {string} address with a PeerId */
  async dial(address) {
    await this.#node.dial(multiaddr(address));
  }

  /** Takes a place at a relay, at which it is told where that is. @param {string} address */
  async reserve(address) {
    await this.#node.components.transportManager.listen([multiaddr(`${address}/p2p-circuit`)]);
    await soon(() => this.addresses.some((known) => known.includes('/p2p-circuit')), 'the relay has a place');
  }

  /** @param {string} peer of a party that is connected @param {boolean} [direct] */
  async ping(peer, direct) {
    const { connection } = this.#to(peer, direct);
    return this.#node.services.ping.ping(connection.remotePeer);
  }

  /** @param {string} peer */
  async known(peer) {
    const connections = this.#node.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peer);
    const there = connections[0] && await this.#node.peerStore.get(connections[0].remotePeer);
    return {
      connections: connections.map(({ remoteAddr }) => remoteAddr.toString()),
      agent: new TextDecoder().decode(there?.metadata.get('AgentVersion')),
      protocols: there?.protocols ?? [],
    };
  }

  /** Gives back what comes on streams of this protocol. @param {string} name */
  async echo(name) {
    await this.#node.handle(name, async (stream) => {
      for await (const chunk of stream) if (!stream.send(chunk)) await stream.onDrain();
      await stream.close();
    }, ON_CIRCUITS);
  }

  /** Counts what comes on streams of this protocol, and says at the end how much it was. @param {string} name */
  async count(name) {
    await this.#node.handle(name, async (stream) => {
      let count = 0;
      for await (const chunk of stream) count += chunk.byteLength;
      const answer = new DataView(new ArrayBuffer(8));
      answer.setBigUint64(0, BigInt(count));
      stream.send(new Uint8Array(answer.buffer));
      await stream.close();
    }, ON_CIRCUITS);
  }

  /** Whether so many bytes come back from an echo. @param {string} peer @param {boolean} direct @param {string} name @param {number} size */
  async repeats(peer, direct, name, size) {
    const bytes = random(size);
    const stream = await this.#open(peer, direct, name);
    const [answer] = await Promise.all([collected(stream), send(stream, bytes)]);
    return same(answer, bytes);
  }

  /** Milliseconds that each message to an echo was away. @param {string} peer @param {string} name @param {number} count @param {number} size */
  async roundTrips(peer, name, count, size) {
    const stream = await this.#open(peer, true, name);
    const message = random(size);
    const took = [];
    let back;
    let got = 0;
    stream.addEventListener('message', ({ data }) => {
      got += data.byteLength;
      if (got >= size) back();
    });
    for (let trip = 0; trip < count; trip += 1) {
      got = 0;
      const started = performance.now();
      const returned = new Promise((resolve) => { back = resolve; });
      stream.send(message);
      await returned;
      took.push(performance.now() - started);
    }
    await stream.close();
    return took;
  }

  /** Milliseconds until a counter has so many bytes. @param {string} peer @param {string} name @param {number} bytes */
  async push(peer, name, bytes) {
    const stream = await this.#open(peer, true, name);
    const started = performance.now();
    const [answer] = await Promise.all([collected(stream), send(stream, new Uint8Array(CHUNK), bytes)]);
    const counted = Number(new DataView(answer.buffer).getBigUint64(0));
    if (counted !== bytes) throw new Error(`${counted} of ${bytes} bytes`);
    return performance.now() - started;
  }

  stop = () => this.#node.stop();

  /** @param {string} peer @param {boolean} [direct] */
  #to(peer, direct) {
    const connection = this.#node.getConnections().find(({ remotePeer, remoteAddr }) =>
      remotePeer.toString() === peer && (direct === undefined || isDirect(remoteAddr.toString()) === direct));
    if (!connection) throw new Error(`no connection to ${peer}`);
    return { connection };
  }

  /** @param {string} peer @param {boolean} direct @param {string} name */
  #open = (peer, direct, name) => this.#to(peer, direct).connection.newStream(name, ON_CIRCUITS);
}

/** Sends as many bytes, over and over the same, and then the end. */
async function send(stream, bytes, length = bytes.length) {
  for (let sent = 0; sent < length; ) {
    const start = sent % bytes.length;
    const next = bytes.subarray(start, Math.min(start + CHUNK, start + length - sent));
    if (!stream.send(next)) await stream.onDrain();
    sent += next.length;
  }
  await stream.close();
}

/** All that comes until the end. */
async function collected(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk.subarray());
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
