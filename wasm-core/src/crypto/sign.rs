//! Hybrid signatures: Ed25519 (RFC 8032) and ML-DSA-65 (FIPS 204) over the same bytes.
//!
//! Invariant: both must verify. Signing is deterministic, and takes the label apart from the
//! message, so that no signature can be read as one for another purpose.

use alloc::{boxed::Box, vec::Vec};

use ed25519_dalek::Signer;
use ml_dsa::MlDsa65;

use super::secret::Secret;

/// Length of an Ed25519 public key.
const ED25519_KEY_BYTES: usize = 32;
/// Length of an Ed25519 signature.
const ED25519_SIGNATURE_BYTES: usize = 64;
/// Length of an ML-DSA-65 public key.
const ML_DSA_KEY_BYTES: usize = 1_952;
/// Length of an ML-DSA-65 signature.
const ML_DSA_SIGNATURE_BYTES: usize = 3_309;
/// Length of a verifying key: Ed25519, then ML-DSA-65.
pub const VERIFYING_KEY_BYTES: usize = ED25519_KEY_BYTES + ML_DSA_KEY_BYTES;
/// Length of a signature: Ed25519, then ML-DSA-65.
pub const SIGNATURE_BYTES: usize = ED25519_SIGNATURE_BYTES + ML_DSA_SIGNATURE_BYTES;

/// Both private keys, as their seeds. The ML-DSA key is expanded when it signs: that is seldom,
/// and expanded it has more than 60 KB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    ed25519: Secret<32>,
    ml_dsa: Secret<32>,
}

impl SigningKey {
    /// Takes the Ed25519 seed and the ML-DSA-65 seed ξ.
    #[must_use]
    pub const fn new(ed25519: Secret<32>, ml_dsa: Secret<32>) -> Self {
        Self { ed25519, ml_dsa }
    }

    /// The Ed25519 seed and the ML-DSA-65 seed ξ, for storage.
    #[must_use]
    pub fn expose(&self) -> [&[u8; 32]; 2] {
        [self.ed25519.expose(), self.ml_dsa.expose()]
    }

    /// Computes the public keys.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        let ed25519 = ed25519_dalek::SigningKey::from_bytes(self.ed25519.expose());
        let ml_dsa = self.expand().verifying_key();
        VerifyingKey { ed25519: ed25519.verifying_key(), ml_dsa: Box::new(ml_dsa.encode().into()) }
    }

    /// Signs `label ‖ 0x00 ‖ message` with both keys, ML-DSA with an empty context.
    #[must_use]
    pub fn sign(&self, label: &[u8], message: &[u8]) -> Signature {
        let signed = framed(label, message);
        let ed25519 = ed25519_dalek::SigningKey::from_bytes(self.ed25519.expose()).sign(&signed);
        let ml_dsa = self
            .expand()
            .sign_deterministic(&signed, &[])
            .expect("an empty context is shorter than 256 bytes");
        let mut signature = Signature(Box::new([0; SIGNATURE_BYTES]));
        let (first, second) = signature.0.split_at_mut(ED25519_SIGNATURE_BYTES);
        first.copy_from_slice(&ed25519.to_bytes());
        second.copy_from_slice(&ml_dsa.encode());
        signature
    }

    fn expand(&self) -> Box<ml_dsa::ExpandedSigningKey<MlDsa65>> {
        Box::new(ml_dsa::ExpandedSigningKey::from_seed(self.ml_dsa.expose().into()))
    }
}

/// Both public keys.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    ed25519: ed25519_dalek::VerifyingKey,
    ml_dsa: Box<[u8; ML_DSA_KEY_BYTES]>,
}

impl core::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("VerifyingKey(..)")
    }
}

/// The bytes are no public key: the Ed25519 half is no point of the curve, or one of small order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid verifying key")]
pub struct InvalidKey;

