//! Every bound of the relay that the protocol does not fix, each with what a lower and a higher
//! value would cost. Those both sides know stand in `volly_core::limits`.

use core::time::Duration;

/// TCP connections at a time.
///
/// Lower: people are turned away. Higher: an idle client holds about 60 KB (27 of them for socket,
/// encryption, multiplexer and mailbox stream, the rest for the handlers of identify, Kademlia and
/// circuits), so this many stay below 512 MB.
pub const CONNECTIONS: usize = 8_000;

/// Time to send the header of an HTTP request, and to wait between two requests.
///
/// Lower: a slow line fails. Higher: someone who dawdles holds a connection for longer.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(20);

/// Pause after a connection could not be accepted.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Longest header of an HTTP request in bytes; hyper's own floor is 8 KiB.
pub const HEADER_BYTES: usize = 16 * 1_024;

/// Buffers of a WebSocket in bytes, held for as long as it is open.
///
/// Lower: more system calls. Higher: times [`CONNECTIONS`].
pub const SOCKET_BUFFER_BYTES: usize = 4 * 1_024;

/// Bytes written into a WebSocket as one message.
///
/// Lower: more frames. Higher: more held for a socket that does not take them.
pub const SOCKET_WRITE_BYTES: usize = 16 * 1_024;

/// Longest message from a WebSocket.
///
/// Lower: libp2p's browser transport sends its write buffer of up to 192 KiB as one message.
/// Higher: a client that announces a message holds that much.
pub const SOCKET_MESSAGE_BYTES: usize = 256 * 1_024;

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

/// Pages of the store kept in memory, in bytes.
///
/// Lower: more reads from the system's cache. Higher: more memory.
pub const STORE_CACHE_BYTES: usize = 16 * 1_024 * 1_024;

/// Time to finish after a signal.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);
