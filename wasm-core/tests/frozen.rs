//! What version 1 wrote is read for ever: stored keys and records, bundles, and every message on the
//! wire (protocol.md); natively and in a browser.
//!
//! `frozen/v1` holds them. `cargo test --test frozen -- --ignored` writes them anew, which is right
//! only while no version was released.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[path = "frozen/wire.rs"]
mod wire;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    identity::{
        AccountSeed, Device, LastResortPreKeys, PreKeyKind, PreKeySecrets, generate_prekeys,
    },
    session::{EstablishError, OpenError, PostQuantumAuthentication, SessionRecord, SessionState},
    wire::PreKeyBundle,
};

const NOW: u64 = 1_800_000_000;

/// A file of `frozen/v1`.
macro_rules! read {
    ($name:literal) => {
        include_bytes!(concat!("frozen/v1/", $name)).as_slice()
    };
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn stored_devices_prekeys_and_bundles_are_read_and_written_alike() {
    let bob = Device::decode(read!("bob.device")).unwrap();
    assert_eq!(bob.encode().as_slice(), read!("bob.device"));
    let prekeys = PreKeySecrets::decode(read!("bob.prekeys")).unwrap();
    assert_eq!(prekeys.encode().as_slice(), read!("bob.prekeys"));
    let bundle = PreKeyBundle::decode(read!("bob.bundle")).unwrap();
    assert_eq!(bundle.encode(), read!("bob.bundle"));
    assert!(bundle.verify(bob.fingerprint(), NOW).is_ok());
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_handshake_on_the_wire_is_accepted() {
    let bob = Device::decode(read!("bob.device")).unwrap();
    let prekeys = PreKeySecrets::decode(read!("bob.prekeys")).unwrap();
    let accepted = SessionState::accept(&bob, &prekeys, read!("1-hello.envelope"), NOW).unwrap();
    assert_eq!(accepted.first_content.as_slice(), b"hello");
    assert_eq!(accepted.session.encode().as_slice(), read!("bob-1.session"));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn stored_sessions_open_what_was_on_its_way() {
    let mut alice = SessionState::decode(read!("alice-1.session")).unwrap();
    assert_eq!(alice.open(read!("2-answer.envelope"), NOW).unwrap().as_slice(), b"answer");
    assert_eq!(alice.encode().as_slice(), read!("alice-2.session"));

    // Bob has missed the third message.
    let mut bob = SessionState::decode(read!("bob-4.session")).unwrap();
    assert_eq!(bob.encode().as_slice(), read!("bob-4.session"));
    assert_eq!(bob.open(read!("3-late.envelope"), NOW).unwrap().as_slice(), b"late");
    let again = bob.open(read!("3-late.envelope"), NOW);
    assert_eq!(again.err(), Some(OpenError::Duplicate { index: 0 }));
    assert_eq!(bob.post_quantum_authentication(), PostQuantumAuthentication::Done);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_stored_record_holds_its_sessions_and_prekeys_of_last_resort_know_who_came() {
    let record = SessionRecord::decode(read!("bob.record")).unwrap();
    assert_eq!(record.encode().as_slice(), read!("bob.record"));
    assert_eq!(record.states().count(), 2);

    let bob = Device::decode(read!("bob.device")).unwrap();
    let mut prekeys = LastResortPreKeys::decode(read!("bob.last-resort")).unwrap();
    assert_eq!(prekeys.encode().as_slice(), read!("bob.last-resort"));
    let mut accept = |envelope: &[u8]| {
        SessionState::accept_last_resort(&bob, &mut prekeys, envelope, NOW).map(drop)
    };
    assert_eq!(accept(read!("last-resort-1.envelope")), Err(EstablishError::NoPreKeys), "a replay");
    assert_eq!(accept(read!("last-resort-2.envelope")), Ok(()));
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
#[ignore = "writes the files that the other tests read"]
fn write_the_files_anew() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frozen/v1/");
    let write = |name: &str, bytes: &[u8]| std::fs::write([folder, name].concat(), bytes).unwrap();
    let alice = Device::generate(&AccountSeed::generate(rng), NOW, rng);
    let bob = Device::generate(&AccountSeed::generate(rng), NOW, rng);
    let (prekeys, bundle) = generate_prekeys(&bob, PreKeyKind::OneTime, 1, NOW + 604_800, rng);
    write("bob.device", &bob.encode());
    write("bob.prekeys", &prekeys.encode());
    write("bob.bundle", &bundle.encode());

    let bundle = bundle.verify(bob.fingerprint(), NOW).unwrap();
    let (mut alices, hello) = SessionState::initiate(&alice, &bundle, b"hello", NOW, rng).unwrap();
    write("1-hello.envelope", &hello);
    write("alice-1.session", &alices.encode());
    let mut bobs = SessionState::accept(&bob, &prekeys, &hello, NOW).unwrap().session;
    write("bob-1.session", &bobs.encode());
    let answer = bobs.seal(b"answer", NOW, rng).unwrap();
    write("2-answer.envelope", &answer);
    alices.open(&answer, NOW).unwrap();
    write("alice-2.session", &alices.encode());
    write("3-late.envelope", &alices.seal(b"late", NOW, rng).unwrap());
    let next = alices.seal(b"next", NOW, rng).unwrap();
    bobs.open(&next, NOW).unwrap();
    write("bob-4.session", &bobs.encode());

    let (mut last_resort, bundle) = LastResortPreKeys::generate(&bob, NOW, rng);
    write("bob.last-resort.bundle", &bundle.encode());
    let bundle = bundle.verify(bob.fingerprint(), NOW).unwrap();
    let mut call = || SessionState::initiate(&alice, &bundle, b"it is me", NOW + 1, rng).unwrap().1;
    let [first, second] = [call(), call()];
    write("last-resort-1.envelope", &first);
    write("last-resort-2.envelope", &second);
    let accepted = SessionState::accept_last_resort(&bob, &mut last_resort, &first, NOW + 1);
    write("bob.last-resort", &last_resort.encode());
    let mut record = SessionRecord::new(bobs, NOW);
    record.add(accepted.unwrap().session, NOW + 1).unwrap();
    write("bob.record", &record.encode());
}
