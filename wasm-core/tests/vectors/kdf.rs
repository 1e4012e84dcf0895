//! HKDF-SHA-256, by [`kdf::derive_salted`] and [`kdf::derive`]; HMAC-SHA-256, by the crate.
//!
//! Our HKDF takes the length as a constant: the lengths of the vectors are therefore listed, and
//! one above 255 · 32 bytes, which does not compile with us, goes to the crate. For HMAC the core
//! has no wrapper: the chain step of the ratchet and the tokens of direct streams call the crate as
//! this test does.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use volly_core::crypto::kdf;

use super::wycheproof;

/// Derives a key whose length is known only now: with our types where the length is listed.
fn derive(size: usize, salt: &[u8], ikm: &[u8], info: &[u8]) -> Option<Vec<u8>> {
    macro_rules! listed {
        ($($n:literal)*) => {
            match size {
                $($n => {
                    let okm = kdf::derive_salted::<$n>(salt, ikm, info, &[]);
                    if salt.is_empty() {
                        assert_eq!(kdf::derive::<$n>(ikm, info, &[]), okm);
                    }
                    Some(okm.expose().to_vec())
                })*
                _ => {
                    let mut okm = vec![0; size];
                    Hkdf::<Sha256>::new(Some(salt), ikm).expand(info, &mut okm).ok()?;
                    panic!("{size} bytes can be derived, and should be listed");
                }
            }
        };
    }
    listed!(20 32 42 56 64 80 82 128 8160)
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn hkdf_sha256() {
    wycheproof::each(include_str!("wycheproof/hkdf_sha256_test.json"), 86, |vector| {
        let (ikm, salt) = (vector.bytes("/ikm"), vector.bytes("/salt"));
        let okm = derive(vector.number("/size"), &salt, &ikm, &vector.bytes("/info"));
        vector.assert_outcome(okm, vector.bytes("/okm"));
    });
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn hmac_sha256() {
    wycheproof::each(include_str!("wycheproof/hmac_sha256_test.json"), 174, |vector| {
        let (tag, tag_bytes) = (vector.bytes("/tag"), vector.number("/tagSize") / 8);
        assert_eq!(tag.len(), tag_bytes, "{}", vector.name());
        let mac = Hmac::<Sha256>::new_from_slice(&vector.bytes("/key")).unwrap();
        let mac = mac.chain_update(vector.bytes("/msg"));
        let computed = mac.clone().finalize().into_bytes();
        vector.assert_accepted(computed[..tag_bytes] == tag);
        vector.assert_accepted(mac.verify_truncated_left(&tag).is_ok());
    });
}
