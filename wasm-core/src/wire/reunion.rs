//! What asks a contact for a new session, before it is sealed (protocol.md §5.1).

use alloc::vec::Vec;

use super::{
    BUNDLE_BYTES, PreKeyBundle,
    codec::{DecodeError, Reader, Writer},
};
use crate::crypto::secret::Secret;

const VERSION: u8 = 1;

/// Length of the encoding: what fits the third size class beside a nonce of 24 bytes and a tag of 16.
pub const REUNION_BYTES: usize = 16_384 - 24 - 16;
const PADDING_BYTES: usize = REUNION_BYTES - 1 - 32 - 8 - 8 - BUNDLE_BYTES;

/// The keys to begin with, and where the answer goes.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 32 | `secret` |
/// | 33 | 8 | `history` |
/// | 41 | 8 | `first_sequence` |
/// | 49 | 11,245 | `bundle` |
/// | 11,294 | 5,050 | zeroes |
#[derive(Debug)]
pub struct Reunion {
    /// Of the mailbox for the answer, as that of an invite (protocol.md §11).
    pub secret: Secret<32>,
    /// Names what the sender remembers of the conversation, as in [`super::Content::Hello`].
    pub history: u64,
    /// The first of its texts that is for this history, as in [`super::Content::Hello`].
    pub first_sequence: u64,
    /// Of the new device, unchecked.
    pub bundle: PreKeyBundle,
}

impl Reunion {
    /// The [`REUNION_BYTES`] bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let writer = Writer::with_capacity(REUNION_BYTES)
            .u8(VERSION)
            .bytes(self.secret.expose())
            .u64(self.history)
            .u64(self.first_sequence)
            .bytes(&self.bundle.encode());
        let mut bytes = writer.finish();
        bytes.resize(REUNION_BYTES, 0);
        bytes
    }

    /// Takes what [`Self::encode`] gave.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when the padding is not zeroes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let secret = Secret::new(reader.array()?);
            let (history, first_sequence) = (reader.u64()?, reader.u64()?);
            let bundle = PreKeyBundle::decode(reader.bytes(BUNDLE_BYTES)?)?;
            let padding = reader.bytes(PADDING_BYTES)?;
            if padding.iter().any(|byte| *byte != 0) {
                return Err(DecodeError::Value);
            }
            Ok(Self { secret, history, first_sequence, bundle })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        crypto::test_rng,
        identity::{AccountSeed, Device, PreKeyKind, generate_prekeys},
    };

    #[test]
    fn it_reads_back_whole_and_in_no_other_way() {
        let rng = &mut test_rng(1);
        let device = Device::generate(&AccountSeed::from_bytes([1; 32]), 1_000, rng);
        let (_, bundle) = generate_prekeys(&device, PreKeyKind::OneTime, 7, 2_000, rng);
        let (secret, encoded) = (Secret::new([9; 32]), bundle.encode());
        let bytes = Reunion { secret, history: 3, first_sequence: 4, bundle }.encode();
        assert_eq!(bytes.len(), REUNION_BYTES);
        let read = Reunion::decode(&bytes).unwrap();
        assert_eq!((read.secret, read.bundle.encode()), (Secret::new([9; 32]), encoded));
        assert_eq!((read.history, read.first_sequence), (3, 4));
        let with = |at: usize, value: u8| {
            let mut changed = bytes.clone();
            changed[at] = value;
            Reunion::decode(&changed).err()
        };
        assert_eq!(with(0, 2), Some(DecodeError::Version(2)));
        assert_eq!(with(REUNION_BYTES - 1, 1), Some(DecodeError::Value));
        assert_eq!(Reunion::decode(&bytes[1..]).err(), Some(DecodeError::Version(9)));
        let short = &bytes[..REUNION_BYTES - 1];
        assert_eq!(Reunion::decode(short).err(), Some(DecodeError::TooShort));
    }
}
