//! The primitives, as types. Nothing here knows what a message or a contact is.

pub mod aead;
pub mod dh;
pub mod kdf;
pub mod kem;
pub mod labels;
pub mod passphrase;
pub mod secret;
pub mod sign;

/// A generator for tests: the same numbers for the same seed.
#[cfg(test)]
pub(crate) fn test_rng(seed: u64) -> chacha20::ChaCha20Rng {
    rand_core::SeedableRng::seed_from_u64(seed)
}
