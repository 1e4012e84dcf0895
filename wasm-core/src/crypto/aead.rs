//! XChaCha20-Poly1305 (RFC 8439, draft-irtf-cfrg-xchacha-03).
//!
//! Invariant: what does not authenticate is never returned, nor decrypted.

use alloc::{vec, vec::Vec};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{AeadInOut, inout::InOutBuf},
};
use zeroize::Zeroizing;

use super::secret::Secret;

/// Length of a nonce.
pub const NONCE_BYTES: usize = 24;
/// Length of a tag.
pub const TAG_BYTES: usize = 16;

/// The ciphertext, its associated data, the key or the nonce is not the one it was sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not authentic")]
pub struct NotAuthentic;

/// Seals `plaintext`; returns `ciphertext ‖ tag`.
///
/// A key must never seal two plaintexts under one nonce.
#[must_use]
pub fn seal(
    key: &Secret<32>,
    nonce: &[u8; NONCE_BYTES],
    associated_data: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(plaintext.len() + TAG_BYTES);
    sealed.extend_from_slice(plaintext);
    let tag = seal_in_place(key, nonce, associated_data, &mut sealed);
    sealed.extend_from_slice(&tag);
    sealed
}

/// Seals `buffer` where it lies; returns the tag.
///
/// A key must never seal two plaintexts under one nonce.
#[must_use]
pub fn seal_in_place(
    key: &Secret<32>,
    nonce: &[u8; NONCE_BYTES],
    associated_data: &[u8],
    buffer: &mut [u8],
) -> [u8; TAG_BYTES] {
    cipher(key)
        .encrypt_inout_detached(nonce.into(), associated_data, buffer.into())
        .expect("no buffer reaches the 256 GiB that one nonce can seal")
        .into()
}

/// Opens `ciphertext ‖ tag`.
///
/// # Errors
///
/// [`NotAuthentic`], also when there is no room for a tag.
pub fn open(
    key: &Secret<32>,
    nonce: &[u8; NONCE_BYTES],
    associated_data: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotAuthentic> {
    let (ciphertext, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or(NotAuthentic)?;
    let mut plaintext = Zeroizing::new(vec![0; ciphertext.len()]);
    let buffers = InOutBuf::new(ciphertext, &mut plaintext).map_err(|_| NotAuthentic)?;
    cipher(key)
        .decrypt_inout_detached(nonce.into(), associated_data, buffers, tag.into())
        .map_err(|_| NotAuthentic)?;
    Ok(plaintext)
}

fn cipher(key: &Secret<32>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    use super::*;

    #[test]
    fn draft_irtf_cfrg_xchacha_a_3_1() {
        let plaintext = b"Ladies and Gentlemen of the class of '99: If I could offer you only \
                          one tip for the future, sunscreen would be it.";
        let associated_data = HEX.decode(b"50515253c0c1c2c3c4c5c6c7").unwrap();
        let key = Secret::new(core::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap()));
        let nonce = core::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let expected = HEX
            .decode(
                b"bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                  731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                  2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                  21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49",
            )
            .unwrap();
        let sealed = seal(&key, &nonce, &associated_data, plaintext);
        assert_eq!(sealed, expected);
        assert_eq!(open(&key, &nonce, &associated_data, &sealed).unwrap().as_slice(), plaintext);
    }

    #[test]
    fn every_flipped_bit_and_every_missing_byte_is_noticed() {
        let key = Secret::new([1; 32]);
        let sealed = seal(&key, &[2; 24], b"ad", b"plaintext");
        for i in 0..sealed.len() {
            assert_eq!(open(&key, &[2; 24], b"ad", &sealed[..i]), Err(NotAuthentic));
            for bit in 0..8 {
                let mut flipped = sealed.clone();
                flipped[i] ^= 1 << bit;
                assert_eq!(open(&key, &[2; 24], b"ad", &flipped), Err(NotAuthentic));
            }
        }
        assert_eq!(open(&key, &[3; 24], b"ad", &sealed), Err(NotAuthentic));
        assert_eq!(open(&key, &[2; 24], b"da", &sealed), Err(NotAuthentic));
    }
}
