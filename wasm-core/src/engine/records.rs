//! Records as they lie at a relay: `nonce (24) ‖ AEAD(record key)` (protocol.md §11, §12).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::crypto::{aead, secret::Secret};

/// Seals what a record says. The nonce is random: a key seals a handful of values at most.
pub(super) fn seal(key: &Secret<32>, plaintext: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
    let mut nonce = [0; aead::NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let mut value = nonce.to_vec();
    value.extend_from_slice(&aead::seal(key, &nonce, &[], plaintext));
    value
}

/// Opens a record, or `None` when it is not one of ours.
pub(super) fn open(key: &Secret<32>, value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = value.split_first_chunk()?;
    aead::open(key, nonce, &[], sealed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_short_or_altered_does_not_open() {
        let key = Secret::new([7; 32]);
        let nonce = [9; aead::NONCE_BYTES];
        let mut value = nonce.to_vec();
        value.extend_from_slice(&aead::seal(&key, &nonce, &[], b"here"));
        assert_eq!(open(&key, &value).unwrap().as_slice(), b"here");
        for end in 0..value.len() {
            assert!(open(&key, &value[..end]).is_none());
        }
        value[30] ^= 1;
        assert!(open(&key, &value).is_none());
    }
}
