//! What the engine tells every view.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{
    Connection, ContactId, ContactView, FileProgress, InviteId, InviteView, MessageId,
    MessageState, MessageView, Profile,
};

/// A stretch of our messages in one conversation, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Sequence of the first, see [`super::MessageId`].
    pub first: u64,
    /// Sequence of the last, included.
    pub last: u64,
    /// A message that is further already stays there.
    pub state: MessageState,
}

/// One change. Each carries the whole of what changed, so applying one twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The user exists now, or has changed.
    Profile(Profile),
    /// A contact was added or changed: its row, its newest message, its unread count.
    Contact(Box<ContactView>),
    /// A contact and its history are gone.
    ContactDeleted(ContactId),
    /// An invite was made or changed.
    Invite(InviteView),
    /// An invite was used by this contact (its [`Event::Contact`] came before), or, without one,
    /// withdrawn.
    InviteClosed(InviteId, Option<ContactId>),
    /// A message, ours or theirs, is stored.
    Message(ContactId, MessageView),
    /// A message is another one than before: edited, deleted by its author, or somebody has reacted.
    /// What it answers is left out, because that never changes.
    MessageChanged(ContactId, MessageView),
    /// A message is no longer there.
    MessageDeleted(ContactId, MessageId),
    /// Messages of ours have come further: those whose sequence lies in `first..=last` are at least
    /// in this state.
    Progress(ContactId, Vec<Progress>),
    /// The file of this message has come further, or stands elsewhere.
    File(ContactId, MessageId, FileProgress),
    /// The way out has changed.
    Connection(Connection),
    /// The store does not take changes; nothing is lost as long as the page stays open.
    StorageFailing(bool),
    /// Other relays answer than before: these, by their hosts.
    Relays(Vec<String>),
}

/// An event with its place in the one order of all events. Numbers have no gaps within one run of
/// the engine; a view that sees a gap asks for a [`super::Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// Starts from 1.
    pub number: u64,
    /// What happened.
    pub event: Event,
}
