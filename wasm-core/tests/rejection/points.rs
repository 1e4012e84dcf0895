//! Keys and signatures that no honest side makes: points of small order, coordinates and scalars
//! beyond their modulus, and nothing but zeroes.

use curve25519_dalek::Scalar;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha512};
use volly_core::{
    address::AddressPublicKeys,
    crypto::{
        aead, dh, kdf,
        kem::{ENCAPSULATION_KEY_BYTES, EncapsulationKey},
        labels,
        secret::Secret,
        sign::{Signature, SigningKey, VerifyingKey},
    },
    handshake::HandshakeError,
    identity::{Device, PreKeyKind, generate_prekeys},
    session::{EstablishError, SessionState},
    wire::{Initiator, PreKeyBundle, Prologue},
};

use super::people::{NOW, PEOPLE, PREKEY_ID, People, rng};

fn hex<const N: usize>(text: &str) -> [u8; N] {
    HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

/// A coordinate given by its lowest byte, those between, and its highest.
const fn coordinate(lowest: u8, between: u8, highest: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    bytes[0] = lowest;
    bytes[31] = highest;
    bytes
}

/// u-coordinates with which every X25519 agreement is zero, each with the ignored top bit clear and
/// set: 0, 1, two of order 8, and p - 1, p, p + 1.
pub const SMALL_ORDER: [fn() -> [u8; 32]; 14] = [
    || coordinate(0, 0, 0),
    || coordinate(0, 0, 0x80),
    || coordinate(1, 0, 0),
    || coordinate(1, 0, 0x80),
    || hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    || hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880"),
    || hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    || hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7"),
    || coordinate(0xEC, 0xFF, 0x7F),
    || coordinate(0xEC, 0xFF, 0xFF),
    || coordinate(0xED, 0xFF, 0x7F),
    || coordinate(0xED, 0xFF, 0xFF),
    || coordinate(0xEE, 0xFF, 0x7F),
    || coordinate(0xEE, 0xFF, 0xFF),
];

#[test]
fn no_key_agrees_with_a_point_of_small_order() {
    for seed in 0..8 {
        let key = dh::SecretKey::generate(&mut rng(seed));
        for point in SMALL_ORDER {
            assert_eq!(key.agree(&dh::PublicKey(point())), None);
        }
    }
}

/// RFC 7748 §5 takes them modulo p. What a key is bound to is its bytes.
#[test]
fn a_coordinate_that_is_not_canonical_is_the_one_that_it_stands_for() {
    let key = dh::SecretKey::generate(&mut rng(1));
    for k in 2..=18 {
        let canonical = key.agree(&dh::PublicKey(coordinate(k, 0, 0)));
        assert!(canonical.is_some());
        for highest in [0x7F, 0xFF] {
            let other = dh::PublicKey(coordinate(0xED + k, 0xFF, highest));
            assert_eq!(key.agree(&other), canonical, "p + {k}");
            assert_ne!(other, dh::PublicKey(coordinate(k, 0, 0)));
        }
    }
}

/// A bundle of Mallory's own, with one key exchanged and everything signed again.
fn bundle_with(change: impl FnOnce(&mut PreKeyBundle)) -> PreKeyBundle {
    let mallory = &PEOPLE.mallory;
    let (_, mut bundle) =
        generate_prekeys(mallory, PreKeyKind::OneTime, 1, NOW + 1_000, &mut rng(3));
    change(&mut bundle);
    let PreKeyBundle { certificate, prekeys, .. } = &mut bundle;
    let keys = mallory.identity_key_pair();
    certificate.signature = keys.sign(labels::SIGN_DEVICE, &certificate.signed_bytes());
    let signed = prekeys.signed_bytes(&certificate.device_id);
    prekeys.signature = keys.sign(labels::SIGN_PREKEYS, &signed);
    bundle
}

fn initiate(bundle: PreKeyBundle) -> Option<EstablishError> {
    let bundle = bundle.verify(PEOPLE.mallory.fingerprint(), NOW).unwrap();
    SessionState::initiate(&PEOPLE.alice, &bundle, b"hello", NOW, &mut rng(4)).err()
}

const NO_CONTRIBUTION: EstablishError = EstablishError::Handshake(HandshakeError::KeyAgreement);

#[test]
fn an_inviter_with_a_key_of_small_order_meets_nobody() {
    assert_eq!(initiate(bundle_with(|_| ())), None);
    for point in SMALL_ORDER {
        let key = dh::PublicKey(point());
        for bundle in [
            bundle_with(|bundle| bundle.certificate.dh_key = key),
            bundle_with(|bundle| bundle.prekeys.signed_prekey = key),
            bundle_with(|bundle| bundle.prekeys.one_time_prekey = Some(key)),
        ] {
            assert_eq!(initiate(bundle), Some(NO_CONTRIBUTION));
        }
    }
}

/// The first 2,317 bytes of a pre-key message to Bob from somebody with this X25519 identity key.
fn head(initiator: dh::PublicKey) -> Vec<u8> {
    let (rng, bundle) = (&mut rng(5), &PEOPLE.bobs_bundle);
    let ephemeral = dh::SecretKey::generate(rng);
    let (identity_ciphertext, identity) = bundle.certificate.kem_key.encapsulate(rng);
    let (prekey_ciphertext, prekey) = bundle.prekeys.kem_prekey.encapsulate(rng);
    let dh2 = ephemeral.agree(&bundle.certificate.dh_key).unwrap();
    let dh3 = ephemeral.agree(&bundle.prekeys.signed_prekey).unwrap();
    let secrets = [&dh2, &dh3, &identity, &prekey].map(|secret| *secret.expose());
    let outer_key: Secret<32> = kdf::derive(secrets.as_flattened(), labels::PQXDH_OUTER, &[]);
    let nonce = [6; aead::NONCE_BYTES];
    let prologue = Prologue {
        prekey_id: PREKEY_ID,
        ephemeral_key: ephemeral.public_key(),
        identity_ciphertext,
        prekey_ciphertext,
        nonce,
    };
    let head = prologue.encode();
    let initiator = Initiator { dh_key: initiator, fingerprint: *PEOPLE.mallory.fingerprint() };
    let sealed = aead::seal(&outer_key, &nonce, &head, &initiator.encode());
    [head, sealed].concat()
}

fn accept(envelope: &[u8]) -> Option<EstablishError> {
    let People { bob, bobs_secrets, .. } = &*PEOPLE;
    SessionState::accept(bob, bobs_secrets, envelope, NOW).err()
}

#[test]
fn an_initiator_with_a_key_of_small_order_is_refused() {
    let accepted = |key| accept(&[head(key), vec![0; 14_067]].concat());
    let honest = PEOPLE.mallory.certificate().dh_key;
    assert_eq!(
        accepted(honest),
        Some(EstablishError::Handshake(HandshakeError::NotAuthentic)),
        "the head is right, what follows is not"
    );
    for point in SMALL_ORDER {
        assert_eq!(accepted(dh::PublicKey(point())), Some(NO_CONTRIBUTION));
        let mut ephemeral = [head(honest), vec![0; 14_067]].concat();
        ephemeral[5..37].copy_from_slice(&point());
        assert_eq!(accept(&ephemeral), Some(NO_CONTRIBUTION));
    }
}

/// Encodings of the eight points of small order of edwards25519, those that are not canonical too.
const SMALL_ORDER_EDWARDS: [fn() -> [u8; 32]; 14] = [
    || coordinate(1, 0, 0),
    || coordinate(1, 0, 0x80),
    || coordinate(0xEC, 0xFF, 0x7F),
    || coordinate(0xEC, 0xFF, 0xFF),
    || coordinate(0, 0, 0),
    || coordinate(0, 0, 0x80),
    || coordinate(0xED, 0xFF, 0x7F),
    || coordinate(0xED, 0xFF, 0xFF),
    || coordinate(0xEE, 0xFF, 0x7F),
    || coordinate(0xEE, 0xFF, 0xFF),
    || hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    || hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    || hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    || hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
];

#[test]
fn an_ed25519_key_of_small_order_is_nobodys_key() {
    let good = SigningKey::new(Secret::new([1; 32]), Secret::new([2; 32])).verifying_key();
    // Under some keys of small order one message in a few verifies with this signature.
    let mut zero = [0; 64];
    zero[0] = 1;
    for point in SMALL_ORDER_EDWARDS {
        let mut bytes = good.to_bytes();
        bytes[..32].copy_from_slice(&point());
        assert!(VerifyingKey::from_bytes(&bytes).is_err());
        let keys = AddressPublicKeys { read: point(), write: point() };
        for part in 0..32 {
            assert!(!keys.verify_read(b"label", &[&[part]], &zero));
            assert!(!keys.verify_write(b"label", &[&[part]], &zero));
        }
    }
}

/// The group's order L, little endian (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

const SEED: [u8; 32] = [1; 32];

/// A signature by the holder of [`SEED`] whose R is the neutral point: `S = kA`, `SB = R + kA`.
fn signature_with_neutral_r(key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let mut scalar: [u8; 32] = Sha512::digest(SEED)[..32].try_into().unwrap();
    scalar[0] &= 0xF8;
    scalar[31] = (scalar[31] & 0x7F) | 0x40;
    let r = coordinate(1, 0, 0);
    let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize();
    let k = Scalar::from_bytes_mod_order_wide(&hash.into());
    let s = k * Scalar::from_bytes_mod_order(scalar);
    [r, s.to_bytes()].concat().try_into().unwrap()
}

/// The same signature with S + L for S.
fn with_s_beyond_the_order(signature: &[u8; 64]) -> [u8; 64] {
    let mut other = *signature;
    let mut carry = 0;
    for (byte, order) in other[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    other
}

#[test]
fn a_signature_with_r_of_small_order_or_s_beyond_the_order_is_refused() {
    let signing = SigningKey::new(Secret::new(SEED), Secret::new([2; 32]));
    let key = signing.verifying_key();
    let ed25519: [u8; 32] = key.to_bytes()[..32].try_into().unwrap();
    let message = b"label\0message";
    let neutral = signature_with_neutral_r(&ed25519, message);
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(&ed25519).unwrap();
    let accepted = ed25519_dalek::Verifier::verify(
        &lenient,
        message,
        &ed25519_dalek::Signature::from_bytes(&neutral),
    );
    assert!(accepted.is_ok(), "RFC 8032 itself takes it");

    let genuine = signing.sign(b"label", b"message");
    assert!(key.verify(b"label", b"message", &genuine));
    let half: [u8; 64] = genuine.0[..64].try_into().unwrap();
    let address = AddressPublicKeys { read: ed25519, write: ed25519 };
    assert!(address.verify_read(b"label", &[&[0], b"message"], &half));
    for forged in [neutral, with_s_beyond_the_order(&half), [0; 64]] {
        let mut whole = genuine.0.clone();
        whole[..64].copy_from_slice(&forged);
        assert!(!key.verify(b"label", b"message", &Signature(whole)));
        assert!(!address.verify_read(b"label", &[&[0], b"message"], &forged));
        assert!(!address.verify_write(b"label", &[&[0], b"message"], &forged));
    }
}

/// FIPS 203 §7.2, for each of the 768 coefficients of 12 bits: q, and the highest there is.
#[test]
fn a_kem_key_with_any_coefficient_beyond_the_modulus_is_refused() {
    let key = PEOPLE.bob.certificate().kem_key.to_bytes();
    assert!(EncapsulationKey::from_bytes(&key).is_ok());
    for coefficient in 0..(ENCAPSULATION_KEY_BYTES - 32) * 2 / 3 {
        for value in [3_329_u16, 0xFFF] {
            let [low, high] = value.to_le_bytes();
            let (mut bytes, at) = (key, coefficient / 2 * 3);
            if coefficient % 2 == 0 {
                bytes[at] = low;
                bytes[at + 1] = (bytes[at + 1] & 0xF0) | high;
            } else {
                bytes[at + 1] = (bytes[at + 1] & 0x0F) | (low << 4);
                bytes[at + 2] = (low >> 4) | (high << 4);
            }
            assert!(EncapsulationKey::from_bytes(&bytes).is_err(), "{coefficient} is {value}");
        }
    }
}

/// Where an invite's bundle has its ML-KEM keys: in the certificate and in the prekeys
/// (protocol.md §3, §4).
#[test]
fn a_bundle_with_a_kem_key_beyond_the_modulus_is_not_read() {
    let bundle = PEOPLE.bobs_bundle.encode();
    for start in [1_985 + 49, 1_985 + 4_622 + 69] {
        let mut beyond = bundle.clone();
        beyond[start..start + 2].copy_from_slice(&[0xFF, 0x0F]);
        assert!(PreKeyBundle::decode(&beyond).is_err());
    }
}

/// A stored device whose X25519 key is not the certified one is damaged.
#[test]
fn a_device_whose_private_key_is_zero_is_not_read() {
    let mut stored = PEOPLE.alice.encode().to_vec();
    assert!(Device::decode(&stored).is_ok());
    stored[65..97].fill(0);
    assert!(Device::decode(&stored).is_err());
}
