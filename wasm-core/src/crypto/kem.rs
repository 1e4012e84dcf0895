//! ML-KEM-768 (FIPS 203).
//!
//! Invariant: an [`EncapsulationKey`] has passed the check of FIPS 203 §7.2, so that encapsulation
//! cannot fail. A [`DecapsulationKey`] is its seed, 64 bytes to store; what is computed from it
//! stays in memory, 3.2 KB, from the first use until the last copy of the key is dropped.

use alloc::{boxed::Box, sync::Arc};
use core::fmt;
use std::sync::OnceLock;

use ml_kem::{Decapsulate, Encapsulate, KeyExport, kem::Ciphertext as Encoded, ml_kem_768};
use rand_core::CryptoRng;

use super::secret::Secret;

/// Length of an encapsulation key.
pub const ENCAPSULATION_KEY_BYTES: usize = 1_184;
/// Length of a ciphertext.
pub const CIPHERTEXT_BYTES: usize = 1_088;
/// Length of a decapsulation key as its seed `d ‖ z`.
pub const SEED_BYTES: usize = 64;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct EncapsulationKey(Box<ml_kem_768::EncapsulationKey>);

impl fmt::Debug for EncapsulationKey {
    /// Leaves the thousands of coefficients out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncapsulationKey(..)")
    }
}

/// The bytes are no encapsulation key: a coefficient is not below q (FIPS 203 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid encapsulation key")]
pub struct InvalidKey;

impl EncapsulationKey {
    /// Checks and takes a key.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] when the modulus check of FIPS 203 §7.2 fails.
    pub fn from_bytes(bytes: &[u8; ENCAPSULATION_KEY_BYTES]) -> Result<Self, InvalidKey> {
        ml_kem_768::EncapsulationKey::new(bytes.into())
            .map(|key| Self(Box::new(key)))
            .map_err(|_| InvalidKey)
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENCAPSULATION_KEY_BYTES] {
        self.0.to_bytes().into()
    }

    /// Encapsulates a fresh shared secret: `ML-KEM.Encaps(ek)`, FIPS 203 §7.2.
    #[must_use]
    pub fn encapsulate(&self, rng: &mut impl CryptoRng) -> (Ciphertext, Secret<32>) {
        let (ciphertext, secret) = self.0.encapsulate_with_rng(rng);
        (Ciphertext(Box::new(ciphertext.into())), Secret::new(secret.into()))
    }
}

/// What carries a shared secret to the holder of the decapsulation key. Any 1,088 bytes are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertext(pub Box<[u8; CIPHERTEXT_BYTES]>);

/// A private key.
#[derive(Clone)]
pub struct DecapsulationKey {
    seed: Secret<SEED_BYTES>,
    /// What `seed` expands to, one for all copies; it is erased with the last.
    ///
    /// Computing it takes as long as drawing a key: without it a ratchet key would be drawn twice,
    /// and a prekey four times in one handshake.
    expanded: OnceLock<Arc<ml_kem_768::DecapsulationKey>>,
}

impl DecapsulationKey {
    /// Draws a key pair: `ML-KEM.KeyGen()`, FIPS 203 §7.1.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> (Self, EncapsulationKey) {
        let key = Self { seed: Secret::generate(rng), expanded: OnceLock::new() };
        let public = key.encapsulation_key();
        (key, public)
    }

    /// Computes the public key.
    #[must_use]
    pub fn encapsulation_key(&self) -> EncapsulationKey {
        EncapsulationKey(Box::new(self.expand().encapsulation_key().clone()))
    }

    /// Takes the seed that [`Self::expose`] gave.
    #[must_use]
    pub fn from_bytes(seed: [u8; SEED_BYTES]) -> Self {
        Self { seed: Secret::new(seed), expanded: OnceLock::new() }
    }

    /// The seed, for storage.
    #[must_use]
    pub fn expose(&self) -> &[u8; SEED_BYTES] {
        self.seed.expose()
    }

    /// Recovers the shared secret: `ML-KEM.Decaps(dk, c)`, FIPS 203 §7.3.
    ///
    /// A ciphertext for another key gives a secret that nobody knows, not an error.
    #[must_use]
    pub fn decapsulate(&self, ciphertext: &Ciphertext) -> Secret<32> {
        let ciphertext: &Encoded<ml_kem_768::MlKem768> = ciphertext.0.as_ref().into();
        Secret::new(self.expand().decapsulate(ciphertext).into())
    }

    fn expand(&self) -> &ml_kem_768::DecapsulationKey {
        let expand = || Arc::new(ml_kem_768::DecapsulationKey::from_seed((*self.expose()).into()));
        self.expanded.get_or_init(expand)
    }
}

impl fmt::Debug for DecapsulationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecapsulationKey").field(&self.seed).finish()
    }
}

impl PartialEq for DecapsulationKey {
    fn eq(&self, other: &Self) -> bool {
        self.seed == other.seed
    }
}

impl Eq for DecapsulationKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coefficient_of_q_or_more_is_refused() {
        let (_, key) = DecapsulationKey::generate(&mut crate::crypto::test_rng(1));
        let mut bytes = key.to_bytes();
        assert_eq!(EncapsulationKey::from_bytes(&bytes), Ok(key));
        // The first coefficient becomes q = 3,329 = 0xD01.
        bytes[0] = 0x01;
        bytes[1] = (bytes[1] & 0xF0) | 0x0D;
        assert_eq!(EncapsulationKey::from_bytes(&bytes), Err(InvalidKey));
    }

    #[test]
    fn a_stored_key_and_a_copy_open_what_the_drawn_one_opens() {
        let rng = &mut crate::crypto::test_rng(1);
        let (drawn, public) = DecapsulationKey::generate(rng);
        let (ciphertext, secret) = public.encapsulate(rng);
        let (for_another, _) = DecapsulationKey::generate(rng).1.encapsulate(rng);
        let rejected = drawn.decapsulate(&for_another);
        let stored = DecapsulationKey::from_bytes(*drawn.expose());
        for key in [drawn.clone(), stored.clone(), drawn, stored] {
            assert_eq!(key.decapsulate(&ciphertext), secret);
            assert_eq!(key.decapsulate(&for_another), rejected);
            assert_eq!(key.encapsulation_key(), public);
        }
    }

    #[test]
    fn a_private_key_is_its_seed_and_shows_no_byte_of_it() {
        let (key, _) = DecapsulationKey::generate(&mut crate::crypto::test_rng(1));
        let (other, _) = DecapsulationKey::generate(&mut crate::crypto::test_rng(2));
        assert_eq!(key, DecapsulationKey::from_bytes(*key.expose()));
        assert_ne!(key, other);
        assert_eq!(format!("{key:?}"), "DecapsulationKey(Secret<64>(***))");
    }
}
