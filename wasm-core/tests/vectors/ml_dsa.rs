//! ML-DSA-65, by the crate, in the way [`SigningKey::sign`] and [`VerifyingKey::verify`] call it.
//!
//! Our signatures are hybrid, without a context, and over `label ‖ 0x00 ‖ message`. A vector is
//! expressible with our types when its message has a zero byte and it has no context: such a vector
//! also goes through them. Public keys always do.

use core::cell::Cell;

use ml_dsa::{
    EncodedVerifyingKey, ExpandedSigningKey, MlDsa65, Signature as Half, VerifyingKey as HalfKey,
};
use volly_core::crypto::{
    secret::Secret,
    sign::{SIGNATURE_BYTES, Signature, SigningKey, VERIFYING_KEY_BYTES, VerifyingKey},
};

use super::wycheproof::{self, Vector};

const ED25519_KEY_BYTES: usize = 32;
const ED25519_SIGNATURE_BYTES: usize = 64;

/// Replaces the ML-DSA half of `whole`.
fn with_half<const N: usize>(mut whole: [u8; N], ml_dsa: &[u8]) -> [u8; N] {
    whole[N - ml_dsa.len()..].copy_from_slice(ml_dsa);
    whole
}

/// The label and the message that make up the vector's message, if it is expressible.
fn expressible(vector: &Vector<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    if ["/ctx", "/rnd"].iter().any(|field| vector.optional(field).is_some()) {
        return None;
    }
    let signed = vector.optional("/msg")?;
    wycheproof::unframed(&signed).map(|(label, message)| (label.to_vec(), message.to_vec()))
}

fn verify(vector: &Vector<'_>) -> bool {
    let context = vector.optional("/ctx").unwrap_or_default();
    let Ok(key) = EncodedVerifyingKey::<MlDsa65>::try_from(vector.bytes("/publicKey").as_slice())
    else {
        return false;
    };
    let Ok(signature) = Half::<MlDsa65>::try_from(vector.bytes("/sig").as_slice()) else {
        return false;
    };
    let key = Box::new(HalfKey::<MlDsa65>::decode(&key));
    key.verify_with_context(&vector.bytes("/msg"), &context, &signature)
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn ml_dsa_65_verification() {
    let companion = SigningKey::new(Secret::new([1; 32]), Secret::new([2; 32]));
    let whole: [u8; VERIFYING_KEY_BYTES] = companion.verifying_key().to_bytes();
    let by_our_types = Cell::new(0);
    wycheproof::each(include_str!("wycheproof/mldsa_65_verify_test.json"), 210, |vector| {
        vector.assert_accepted(verify(vector));
        let (key, signature) = (vector.bytes("/publicKey"), vector.bytes("/sig"));
        let fits = key.len() == VERIFYING_KEY_BYTES - ED25519_KEY_BYTES
            && signature.len() == SIGNATURE_BYTES - ED25519_SIGNATURE_BYTES;
        if let (true, Some((label, message))) = (fits, expressible(vector)) {
            let key = VerifyingKey::from_bytes(&with_half(whole, &key)).unwrap();
            let signature = with_half(*companion.sign(&label, &message).0, &signature);
            let accepted = key.verify(&label, &message, &Signature(Box::new(signature)));
            vector.assert_accepted(accepted);
            by_our_types.set(by_our_types.get() + 1);
        }
    });
    assert_eq!(by_our_types.get(), 68, "as many as have a zero byte in their message");
}

/// Signs as the vector says: a message, or `mu` when the message is not given; with its randomness
/// when it has any.
fn sign(vector: &Vector<'_>, key: &ExpandedSigningKey<MlDsa65>) -> Option<Half<MlDsa65>> {
    let context = vector.optional("/ctx").unwrap_or_default();
    let mu = vector.optional("/mu").map(|mu| mu.as_slice().try_into().unwrap());
    let Some(message) = vector.optional("/msg") else {
        return Some(key.sign_mu_deterministic(&mu.unwrap()));
    };
    if let Some(randomness) = vector.optional("/rnd") {
        // FIPS 204 algorithm 2: M' = 0 ‖ |ctx| ‖ ctx ‖ M.
        let context_len = u8::try_from(context.len()).unwrap();
        let parts: &[&[u8]] = &[&[0, context_len], &context, &message];
        return Some(key.sign_internal(parts, &randomness.as_slice().try_into().unwrap()));
    }
    let signature = key.sign_deterministic(&message, &context).ok()?;
    if let Some(mu) = mu {
        assert!(key.sign_mu_deterministic(&mu) == signature, "{}: mu", vector.name());
    }
    Some(signature)
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn ml_dsa_65_key_generation_and_signing() {
    let by_our_types = Cell::new(0);
    wycheproof::each(include_str!("wycheproof/mldsa_65_sign_seed_test.json"), 105, |vector| {
        let Some(seed) = vector.array("/privateSeed") else {
            return vector.assert_accepted(false);
        };
        let ours = SigningKey::new(Secret::new([1; 32]), Secret::new(seed));
        let public = ours.verifying_key().to_bytes()[ED25519_KEY_BYTES..].to_vec();
        assert_eq!(public, vector.bytes("/publicKey"), "{}", vector.name());
        let key = Box::new(ExpandedSigningKey::<MlDsa65>::from_seed(&seed.into()));
        let signature = sign(vector, &key).map(|signature| signature.encode().to_vec());
        vector.assert_outcome(signature, vector.bytes("/sig"));
        if let Some((label, message)) = expressible(vector) {
            let signature = ours.sign(&label, &message).0[ED25519_SIGNATURE_BYTES..].to_vec();
            vector.assert_outcome(Some(signature), vector.bytes("/sig"));
            by_our_types.set(by_our_types.get() + 1);
        }
    });
    assert_eq!(by_our_types.get(), 59, "as many as have a zero byte in their message");
}
