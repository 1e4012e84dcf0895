// A connection of the browser's own between two pages, without libp2p: what the others are measured against. The test carries
// the descriptions from one page to the other.
import { random, soon } from './common.mjs';

/** As much as libp2p puts into a message, and as much as it has under way. */
const MESSAGE_BYTES = 16 * 1024;
const BUFFERED_BYTES = 256 * 1024;

export class RawParty {
  peer = '';
  #connection = new RTCPeerConnection();
  /** @type {Map<string, RTCDataChannel>} */
  #channels = new Map();

  constructor() {
    this.#connection.addEventListener('datachannel', ({ channel }) => SERVE[channel.label](channel));
  }

  /** With its candidates in it. @param {RTCSessionDescriptionInit} [theirs] what is answered */
  async describe(theirs) {
    if (theirs) await this.#connection.setRemoteDescription(theirs);
    else for (const label of Object.keys(SERVE)) this.#channels.set(label, this.#connection.createDataChannel(label));
    await this.#connection.setLocalDescription();
    await soon(() => this.#connection.iceGatheringState === 'complete', 'all candidates are found');
    return this.#connection.localDescription.toJSON();
  }

  /** @param {RTCSessionDescriptionInit} theirs */
  async connect(theirs) {
    await this.#connection.setRemoteDescription(theirs);
    await soon(() => [...this.#channels.values()].every(({ readyState }) => readyState === 'open'), 'the channels are open');
  }

  async roundTrips(_peer, _name, count, size) {
    const channel = this.#channels.get('echo');
    const message = random(size);
    const took = [];
    for (let trip = 0; trip < count; trip += 1) {
      const started = performance.now();
      const returned = new Promise((resolve) => { channel.onmessage = resolve; });
      channel.send(message);
      await returned;
      took.push(performance.now() - started);
    }
    return took;
  }

  async push(_peer, _name, bytes) {
    const channel = this.#channels.get('count');
    channel.bufferedAmountLowThreshold = BUFFERED_BYTES / 4;
    const message = new Uint8Array(MESSAGE_BYTES);
    const counted = new Promise((resolve) => { channel.onmessage = resolve; });
    const started = performance.now();
    channel.send(String(bytes));
    for (let sent = 0; sent < bytes; sent += MESSAGE_BYTES) {
      channel.send(message);
      if (channel.bufferedAmount >= BUFFERED_BYTES) await new Promise((resolve) => { channel.onbufferedamountlow = resolve; });
    }
    await counted;
    return performance.now() - started;
  }
}

/** What the answering side does with each channel. @type {Record<string, (channel: RTCDataChannel) => void>} */
const SERVE = {
  echo: (channel) => { channel.onmessage = ({ data }) => channel.send(data); },
  count: (channel) => {
    let left = 0;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => {
      if (typeof data === 'string') left = Number(data);
      else if ((left -= data.byteLength) <= 0) channel.send('all');
    };
  },
};
