//! A message of an established session (protocol.md §6, §8): its header, and its padding.
//!
//! # Layout
//!
//! | bytes | field |
//! | ---: | --- |
//! | 24 | nonce, random, for both ciphertexts |
//! | 5, 2,313 or 3,401, + 16 | AEAD(header key) of [`Header`] |
//! | .. + 16 | AEAD(message key) of `u32 length ‖ content ‖ zeroes` |

use alloc::{boxed::Box, vec::Vec};

use zeroize::Zeroizing;

use super::codec::{DecodeError, Reader, Writer};
use crate::{
    crypto::{
        aead::{NONCE_BYTES, TAG_BYTES},
        dh,
        kem::{CIPHERTEXT_BYTES, Ciphertext, ENCAPSULATION_KEY_BYTES, EncapsulationKey},
    },
    limits::SIZE_CLASSES,
};

const STEP: u8 = 0b001;
const AUTHENTICATION: u8 = 0b011;
const ACKNOWLEDGES: u8 = 0b100;

const SHORT_BYTES: usize = 1 + 4;
const STEP_BYTES: usize = 4 + dh::PUBLIC_KEY_BYTES + ENCAPSULATION_KEY_BYTES + CIPHERTEXT_BYTES;

/// What stands around the content in the body: its length and the tag.
pub const BODY_OVERHEAD: usize = 4 + TAG_BYTES;

/// What a header carries besides its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Nothing: the receiver knows the chain.
    None,
    /// The keys that begin the chain.
    Step,
    /// These, and the encapsulation to the initiator's certified key.
    Authentication,
}

impl StepKind {
    /// Every kind, shortest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Step, Self::Authentication];

    /// Length of the sealed header with its nonce: 45, 2,353 or 3,441 bytes.
    #[must_use]
    pub const fn sealed_header_bytes(self) -> usize {
        let plain = match self {
            Self::None => SHORT_BYTES,
            Self::Step => SHORT_BYTES + STEP_BYTES,
            Self::Authentication => SHORT_BYTES + STEP_BYTES + CIPHERTEXT_BYTES,
        };
        NONCE_BYTES + plain + TAG_BYTES
    }
}

/// Whether the sender has the receiver's newest chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledges {
    /// It has not, or the receiver's is not the newer one.
    No,
    /// It has: the receiver need not repeat its step.
    Yes,
}

/// What says which key opens the body; sealed under the header key of the chain.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | flags: 1 step, 2 authentication (with step only), 4 acknowledges |
/// | 1 | 4 | `index` (N) |
/// | 5 | 2,308 or 3,396 | [`RatchetStep`], with flag 1 |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Position in the chain (N).
    pub index: u32,
    /// About the receiver's chain.
    pub acknowledges: Acknowledges,
    /// What begins the chain, until the receiver is known to have it.
    pub step: Option<RatchetStep>,
}

impl Header {
    /// Encodes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let kind = self.step.as_ref().map_or(StepKind::None, RatchetStep::kind);
        let flags = match kind {
            StepKind::None => 0,
            StepKind::Step => STEP,
            StepKind::Authentication => AUTHENTICATION,
        } | match self.acknowledges {
            Acknowledges::No => 0,
            Acknowledges::Yes => ACKNOWLEDGES,
        };
        let writer = Writer::with_capacity(kind.sealed_header_bytes()).u8(flags).u32(self.index);
        match &self.step {
            None => writer,
            Some(step) => step.write(writer),
        }
        .finish()
    }

    /// Decodes the whole of `bytes`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] for unknown flags, or when the ML-KEM key fails
    /// FIPS 203 §7.2.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            let flags = reader.u8()?;
            let index = reader.u32()?;
            let acknowledges = match flags & ACKNOWLEDGES {
                0 => Acknowledges::No,
                _ => Acknowledges::Yes,
            };
            let kind = match flags & !ACKNOWLEDGES {
                0 => StepKind::None,
                STEP => StepKind::Step,
                AUTHENTICATION => StepKind::Authentication,
                _ => return Err(DecodeError::Value),
            };
            Ok(Self { index, acknowledges, step: RatchetStep::read(reader, kind)? })
        })
    }
}

/// What begins a chain.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 4 | `previous_chain_len` (PN) |
/// | 4 | 32 | `ratchet_key` |
/// | 36 | 1,184 | `kem_key` (ek) |
/// | 1,220 | 1,088 | `ciphertext` (ct) |
/// | 2,308 | 1,088 | `authentication` (`ct_auth`), in the recipient's first chain |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatchetStep {
    /// Messages in the sender's chain before (PN).
    pub previous_chain_len: u32,
    /// X25519 ratchet key.
    pub ratchet_key: dh::PublicKey,
    /// Fresh ML-KEM-768 key, for the receiver's next chain.
    pub kem_key: EncapsulationKey,
    /// To the receiver's latest ML-KEM-768 key.
    pub ciphertext: Ciphertext,
    /// To the initiator's certified ML-KEM-768 key.
    pub authentication: Option<Ciphertext>,
}

