//! What a view is told about the engine as a whole, wherever it runs.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use super::{Event, Snapshot};

/// One notice. A view applies them in the order in which they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The engine starts, here or in another tab. What is on the screen may be old; calls wait.
    Starting,
    /// Everything, anew: first, after the engine moved to another tab, and after a lost event.
    Ready(Box<Snapshot>),
    /// One change to what the last `Ready` held.
    Event(Event),
    /// The engine does not run. Another tab, or `Core::forget_and_start_anew`, may still
    /// start it; then `Starting` follows.
    Failed(StartFailure),
}

/// Why the engine does not run. Nothing was deleted or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum StartFailure {
    /// There was an identity in this browser, and its database is gone.
    #[error("the database is gone")]
    DatabaseVanished,
    /// The browser has brought back an older database: what came since is missing, and the keys of its
    /// sessions were used since. `Core::go_on_with_older` begins new ones.
    #[error("the database is older than what was there")]
    DatabaseOlder,
    /// The database was written by a newer Volly.
    #[error("the database is newer than this program")]
    NewerDatabase,
    /// The database is there and its key or its rows do not open.
    #[error("the database cannot be read")]
    DatabaseUnreadable,
    /// The database is under a passphrase, which nobody has typed: `Core::unlock`.
    #[error("the database is locked")]
    Locked,
    /// Everything was erased, by this tab or another one.
    #[error("everything was erased")]
    Wiped,
    /// The browser has no IndexedDB or no WebCrypto for this page, or refuses it.
    #[error("no storage")]
    StorageUnavailable,
    /// The browser has no Web Locks for this page; they need a secure context.
    #[error("no Web Locks")]
    WebLocksMissing,
    /// Another tab runs another version of Volly. Reloading every tab mends it.
    #[error("another tab runs another version")]
    OtherVersion,
}
