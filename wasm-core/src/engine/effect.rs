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
    /// Read a stretch of a table and feed [`super::input::Input::Scanned`].
    Scan(CallId, Scan),
    /// Tell every view. The engine numbers events, so that a snapshot says which it contains.
    Emit(Box<Numbered>),
    /// Answer a call: postcard of `Result<C::Reply, ApiError>`.
    Reply(CallId, Vec<u8>),
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
    /// Let the relay delete what is stored here.
    Acknowledge {
        /// The mailbox.
        address: [u8; 32],
        /// At most [`crate::limits::MAX_ACKNOWLEDGE`].
        ids: Vec<EnvelopeId>,
    },
    /// Make, or be ready to accept, a direct stream to a contact.
    ReachDirect {
        /// Whom.
        contact: ContactId,
        /// The contact's PeerId, encoded; empty: accept only.
        peer: Vec<u8>,
        /// `KDF(pair secret, "volly/1/direct", 32)` (protocol.md §12).
        key: crate::crypto::secret::Secret<32>,
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
    /// Forget the contact and close its stream.
    ForgetDirect(ContactId),
    /// Dial the relay now; skip the pause.
    Reconnect,
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
}

impl Table {
    /// Every table, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Account,
        Self::Contacts,
        Self::Sessions,
        Self::Messages,
        Self::Outbox,
        Self::Invites,
        Self::Drafts,
    ];
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
    /// None yet, and none of which anybody outside will hear.
    #[must_use]
    pub fn relaxed() -> Self {
        Self { durability: Durability::Relaxed, ..Self::default() }
    }
}

/// A stretch of a table, read newest (highest key) first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Which table.
    pub table: Table,
    /// Keys that begin with this.
    pub prefix: Vec<u8>,
    /// Only keys below this.
    pub before: Option<Vec<u8>>,
    /// At most so many rows.
    pub limit: usize,
}
