//! Rows as the plaintext of a backup, one behind the other (docs/storage.md).
//!
//! Invariant: a [`Decoder`] gives the same rows in whatever pieces the bytes come, and holds no more
//! than one unfinished row.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::is_kept;
use crate::{
    engine::effect::{Row, Table},
    limits::{MAX_BACKUP_VALUE_BYTES, MAX_ROW_KEY_BYTES},
    wire::codec::{DecodeError, Reader, Writer},
};

/// Bytes before the key: table and length of the key.
const START: usize = 1 + 1;
/// Bytes of the value's length.
const LENGTH: usize = 4;

/// `u8 table ‖ u8 n ‖ key (n) ‖ u32 m ‖ value (m)`.
///
/// # Panics
///
/// When the key has more than 255 bytes or the value more than 4 GiB: the caller holds the bounds of
/// `limits`.
#[must_use]
pub fn encode(row: &Row) -> Zeroizing<Vec<u8>> {
    let writer = Writer::with_capacity(START + row.key.len() + LENGTH + row.value.len())
        .u8(row.table as u8)
        .count8(row.key.len())
        .bytes(&row.key)
        .bytes32(&row.value);
    Zeroizing::new(writer.finish())
}

fn decode(reader: &mut Reader<'_>) -> Result<Row, DecodeError> {
    let table = read_table(reader)?;
    let length = reader.count8(MAX_ROW_KEY_BYTES)?;
    let key = reader.bytes(length)?.to_vec();
    let value = reader.bytes32(MAX_BACKUP_VALUE_BYTES)?.to_vec().into();
    Ok(Row { table, key, value })
}

fn read_table(reader: &mut Reader<'_>) -> Result<Table, DecodeError> {
    let number = reader.u8()?;
    let table = Table::ALL.into_iter().find(|table| *table as u8 == number);
    table.filter(|table| is_kept(*table)).ok_or(DecodeError::Value)
}

/// How long the row is that begins like this, or the part of it behind which its length stands.
fn wanted(begun: &[u8]) -> Result<usize, DecodeError> {
    if begun.len() < START {
        return Ok(START);
    }
    let mut reader = Reader::new(begun);
    read_table(&mut reader)?;
    let key = reader.count8(MAX_ROW_KEY_BYTES)?;
    let head = START + key + LENGTH;
    if begun.len() < head {
        return Ok(head);
    }
    reader.bytes(key)?;
    let length = usize::try_from(reader.u32()?).unwrap_or(usize::MAX);
    if length > MAX_BACKUP_VALUE_BYTES {
        return Err(DecodeError::TooLong { length, max: MAX_BACKUP_VALUE_BYTES });
    }
    Ok(head + length)
}

/// Takes rows out of bytes that come in pieces.
#[derive(Default)]
pub struct Decoder {
    /// The beginning of a row whose end has not come.
    begun: Zeroizing<Vec<u8>>,
}

impl Decoder {
    /// Starts with no bytes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece, and appends the rows that are whole now to `rows`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] for a table that a backup does not hold. The decoder is of
    /// no use then.
    pub fn push(&mut self, mut piece: &[u8], rows: &mut Vec<Row>) -> Result<(), DecodeError> {
        while !piece.is_empty() {
            let missing = wanted(&self.begun)? - self.begun.len();
            let (now, later) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
            // A vector that grows leaves its old bytes behind: here the head of a row, never its value.
            self.begun.reserve_exact(missing);
            self.begun.extend_from_slice(now);
            piece = later;
            if wanted(&self.begun)? == self.begun.len() {
                rows.push(Reader::whole(&self.begun, decode)?);
                self.begun = Zeroizing::default();
            }
        }
        Ok(())
    }

    /// Ends.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooShort`] when the last row is not whole.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.begun.is_empty() { Ok(()) } else { Err(DecodeError::TooShort) }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8], piece: usize) -> Result<Vec<Row>, DecodeError> {
        let (mut decoder, mut rows) = (Decoder::new(), Vec::new());
        for piece in bytes.chunks(piece) {
            decoder.push(piece, &mut rows)?;
        }
        decoder.finish().map(|()| rows)
    }

    #[test]
    fn a_length_above_its_bound_is_refused_before_the_bytes_have_come() {
        let mut rows = Vec::new();
        let refused = Decoder::new().push(&[1, 0, 0, 0x10, 0, 1], &mut rows);
        assert_eq!(refused, Err(DecodeError::TooLong { length: 0x10_0001, max: 1 << 20 }));
        let refused = Decoder::new().push(&[1, 33], &mut rows);
        assert_eq!(refused, Err(DecodeError::TooLong { length: 33, max: 32 }));
        assert!(rows.is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_decode_alike_in_any_pieces_and_encode_to_themselves(
            mut bytes in prop::collection::vec(0..8_u8, 0..120), piece in 1..40_usize,
        ) {
            for _ in 0..2 {
                let whole = decoded(&bytes, usize::MAX);
                prop_assert_eq!(&decoded(&bytes, piece), &whole);
                if let Ok(rows) = whole {
                    let again: Vec<u8> = rows.iter().flat_map(|row| encode(row).to_vec()).collect();
                    prop_assert_eq!(again, bytes.clone());
                }
                // The second time with lengths that the bytes can hold.
                bytes = bytes.chunks(5).flat_map(|b| [b[0], 0, 0, 0, 0, 1, 7]).collect();
            }
        }
    }
}
