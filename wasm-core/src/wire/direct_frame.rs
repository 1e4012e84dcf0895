//! What follows the token on a direct stream (protocol.md §12).

use alloc::vec::Vec;

use super::codec::{DecodeError, Reader, Writer};
use crate::limits::{MAX_ASKED_CHUNKS, MAX_ENVELOPE_BYTES, MAX_SEALED_CHUNK_BYTES};

const ENVELOPE: u8 = 0;
const ASK: u8 = 1;
const CHUNK: u8 = 2;
const MISSING: u8 = 3;

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectFrame<'a> {
    /// An envelope with the id under which it would lie in the mailbox: `u8 0 ‖ id ‖ envelope`.
    Envelope {
        /// Of the envelope.
        id: [u8; 16],
        /// At most [`MAX_ENVELOPE_BYTES`].
        envelope: &'a [u8],
    },
    /// Send me chunks of a file: `u8 1 ‖ digest (32) ‖ u32 first ‖ u32 count`.
    Ask {
        /// Of the file.
        digest: [u8; 32],
        /// The first one wanted.
        first: u32,
        /// How many, 1 to [`MAX_ASKED_CHUNKS`].
        count: u32,
    },
    /// A chunk: `u8 2 ‖ digest (32) ‖ u32 index ‖ sealed chunk`.
    Chunk {
        /// Of the file.
        digest: [u8; 32],
        /// Counts its chunks from 0.
        index: u32,
        /// At most [`MAX_SEALED_CHUNK_BYTES`].
        chunk: &'a [u8],
    },
    /// What was asked for is not here: `u8 3 ‖ digest (32)`.
    Missing {
        /// Of the file.
        digest: [u8; 32],
    },
}

impl<'a> DirectFrame<'a> {
    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Envelope { id, envelope } => {
                Writer::with_capacity(17 + envelope.len()).u8(ENVELOPE).bytes(id).bytes(envelope)
            }
            Self::Ask { digest, first, count } => {
                Writer::with_capacity(41).u8(ASK).bytes(digest).u32(*first).u32(*count)
            }
            Self::Chunk { digest, index, chunk } => Writer::with_capacity(37 + chunk.len())
                .u8(CHUNK)
                .bytes(digest)
                .u32(*index)
                .bytes(chunk),
            Self::Missing { digest } => Writer::with_capacity(33).u8(MISSING).bytes(digest),
        }
        .finish()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Value`] for another kind or count, [`DecodeError::TooLong`] for an envelope or chunk,
    /// and those of a body that is too short or too long.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Reader::whole(body, |reader| match reader.u8()? {
            ENVELOPE => Ok(Self::Envelope {
                id: reader.array()?,
                envelope: rest(reader, MAX_ENVELOPE_BYTES)?,
            }),
            ASK => {
                let (digest, first, count) = (reader.array()?, reader.u32()?, reader.u32()?);
                let fits = (1..=MAX_ASKED_CHUNKS).contains(&count);
                if fits { Ok(Self::Ask { digest, first, count }) } else { Err(DecodeError::Value) }
            }
            CHUNK => Ok(Self::Chunk {
                digest: reader.array()?,
                index: reader.u32()?,
                chunk: rest(reader, MAX_SEALED_CHUNK_BYTES)?,
            }),
            MISSING => Ok(Self::Missing { digest: reader.array()? }),
            _ => Err(DecodeError::Value),
        })
    }
}

fn rest<'a>(reader: &mut Reader<'a>, max: usize) -> Result<&'a [u8], DecodeError> {
    match reader.rest() {
        bytes if bytes.len() > max => Err(DecodeError::TooLong { length: bytes.len(), max }),
        bytes => Ok(bytes),
    }
}
