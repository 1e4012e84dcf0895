// What a page of these tests loads: the parties, as the test calls for them.
import { webRTC, webRTCDirect } from '@libp2p/webrtc';
import { webTransport } from '@libp2p/webtransport';
import { JsParty } from './js.mjs';
import { RawParty } from './raw.mjs';
import { VollyParty } from './volly.mjs';

/** It asks nobody under which address it is seen: its peers are on this machine. */
const NO_STUN = { rtcConfiguration: { iceServers: [] } };

const START = {
  js: () => JsParty.start({ transports: [webTransport(), webRTC(NO_STUN), webRTCDirect(NO_STUN)], listen: ['/webrtc'] }),
  volly: () => VollyParty.start('/volly_interop.js'),
  raw: () => new RawParty(),
};

globalThis.parties = {};

/** @param {'js' | 'volly' | 'raw'} kind */
globalThis.begin = async (kind) => {
  globalThis.parties[kind] = await START[kind]();
  return globalThis.parties[kind].peer;
};
