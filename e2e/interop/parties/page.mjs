// What a page of these tests loads: either party, as the test calls for it.
import { webRTC, webRTCDirect } from '@libp2p/webrtc';
import { webTransport } from '@libp2p/webtransport';
import { JsParty } from './js.mjs';
import { VollyParty } from './volly.mjs';

/** It asks nobody under which address it is seen: its peers are on this machine. */
const NO_STUN = { rtcConfiguration: { iceServers: [] } };

const START = {
  js: () => JsParty.start({ transports: [webTransport(), webRTC(NO_STUN), webRTCDirect(NO_STUN)], listen: ['/webrtc'] }),
  volly: () => VollyParty.start('/volly_interop.js'),
};

/** @param {'js' | 'volly'} kind */
globalThis.begin = async (kind) => {
  globalThis.party = await START[kind]();
  return globalThis.party.peer;
};
