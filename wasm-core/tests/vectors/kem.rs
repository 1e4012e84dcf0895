//! ML-KEM-768, by our types, with the message of an encapsulation as its randomness.
//!
//! Seeds, keys and ciphertexts are arrays with us, so that a vector with another length ends before
//! the primitive. A decapsulation key is kept as its seed: the vectors of expanded keys have nothing
//! to run against.

use volly_core::crypto::kem::{Ciphertext, DecapsulationKey, EncapsulationKey};

use super::{replay::Replay, wycheproof};

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn ml_kem_768_key_generation() {
    let json = include_str!("wycheproof/mlkem_768_keygen_seed_test.json");
    wycheproof::each(json, 100, |vector| {
        let seed = vector.bytes("/seed");
        let (key, public) = DecapsulationKey::generate(&mut Replay(&seed));
        assert_eq!(key.expose().as_slice(), seed);
        vector.assert_outcome(Some(public.to_bytes().to_vec()), vector.bytes("/ek"));
    });
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn ml_kem_768_encapsulation() {
    let json = include_str!("wycheproof/mlkem_768_encaps_test.json");
    wycheproof::each(json, 265, |vector| {
        let message = vector.bytes("/m");
        let key = vector.array("/ek").and_then(|key| EncapsulationKey::from_bytes(&key).ok());
        let outcome = key.map(|key| {
            let mut rng = Replay(&message);
            let (ciphertext, secret) = key.encapsulate(&mut rng);
            assert!(rng.0.is_empty(), "{}: the message was not used up", vector.name());
            (ciphertext.0.to_vec(), secret.expose().to_vec())
        });
        vector.assert_outcome(outcome, (vector.bytes("/c"), vector.bytes("/K")));
    });
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn ml_kem_768_decapsulation() {
    wycheproof::each(include_str!("wycheproof/mlkem_768_test.json"), 193, |vector| {
        let key = vector.array("/seed").map(DecapsulationKey::from_bytes);
        if let Some(key) = &key {
            let public = key.encapsulation_key().to_bytes().to_vec();
            assert_eq!(public, vector.bytes("/ek"), "{}", vector.name());
        }
        let ciphertext = vector.array("/c").map(|bytes| Ciphertext(Box::new(bytes)));
        let secret = key.zip(ciphertext).map(|(key, ciphertext)| key.decapsulate(&ciphertext));
        vector.assert_outcome(secret.map(|secret| secret.expose().to_vec()), vector.bytes("/K"));
    });
}