impl VerifyingKey {
    /// Checks and takes both keys.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`].
    pub fn from_bytes(bytes: &[u8; VERIFYING_KEY_BYTES]) -> Result<Self, InvalidKey> {
        let (ed25519, ml_dsa) = bytes.split_first_chunk().ok_or(InvalidKey)?;
        let ed25519 = ed25519_dalek::VerifyingKey::from_bytes(ed25519).map_err(|_| InvalidKey)?;
        if ed25519.is_weak() {
            return Err(InvalidKey);
        }
        let ml_dsa = Box::new(ml_dsa.try_into().map_err(|_| InvalidKey)?);
        Ok(Self { ed25519, ml_dsa })
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; VERIFYING_KEY_BYTES] {
        let mut bytes = [0; VERIFYING_KEY_BYTES];
        let (first, second) = bytes.split_at_mut(ED25519_KEY_BYTES);
        first.copy_from_slice(self.ed25519.as_bytes());
        second.copy_from_slice(self.ml_dsa.as_slice());
        bytes
    }

    /// Whether both keys signed `label ‖ 0x00 ‖ message`.
    #[must_use]
    pub fn verify(&self, label: &[u8], message: &[u8], signature: &Signature) -> bool {
        let signed = framed(label, message);
        let Some((ed25519, ml_dsa)) = signature.0.split_first_chunk() else { return false };
        let ed25519 = ed25519_dalek::Signature::from_bytes(ed25519);
        if self.ed25519.verify_strict(&signed, &ed25519).is_err() {
            return false;
        }
        let Ok(signature) = ml_dsa::Signature::<MlDsa65>::try_from(ml_dsa) else { return false };
        let key = Box::new(ml_dsa::VerifyingKey::<MlDsa65>::decode(self.ml_dsa.as_ref().into()));
        key.verify_with_context(&signed, &[], &signature)
    }
}

/// Both signatures. Any 3,373 bytes are one; whether it is good only [`VerifyingKey::verify`] says.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(pub Box<[u8; SIGNATURE_BYTES]>);

impl core::fmt::Debug for Signature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Signature(..)")
    }
}

fn framed(label: &[u8], message: &[u8]) -> Vec<u8> {
    [label, &[0], message].concat()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn key() -> SigningKey {
        SigningKey::new(Secret::new([1; 32]), Secret::new([2; 32]))
    }

    #[test]
    fn rfc_8032_section_7_1_test_1() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let seed = HEXLOWER.decode(seed.as_bytes()).unwrap().try_into().unwrap();
        let key = SigningKey::new(Secret::new(seed), Secret::new([0; 32])).verifying_key();
        assert_eq!(HEXLOWER.encode(&key.to_bytes()[..32]), public);
    }

    #[test]
    fn a_signature_is_for_one_label_one_message_and_one_key() {
        let (label, message) = (b"label".as_slice(), b"message".as_slice());
        let signature = key().sign(label, message);
        let public = key().verifying_key();
        assert!(public.verify(label, message, &signature));
        assert!(!public.verify(b"other", message, &signature));
        assert!(!public.verify(label, b"other", &signature));
        assert!(!public.verify(b"labe", b"lmessage", &signature));
        for (ed25519, ml_dsa) in [(1, 3), (3, 2)] {
            let other = SigningKey::new(Secret::new([ed25519; 32]), Secret::new([ml_dsa; 32]));
            assert!(!other.verifying_key().verify(label, message, &signature));
        }
    }

    #[test]
    fn one_flipped_bit_in_either_half_is_noticed() {
        let signature = key().sign(b"label", b"message");
        let public = key().verifying_key();
        for i in (0..SIGNATURE_BYTES).step_by(97).chain([63, 64, SIGNATURE_BYTES - 1]) {
            let mut flipped = signature.clone();
            flipped.0[i] ^= 1;
            assert!(!public.verify(b"label", b"message", &flipped), "byte {i}");
        }
    }

    #[test]
    fn an_ed25519_key_of_small_order_is_refused() {
        let mut bytes = key().verifying_key().to_bytes();
        assert_eq!(VerifyingKey::from_bytes(&bytes), Ok(key().verifying_key()));
        bytes[..32].fill(0);
        assert_eq!(VerifyingKey::from_bytes(&bytes), Err(InvalidKey));
    }
}
