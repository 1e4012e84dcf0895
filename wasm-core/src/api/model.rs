//! What a view sees. Names and texts come from people: a view shows them as text, never as markup.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::FileView;

/// A contact, and the one conversation with it. Drawn at random, known on this device alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContactId(pub u64);

/// An invite of ours. Drawn at random, known on this device alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InviteId(pub u64);

/// Names one message of one conversation, on this device.
///
/// The order of ids is the order on the screen: by Lamport time, then ours or theirs by
/// fingerprint, then by the sender's sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// Lamport time (protocol.md §7).
    pub lamport: u64,
    /// 0 for the side with the smaller fingerprint, 1 for the other.
    pub side: u8,
    /// The sender's sequence number.
    pub sequence: u64,
}

/// The user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Display name as the contacts see it.
    pub name: String,
    /// Fingerprint of the identity key (protocol.md §2).
    pub fingerprint: [u8; 32],
    /// The recovery phrase was shown once.
    pub phrase_seen: bool,
    /// No contact learns our IP address: everything goes through relays.
    pub relay_only: bool,
    /// Contacts are told what was read.
    pub answers_read: bool,
    /// Contacts are told when one types, and one is shown when they do.
    pub shows_typing: bool,
}

/// How far a message of ours has come. The order is the order of progress: it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MessageState {
    /// Stored on this device, waiting for a connection.
    Queued,
    /// Handed to the network.
    Sent,
    /// A relay keeps it durably.
    Deposited,
    /// Given up; it is still here, and [`super::ResendText`] sends it again.
    Failed,
    /// The other device has stored it.
    Delivered,
    /// The other person has seen it.
    Read,
}

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A text.
    Text,
    /// Its author has deleted it, for both.
    Deleted,
    /// Messages disappear from here on after so many seconds; 0: they stay.
    Timer(u32),
    /// Something that a later version sends and this one does not know.
    Newer,
    /// A file. In the list of conversations it has no preview, and its progress is not kept up.
    File(Box<FileView>),
}

/// The message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Which.
    pub id: MessageId,
    /// It is ours.
    pub mine: bool,
    /// The beginning of its text, at most [`crate::limits::MAX_QUOTE_BYTES`]; `None` when it was deleted or is not
    /// here.
    pub text: Option<String>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its name and place.
    pub id: MessageId,
    /// See [`Form`].
    pub form: Form,
    /// The text; empty when it has another form.
    pub text: String,
    /// Its author has changed it.
    pub edited: bool,
    /// What it answers.
    pub answers: Option<Quote>,
    /// Our reaction, one emoji.
    pub our_reaction: Option<String>,
    /// The contact's reaction, one emoji.
    pub their_reaction: Option<String>,
    /// Seconds that it lives, ours from sending and theirs from reading; 0: it stays.
    pub lifetime: u32,
    /// When its sender sent it, milliseconds since the Unix epoch by the sender's clock.
    pub sent_at: u64,
    /// When this device stored it, milliseconds since the Unix epoch.
    pub stored_at: u64,
    /// `Some` for ours, `None` for theirs.
    pub state: Option<MessageState>,
    /// It belongs to what the contact remembers of the conversation: one can react to it, answer,
    /// edit and delete it for both.
    pub shared: bool,
}

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stretch {
    /// Its end.
    Newest,
    /// What is directly older than this message.
    Before(MessageId),
    /// What is directly newer than this message.
    After(MessageId),
    /// What lies around this message, and itself.
    Around(MessageId),
}

/// A stretch of a conversation, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelinePage {
    /// At most [`crate::limits::TIMELINE_PAGE`] messages.
    pub messages: Vec<MessageView>,
    /// There is something older than the first of them.
    pub has_older: bool,
    /// There is something newer than the last of them.
    pub has_newer: bool,
}

/// A message that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// In which conversation.
    pub contact: ContactId,
    /// The message; what it answers is left out.
    pub message: MessageView,
}

/// What a search found so far, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchPage {
    /// At most [`crate::limits::MAX_FOUND`].
    pub found: Vec<Found>,
    /// All history was searched; else asking again searches further.
    pub whole: bool,
}

/// How sure we are of who a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trust {
    /// Known by the invite alone.
    Seen,
    /// Safety numbers were compared.
    Verified,
}

