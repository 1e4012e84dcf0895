//! Three devices, and sessions between them. Signatures are slow: the same for every test.

use std::sync::LazyLock;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    identity::{AccountSeed, Device, PreKeyKind, PreKeySecrets, Verified, generate_prekeys},
    session::SessionState,
    wire::PreKeyBundle,
};

pub const NOW: u64 = 1_800_000_000;
pub const PREKEY_ID: u32 = 0x0102_0304;

pub struct People {
    pub alice: Device,
    pub bob: Device,
    pub mallory: Device,
    pub bobs_secrets: PreKeySecrets,
    pub bobs_bundle: Verified<PreKeyBundle>,
}

pub static PEOPLE: LazyLock<People> = LazyLock::new(|| {
    let rng = &mut rng(1);
    let mut device = || Device::generate(&AccountSeed::generate(rng), NOW, rng);
    let (alice, bob, mallory) = (device(), device(), device());
    let (bobs_secrets, bundle) =
        generate_prekeys(&bob, PreKeyKind::OneTime, PREKEY_ID, NOW + 1_000, rng);
    let bobs_bundle = bundle.verify(bob.fingerprint(), NOW).unwrap();
    People { alice, bob, mallory, bobs_secrets, bobs_bundle }
});

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The record of who calls Bob, and the envelope for him.
pub fn initiated(initiator: &Device, seed: u64) -> (SessionState, Vec<u8>) {
    let bundle = &PEOPLE.bobs_bundle;
    SessionState::initiate(initiator, bundle, b"hello", NOW, &mut rng(seed)).unwrap()
}

/// The records of who calls Bob, and of Bob.
pub fn met(initiator: &Device, seed: u64) -> [SessionState; 2] {
    let (theirs, envelope) = initiated(initiator, seed);
    let People { bob, bobs_secrets, .. } = &*PEOPLE;
    let bobs = SessionState::accept(bob, bobs_secrets, &envelope, NOW).unwrap().session;
    [theirs, bobs]
}

/// What `from` says now, in an envelope.
pub fn said(from: &mut SessionState, seed: u64) -> Vec<u8> {
    from.seal(b"content", NOW, &mut rng(seed)).unwrap()
}
