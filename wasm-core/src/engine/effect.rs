//! What the engine wants done. Data only.
//!
//! Invariant: everything that follows from a change of state stands in `then` of the commit that
//! makes the change durable. The driver does nothing of `then` before the store has said so.

use alloc::{boxed::Box, vec::Vec};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    address::AddressKeys,
    api::{CallId, ContactId, Numbered},
    crypto::secret::Secret,
};

/// Names a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub u64);

/// Names a request to the network; its answer carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Names an envelope at the relay (protocol.md §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EnvelopeId(pub [u8; 16]);

/// One thing to do. The driver takes them in order.
#[derive(Debug)]
pub enum Effect {
    /// Store `changes` in one transaction, then do `then` in order, then feed
    /// [`super::input::Input::Committed`].
    ///
    /// If the store refuses, nothing of `then` happens, and this engine is over: the driver drops
    /// every effect that waits, answers each [`Effect::Reply`] among them with
    /// `ApiError::NotStored`, and loads a new engine from the store. What arrived from the
    /// network comes again, because it was not acknowledged.
    Commit {
        /// For the answer.
        id: CommitId,
        /// All or nothing.
        changes: ChangeSet,
        /// Only after the transaction is durable. Never holds a `Commit`.
        then: Vec<Self>,
    },
    /// Do something on the network.
    Net(NetAction),
    /// Read stretches of tables, one behind the other, and feed [`super::input::Input::Scanned`]. The
    /// next one comes after that.
    Scan(Vec<Scan>),
    /// Copy the account's rows out or in ([`crate::backup`]), and answer the call.
    Archive(CallId, Archive),
    /// Tell every view. The engine numbers events, so that a snapshot says which it contains.
    Emit(Box<Numbered>),
    /// Answer a call: postcard of `Result<C::Reply, ApiError>`.
    Reply(CallId, Vec<u8>),
}

/// A step of a backup or of its restoring.
#[derive(Debug)]
pub enum Archive {
    /// Write the file: the first part for this call, each other one when it is asked for.
    Save(ArchiveKey),
    /// Begin to read one; the store holds no account.
    Begin {
        /// Of the file, unchecked.
        header: Vec<u8>,
        /// See [`crate::key_wrap`].
        file_key: Secret<32>,
    },
    /// The next bytes of it.
    Part(Vec<u8>),
    /// It is at its end.
    Finish,
    /// It is given up.
    Stop,
}

/// What opens the file.
#[derive(Debug)]
pub enum ArchiveKey {
    /// The words of the account, which nobody can guess.
    Phrase(Secret<32>),
    /// A key that is wrapped already, unchecked.
    Wrapped(Secret<32>, Vec<u8>),
}

/// What the network shall do. None blocks; none is tried again by the network layer itself.
#[derive(Debug)]
pub enum NetAction {
    /// Write a record.
    PutRecord {
        /// For the answer.
        ticket: Ticket,
        /// Where.
        keys: AddressKeys,
        /// The highest one wins.
        sequence: u64,
        /// Seconds to keep it.
        lifetime: u32,
        /// At most [`crate::limits::MAX_RECORD_BYTES`].
        value: Vec<u8>,
    },
    /// Read a record.
    GetRecord {
        /// For the answer.
        ticket: Ticket,
        /// Where.
        keys: AddressKeys,
    },
    /// Put an envelope into a mailbox. Deposits to one address keep their order.
    Deposit {
        /// For the answer.
        ticket: Ticket,
        /// Where.
        keys: AddressKeys,
        /// The same when it is sent again.
        id: EnvelopeId,
        /// Seconds to keep it.
        lifetime: u32,
        /// A size class of bytes.
        envelope: Vec<u8>,
    },
    /// Listen at a mailbox. Lasts until the connection ends; the engine asks again then.
    Subscribe(AddressKeys),
    /// Stop listening.
    Unsubscribe([u8; 32]),
    /// Let the relays delete what is stored here.
    Acknowledge {
        /// The mailbox, where we listen.
        address: [u8; 32],
        /// The envelope.
        id: EnvelopeId,
    },
    /// Make, or be ready to accept, a direct stream to a contact.
    ReachDirect {
        /// Whom.
        contact: ContactId,
        /// The contact's PeerId, encoded; empty: accept only.
        peer: Vec<u8>,
        /// The relays at which it can be reached, by their PeerIds, encoded.
        relays: Vec<Vec<u8>>,
        /// `KDF(pair secret, "volly/1/direct", 32)` (protocol.md §12).
        key: Secret<32>,
    },
    /// Whether contacts are reached through relays alone, so that none learns our IP address. Until this
    /// is said they are.
    RelayOnly(bool),
    /// Send over the direct stream; dropped silently when there is none.
    SendDirect {
        /// Whom.
        contact: ContactId,
        /// See protocol.md §12.
        id: EnvelopeId,
        /// A size class of bytes.
        envelope: Vec<u8>,
    },
    /// As `SendDirect`, about a file.
    SendFileFrame(ContactId, FileFrame),
    /// Forget the contact and close its stream.
    ForgetDirect(ContactId),
    /// Dial the relay now; skip the pause.
    Reconnect,
}

