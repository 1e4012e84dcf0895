//! One account takes the place of another (protocol.md §2).

use alloc::{boxed::Box, vec::Vec};

use super::{
    IdentityKey,
    codec::{DecodeError, Reader, Writer},
    identity_key::IDENTITY_KEY_BYTES,
};
use crate::crypto::sign::{SIGNATURE_BYTES, Signature};

const VERSION: u8 = 1;
const SIGNED_BYTES: usize = 1 + 2 * IDENTITY_KEY_BYTES + 8;

/// Length of a [`Successor`].
pub const SUCCESSOR_BYTES: usize = SIGNED_BYTES + 2 * SIGNATURE_BYTES;

/// The statement of both accounts that one follows the other.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 1,985 | `predecessor` |
/// | 1,986 | 1,985 | `successor` |
/// | 3,971 | 8 | `created`, seconds since the Unix epoch |
/// | 3,979 | 3,373 | `handed_over`: signature of the predecessor over what stands before |
/// | 7,352 | 3,373 | `taken_over`: signature of the successor over the same bytes |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// Whose place is taken.
    pub predecessor: IdentityKey,
    /// Who takes it.
    pub successor: IdentityKey,
    /// Seconds since the Unix epoch.
    pub created: u64,
    /// Of the predecessor, label [`crate::crypto::labels::SIGN_SUCCESSOR`].
    pub handed_over: Signature,
    /// Of the successor, label [`crate::crypto::labels::SIGN_PREDECESSOR`].
    pub taken_over: Signature,
}

impl Successor {
    /// Decodes exactly [`SUCCESSOR_BYTES`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            Ok(Self {
                predecessor: IdentityKey::read(reader)?,
                successor: IdentityKey::read(reader)?,
                created: reader.u64()?,
                handed_over: Signature(Box::new(reader.array()?)),
                taken_over: Signature(Box::new(reader.array()?)),
            })
        })
    }

    /// Encodes; [`SUCCESSOR_BYTES`] long.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.signed_bytes();
        bytes.extend_from_slice(self.handed_over.0.as_slice());
        bytes.extend_from_slice(self.taken_over.0.as_slice());
        bytes
    }

    /// What both sign.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        Writer::with_capacity(SUCCESSOR_BYTES)
            .u8(VERSION)
            .bytes(&self.predecessor.to_bytes())
            .bytes(&self.successor.to_bytes())
            .u64(self.created)
            .finish()
    }
}
