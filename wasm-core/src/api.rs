//! The only door for a user interface: calls, their replies, events and what they are made of.
//!
//! Everything here is plain data. A view keeps no truth of its own: it starts from a
//! [`Snapshot`], applies [`Event`]s in the order of their numbers, and asks for a new snapshot
//! when a number is missing. It does not know which tab runs the engine.

mod backup;
mod call;
mod event;
mod file;
mod lock;
mod model;
mod notice;

pub use backup::{BackupError, KeyError};
pub use call::{
    AcceptInvite, AddToFile, ApiError, Arrange, BeginFile, BeginRestore, Call, CallId,
    CancelInvite, CreateInvite, DeleteContact, DeleteMessage, DropFile, EditText, FetchFile,
    FinishRestore, GetSafetyNumber, GetSnapshot, GetTimeline, MarkRead, NextBackupPart, React,
    ReadFile, Reconnect, RenameContact, Request, ResendText, Restore, RestorePart,
    RevealRecoveryPhrase, SaveBackup, Search, SendFile, SendText, SetAnswersRead, SetDraft,
    SetLock, SetRelayOnly, SetShowsTyping, SetTimer, Start, StopBackup, StopRestore, TellTyping,
};
pub use event::{Event, Numbered, Progress};
pub use file::{Fetch, FileDescription, FileId, FilePart, FileProgress, FileState, FileView};
pub use lock::{LockKey, LockMethod, WEBAUTHN_PRF_INPUT};
pub use model::{
    Arrangement, BackupKey, BackupPart, Connection, ContactId, ContactState, ContactView, Form,
    Found, InviteId, InvitePreview, InviteState, InviteView, MessageId, MessageState, MessageView,
    Path, Profile, Quote, Reach, SearchPage, Snapshot, Stretch, TimelinePage, Trust,
};
pub use notice::{Notice, StartFailure};

#[cfg(all(target_arch = "wasm32", feature = "idb"))]
pub use crate::driver::{Core, serve_as_worker};