/// Where a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactState {
    /// We answered its invite and have not heard back. One can write; it waits.
    Connecting,
    /// Both sides have the session.
    Established,
    /// It has deleted us. The history stays; one cannot write.
    Gone,
    /// It talks to a newer device of our account, where a backup was restored. The history stays; one
    /// cannot write.
    Moved,
}

/// Which way two devices reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Path {
    /// Through a relay.
    Relayed,
    /// Without one in between.
    Direct,
}

/// How a contact who is here is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// The way that messages take.
    pub path: Path,
    /// There and back on it, in milliseconds, measured a few times a minute; `None` at first.
    pub round_trip: Option<u32>,
}

/// Where a conversation stands in the list, and how it makes itself felt. Known on this device alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrangement {
    /// It stands above the others.
    pub pinned: bool,
    /// What comes does not call for attention.
    pub muted: bool,
    /// It is put away until something new comes, or for good if it is muted.
    pub archived: bool,
    /// One wants to come back to it, though all is read.
    pub unread: bool,
}

/// One row of the list of conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactView {
    /// Its name on this device.
    pub id: ContactId,
    /// The name given by us, else the contact's own.
    pub name: String,
    /// Colour and order come from it (protocol.md §2).
    pub fingerprint: [u8; 32],
    /// See [`ContactState`].
    pub state: ContactState,
    /// See [`Trust`].
    pub trust: Trust,
    /// How the two devices reach each other; `None` when they do not.
    pub reach: Option<Reach>,
    /// The newest message, if any.
    pub last: Option<MessageView>,
    /// Messages of theirs after the last one that was marked read.
    pub unread: u32,
    /// The newest message of theirs that was marked read.
    pub read_up_to: Option<MessageId>,
    /// Text that was typed and not sent.
    pub draft: String,
    /// When the contact was added, milliseconds since the Unix epoch.
    pub added_at: u64,
    /// It is typing now.
    pub is_typing: bool,
    /// It says what it has read.
    pub answers_read: bool,
    /// Seconds that messages of this conversation live; 0: they stay.
    pub lifetime: u32,
    /// See [`Arrangement`].
    pub arrangement: Arrangement,
}

/// Where an invite of ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InviteState {
    /// Not yet at the relay: nobody can use the link before it is.
    Publishing,
    /// Waiting for a guest.
    Open,
    /// Its time is over.
    Expired,
}

/// An invite of ours that waits. A used or withdrawn one is gone from the list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteView {
    /// Its name on this device.
    pub id: InviteId,
    /// What follows `https://HOST/#` (protocol.md §11); 94 characters. The page knows its own host.
    pub fragment: String,
    /// See [`InviteState`].
    pub state: InviteState,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_at: u64,
    /// When it ends, milliseconds since the Unix epoch.
    pub expires_at: u64,
}

impl core::fmt::Debug for InviteView {
    /// Leaves the fragment out: it is the invite's secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("InviteView")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// What is behind an invite link before one accepts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitePreview {
    /// The inviter's display name.
    pub name: String,
}

/// How this device is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connection {
    /// There is no way out; the network layer waits for one.
    Offline,
    /// A connection is being made.
    Connecting,
    /// The relay answers.
    Online,
}

/// Everything a view needs to start with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The number of the last [`super::Event`] that is contained.
    pub number: u64,
    /// `None` before [`super::Start`] or [`super::Restore`].
    pub profile: Option<Profile>,
    /// Newest activity first.
    pub contacts: Vec<ContactView>,
    /// Newest first.
    pub invites: Vec<InviteView>,
    /// See [`Connection`].
    pub connection: Connection,
    /// The relays that answer, by their hosts.
    pub relays: Vec<String>,
}

/// What opens a backup.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackupKey {
    /// The recovery phrase.
    Phrase,
    /// What was wrapped under a passphrase, where that was typed.
    Wrapped {
        /// The file key.
        file_key: [u8; 32],
        /// The same, wrapped (docs/storage.md).
        wrapped: Vec<u8>,
    },
}

impl core::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("BackupKey(..)")
    }
}

/// A stretch of a backup's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPart {
    /// The next bytes of the file.
    pub bytes: Vec<u8>,
    /// How many rows are in it so far.
    pub done: u64,
    /// How many there are.
    pub of: u64,
    /// The file is whole now.
    pub is_last: bool,
}
