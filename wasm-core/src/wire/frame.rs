//! The length in front of every body on a mailbox or direct stream (protocol.md §10, §12).
//!
//! Pure arithmetic: whoever owns the stream reads four bytes, asks for the length, reads that many.

use alloc::vec::Vec;

use super::codec::{DecodeError, Writer};
use crate::limits::MAX_FRAME_BYTES;

/// Bytes of the length.
pub const HEADER_BYTES: usize = 4;

/// The length of the body that follows `header`, at most [`MAX_FRAME_BYTES`].
///
/// # Errors
/// [`DecodeError::TooLong`] when it is more; the stream cannot be read any further then.
pub fn body_len(header: [u8; HEADER_BYTES]) -> Result<usize, DecodeError> {
    let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
    if length <= MAX_FRAME_BYTES {
        Ok(length)
    } else {
        Err(DecodeError::TooLong { length, max: MAX_FRAME_BYTES })
    }
}

/// Puts the length in front of `body`.
///
/// Every encoder of a body keeps it below [`MAX_FRAME_BYTES`].
#[must_use]
pub fn framed(body: &[u8]) -> Vec<u8> {
    Writer::with_capacity(HEADER_BYTES + body.len()).bytes32(body).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_stands_in_front() {
        assert_eq!(framed(b"ab"), [0, 0, 0, 2, b'a', b'b']);
        assert_eq!(body_len([0, 0, 0, 2]), Ok(2));
    }

    #[test]
    fn a_length_above_the_bound_is_refused_before_anything_is_allocated() {
        let bound = u32::try_from(MAX_FRAME_BYTES).unwrap();
        assert_eq!(body_len(bound.to_be_bytes()), Ok(MAX_FRAME_BYTES));
        assert!(body_len((bound + 1).to_be_bytes()).is_err());
        assert!(body_len([0xFF; 4]).is_err());
    }
}
