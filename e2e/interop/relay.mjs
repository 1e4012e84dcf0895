// A circuit relay of js-libp2p as a process of its own, without the limits that it has by itself; says where it is.
import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import './node-20.mjs';

/** More than anybody measures with. */
const PLENTY = 10_000;

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
  transports: [webSockets()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { maxConnections: PLENTY, inboundConnectionThreshold: PLENTY, maxIncomingPendingConnections: PLENTY },
  services: {
    identify: identify(),
    ping: ping(),
    relay: circuitRelayServer({
      maxInboundHopStreams: PLENTY,
      maxOutboundHopStreams: PLENTY,
      maxOutboundStopStreams: PLENTY,
      reservations: { maxReservations: PLENTY, applyDefaultLimit: false },
    }),
  },
});
console.log(`ready ${node.getMultiaddrs()[0]}`);
