//! What can go wrong with a passphrase, and with a backup.

use serde::{Deserialize, Serialize};

use super::ApiError;

/// Why a passphrase did not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is not the one, or what it was to open is not as it was written.
    #[error("does not open")]
    Rejected,
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// It is longer than [`crate::limits::MAX_PASSPHRASE_BYTES`].
    #[error("too long")]
    TooLong,
    /// There is a character in it that Unicode has not assigned.
    #[error("unassigned character")]
    Unassigned,
    /// The browser has not enough memory to try.
    #[error("not enough memory")]
    OutOfMemory,
    /// It could not be tried.
    #[error("not tried")]
    NotTried,
}

/// Why a backup was not saved or restored. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The file is something else.
    #[error("not a backup")]
    NotABackup,
    /// A newer Volly wrote it.
    #[error("written by a newer version")]
    Newer,
    /// The file is not whole, or not as it was written.
    #[error("damaged")]
    Damaged,
    /// The browser does not read the file: it was moved or changed since it was chosen.
    #[error("file not readable")]
    FileUnreadable,
    /// Who asked for it does not want it any more.
    #[error("cancelled")]
    Cancelled,
    /// The passphrase did not do.
    #[error(transparent)]
    Key(KeyError),
    /// The engine refused.
    #[error(transparent)]
    Refused(ApiError),
}
