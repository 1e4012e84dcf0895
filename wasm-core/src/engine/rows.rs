//! Rows of the store: their keys and their values (docs/storage.md).
//!
//! A value is one version byte and postcard. Keys hold random ids and counters, nothing else.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::{Zeroize, Zeroizing};

use super::{
    effect::{ChangeSet, EnvelopeId, Row, Table},
    ranges::Ranges,
    unread::Unread,
};
use crate::{
    api::{Arrangement, ContactId, InviteId, MessageId, MessageView},
    session::SessionId,
};

mod file;

pub(super) use self::file::{FileBody, FilePhase, FileRow, chunk_index, chunk_key, file_key};

/// Version of every value that this code writes.
const VERSION: u8 = 1;

/// The stored state cannot be used. Nothing of it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Written by a newer version of Volly.
    #[error("row of version {version}, this code knows {VERSION}")]
    Newer {
        /// The version found.
        version: u8,
    },
    /// A row that does not decode.
    #[error("damaged row in table {0:?}")]
    Damaged(Table),
}

/// The account's row.
#[derive(Serialize, Deserialize)]
pub(super) struct AccountRow {
    pub(super) seed: [u8; 32],
    pub(super) device: Vec<u8>,
    pub(super) name: String,
    pub(super) phrase_seen: bool,
    pub(super) listening_from: u32,
    pub(super) relay_only: bool,
    pub(super) answers_read: bool,
    pub(super) shows_typing: bool,
}

impl Drop for AccountRow {
    fn drop(&mut self) {
        self.seed.zeroize();
        self.device.zeroize();
    }
}

/// How a contact stands, as stored; [`crate::api::ContactState`] is what a view sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Standing {
    Connecting,
    Established,
    Gone,
    /// Deleted by us; kept until our goodbye is deposited.
    Leaving,
    /// It talks to a newer device of our account, and does not hear this one.
    Moved,
}

/// The secret of a session with a contact, and our direction in it: what is left of the session in a
/// backup, and leads back to the contact (protocol.md §5.1).
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pair {
    /// In one place: a row is moved about, and a move leaves a copy behind.
    pub(super) secret: Box<[u8; 32]>,
    pub(super) session: SessionId,
    pub(super) initiator: bool,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// How long messages of a conversation live, and the message that says so.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Timer {
    pub(super) lifetime: u32,
    pub(super) said: Option<MessageId>,
}

/// When a message disappears.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExpiryRow {
    /// Seconds.
    pub(super) lifetime: u32,
    /// Milliseconds since the Unix epoch; `None` as long as it is not read.
    pub(super) at: Option<u64>,
}

/// A contact's row.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ContactRow {
    pub(super) fingerprint: [u8; 32],
    pub(super) own_name: String,
    pub(super) given_name: String,
    pub(super) standing: Standing,
    pub(super) verified: bool,
    /// Names what we remember of the conversation; the contact is told.
    pub(super) history: u64,
    /// The first of our texts that is for what the contact remembers of it.
    pub(super) first_sequence: u64,
    /// Names what the contact remembers, once it has said so.
    pub(super) their_history: Option<u64>,
    /// The highest Lamport time before the contact began anew: its own start again from 1, and
    /// would be those of older texts.
    pub(super) lamport_floor: u64,
    pub(super) added_at: u64,
    pub(super) next_sequence: u64,
    pub(super) lamport: u64,
    pub(super) delivered: Ranges,
    pub(super) read_by_them: u64,
    /// The contact says what it has read.
    pub(super) answers_read: bool,
    pub(super) received: Ranges,
    pub(super) read_sequence: u64,
    /// How much of it the contact was told.
    pub(super) read_told: u64,
    pub(super) unread: Unread,
    /// Rows of messages that are not here yet, see [`MessageRow::arrived`]; at most
    /// [`crate::limits::MAX_AWAITED`].
    pub(super) awaited: u32,
    pub(super) read_up_to: Option<MessageId>,
    pub(super) newest_theirs: Option<MessageId>,
    pub(super) last: Option<MessageView>,
    pub(super) receipt_due: bool,
    /// Of every session that there is, or was when the backup was made.
    pub(super) pairs: Vec<Pair>,
    pub(super) timer: Timer,
    pub(super) arrangement: Arrangement,
    /// The newest texts of ours, by the names that views gave them; at most
    /// [`crate::limits::MAX_NAMED_TEXTS`].
    pub(super) named: Vec<(u64, MessageId)>,
}

