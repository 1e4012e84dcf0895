//! XChaCha20-Poly1305, by [`aead::seal`] and [`aead::open`].
//!
//! The type of a nonce holds 24 bytes, so that a vector with another length ends before either.

use volly_core::crypto::{aead, secret::Secret};

use super::wycheproof;

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn xchacha20_poly1305() {
    let json = include_str!("wycheproof/xchacha20_poly1305_test.json");
    wycheproof::each(json, 315, |vector| {
        let key = Secret::new(vector.array("/key").unwrap());
        let (associated_data, plaintext) = (vector.bytes("/aad"), vector.bytes("/msg"));
        let sealed = [vector.bytes("/ct"), vector.bytes("/tag")].concat();
        let Some(nonce) = vector.array("/iv") else {
            return vector.assert_accepted(false);
        };
        let opened = aead::open(&key, &nonce, &associated_data, &sealed).ok();
        vector.assert_outcome(opened.map(|plaintext| plaintext.to_vec()), plaintext.clone());
        // What is invalid about the others is the tag, which sealing does not read.
        let same = aead::seal(&key, &nonce, &associated_data, &plaintext) == sealed;
        vector.assert_accepted(same);
    });
}
