//! What the engine takes in. Data only.

use alloc::{string::String, vec::Vec};
use core::time::Duration;

use super::effect::{CommitId, EnvelopeId, FileFrame, Row, Ticket};
use crate::{
    api::{CallId, ContactId, Path, Request},
    wire::mailbox::Record,
};

/// Milliseconds since the Unix epoch, by this device's clock. Only the driver reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

/// One input.
#[derive(Debug)]
pub enum Input {
    /// A view asks.
    Call(CallId, Request),
    /// The network tells.
    Net(NetEvent),
    /// A transaction is durable. (One that was refused ends this engine.)
    Committed(CommitId),
    /// The rows that [`super::effect::Effect::Scan`] asked for; `None` when one of them does not open.
    Scanned(Option<Vec<Row>>),
    /// So many bytes have room on the disk, about.
    Room(u64),
    /// Time has passed.
    Tick,
}

/// What the network tells.
#[derive(Debug)]
pub enum NetEvent {
    /// The way to the relay has changed.
    Relay(RelayStatus),
    /// Answer to `PutRecord`.
    RecordPut(Ticket, Result<(), RelayError>),
    /// Answer to `GetRecord`; `None` when there is none.
    RecordGot(Ticket, Result<Option<Record>, RelayError>),
    /// Answer to `Deposit`: on `Ok` the relay has it durably.
    Deposited(Ticket, Result<(), RelayError>),
    /// The frame with this deposit was written to the relay's socket.
    DepositWritten(Ticket),
    /// The relay pushed an envelope. It comes again until it is acknowledged.
    Arrived {
        /// The mailbox.
        address: [u8; 32],
        /// For the acknowledgement.
        id: EnvelopeId,
        /// A size class of bytes, unchecked.
        envelope: Vec<u8>,
    },
    /// A direct stream to the contact is there, checked by its token on both sides; or the one there was
    /// goes another way, and nothing was lost.
    DirectUp(ContactId, Path),
    /// There and back to the contact, on the way that its stream takes.
    RoundTrip(ContactId, Duration),
    /// It has ended, or could not be made.
    DirectDown(ContactId),
    /// An envelope came over the direct stream.
    DirectArrived(ContactId, Vec<u8>),
    /// Something about a file came over the direct stream.
    FileArrived(ContactId, FileFrame),
}

/// The way to the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayStatus {
    /// None, and none to be expected soon.
    Offline,
    /// Being made.
    Connecting,
    /// A mailbox stream is open, at one relay or two.
    Online {
        /// This run's PeerId, encoded; contacts reach us by it. Empty until a circuit is reserved.
        peer: Vec<u8>,
        /// The PeerIds of the relays at which circuits are reserved, encoded.
        reserved: Vec<Vec<u8>>,
        /// The relays by their hosts, for people to read.
        hosts: Vec<String>,
    },
}

/// Why the relay did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// The connection ended before the answer; it may or may not have happened.
    #[error("connection lost")]
    Lost,
    /// There is no connection; nothing happened.
    #[error("offline")]
    Offline,
    /// A record with a higher sequence is there.
    #[error("stale")]
    Stale,
    /// Signature or address were not accepted.
    #[error("refused")]
    Refused,
    /// A quota is used up.
    #[error("full")]
    Full,
    /// The relay is busy.
    #[error("busy")]
    Busy,
    /// The relay did not understand, or we did not understand the relay.
    #[error("malformed")]
    Malformed,
}