/// What an outbox row carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Parcel {
    /// The guest's first message, for the invite mailbox of this secret.
    Opening([u8; 32]),
    /// Our side of the introduction.
    Hello,
    /// A numbered content.
    Numbered(u64),
    Receipt,
    Goodbye,
    /// Asks the contact for a new session, in the mailbox of this one.
    Reunion(SessionId),
    /// Tells the contact's device before, in the mailbox of the session with it, that it is not heard
    /// any more.
    Moved {
        secret: [u8; 32],
        initiator: bool,
    },
}

/// A sealed envelope that is not yet deposited or delivered.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OutboxRow {
    pub(super) parcel: Parcel,
    pub(super) id: EnvelopeId,
    /// In which it is sealed; `None` for the content of a text that waits for a session, and for what
    /// no session seals.
    pub(super) session: Option<SessionId>,
    pub(super) envelope: Vec<u8>,
}

/// What a message is, as stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Body {
    Text(String),
    /// Seconds that what follows lives.
    Timer(u32),
    Deleted,
    /// A whole content that this version does not know: kept for one that does.
    Newer(Vec<u8>),
    File(Box<FileBody>),
}

/// Somebody's reaction to a message.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reaction {
    /// Of the content that brought it: a lower one comes too late.
    pub(super) sequence: u64,
    pub(super) emoji: Option<String>,
}

/// A message's row: the message, and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessageRow {
    /// The message is here; not yet, when only something about it is.
    pub(super) arrived: bool,
    pub(super) body: Body,
    /// Of the edit that brought the text; 0 for the first text.
    pub(super) edit: u64,
    pub(super) our_reaction: Reaction,
    pub(super) their_reaction: Reaction,
    pub(super) answers: Option<MessageId>,
    /// Seconds; 0: it stays.
    pub(super) lifetime: u32,
    /// The Lamport time by which its author names it: another one than in the key, when the author
    /// began anew.
    pub(super) lamport: u64,
    pub(super) sent_at: u64,
    pub(super) stored_at: u64,
    pub(super) mine: bool,
}

/// Where an invite of ours stands, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    Publishing,
    Open,
    /// Used or withdrawn; kept until the relay's record says so.
    Used,
    Withdrawn,
}

/// An invite's row.
#[derive(Serialize, Deserialize)]
pub(super) struct InviteRow {
    /// In one place: a row is moved about, and a move leaves a copy behind.
    pub(super) secret: Box<[u8; 32]>,
    pub(super) prekeys: Vec<u8>,
    /// The sealed record as it is published.
    pub(super) record: Vec<u8>,
    pub(super) fragment: String,
    pub(super) phase: Phase,
    pub(super) created_at: u64,
    pub(super) expires_at: u64,
    /// For whom alone it is, when it asks a contact for a new session. It is published nowhere.
    pub(super) guest: Option<ContactId>,
}

impl Drop for InviteRow {
    fn drop(&mut self) {
        self.secret.zeroize();
        self.prekeys.zeroize();
        self.fragment.zeroize();
    }
}

/// Key of the account's one row.
pub const ACCOUNT_KEY: &[u8] = b"account";

/// Key of the row that stands beside it from when a backup was restored until the engine has drawn a
/// new device.
pub const RESTORED_KEY: &[u8] = b"restored";

/// Key of the row of the same table that counts the starts.
pub const EPOCH_KEY: &[u8] = b"epoch";

/// Key of the row of the same table that stands there while a backup is read: what is in the store is
/// not whole, and counts for nothing.
pub const RESTORING_KEY: &[u8] = b"restoring";

pub(super) fn contact_key(contact: ContactId) -> Vec<u8> {
    contact.0.to_be_bytes().to_vec()
}

pub(super) fn invite_key(invite: InviteId) -> Vec<u8> {
    invite.0.to_be_bytes().to_vec()
}

