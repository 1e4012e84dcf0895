//! Every bound of the relay that the protocol does not fix, each with what a lower and a higher
//! value would cost. Those both sides know stand in `volly_core::limits`.

use core::time::Duration;

/// TCP connections at a time.
///
/// Lower: people are turned away. Higher: an idle client holds about 27 KB (npm run bench -- --only
/// relay), so this many stay below 256 MB.
pub const CONNECTIONS: usize = 8_000;

/// Time to send the header of an HTTP request, and to wait between two requests.
///
/// Lower: a slow line fails. Higher: someone who dawdles holds a connection for longer.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(20);

/// Pause after a connection could not be accepted.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Longest header of an HTTP request in bytes; hyper's own floor is 8 KiB.
pub const HEADER_BYTES: usize = 16 * 1_024;

/// Bytes read from a WebSocket at once, into memory that is held for that long.
///
/// Lower: more system calls. Higher: somebody who sends much is served for longer before others are.
pub const SOCKET_READ_BYTES: usize = 32 * 1_024;

/// Bytes written into a WebSocket as one message.
///
/// Lower: more frames. Higher: more held for a socket that does not take them.
pub const SOCKET_WRITE_BYTES: usize = 64 * 1_024;

/// Longest message from a WebSocket, or part of one.
///
/// Lower: libp2p's browser transport sends its write buffer of up to 192 KiB as one message.
/// Higher: nothing is held for it, but no browser of ours sends more.
pub const SOCKET_MESSAGE_BYTES: usize = 256 * 1_024;

/// Bytes of a message of the noise handshake: keys and a signature.
///
/// Lower: a client with a larger key does not come in. Higher: who has shown nothing holds more.
pub const NOISE_HANDSHAKE_BYTES: usize = 4 * 1_024;

/// Encrypted bytes read at once while no message has begun.
///
/// Lower: a short message takes two calls. Higher: so much memory is cleared each time.
pub const NOISE_READ_BYTES: usize = 2 * 1_024;

/// Bytes that are encrypted as one message, at most 65,519.
///
/// Lower: more messages, and system calls. Higher: the other side waits for longer before it can
/// begin to decrypt; and more held for a socket that does not take it.
pub const NOISE_WRITE_BYTES: usize = 32 * 1_024;

/// Upgraded sockets on their way to the swarm.
///
/// Lower: sockets wait while the swarm is busy. Higher: more of them wait in memory.
pub const PENDING_SOCKETS: usize = 256;

/// Connections within their cryptographic handshake.
pub const PENDING_CONNECTIONS: u32 = 512;

/// Connections of one PeerId: several tabs, and old ones that have not timed out yet.
pub const CONNECTIONS_A_PEER: u32 = 8;

/// Time for the cryptographic handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);

/// WebTransport connections at a time, however far they have come.
///
/// Lower: more browsers fall back to their WebSocket. Higher: each may hold its windows
/// ([`WEBTRANSPORT_WINDOW`]), and the state of QUIC.
pub const WEBTRANSPORT_CONNECTIONS: usize = 4_000;

/// WebTransport connections from one IPv4 address, or from one /64 of IPv6.
///
/// Lower: people behind one address translator fall back to their WebSocket. Higher: one host can
/// take more of [`WEBTRANSPORT_CONNECTIONS`].
pub const WEBTRANSPORT_CONNECTIONS_A_NETWORK: u32 = 256;

/// WebTransport connections within their handshake.
///
/// Lower: after an outage browsers fall back to their WebSocket. Higher: each is a key agreement of
/// about 200 µs, and two signatures.
pub const WEBTRANSPORT_HANDSHAKES: usize = 256;

/// Handshakes up to which the address of a newcomer is believed.
///
/// Lower: a round trip more for most. Higher: as many can be begun in the name of others.
pub const WEBTRANSPORT_UNPROVED_HANDSHAKES: usize = 64;

/// Time for QUIC, the session and noise together.
///
/// Lower: fails on slow lines. Higher: someone who dawdles holds a place for longer.
pub const WEBTRANSPORT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Milliseconds after which a silent WebTransport connection is given up.
///
/// Lower: must stay above [`PING_INTERVAL`], which keeps it. Higher: who has vanished stays longer.
pub const WEBTRANSPORT_IDLE_MS: u32 = 60_000;

/// Streams that a client has open on a WebTransport connection: those of [`STREAMS`], the session
/// and noise.
pub const WEBTRANSPORT_STREAMS: u32 = 194;

/// Streams in one direction: three of HTTP/3, and some that it may add.
pub const WEBTRANSPORT_CONTROL_STREAMS: u32 = 8;

/// Bytes of one WebTransport stream that nobody has read yet.
///
/// Lower: slower over long distances. Higher: more held for a reader that is busy.
pub const WEBTRANSPORT_STREAM_WINDOW: u32 = 256 * 1_024;

