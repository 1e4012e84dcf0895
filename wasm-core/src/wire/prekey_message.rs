//! The first envelope of a session (protocol.md §5).

use alloc::{boxed::Box, vec::Vec};

use super::{
    DEVICE_CERTIFICATE_BYTES, DeviceCertificate, Fingerprint, IdentityKey,
    codec::{DecodeError, Reader, Writer},
    identity_key::IDENTITY_KEY_BYTES,
};
use crate::crypto::{
    aead::{NONCE_BYTES, TAG_BYTES},
    dh,
    kem::{CIPHERTEXT_BYTES, Ciphertext},
};

const VERSION: u8 = 1;
const PROLOGUE_BYTES: usize = 1 + 4 + dh::PUBLIC_KEY_BYTES + 2 * CIPHERTEXT_BYTES + NONCE_BYTES;
const INITIATOR_BYTES: usize = dh::PUBLIC_KEY_BYTES + 32;
const HEAD_BYTES: usize = PROLOGUE_BYTES + INITIATOR_BYTES + TAG_BYTES;

/// What stands before the ratchet message in [`Enclosed`].
const ENCLOSED_OVERHEAD: usize = IDENTITY_KEY_BYTES + DEVICE_CERTIFICATE_BYTES + 8;

/// What a pre-key message adds to the ratchet message that it carries.
pub const PREKEY_MESSAGE_OVERHEAD: usize = HEAD_BYTES + ENCLOSED_OVERHEAD + TAG_BYTES;

/// What the recipient needs to open the rest; in clear.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 4 | `prekey_id` |
/// | 5 | 32 | `ephemeral_key` (EK) |
/// | 37 | 1,088 | `identity_ciphertext`, to the certified ML-KEM key of the recipient |
/// | 1,125 | 1,088 | `prekey_ciphertext`, to the one-time ML-KEM prekey (PQOPK) |
/// | 2,213 | 24 | `nonce` |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prologue {
    /// Which prekeys.
    pub prekey_id: u32,
    /// X25519 (EK).
    pub ephemeral_key: dh::PublicKey,
    /// To the certified ML-KEM key of the recipient.
    pub identity_ciphertext: Ciphertext,
    /// To the one-time ML-KEM prekey.
    pub prekey_ciphertext: Ciphertext,
    /// Random; for both layers, which have different keys.
    pub nonce: [u8; NONCE_BYTES],
}

impl Prologue {
    /// Encodes; 2,237 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(PROLOGUE_BYTES)
            .u8(VERSION)
            .u32(self.prekey_id)
            .bytes(&self.ephemeral_key.0)
            .bytes(self.identity_ciphertext.0.as_slice())
            .bytes(self.prekey_ciphertext.0.as_slice())
            .bytes(&self.nonce)
            .finish()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.version(VERSION)?;
        Ok(Self {
            prekey_id: reader.u32()?,
            ephemeral_key: dh::PublicKey(reader.array()?),
            identity_ciphertext: Ciphertext(Box::new(reader.array()?)),
            prekey_ciphertext: Ciphertext(Box::new(reader.array()?)),
            nonce: reader.array()?,
        })
    }
}

/// A pre-key message, taken apart and still sealed.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 2,237 | [`Prologue`] |
/// | 2,237 | 64 + 16 | `sealed_initiator`: AEAD(outer key) of [`Initiator`] |
/// | 2,317 | .. + 16 | `sealed_enclosed`: AEAD(first-message key) of [`Enclosed`] |
///
/// The associated data of either AEAD are all bytes before it.
#[derive(Clone, Debug)]
pub struct PreKeyMessage<'a> {
    /// In clear.
    pub prologue: Prologue,
    /// Associated data of `sealed_initiator`.
    pub prologue_bytes: &'a [u8],
    /// For [`Initiator::decode`] once opened.
    pub sealed_initiator: &'a [u8],
    /// Associated data of `sealed_enclosed`.
    pub head_bytes: &'a [u8],
    /// For [`Enclosed::decode`] once opened.
    pub sealed_enclosed: &'a [u8],
}

impl<'a> PreKeyMessage<'a> {
    /// Takes an envelope apart.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (mut reader, mut head, mut prologue) =
            (Reader::new(bytes), Reader::new(bytes), Reader::new(bytes));
        Ok(Self {
            prologue: Prologue::read(&mut reader)?,
            prologue_bytes: prologue.bytes(PROLOGUE_BYTES)?,
            sealed_initiator: reader.bytes(INITIATOR_BYTES + TAG_BYTES)?,
            head_bytes: head.bytes(HEAD_BYTES)?,
            sealed_enclosed: reader.rest(),
        })
    }
}

/// Who calls: sealed, since a relay must not see it, and apart from the rest, since the keys of
/// the rest come from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initiator {
    /// X25519 identity key of the initiator (IK).
    pub dh_key: dh::PublicKey,
    /// Of the initiator's identity key.
    pub fingerprint: Fingerprint,
}

impl Initiator {
    /// Encodes; 64 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.dh_key.0, self.fingerprint.0].concat()
    }

    /// Decodes exactly 64 bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            Ok(Self {
                dh_key: dh::PublicKey(reader.array()?),
                fingerprint: Fingerprint(reader.array()?),
            })
        })
    }
}

/// What the first ciphertext holds:
/// `IdentityKey ‖ DeviceCertificate ‖ u64 initiated at ‖ RatchetMessage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed<'a> {
    /// Of the initiator.
    pub identity: IdentityKey,
    /// Of the initiator's device.
    pub certificate: DeviceCertificate,
    /// By the initiator's clock, seconds since the Unix epoch.
    pub initiated_at: u64,
    /// With the first content.
    pub ratchet_message: &'a [u8],
}

impl<'a> Enclosed<'a> {
    /// Encodes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(ENCLOSED_OVERHEAD + self.ratchet_message.len() + TAG_BYTES)
            .bytes(&self.identity.to_bytes())
            .bytes(&self.certificate.encode())
            .u64(self.initiated_at)
            .bytes(self.ratchet_message)
            .finish()
    }

    /// Decodes; what follows the time is the ratchet message.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        Ok(Self {
            identity: IdentityKey::read(&mut reader)?,
            certificate: DeviceCertificate::read(&mut reader)?,
            initiated_at: reader.u64()?,
            ratchet_message: reader.rest(),
        })
    }
}
