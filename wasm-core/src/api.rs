//! The only door for a user interface: calls, their replies, events and what they are made of.
//!
//! Everything here is plain data. A view keeps no truth of its own: it starts from a
//! [`Snapshot`], applies [`Event`]s in the order of their numbers, and asks for a new snapshot
//! when a number is missing. It does not know which tab runs the engine.

mod call;
mod event;
mod model;
mod notice;

pub use call::{
    AcceptInvite, ApiError, Call, CallId, CancelInvite, CreateInvite, DeleteContact,
    GetSafetyNumber, GetSnapshot, GetTimeline, MarkRead, Reconnect, RenameContact, Request,
    Restore, RevealRecoveryPhrase, SendText, SetDraft, SetRelayOnly, Start,
};
pub use event::{Event, Numbered, Progress};
pub use model::{
    Connection, ContactId, ContactState, ContactView, InviteId, InvitePreview, InviteState,
    InviteView, MessageId, MessageState, MessageView, Profile, Snapshot, TimelinePage, Trust,
};
pub use notice::{Notice, StartFailure};

#[cfg(all(target_arch = "wasm32", feature = "idb"))]
pub use crate::driver::Core;