/// What goes over a direct stream about a file, to and fro (protocol.md §12).
#[derive(Clone, PartialEq, Eq)]
pub enum FileFrame {
    /// Send me chunks.
    Ask {
        /// Of the file.
        digest: [u8; 32],
        /// The first one wanted.
        first: u32,
        /// How many, 1 to [`crate::limits::MAX_ASKED_CHUNKS`].
        count: u32,
    },
    /// A chunk, unchecked.
    Chunk {
        /// Of the file.
        digest: [u8; 32],
        /// Counts its chunks from 0.
        index: u32,
        /// At most [`crate::limits::MAX_SEALED_CHUNK_BYTES`].
        chunk: Vec<u8>,
    },
    /// What was asked for is not here.
    Missing {
        /// Of the file.
        digest: [u8; 32],
    },
}

impl core::fmt::Debug for FileFrame {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Ask { .. } => "Ask(..)",
            Self::Chunk { .. } => "Chunk(..)",
            Self::Missing { .. } => "Missing(..)",
        })
    }
}

/// The tables of the store. The discriminant is what docs/storage.md calls the table number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Table {
    /// The account, the device, counters: one row each.
    Account = 0,
    /// One row a contact: names, trust, read marks, receipts, secrets of the pair.
    Contacts = 1,
    /// One row a contact: the ratchet.
    Sessions = 2,
    /// One row a message, in the order of the screen.
    Messages = 3,
    /// One row an envelope that waits for its receipt.
    Outbox = 4,
    /// One row an invite of ours, with its prekeys.
    Invites = 5,
    /// One row a contact: text typed and not sent.
    Drafts = 6,
    /// One row a message that will disappear: when.
    Expiries = 7,
    /// One row a file: its key, and how far its chunks are here.
    Files = 8,
    /// One row a chunk of a file.
    Chunks = 9,
}

impl Table {
    /// Every table, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Account,
        Self::Contacts,
        Self::Sessions,
        Self::Messages,
        Self::Outbox,
        Self::Invites,
        Self::Drafts,
        Self::Expiries,
        Self::Files,
        Self::Chunks,
    ];

    /// Whether an engine begins with its rows; those of the others it reads when it needs them.
    #[must_use]
    pub const fn is_loaded(self) -> bool {
        !matches!(self, Self::Messages | Self::Chunks)
    }
}

/// One row. Keys order bytewise and hold nothing about people; values are sealed by the store.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Where.
    pub table: Table,
    /// At most 32 bytes.
    pub key: Vec<u8>,
    /// In clear here; the store seals it.
    pub value: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for Row {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Row")
            .field("table", &self.table)
            .field("bytes", &self.value.len())
            .finish_non_exhaustive()
    }
}

/// What a transaction has survived when what follows from it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// A crash of the browser. For changes that nobody outside has heard of: when the machine loses
    /// its power they may be undone, and what brought them comes again.
    Relaxed,
    /// Also the loss of power; and with it every transaction before. What was sealed for sending or
    /// will be acknowledged: undone, a key would be used twice or a message lost.
    #[default]
    Strict,
}

/// Changes that happen together or not at all, the removals before the writes.
#[derive(Debug, Default)]
pub struct ChangeSet {
    /// See [`Durability`].
    pub durability: Durability,
    /// Written, replacing what was there.
    pub puts: Vec<Row>,
    /// Removed; a missing row is no error.
    pub deletes: Vec<(Table, Vec<u8>)>,
    /// Every row whose key begins with the bytes is removed.
    pub delete_prefixes: Vec<(Table, Vec<u8>)>,
}

impl ChangeSet {
    /// Nothing changes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty() && self.delete_prefixes.is_empty()
    }

    /// None yet, and none of which anybody outside will hear.
    #[must_use]
    pub fn relaxed() -> Self {
        Self { durability: Durability::Relaxed, ..Self::default() }
    }
}

/// Where a stretch of a table begins, and which way it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At the highest key, downwards.
    End,
    /// Below this key, downwards.
    Below(Vec<u8>),
    /// Above this key, upwards.
    Above(Vec<u8>),
}

/// A stretch of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Which table.
    pub table: Table,
    /// Keys that begin with this.
    pub prefix: Vec<u8>,
    /// See [`Bound`].
    pub from: Bound,
    /// At most so many rows.
    pub limit: usize,
}

impl Scan {
    /// Whether a key is in the stretch, as far as the limit does not matter.
    #[must_use]
    pub fn wants(&self, table: Table, key: &[u8]) -> bool {
        let inside = match &self.from {
            Bound::End => true,
            Bound::Below(bound) => key < bound.as_slice(),
            Bound::Above(bound) => key > bound.as_slice(),
        };
        table == self.table && inside && key.starts_with(&self.prefix)
    }

    /// Whether it is read from the lowest key up.
    #[must_use]
    pub const fn is_upwards(&self) -> bool {
        matches!(self.from, Bound::Above(_))
    }
}