/// Bytes of one WebTransport connection that nobody has read yet, and that are on their way out.
///
/// Lower: circuits slow each other down. Higher: times [`WEBTRANSPORT_CONNECTIONS`].
pub const WEBTRANSPORT_WINDOW: u32 = 2 * 1_024 * 1_024;

/// Bytes of datagrams in either direction. None are used, but browsers want them to be possible.
pub const WEBTRANSPORT_DATAGRAM_BYTES: usize = 4 * 1_024;

/// Bytes kept for a newcomer before its handshake begins, which it does at once.
pub const WEBTRANSPORT_EARLY_BYTES: u64 = 16 * 1_024;

/// Pause after a certificate could not be renewed; nobody new is let in meanwhile.
pub const WEBTRANSPORT_RENEWAL_PAUSE: Duration = Duration::from_secs(1);

/// Connections on their way from the listeners of WebTransport and WebRTC-direct to the swarm.
pub const PENDING_ARRIVALS: usize = 64;

/// WebRTC-direct connections at a time, those within their handshake included.
///
/// Lower: more browsers without WebTransport fall back to their WebSocket. Higher: each may hold
/// [`WEBRTC_WINDOW`] and [`WEBRTC_WAITING_BYTES`], and the state of DTLS and SCTP.
pub const WEBRTC_CONNECTIONS: usize = 2_000;

/// WebRTC-direct connections from one IPv4 address, or from one /64 of IPv6.
///
/// Lower: people behind one address translator fall back to their WebSocket. Higher: one host can
/// take more of [`WEBRTC_CONNECTIONS`].
pub const WEBRTC_CONNECTIONS_A_NETWORK: u32 = 128;

/// WebRTC-direct connections within their handshake.
///
/// Lower: after an outage browsers fall back to their WebSocket. Higher: each is a key agreement and
/// two signatures, about a millisecond.
pub const WEBRTC_HANDSHAKES: usize = 128;

/// Handshakes up to which the address of a newcomer is believed; from then on it has to answer a
/// question first, which browsers do at once.
///
/// Lower: a round trip more for most. Higher: as many can be begun in the name of others.
pub const WEBRTC_UNPROVED_HANDSHAKES: usize = 32;

/// Addresses that have answered lately, of 56 bytes each; two may share a place.
///
/// Lower: more lose their proof to another. Higher: more memory, always.
pub const WEBRTC_PROOFS: usize = 4_096;

/// For how long an answer is believed.
///
/// Lower: must reach from the first check to the handshake. Higher: an address that has passed to
/// somebody else is still believed.
pub const WEBRTC_PROOF_LIFETIME: Duration = Duration::from_secs(30);

/// Time for DTLS, SCTP and noise together.
///
/// Lower: fails on slow lines. Higher: someone who dawdles holds a place for longer.
pub const WEBRTC_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest datagram that is sent.
///
/// Lower: more of them. Higher: some paths of IPv6 carry 1,280 bytes, headers included.
pub const WEBRTC_DATAGRAM_BYTES: usize = 1_200;

/// Bytes of a message in one packet of SCTP: what [`WEBRTC_DATAGRAM_BYTES`] leaves beside the headers
/// of DTLS (37) and SCTP (28).
pub const WEBRTC_SCTP_PAYLOAD_BYTES: u32 = 1_135;

/// Datagrams of one connection that wait for its task.
///
/// Lower: a burst loses some, which slows it down. Higher: 1,200 bytes each.
pub const WEBRTC_PENDING_DATAGRAMS: usize = 128;

/// Bytes that have come over one WebRTC-direct connection and wait in SCTP.
///
/// Lower: slower over long distances. Higher: times [`WEBRTC_CONNECTIONS`].
pub const WEBRTC_WINDOW: u32 = 512 * 1_024;

/// Bytes of one of its streams that nobody has read yet; more stay in SCTP.
///
/// Lower: slower over long distances. Higher: a stream that is not read leaves less to the others.
pub const WEBRTC_STREAM_WAITING_BYTES: usize = 64 * 1_024;

/// The same for all streams of a connection together.
pub const WEBRTC_WAITING_BYTES: usize = 1_024 * 1_024;

/// Bytes of one stream on their way out before a write waits.
///
/// Lower: slower over long distances. Higher: more held for a browser that does not take them.
pub const WEBRTC_STREAM_SEND_BYTES: usize = 128 * 1_024;

/// Channels that a browser has opened and the node has not taken.
pub const WEBRTC_ARRIVED_CHANNELS: usize = 64;

/// How long an end waits for its acknowledgement, as in other implementations.
pub const WEBRTC_END_TIMEOUT: Duration = Duration::from_secs(10);

