//! Ed25519, by the crate, in the way [`VerifyingKey::verify`] calls it.
//!
//! Our signatures are hybrid and over `label ‖ 0x00 ‖ message`. A vector is expressible with our
//! types when its message has a zero byte: such a vector also goes through them, with an ML-DSA half
//! that this test makes.

use core::cell::Cell;

use data_encoding::HEXLOWER;
use volly_core::crypto::{
    secret::Secret,
    sign::{SIGNATURE_BYTES, Signature, SigningKey, VERIFYING_KEY_BYTES, VerifyingKey},
};

use super::wycheproof;

const KEY_BYTES: usize = 32;
const SIGNATURE_HALF_BYTES: usize = 64;

/// Replaces the Ed25519 half of `whole`.
fn with_half<const N: usize>(mut whole: [u8; N], ed25519: &[u8]) -> [u8; N] {
    whole[..ed25519.len()].copy_from_slice(ed25519);
    whole
}

/// Whether our types accept a signature over a label and a message, when `companion` made the
/// ML-DSA half.
fn hybrid(
    companion: &SigningKey,
    key: &[u8],
    (label, message): (&[u8], &[u8]),
    signature: &[u8],
) -> bool {
    let whole: [u8; VERIFYING_KEY_BYTES] = companion.verifying_key().to_bytes();
    let Ok(key) = VerifyingKey::from_bytes(&with_half(whole, key)) else { return false };
    let whole: [u8; SIGNATURE_BYTES] = *companion.sign(label, message).0;
    key.verify(label, message, &Signature(Box::new(with_half(whole, signature))))
}

/// The signer of RFC 8032 §7.1, TEST 1024, whose message has a zero byte.
fn rfc_8032_signer() -> SigningKey {
    let seed = b"f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5";
    let seed = HEXLOWER.decode(seed).unwrap().try_into().unwrap();
    SigningKey::new(Secret::new(seed), Secret::new([2; 32]))
}

/// Wycheproof has no signing vectors. One of its signatures is made here, since the RFC names the
/// private key.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn ed25519() {
    let signer = rfc_8032_signer();
    let whole = signer.verifying_key().to_bytes();
    let (by_our_types, signed) = (Cell::new(0), Cell::new(0));
    wycheproof::each(include_str!("wycheproof/ed25519_test.json"), 151, |vector| {
        let key: [u8; KEY_BYTES] = vector.array("/publicKey/pk").unwrap();
        assert!(VerifyingKey::from_bytes(&with_half(whole, &key)).is_ok(), "{}", vector.name());
        let message = vector.bytes("/msg");
        let Some(half) = vector.array::<SIGNATURE_HALF_BYTES>("/sig") else {
            return vector.assert_accepted(false);
        };
        let accepted = ed25519_dalek::VerifyingKey::from_bytes(&key).is_ok_and(|key| {
            key.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&half)).is_ok()
        });
        vector.assert_accepted(accepted);
        let Some((label, rest)) = wycheproof::unframed(&message) else { return };
        vector.assert_accepted(hybrid(&signer, &key, (label, rest), &half));
        by_our_types.set(by_our_types.get() + 1);
        if key == whole[..KEY_BYTES] {
            let made = signer.sign(label, rest).0[..SIGNATURE_HALF_BYTES].to_vec();
            vector.assert_outcome(Some(made), half.to_vec());
            signed.set(signed.get() + 1);
        }
    });
    assert_eq!(by_our_types.get(), 6, "as many as have a zero byte in their message");
    assert_eq!(signed.get(), 1, "as many as have a private key in RFC 8032");
}
