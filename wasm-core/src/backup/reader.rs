//! A file into rows.

use alloc::vec::Vec;

use super::{
    Header, Secret,
    chunks::{Chunks, Place},
    rows::Decoder,
};
use crate::{crypto::aead::TAG_BYTES, engine::effect::Row, limits::BACKUP_CHUNK_BYTES};

/// Length of a chunk that is not the last.
const SEALED_CHUNK_BYTES: usize = BACKUP_CHUNK_BYTES + TAG_BYTES;

/// The file is not as it was written, or not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the backup is damaged")]
pub struct Rejected;

/// Reads what follows the header of one file.
///
/// The rows that it gives are authentic, and may be the beginning of a file that was cut: they go where
/// nothing counts before [`Reader::finish`] has returned `Ok`.
#[derive(Debug)]
pub struct Reader(
    /// Empty once something was rejected: nothing comes after it.
    Option<Chunked>,
);

#[derive(Debug)]
struct Chunked {
    chunks: Chunks,
    /// Less than a chunk, or a whole one of which it is not known yet whether it is the last.
    sealed: Vec<u8>,
    rows: Decoder,
}

impl Reader {
    pub(super) fn new(file_key: &Secret<32>, header: &Header) -> Self {
        Self(Some(Chunked {
            chunks: Chunks::new(file_key, header),
            sealed: Vec::with_capacity(SEALED_CHUNK_BYTES),
            rows: Decoder::new(),
        }))
    }

    /// Takes the next bytes of the file, however many, and gives the rows that are whole now.
    ///
    /// # Errors
    ///
    /// [`Rejected`], and from then on for ever.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Row>, Rejected> {
        let mut chunked = self.0.take().ok_or(Rejected)?;
        let rows = chunked.push(bytes)?;
        self.0 = Some(chunked);
        Ok(rows)
    }

    /// Takes the end of the file, and gives the last rows. Only now the file is known to be whole.
    ///
    /// # Errors
    ///
    /// [`Rejected`].
    pub fn finish(self) -> Result<Vec<Row>, Rejected> {
        self.0.ok_or(Rejected)?.finish()
    }
}

impl Chunked {
    fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Row>, Rejected> {
        let mut rows = Vec::new();
        while !bytes.is_empty() {
            if self.sealed.len() == SEALED_CHUNK_BYTES {
                self.open(Place::Inner, &mut rows)?;
            }
            let room = SEALED_CHUNK_BYTES - self.sealed.len();
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.sealed.extend_from_slice(now);
            bytes = later;
        }
        Ok(rows)
    }

    fn finish(mut self) -> Result<Vec<Row>, Rejected> {
        let mut rows = Vec::new();
        self.open(Place::Last, &mut rows)?;
        self.rows.finish().map_err(|_| Rejected)?;
        Ok(rows)
    }

    fn open(&mut self, place: Place, rows: &mut Vec<Row>) -> Result<(), Rejected> {
        let plaintext = self.chunks.open(&self.sealed, place).map_err(|_| Rejected)?;
        self.sealed.clear();
        self.rows.push(&plaintext, rows).map_err(|_| Rejected)
    }
}