/// Milliseconds before a packet is sent again: the first time, at least and at most.
///
/// Lower: sent again although it had arrived. Higher: what is lost takes longer.
pub const WEBRTC_FIRST_RTO_MS: u64 = 500;
/// See [`WEBRTC_FIRST_RTO_MS`].
pub const WEBRTC_SHORTEST_RTO_MS: u64 = 200;
/// See [`WEBRTC_FIRST_RTO_MS`].
pub const WEBRTC_LONGEST_RTO_MS: u64 = 10_000;

/// How often a packet is sent again before its connection is given up: about a minute.
pub const WEBRTC_RETRANSMISSIONS: usize = 10;

/// Streams of one connection, all protocols together.
///
/// Lower: [`CIRCUITS_A_PEER`], a mailbox, pings and the like do not fit. Higher: each may hold a
/// window of 256 KiB that nobody has read yet.
pub const STREAMS: usize = 192;

/// How long a connection stays that carries nothing.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two pings; a client that does not answer one is gone.
///
/// Lower: more traffic. Higher: a vanished client is pushed to for longer.
pub const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Circuit reservations, one for each client that can be reached directly.
pub const RESERVATIONS: usize = 8_192;

/// How long a reservation lasts; a client renews at three quarters.
pub const RESERVATION_DURATION: Duration = Duration::from_secs(3_600);

/// Circuits at a time.
///
/// Lower: contacts fall back to their mailboxes. Higher: each holds two buffers of 8 KiB or so.
pub const CIRCUITS: usize = 4_096;

/// Circuits that one peer opens: one for each contact who is there.
pub const CIRCUITS_A_PEER: usize = 128;

/// How long a circuit lasts. Its ends dial again.
pub const CIRCUIT_DURATION: Duration = Duration::from_secs(12 * 3_600);

/// Bytes through one circuit.
///
/// Lower: long conversations are cut. Higher: one pair can use more of the line.
pub const CIRCUIT_BYTES: u64 = 256 * 1_024 * 1_024;

/// Circuits and reservations that one IP address may ask for in a minute. People behind one
/// address translator share it.
pub const CIRCUIT_REQUESTS_A_MINUTE: u32 = 600;

/// STUN requests of one network (/24 of IPv4, /48 of IPv6) that are answered at once, and then each
/// second.
///
/// Lower: a browser asks once for each connection it tries, and every ten seconds while it is open,
/// so a network with thousands of people behind one translator is left unanswered. Higher: somebody
/// who forges that network's addresses has more sent there; this is 50 KB a second.
pub const STUN_A_NETWORK_A_SECOND: u32 = 500;
/// See [`STUN_A_NETWORK_A_SECOND`].
pub const STUN_NETWORK_BURST: u32 = 2_000;

/// STUN requests of everybody that are answered at once, and then each second.
///
/// Lower: a flood from many networks keeps more people from an answer. Higher: it takes more of a
/// core; an answer costs 6 µs with its two system calls.
pub const STUN_A_SECOND: u32 = 20_000;
/// See [`STUN_A_SECOND`].
pub const STUN_BURST: u32 = 40_000;

/// Buckets for networks, of 24 bytes each.
///
/// Lower: more networks share one. Higher: more memory, always.
pub const STUN_BUCKETS: usize = 16_384;

/// Accepted mailbox streams on their way to their task.
pub const PENDING_STREAMS: usize = 1_024;

/// Mailbox streams of one connection: one, and another while the first one ends.
pub const STREAMS_A_CONNECTION: usize = 4;

/// Answers that wait for a client to read them; no further request is read then.
///
/// Lower: fewer requests on their way. Higher: 16 KB each when they are records.
pub const STREAM_ANSWERS: usize = 64;

/// Subscriptions of one stream.
///
/// Lower: 1,000 contacts need 3,000, and after a month away 33 for each. Higher: about 150 bytes
/// each.
pub const STREAM_SUBSCRIPTIONS: usize = 10_000;

/// Subscriptions of all streams; about 150 bytes each.
pub const TOTAL_SUBSCRIPTIONS: usize = 1_000_000;

/// Time to send the rest of a frame once it has begun.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(60);

/// Requests a stream may make at once, and then each second.
///
/// Lower: catching up after a month away takes longer. Higher: a request costs a signature check,
/// about 50 µs.
pub const REQUEST_BURST: u32 = 10_000;
/// See [`REQUEST_BURST`].
pub const REQUESTS_A_SECOND: u32 = 200;

/// Bytes a stream may send at once, and then each second.
pub const BYTE_BURST: u32 = 32 * 1_024 * 1_024;
/// See [`BYTE_BURST`].
pub const BYTES_A_SECOND: u32 = 1_024 * 1_024;

