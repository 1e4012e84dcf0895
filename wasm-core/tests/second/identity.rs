//! protocol.md §2 to §4 and §9: identity, fingerprints, signatures, addresses.

use ed25519_dalek::{Signature as Ed25519Signature, SigningKey, VerifyingKey};
use ml_dsa::{
    ExpandedSigningKey, MlDsa65, Signature as MlDsaSignature, VerifyingKey as MlDsaVerifyingKey,
};
use sha2::{Digest as _, Sha512};

use super::primitives::{array, concat, kdf, sha256};

pub const IDENTITY_KEY: usize = 1_985;
pub const CERTIFICATE: usize = 4_622;
pub const PRE_KEYS: usize = 4_638;
const SIGNATURE: usize = 3_373;
/// 24 hours.
const SKEW: u64 = 86_400;

/// The `IdentityKey` of an account.
pub fn identity_key(account_seed: &[u8]) -> Vec<u8> {
    let ed25519 = kdf::<32>(account_seed, b"volly/1/identity/ed25519");
    let ml_dsa = kdf::<32>(account_seed, b"volly/1/identity/ml-dsa-65");
    let ed25519 = SigningKey::from_bytes(&ed25519).verifying_key();
    let ml_dsa = Box::new(ExpandedSigningKey::<MlDsa65>::from_seed(&ml_dsa.into()));
    concat(&[&[1], ed25519.as_bytes(), &ml_dsa.verifying_key().encode()])
}

pub fn fingerprint(identity_key: &[u8]) -> [u8; 32] {
    sha256(&concat(&[b"volly/1/fingerprint", identity_key]))
}

/// The 60 digits of two fingerprints.
pub fn safety_number(one: &[u8], other: &[u8]) -> String {
    let (one, other) = (thirty_digits(one), thirty_digits(other));
    if one < other { one + &other } else { other + &one }
}

fn thirty_digits(fingerprint: &[u8]) -> String {
    let mut hash = fingerprint.to_vec();
    for _ in 1..=5_200 {
        hash = Sha512::digest(concat(&[&hash, fingerprint])).to_vec();
    }
    let digits = |five: &[u8]| {
        let number = five.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        format!("{:05}", number % 100_000)
    };
    hash[..30].chunks(5).map(digits).collect()
}

/// Whether both halves of a `HybridSignature` verify.
pub fn verifies(identity_key: &[u8], label: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let signed = concat(&[label, &[0], message]);
    let (version, ed25519, ml_dsa) = (identity_key[0], &identity_key[1..33], &identity_key[33..]);
    let ed25519 = VerifyingKey::from_bytes(&array(ed25519)).unwrap();
    let first = Ed25519Signature::from_bytes(&array(&signature[..64]));
    let ml_dsa = Box::new(MlDsaVerifyingKey::<MlDsa65>::decode(&array::<1_952>(ml_dsa).into()));
    let second = MlDsaSignature::<MlDsa65>::decode(&array::<3_309>(&signature[64..]).into());
    version == 1
        && ed25519.verify_strict(&signed, &first).is_ok()
        && second.is_some_and(|second| ml_dsa.verify_with_context(&signed, &[], &second))
}

/// `(device id, IK, ML-KEM identity key)` of a valid certificate that the account signed.
pub fn certificate<'a>(
    identity_key: &[u8],
    certificate: &'a [u8],
    now: u64,
) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    assert_eq!((identity_key.len(), certificate.len()), (IDENTITY_KEY, CERTIFICATE));
    let (signed, signature) = certificate.split_at(CERTIFICATE - SIGNATURE);
    let genuine = verifies(identity_key, b"volly/1/sign/device", signed, signature);
    let (created, expires) = (number(&signed[1_233..1_241]), number(&signed[1_241..]));
    let valid = created <= now + SKEW && now <= expires + SKEW;
    let keys = (&signed[1..17], &signed[17..49], &signed[49..1_233]);
    (genuine && valid && signed[0] == 1).then_some(keys)
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(array(bytes))
}

/// What a bundle gives an initiator.
pub struct Bundle<'a> {
    pub fingerprint: [u8; 32],
    pub identity_dh: &'a [u8],
    pub identity_kem: &'a [u8],
    pub id: &'a [u8],
    pub signed_dh: &'a [u8],
    /// `None` in a bundle of last resort.
    pub one_time_dh: Option<&'a [u8]>,
    pub pre_kem: &'a [u8],
}

/// Takes a bundle apart that can be verified.
pub fn bundle(bundle: &[u8], now: u64) -> Option<Bundle<'_>> {
    let (identity_key, rest) = bundle.split_at(IDENTITY_KEY);
    let (device, pre_keys) = rest.split_at(CERTIFICATE);
    assert_eq!(pre_keys.len(), PRE_KEYS);
    let (device_id, identity_dh, identity_kem) = certificate(identity_key, device, now)?;
    let (fields, signature) = pre_keys.split_at(PRE_KEYS - SIGNATURE);
    let signed = concat(&[device_id, fields]);
    verifies(identity_key, b"volly/1/sign/prekeys", &signed, signature).then_some(())?;
    let (one_time, kind) = (&fields[37..69], fields[1_261]);
    let well_formed = kind == 0 || kind == 1 && one_time == [0; 32];
    let current = now <= number(&fields[1_253..1_261]) + SKEW;
    (well_formed && current && fields[1_262..] == [0; 3]).then_some(())?;
    Some(Bundle {
        fingerprint: fingerprint(identity_key),
        identity_dh,
        identity_kem,
        id: &fields[1..5],
        signed_dh: &fields[5..37],
        one_time_dh: (kind == 0).then_some(one_time),
        pre_kem: &fields[69..1_253],
    })
}

/// `(read public key, write public key, address, record key)`.
pub type Address = ([u8; 32], [u8; 32], [u8; 32], [u8; 32]);

pub fn address(secret: &[u8], purpose: u8, direction: u8, day: u32) -> Address {
    let context = concat(&[&[purpose, direction], &day.to_be_bytes()]);
    let seeds: [u8; 64] = kdf(secret, &concat(&[b"volly/1/address", &context]));
    let public = |seed: &[u8]| SigningKey::from_bytes(&array(seed)).verifying_key().to_bytes();
    let (read, write) = (public(&seeds[..32]), public(&seeds[32..]));
    let address = sha256(&concat(&[b"volly/1/relay/address", &read, &write]));
    let record_key = kdf(secret, &concat(&[b"volly/1/record", &context]));
    (read, write, address, record_key)
}