pub(super) fn outbox_key(contact: ContactId, order: u64) -> Vec<u8> {
    [contact.0.to_be_bytes(), order.to_be_bytes()].concat()
}

/// 25 bytes whose order is the order of the screen.
pub(super) fn message_key(contact: ContactId, id: MessageId) -> Vec<u8> {
    let mut key = contact_key(contact);
    key.extend_from_slice(&id.lamport.to_be_bytes());
    key.push(id.side);
    key.extend_from_slice(&id.sequence.to_be_bytes());
    key
}

/// Reads a key of [`message_key`].
pub(super) fn message_id(key: &[u8]) -> Option<MessageId> {
    let (_, rest) = key.split_first_chunk::<8>()?;
    let (lamport, rest) = rest.split_first_chunk::<8>()?;
    let (&side, rest) = rest.split_first()?;
    Some(MessageId {
        lamport: u64::from_be_bytes(*lamport),
        side,
        sequence: u64::from_be_bytes(rest.try_into().ok()?),
    })
}

/// Reads the id that a key begins with, and what follows.
pub(super) fn leading_id(key: &[u8]) -> Option<(u64, &[u8])> {
    key.split_first_chunk::<8>().map(|(id, rest)| (u64::from_be_bytes(*id), rest))
}

/// Serialises a value, into a buffer that does not grow: it would leave secrets where it was.
pub(super) fn encode<T: Serialize>(value: &T) -> Zeroizing<Vec<u8>> {
    let size = postcard::experimental::serialized_size(value);
    let mut bytes = Vec::with_capacity(1 + size.unwrap_or_default());
    bytes.push(VERSION);
    let bytes = postcard::to_extend(value, bytes);
    Zeroizing::new(bytes.expect("rows hold no type that postcard refuses"))
}

/// Reads a value back.
pub(super) fn decode<T: DeserializeOwned>(row: &Row) -> Result<T, LoadError> {
    match row.value.split_first() {
        Some((&VERSION, value)) => {
            postcard::from_bytes(value).map_err(|_| LoadError::Damaged(row.table))
        }
        Some((&version, _)) if version > VERSION => Err(LoadError::Newer { version }),
        _ => Err(LoadError::Damaged(row.table)),
    }
}

/// Reads the bytes of a row of [`ChangeSet::put_bytes`].
pub(super) fn bytes(row: &Row) -> Option<&[u8]> {
    row.value.split_first().filter(|(version, _)| **version == VERSION).map(|(_, bytes)| bytes)
}

impl ChangeSet {
    /// Adds a row to write.
    pub(super) fn put<T: Serialize>(&mut self, table: Table, key: Vec<u8>, value: &T) {
        self.puts.push(Row { table, key, value: encode(value) });
    }

    /// Adds a row that holds bytes alone.
    pub(super) fn put_bytes(&mut self, table: Table, key: Vec<u8>, bytes: &[u8]) {
        let value = Zeroizing::new([&[VERSION], bytes].concat());
        self.puts.push(Row { table, key, value });
    }

    /// Adds a row to remove.
    pub(super) fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.deletes.push((table, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_messages_order_like_the_screen() {
        let id = |lamport, side, sequence| MessageId { lamport, side, sequence };
        let ids = [id(1, 0, 9), id(1, 1, 1), id(2, 0, 1), id(256, 0, 0), id(256, 1, 7)];
        let keys: Vec<_> = ids.iter().map(|&id| message_key(ContactId(5), id)).collect();
        assert!(keys.is_sorted());
        for (key, id) in keys.iter().zip(ids) {
            assert_eq!(message_id(key), Some(id));
        }
        assert_eq!(message_id(&keys[0][..24]), None);
    }

    #[test]
    fn a_newer_row_is_not_read() {
        let row = |value: &[u8]| Row {
            table: Table::Drafts,
            key: Vec::new(),
            value: value.to_vec().into(),
        };
        assert_eq!(decode::<u8>(&row(&[9, 1])), Err(LoadError::Newer { version: 9 }));
        assert_eq!(decode::<u8>(&row(&[])), Err(LoadError::Damaged(Table::Drafts)));
        assert_eq!(decode::<u8>(&row(&encode(&7_u8))), Ok(7));
    }
}