/// Changes that wait for the writer.
///
/// Lower: streams wait although a transaction could take more. Higher: the last one waits longer.
pub const WRITE_QUEUE: usize = 4_096;

/// What the waiting changes may hold, in KiB.
pub const WRITE_QUEUE_KIB: usize = 32 * 1_024;

/// Changes in one transaction.
///
/// Lower: more syncs to disk. Higher: the first one waits for the last.
pub const WRITE_BATCH: usize = 1_024;

/// Between two removals of what has expired.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// Rows removed at once; changes wait meanwhile.
pub const SWEEP_ROWS: usize = 1_000;

/// What an envelope is charged in: begun units of this size.
pub const UNIT_BYTES: usize = 4_096;

/// Units of one mailbox: at most 4,096 envelopes and 16 MiB.
///
/// Lower: `MAX_OUTBOX` texts to someone who is away do not fit into one day's mailbox. Higher: one
/// address takes more of the whole.
pub const MAILBOX_UNITS: u16 = 4_096;

/// What the rows of one record or envelope need beside its bytes.
pub const ROW_OVERHEAD_BYTES: u64 = 256;

/// Bytes of all records and envelopes.
///
/// Lower: deposits are refused. Higher: the disk must have room, for the file grows to about twice
/// this in the worst case.
pub const TOTAL_BYTES: u64 = 8 * 1_024 * 1_024 * 1_024;

/// Of [`TOTAL_BYTES`] what may be used where nothing was before.
///
/// Lower: newcomers are refused early. Higher: once they have used it, those who are here wait too.
pub const NEW_BYTES: u64 = TOTAL_BYTES / 10 * 9;

/// Acknowledgements that are remembered, of about 300 bytes each.
///
/// Lower: what was delivered comes again, once, from a relay that was slow or away. Higher: memory.
pub const RECENT_ACKNOWLEDGEMENTS: usize = 32_768;

/// Other relays to which one keeps a connection.
///
/// Lower: a larger network falls apart. Higher: acknowledgements go to each of them.
pub const RELAYS: usize = 64;

/// Other relays that are remembered.
pub const KNOWN_RELAYS: usize = 128;

/// Addresses of one relay that are put into the table of Kademlia.
pub const RELAY_ADDRESSES: usize = 8;

/// Connections between relays that have come from outside: two for each of [`RELAYS`], for they may
/// dial each other at once, and some that turn out to be none.
pub const RELAY_CONNECTIONS: u32 = 160;

/// Connections between relays that are being made, in each direction.
pub const PENDING_RELAYS: u32 = 32;

/// Between two dials of a relay that is not there.
///
/// Lower: more traffic while one is away. Higher: one that comes back catches up later.
pub const RELAY_DIAL_INTERVAL: Duration = Duration::from_secs(2);

/// Dials after which a relay that nobody has named is forgotten: about an hour.
pub const RELAY_DIALS: u32 = 1_800;

/// Looks for relays that are not known yet, at [`RELAY_DIAL_INTERVAL`], after one has come.
///
/// Lower: two that come at once find each other a [`RELAY_LOOK_INTERVAL`] later. Higher: a few packets.
pub const RELAY_LOOKS: u32 = 5;

/// Between two looks for relays that are not known yet.
pub const RELAY_LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// Between two pings of another relay, and the wait for an answer.
pub const RELAY_PING_INTERVAL: Duration = Duration::from_secs(5);

/// How long another relay may take to write what is handed on to it.
///
/// Lower: a busy disk passes for a dead relay. Higher: clients wait for it, and give up on this relay
/// after ten seconds.
pub const REPLICA_TIMEOUT: Duration = Duration::from_secs(5);

/// Changes on their way to one relay; each holds at most one envelope.
pub const REPLICA_QUEUE: usize = 256;

/// Answers to one relay that wait for the disk; no more is read from it then.
///
/// Lower: fewer changes share a sync to disk. Higher: each holds an envelope.
pub const REPLICA_ANSWERS: usize = 256;

/// Changes on their way to a relay that catches up.
///
/// Lower: it takes longer. Higher: what clients bring meanwhile waits behind them.
pub const REPLICA_WINDOW: usize = 64;

/// How long a relay may be away before others keep what it kept.
///
/// Lower: a restart has much copied for nothing. Higher: fewer have it meanwhile.
pub const REPLICATE_AFTER: Duration = Duration::from_secs(30);

/// Between two offers of everything to another relay, beside those when it comes.
///
/// Lower: 49 bytes for each envelope, each time. Higher: what went missing on the way is missing for
/// longer.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(1_800);

/// Pages of the store kept in memory, in bytes.
///
/// Lower: more reads from the system's cache. Higher: more memory.
pub const STORE_CACHE_BYTES: usize = 16 * 1_024 * 1_024;

/// Time to finish after a signal.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);
