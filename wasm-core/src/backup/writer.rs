//! Rows into a file.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Header, Purpose, Secret, WrappedKey,
    chunks::{Chunks, Place},
    is_kept, rows,
};
use crate::{
    crypto::passphrase::{Argon2Parameters, OutOfMemory, Passphrase},
    engine::effect::{Row, Table},
    limits::{BACKUP_CHUNK_BYTES, MAX_BACKUP_VALUE_BYTES, MAX_ROW_KEY_BYTES},
};

/// Writes one file. A file without the bytes of [`Self::finish`] is none.
pub struct Writer {
    chunks: Chunks,
    /// Plaintext of the next chunk, at most [`BACKUP_CHUNK_BYTES`]; full only until more comes, since
    /// the last chunk is sealed differently.
    plaintext: Zeroizing<Vec<u8>>,
}

/// A row that does not belong into a backup. Nothing of it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowRefused {
    /// Backups do not hold this table: see [`is_kept`].
    #[error("a row of table {}", *.0 as u8)]
    Table(Table),
    /// The key is longer than [`MAX_ROW_KEY_BYTES`].
    #[error("a key of {0} bytes")]
    KeyTooLong(usize),
    /// The value is longer than [`MAX_BACKUP_VALUE_BYTES`].
    #[error("a value of {0} bytes")]
    ValueTooLong(usize),
}

impl Writer {
    /// Draws the key of the file and wraps it; the bytes are the file's first. `created_at` is in
    /// seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`].
    pub fn with_passphrase(
        passphrase: &Passphrase,
        parameters: Argon2Parameters,
        created_at: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Vec<u8>), OutOfMemory> {
        let file_key = Secret::generate(rng);
        let wrapped_key =
            WrappedKey::with_passphrase(&file_key, Purpose::Backup, passphrase, parameters, rng)?;
        Ok(Self::with_key(&file_key, Header { created_at, wrapped_key }))
    }

    /// Begins a file with a key that is wrapped already; the bytes are the file's first.
    ///
    /// The key is drawn for this file: a second one under it would use its nonces again.
    #[must_use]
    pub fn with_key(file_key: &Secret<32>, header: Header) -> (Self, Vec<u8>) {
        let plaintext = Zeroizing::new(Vec::with_capacity(BACKUP_CHUNK_BYTES));
        let writer = Self { chunks: Chunks::new(file_key, &header), plaintext };
        (writer, header.encode())
    }

    /// Adds a row, and gives the bytes of the file that are due.
    ///
    /// # Errors
    ///
    /// [`RowRefused`]. The writer goes on without the row.
    pub fn push(&mut self, row: &Row) -> Result<Vec<u8>, RowRefused> {
        if !is_kept(row.table) {
            return Err(RowRefused::Table(row.table));
        }
        if row.key.len() > MAX_ROW_KEY_BYTES {
            return Err(RowRefused::KeyTooLong(row.key.len()));
        }
        if row.value.len() > MAX_BACKUP_VALUE_BYTES {
            return Err(RowRefused::ValueTooLong(row.value.len()));
        }
        Ok(self.write(&rows::encode(row)))
    }

    /// Adds plaintext, and gives the chunks that are full and not the last.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        while !bytes.is_empty() {
            if self.plaintext.len() == BACKUP_CHUNK_BYTES {
                sealed.extend(self.chunks.seal(&self.plaintext, Place::Inner));
                self.plaintext.clear();
            }
            let room = BACKUP_CHUNK_BYTES - self.plaintext.len();
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.plaintext.extend_from_slice(now);
            bytes = later;
        }
        sealed
    }

    /// Gives the last bytes of the file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.chunks.seal(&self.plaintext, Place::Last)
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