impl RatchetStep {
    /// What a header with this step is.
    #[must_use]
    pub const fn kind(&self) -> StepKind {
        if self.authentication.is_some() { StepKind::Authentication } else { StepKind::Step }
    }

    /// Appends the fields.
    #[must_use]
    pub fn write(&self, writer: Writer) -> Writer {
        let writer = writer
            .u32(self.previous_chain_len)
            .bytes(&self.ratchet_key.0)
            .bytes(&self.kem_key.to_bytes())
            .bytes(self.ciphertext.0.as_slice());
        match &self.authentication {
            None => writer,
            Some(ciphertext) => writer.bytes(ciphertext.0.as_slice()),
        }
    }

    /// Takes the fields of a header of this kind.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when the ML-KEM key fails FIPS 203 §7.2.
    pub fn read(reader: &mut Reader<'_>, kind: StepKind) -> Result<Option<Self>, DecodeError> {
        if kind == StepKind::None {
            return Ok(None);
        }
        Ok(Some(Self {
            previous_chain_len: reader.u32()?,
            ratchet_key: dh::PublicKey(reader.array()?),
            kem_key: EncapsulationKey::from_bytes(&reader.array()?)
                .map_err(|_| DecodeError::Value)?,
            ciphertext: Ciphertext(Box::new(reader.array()?)),
            authentication: match kind {
                StepKind::Authentication => Some(Ciphertext(Box::new(reader.array()?))),
                StepKind::None | StepKind::Step => None,
            },
        }))
    }
}

/// The smallest size class that holds so many bytes (protocol.md §8).
#[must_use]
pub fn size_class(bytes: usize) -> Option<usize> {
    SIZE_CLASSES.into_iter().find(|class| bytes <= *class)
}

/// `u32 length ‖ content ‖ zeroes`, `length` bytes in all.
///
/// # Panics
///
/// When the content and its length do not fit: the caller took `length` from [`size_class`].
#[must_use]
pub fn pad(content: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut padded = Writer::with_capacity(length + TAG_BYTES).bytes32(content).finish();
    assert!(padded.len() <= length, "the size class was chosen for this content");
    padded.resize(length, 0);
    Zeroizing::new(padded)
}

/// Takes the content out of its padding.
///
/// # Errors
///
/// [`DecodeError`]; [`DecodeError::Value`] when the padding is not zeroes.
pub fn unpad(padded: &[u8]) -> Result<&[u8], DecodeError> {
    let mut reader = Reader::new(padded);
    let content = reader.bytes32(padded.len())?;
    if reader.rest().iter().any(|byte| *byte != 0) {
        return Err(DecodeError::Value);
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{kem::DecapsulationKey, test_rng};

    fn header(kind: StepKind) -> Header {
        let rng = &mut test_rng(1);
        let (_, kem_key) = DecapsulationKey::generate(rng);
        let (ciphertext, _) = kem_key.encapsulate(rng);
        let step = (kind != StepKind::None).then(|| RatchetStep {
            previous_chain_len: 3,
            ratchet_key: dh::PublicKey([9; 32]),
            kem_key,
            authentication: (kind == StepKind::Authentication).then(|| ciphertext.clone()),
            ciphertext,
        });
        Header { index: 7, acknowledges: Acknowledges::Yes, step }
    }

    #[test]
    fn every_kind_of_header_is_as_long_as_it_says_and_reads_back() {
        for (kind, sealed) in StepKind::ALL.into_iter().zip([45, 2_353, 3_441]) {
            let bytes = header(kind).encode();
            assert_eq!(kind.sealed_header_bytes(), sealed);
            assert_eq!(NONCE_BYTES + bytes.len() + TAG_BYTES, sealed);
            assert_eq!(Header::decode(&bytes), Ok(header(kind)));
            assert_eq!(Header::decode(&bytes[..bytes.len() - 1]), Err(DecodeError::TooShort));
            assert_eq!(Header::decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Trailing));
        }
    }

    #[test]
    fn unknown_flags_are_refused() {
        for flags in [2, 8, 0x80, 10] {
            assert_eq!(Header::decode(&[flags, 0, 0, 0, 0]), Err(DecodeError::Value));
        }
    }

    #[test]
    fn padding_that_is_not_zero_is_refused() {
        let mut padded = pad(b"content", 40);
        assert_eq!(unpad(&padded), Ok(b"content".as_slice()));
        padded[39] = 1;
        assert_eq!(unpad(&padded), Err(DecodeError::Value));
    }

    proptest! {
        #[test]
        fn any_padded_bytes_are_refused_or_give_what_they_hold(
            mut bytes in prop::collection::vec(any::<u8>(), 0..40),
            length in 0..50_u8,
            zeroes in 0..20_usize,
        ) {
            bytes.splice(0..0, [0, 0, 0, length]);
            bytes.resize(bytes.len() + zeroes, 0);
            if let Ok(content) = unpad(&bytes) {
                let padded = pad(content, bytes.len());
                prop_assert_eq!(padded.as_slice(), bytes);
            }
        }
    }
}
