//! ML-KEM-768 (FIPS 203).
//!
//! Invariant: an [`EncapsulationKey`] has passed the check of FIPS 203 §7.2, so that encapsulation
//! cannot fail. A [`DecapsulationKey`] is kept as its seed: 64 bytes to copy and to store, at the
//! price of one key generation when it is used, and each is used once.

use alloc::boxed::Box;

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

impl core::fmt::Debug for EncapsulationKey {
    /// Leaves the thousands of coefficients out.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecapsulationKey(Secret<SEED_BYTES>);

impl DecapsulationKey {
    /// Draws a key pair: `ML-KEM.KeyGen()`, FIPS 203 §7.1.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> (Self, EncapsulationKey) {
        let key = Self(Secret::generate(rng));
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
        Self(Secret::new(seed))
    }

    /// The seed, for storage.
    #[must_use]
    pub fn expose(&self) -> &[u8; SEED_BYTES] {
        self.0.expose()
    }

    /// Recovers the shared secret: `ML-KEM.Decaps(dk, c)`, FIPS 203 §7.3.
    ///
    /// A ciphertext for another key gives a secret that nobody knows, not an error.
    #[must_use]
    pub fn decapsulate(&self, ciphertext: &Ciphertext) -> Secret<32> {
        let ciphertext: &Encoded<ml_kem_768::MlKem768> = ciphertext.0.as_ref().into();
        Secret::new(self.expand().decapsulate(ciphertext).into())
    }

    fn expand(&self) -> Box<ml_kem_768::DecapsulationKey> {
        Box::new(ml_kem_768::DecapsulationKey::from_seed((*self.0.expose()).into()))
    }
}

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
}
