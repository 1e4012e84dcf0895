//! X25519, by [`SecretKey::agree`].
//!
//! Wycheproof calls "acceptable" what RFC 7748 leaves to the implementation. Volly computes with
//! public keys on the twist and with those that are not canonical, as the RFC says, and refuses
//! every agreement that is all zeroes (RFC 7748 §6.1).

use volly_core::crypto::dh::{PublicKey, SecretKey};

use super::wycheproof;

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn x25519() {
    let refused = core::cell::Cell::new(0);
    wycheproof::each(include_str!("wycheproof/x25519_test.json"), 518, |vector| {
        let ours = SecretKey::from_bytes(vector.array("/private").unwrap());
        let shared = ours.agree(&PublicKey(vector.array("/public").unwrap()));
        let shared = shared.map(|shared| *shared.expose());
        let expected: [u8; 32] = vector.array("/shared").unwrap();
        if expected == [0; 32] {
            assert_eq!(vector.result(), "acceptable", "{}", vector.name());
            vector.assert_same(&shared, &None);
            refused.set(refused.get() + 1);
        } else {
            vector.assert_same(&shared, &Some(expected));
        }
    });
    assert_eq!(refused.get(), 31, "as many as have a shared secret of zeroes");
}
