//! What a view sees. Names and texts come from people: a view shows them as text, never as markup.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

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
}

/// How far a message of ours has come. The order is the order of progress: it never goes back,
/// except that `Failed` may become `Queued` on a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MessageState {
    /// Given up; it is still here and can be sent again.
    Failed,
    /// Stored on this device, waiting for a connection.
    Queued,
    /// Handed to the network.
    Sent,
    /// A relay keeps it durably.
    Deposited,
    /// The other device has stored it.
    Delivered,
    /// The other person has seen it.
    Read,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its name and place.
    pub id: MessageId,
    /// The text.
    pub text: String,
    /// When its sender sent it, milliseconds since the Unix epoch by the sender's clock.
    pub sent_at: u64,
    /// When this device stored it, milliseconds since the Unix epoch.
    pub stored_at: u64,
    /// `Some` for ours, `None` for theirs.
    pub state: Option<MessageState>,
}

/// A stretch of a conversation, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelinePage {
    /// At most [`crate::limits::TIMELINE_PAGE`] messages.
    pub messages: Vec<MessageView>,
    /// There is something older than the first of them.
    pub has_older: bool,
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
    /// A live stream to the contact's device exists now.
    pub online: bool,
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
}
