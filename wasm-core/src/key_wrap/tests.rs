use proptest::prelude::*;

use super::*;
use crate::crypto::test_rng;

fn cheap() -> Argon2Parameters {
    Argon2Parameters::new(8, 1, 1).unwrap()
}

fn passphrase(typed: &str) -> Passphrase {
    Passphrase::new(typed).unwrap()
}

fn by_passphrase(key: &Secret<32>, purpose: Purpose) -> WrappedKey {
    let typed = passphrase("correct horse");
    WrappedKey::with_passphrase(key, purpose, &typed, cheap(), &mut test_rng(1)).unwrap()
}

fn by_passkey(key: &Secret<32>, purpose: Purpose) -> WrappedKey {
    WrappedKey::with_webauthn_prf(key, purpose, &Secret::new([5; 32]), &mut test_rng(2))
}

#[test]
fn a_wrapped_key_opens_with_its_credential_alone() {
    let (key, typed, prf) =
        (Secret::new([7; 32]), passphrase("correct horse"), Secret::new([5; 32]));
    let (right, passkey) = (Credential::Passphrase(&typed), Credential::WebAuthnPrf(&prf));
    let wrapped = by_passphrase(&key, Purpose::Database);
    assert_eq!(wrapped.method(), Method::Passphrase(cheap()));
    assert_eq!(wrapped.open(Purpose::Database, right), Ok(key.clone()));
    let other = passphrase("correct horsf");
    for credential in [Credential::Passphrase(&other), passkey] {
        let opened = wrapped.open(Purpose::Database, credential);
        assert_eq!(opened, Err(OpenError::Rejected));
    }
    let wrapped = by_passkey(&key, Purpose::Database);
    assert_eq!(wrapped.method(), Method::WebAuthnPrf);
    assert_eq!(wrapped.open(Purpose::Database, passkey), Ok(key));
    let other = Secret::new([6; 32]);
    for credential in [Credential::WebAuthnPrf(&other), right] {
        let opened = wrapped.open(Purpose::Database, credential);
        assert_eq!(opened, Err(OpenError::Rejected));
    }
}

#[test]
fn a_key_that_was_wrapped_for_another_purpose_does_not_open() {
    let (key, typed, prf) =
        (Secret::new([7; 32]), passphrase("correct horse"), Secret::new([5; 32]));
    for (made, asked) in
        [(Purpose::Database, Purpose::Backup), (Purpose::Backup, Purpose::Database)]
    {
        let opened = by_passphrase(&key, made).open(asked, Credential::Passphrase(&typed));
        assert_eq!(opened, Err(OpenError::Rejected));
        let opened = by_passkey(&key, made).open(asked, Credential::WebAuthnPrf(&prf));
        assert_eq!(opened, Err(OpenError::Rejected));
    }
}

#[test]
fn every_flipped_bit_of_a_wrapped_key_is_refused() {
    let (key, typed, prf) =
        (Secret::new([7; 32]), passphrase("correct horse"), Secret::new([5; 32]));
    for (wrapped, credential) in [
        (by_passphrase(&key, Purpose::Database), Credential::Passphrase(&typed)),
        (by_passkey(&key, Purpose::Database), Credential::WebAuthnPrf(&prf)),
    ] {
        let bytes = wrapped.encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Ok(wrapped) = WrappedKey::decode(&flipped) else { continue };
            let opened = wrapped.open(Purpose::Database, credential);
            assert_eq!(opened, Err(OpenError::Rejected), "bit {bit}");
        }
    }
}

#[test]
fn every_other_length_of_a_wrapped_key_is_refused() {
    let bytes = by_passphrase(&Secret::new([7; 32]), Purpose::Database).encode();
    assert_eq!(bytes.len(), WRAPPED_KEY_BYTES);
    for length in 0..bytes.len() {
        assert_eq!(WrappedKey::decode(&bytes[..length]), Err(DecodeError::TooShort));
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(WrappedKey::decode(&longer), Err(DecodeError::Trailing));
}

#[test]
fn parameters_that_would_cost_too_much_are_refused_before_a_passphrase_is_tried() {
    let bytes = by_passphrase(&Secret::new([7; 32]), Purpose::Database).encode();
    for (at, value) in [(2, [0xFF; 4]), (2, [0, 4, 0, 1]), (6, [0, 0, 0, 11]), (6, [0; 4])] {
        let mut costly = bytes.clone();
        costly[at..at + 4].copy_from_slice(&value);
        assert_eq!(WrappedKey::decode(&costly), Err(DecodeError::Value), "{value:?} at {at}");
    }
    let mut bytes = by_passkey(&Secret::new([7; 32]), Purpose::Database).encode();
    for at in 2..11 {
        bytes[at] = 1;
        assert_eq!(WrappedKey::decode(&bytes), Err(DecodeError::Value), "reserved byte {at}");
        bytes[at] = 0;
    }
}

#[test]
fn a_key_that_is_wrapped_twice_gives_different_bytes() {
    let (key, typed, rng) = (Secret::new([7; 32]), passphrase("a"), &mut test_rng(3));
    let mut wrap =
        || WrappedKey::with_passphrase(&key, Purpose::Database, &typed, cheap(), rng).unwrap();
    let (one, other) = (wrap(), wrap());
    assert_ne!(one.salt, other.salt);
    assert_ne!(one.nonce, other.nonce);
    assert_ne!(one.sealed, other.sealed);
}

#[test]
fn debug_shows_no_byte_of_a_wrapped_key() {
    let shown = format!("{:?}", by_passkey(&Secret::new([7; 32]), Purpose::Database));
    assert_eq!(shown, "WrappedKey { method: WebAuthnPrf, .. }");
}

proptest! {
    #[test]
    fn any_key_under_any_passphrase_comes_back(
        key: [u8; 32], typed in "\\PC{1,40}", parallelism in 1..=4_u8, seed: u64,
    ) {
        let Ok(typed) = Passphrase::new(&typed) else { return Ok(()) };
        let (key, rng) = (Secret::new(key), &mut test_rng(seed));
        let parameters = Argon2Parameters::new(32, 1, parallelism).unwrap();
        let wrapped =
            WrappedKey::with_passphrase(&key, Purpose::Backup, &typed, parameters, rng);
        let bytes = wrapped.unwrap().encode();
        let wrapped = WrappedKey::decode(&bytes).unwrap();
        prop_assert_eq!(wrapped.encode(), bytes);
        let opened = wrapped.open(Purpose::Backup, Credential::Passphrase(&typed));
        prop_assert_eq!(opened, Ok(key));
    }
}
