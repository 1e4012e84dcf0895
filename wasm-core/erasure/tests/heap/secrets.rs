//! The secrets in what Volly stores.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use volly_core::{
    identity::{Device, PreKeySecrets},
    session::SessionState,
};

pub type Secrets = Vec<(&'static str, Vec<u8>)>;

/// What a header's step has after the tag that says which: PN, ratchet key, ek, ct, perhaps ct_auth.
const STEP: [usize; 3] = [0, 4 + 32 + 1_184 + 1_088, 4 + 32 + 1_184 + 2 * 1_088];

struct Stored<'a>(&'a [u8]);

impl<'a> Stored<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn number(&mut self, bytes: usize) -> usize {
        self.take(bytes).iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    fn key(&mut self, name: &'static str, secrets: &mut Secrets) -> &'a [u8] {
        let key = self.take(32);
        secrets.push((name, key.to_vec()));
        key
    }

    /// A chain key, and the message key that comes of it next (protocol.md §6).
    fn chain_key(&mut self, name: &'static str, secrets: &mut Secrets) {
        let key = self.key(name, secrets);
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update([1]);
        secrets.push(("message key", mac.finalize().into_bytes().to_vec()));
    }
}

/// Every secret of a session.
pub fn of_session(session: &SessionState) -> Secrets {
    let (encoded, mut secrets) = (session.encode(), Vec::new());
    let stored = &mut Stored(&encoded);
    stored.take(1 + 1 + 32 + 32 + 8 + 8);
    for name in ["pair secret", "root key", "next header key, ours", "next header key, theirs"] {
        stored.key(name, &mut secrets);
    }
    match stored.number(1) {
        0 => drop(stored.take(32 + 1_184)),
        _ => {
            stored.key("ratchet key", &mut secrets);
            secrets.push(("decapsulation key", stored.take(64).to_vec()));
        }
    }
    match stored.number(1) {
        0 => secrets.push(("identity decapsulation key", stored.take(64).to_vec())),
        2 => drop(stored.take(1_184)),
        _ => {}
    }
    if stored.number(1) == 1 {
        stored.key("header key, ours", &mut secrets);
        stored.chain_key("chain key, ours", &mut secrets);
        stored.take(4 + 8);
        let step = stored.number(1);
        stored.take(STEP[step]);
    }
    if stored.number(1) == 1 {
        stored.key("header key, theirs", &mut secrets);
        stored.chain_key("chain key, theirs", &mut secrets);
        stored.take(4);
    }
    for _ in 0..stored.number(1) {
        stored.key("header key, remembered", &mut secrets);
        for _ in 0..stored.number(2) {
            stored.take(4 + 8);
            stored.key("skipped message key", &mut secrets);
        }
    }
    assert!(stored.0.is_empty());
    secrets
}

/// After the version: Ed25519 seed, ML-DSA seed, X25519 key, ML-KEM seed.
pub fn of_device(device: &Device) -> Secrets {
    let (encoded, mut secrets) = (device.encode(), Vec::new());
    let stored = &mut Stored(&encoded);
    stored.take(1);
    for name in ["Ed25519 seed", "ML-DSA seed", "X25519 identity key"] {
        stored.key(name, &mut secrets);
    }
    secrets.push(("ML-KEM identity seed", stored.take(64).to_vec()));
    secrets
}

/// After version and id: SPK, how many OPK, OPK, PQOPK.
pub fn of_prekeys(prekeys: &PreKeySecrets) -> Secrets {
    let (encoded, mut secrets) = (prekeys.encode(), Vec::new());
    let stored = &mut Stored(&encoded);
    stored.take(1 + 4);
    stored.key("SPK", &mut secrets);
    if stored.number(1) == 1 {
        stored.key("OPK", &mut secrets);
    }
    secrets.push(("PQOPK", stored.take(64).to_vec()));
    secrets
}
