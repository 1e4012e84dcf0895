//! A backup: the rows of an account in one encrypted file (docs/storage.md).
//!
//! ```text
//!  Row ──► Writer ──► bytes of the file ──► Header, then Reader ──► Row
//!           rows into plaintext, plaintext into chunks, and back
//! ```
//!
//! Invariant: what a [`Reader`] gives stood at this place of this file. A file that was cut, joined,
//! reordered or prolonged is refused, at the latest by [`Reader::finish`]: before it has returned `Ok`
//! the file is not known to be whole, and nothing of it may count as restored. Neither side holds more
//! than a chunk and a row.
//!
//! Does not know: what is in a row, and what an engine does with it. Which tables a backup holds is
//! decided here, by [`is_kept`].

use alloc::vec::Vec;

use crate::{
    crypto::secret::Secret,
    engine::effect::Table,
    key_wrap::{Credential, OpenError, Purpose, WRAPPED_KEY_BYTES, WrappedKey},
    wire::codec::{DecodeError, Reader as Bytes, Writer as Encoder},
};

mod chunks;
mod reader;
pub mod rows;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::{Reader, Rejected};
pub use writer::{RowRefused, Writer};

/// Length of the header.
pub const HEADER_BYTES: usize = MAGIC.len() + 1 + 8 + WRAPPED_KEY_BYTES;

/// What every backup begins with.
const MAGIC: &[u8; 8] = b"vollybak";
const VERSION: u8 = 1;

/// Whether the rows of a table belong into a backup.
///
/// A session that is restored would use its keys a second time and would not open what came since, and
/// prekeys that were used would be there again. So ratchets, sealed envelopes and prekeys stay out:
/// who restores begins new sessions (docs/storage.md).
#[must_use]
pub const fn is_kept(table: Table) -> bool {
    match table {
        Table::Account
        | Table::Contacts
        | Table::Messages
        | Table::Drafts
        | Table::Expiries
        | Table::Files
        | Table::Chunks => true,
        Table::Sessions | Table::Outbox | Table::Invites => false,
    }
}

/// What a backup says before it is opened. It is believed once a chunk has opened.
///
/// # Layout                                                        (docs/storage.md, big endian)
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 8 | `vollybak` |
/// | 8 | 1 | version, 1 |
/// | 9 | 8 | created, in seconds since the Unix epoch |
/// | 17 | 99 | the file key, a [`WrappedKey`] for [`Purpose::Backup`] |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Seconds since the Unix epoch.
    pub created_at: u64,
    /// The file key.
    pub wrapped_key: WrappedKey,
}

impl Header {
    /// The [`HEADER_BYTES`] bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Encoder::with_capacity(HEADER_BYTES)
            .bytes(MAGIC)
            .u8(VERSION)
            .u64(self.created_at)
            .bytes(&self.wrapped_key.encode())
            .finish()
    }

    /// Takes the first [`HEADER_BYTES`] bytes of a file.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when it is no backup, [`DecodeError::Version`] when a
    /// newer Volly wrote it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Bytes::whole(bytes, |reader| {
            if reader.array()? != *MAGIC {
                return Err(DecodeError::Value);
            }
            reader.version(VERSION)?;
            let created_at = reader.u64()?;
            let wrapped_key = WrappedKey::decode(reader.bytes(WRAPPED_KEY_BYTES)?)?;
            Ok(Self { created_at, wrapped_key })
        })
    }

    /// Begins to read what follows the header.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: it does not say whether the passphrase or the file is wrong.
    pub fn open(&self, credential: Credential<'_>) -> Result<Reader, OpenError> {
        let file_key = self.wrapped_key.open(Purpose::Backup, credential)?;
        Ok(self.read_with(&file_key))
    }

    /// Begins to read with the file key, which somebody else has opened.
    #[must_use]
    pub fn read_with(&self, file_key: &Secret<32>) -> Reader {
        Reader::new(file_key, self)
    }
}
