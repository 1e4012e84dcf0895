//! protocol.md §1: the key derivation and the primitives, over slices.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use ml_kem::{Decapsulate as _, DecapsulationKey768, EncapsulationKey768, KeyExport as _};
use sha2::{Digest as _, Sha256};

pub fn concat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// `KDF[salt](ikm, info, N)`.
pub fn kdf_salted<const N: usize>(salt: &[u8], ikm: &[u8], info: &[u8]) -> [u8; N] {
    let mut output = [0; N];
    Hkdf::<Sha256>::new(Some(salt), ikm).expand(info, &mut output).unwrap();
    output
}

/// `KDF(ikm, info, N)`.
pub fn kdf<const N: usize>(ikm: &[u8], info: &[u8]) -> [u8; N] {
    kdf_salted(&[], ikm, info)
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().into()
}

/// Opens `AEAD(key, nonce)`.
pub fn open(key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let cipher = XChaCha20Poly1305::new_from_slice(key).unwrap();
    let nonce: [u8; 24] = nonce.try_into().unwrap();
    cipher.decrypt(&nonce.into(), Payload { msg: sealed, aad }).ok()
}

/// X25519. A result of all zeroes is refused.
pub fn dh(secret: &[u8], public: &[u8]) -> Option<[u8; 32]> {
    let shared = x25519_dalek::x25519(array(secret), array(public));
    (shared != [0; 32]).then_some(shared)
}

pub fn dh_public(secret: &[u8]) -> [u8; 32] {
    x25519_dalek::x25519(array(secret), x25519_dalek::X25519_BASEPOINT_BYTES)
}

/// The encapsulation key of `seed`, which is `d ‖ z` of FIPS 203 §7.1.
pub fn kem_public(seed: &[u8]) -> Vec<u8> {
    let seed: [u8; 64] = array(seed);
    DecapsulationKey768::from_seed(seed.into()).encapsulation_key().to_bytes().to_vec()
}

/// `(ct, ss)` with the message `m` of FIPS 203 Algorithm 17.
pub fn encapsulate(key: &[u8], m: &[u8]) -> (Vec<u8>, [u8; 32]) {
    let key: [u8; 1184] = array(key);
    let m: [u8; 32] = array(m);
    let key = EncapsulationKey768::new(&key.into()).unwrap();
    let (ciphertext, secret) = key.encapsulate_deterministic(&m.into());
    (ciphertext.to_vec(), secret.into())
}

pub fn decapsulate(seed: &[u8], ciphertext: &[u8]) -> [u8; 32] {
    let seed: [u8; 64] = array(seed);
    DecapsulationKey768::from_seed(seed.into()).decapsulate_slice(ciphertext).unwrap().into()
}

pub fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap()
}

/// Takes `n` bytes off the front.
pub fn take<'a>(bytes: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (now, later) = bytes.split_at_checked(n)?;
    *bytes = later;
    Some(now)
}

pub fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes, 4).map(|bytes| u32::from_be_bytes(array(bytes)))
}
