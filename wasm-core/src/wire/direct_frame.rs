//! What follows the token on a direct stream (protocol.md §12).

use alloc::vec::Vec;

use super::codec::{DecodeError, Reader, Writer};
use crate::limits::MAX_ENVELOPE_BYTES;

/// The only kind of frame.
const ENVELOPE: u8 = 0;

/// An envelope with the id under which it would lie in the mailbox: `u8 0 ‖ id ‖ envelope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectFrame<'a> {
    /// Of the envelope.
    pub id: [u8; 16],
    /// At most [`MAX_ENVELOPE_BYTES`].
    pub envelope: &'a [u8],
}

impl<'a> DirectFrame<'a> {
    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(1 + self.id.len() + self.envelope.len())
            .u8(ENVELOPE)
            .bytes(&self.id)
            .bytes(self.envelope)
            .finish()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Value`] for another kind, [`DecodeError::TooLong`] for the envelope.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        if reader.u8()? != ENVELOPE {
            return Err(DecodeError::Value);
        }
        let (id, envelope) = (reader.array()?, reader.rest());
        if envelope.len() > MAX_ENVELOPE_BYTES {
            return Err(DecodeError::TooLong { length: envelope.len(), max: MAX_ENVELOPE_BYTES });
        }
        Ok(Self { id, envelope })
    }
}
