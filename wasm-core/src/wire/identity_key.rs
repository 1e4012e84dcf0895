//! The public half of an account, and its fingerprint (protocol.md §2).

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::codec::{DecodeError, Reader, Writer};
use crate::crypto::{
    labels,
    sign::{Signature, VERIFYING_KEY_BYTES, VerifyingKey},
};

const VERSION: u8 = 1;

/// Length of an [`IdentityKey`].
pub(super) const IDENTITY_KEY_BYTES: usize = 1 + VERIFYING_KEY_BYTES;

/// What an account is known by: its Ed25519 and its ML-DSA-65 public key.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 32 | Ed25519 public key |
/// | 33 | 1,952 | ML-DSA-65 public key |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityKey(VerifyingKey);

impl IdentityKey {
    /// Names a key pair by its public half.
    #[must_use]
    pub const fn new(key: VerifyingKey) -> Self {
        Self(key)
    }

    /// Decodes exactly 1,985 bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when the Ed25519 half is no point of the curve, or
    /// one of small order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, Self::read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.version(VERSION)?;
        VerifyingKey::from_bytes(&reader.array()?).map(Self).map_err(|_| DecodeError::Value)
    }

    /// Encodes; 1,985 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::with_capacity(IDENTITY_KEY_BYTES).u8(VERSION).bytes(&self.0.to_bytes()).finish()
    }

    /// `SHA-256("volly/1/fingerprint" ‖ IdentityKey)`.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let hash = Sha256::new().chain_update(labels::FINGERPRINT).chain_update(self.to_bytes());
        Fingerprint(hash.finalize().into())
    }

    /// Whether the account signed `message` for the purpose of `label`.
    #[must_use]
    pub fn verify(&self, label: &[u8], message: &[u8], signature: &Signature) -> bool {
        self.0.verify(label, message, signature)
    }
}

/// Names an account in 32 bytes. Whoever has it can check every key of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);
