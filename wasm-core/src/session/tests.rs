//! Two devices that meet by an invite, and those who stand between them.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{
    crypto::{aead, labels, sign::SIGNATURE_BYTES, test_rng},
    handshake::{
        HandshakeError,
        pqxdh::{self, Initiation},
    },
    identity::{AccountSeed, Device, PreKeyKind, PreKeySecrets, Verified, generate_prekeys},
    limits::SIZE_CLASSES,
    wire::{
        DeviceCertificate, Enclosed, PREKEY_MESSAGE_OVERHEAD, PreKeyBundle, StepKind,
        codec::DecodeError,
    },
};

struct People {
    alice: Device,
    bob: Device,
    bobs_secrets: PreKeySecrets,
    bobs_bundle: Verified<PreKeyBundle>,
}

/// Signatures are slow: the same people for every test.
static PEOPLE: LazyLock<People> = LazyLock::new(|| {
    let rng = &mut test_rng(1);
    let alice = Device::generate(&AccountSeed::generate(rng), 0, rng);
    let bob = Device::generate(&AccountSeed::generate(rng), 0, rng);
    let (bobs_secrets, bundle) = generate_prekeys(&bob, PreKeyKind::OneTime, 1, 1_000, rng);
    let bobs_bundle = bundle.verify(bob.fingerprint(), 0).unwrap();
    People { alice, bob, bobs_secrets, bobs_bundle }
});

/// Alice's record, and the envelope for Bob.
fn initiated() -> (SessionState, Vec<u8>) {
    let People { alice, bobs_bundle, .. } = &*PEOPLE;
    SessionState::initiate(alice, bobs_bundle, b"hello", 0, &mut test_rng(2)).unwrap()
}

fn accept(envelope: &[u8]) -> Result<Accepted, EstablishError> {
    SessionState::accept(&PEOPLE.bob, &PEOPLE.bobs_secrets, envelope, 0)
}

fn established() -> (SessionState, SessionState) {
    let (alices, envelope) = initiated();
    (alices, accept(&envelope).unwrap().session)
}

#[test]
fn two_people_who_met_share_a_secret_and_know_each_other() {
    let (alices, envelope) = initiated();
    assert_eq!(envelope.len(), 16_384);
    let Accepted { session: bobs, identity, first_content } = accept(&envelope).unwrap();
    assert_eq!(first_content.as_slice(), b"hello");
    assert_eq!(&identity, PEOPLE.alice.identity());
    assert_eq!(alices.pair_secret(), bobs.pair_secret());
    assert_eq!((alices.is_initiator(), bobs.is_initiator()), (true, false));
    assert_eq!(alices.peer_fingerprint(), PEOPLE.bob.fingerprint());
    assert_eq!(bobs.peer_fingerprint(), PEOPLE.alice.fingerprint());
}

#[test]
fn a_record_that_was_stored_goes_on() {
    let rng = &mut test_rng(3);
    let (mut alices, mut bobs) = established();
    for now in [0, 50, 100, 150, 200] {
        for (from, to) in [(1, 0), (0, 1)] {
            let sides = [&mut alices, &mut bobs];
            let mut sides = sides.map(|side| SessionState::decode(&side.encode()).unwrap());
            let envelope = sides[from].seal(b"content", now, rng).unwrap();
            assert!(SIZE_CLASSES.contains(&envelope.len()));
            assert_eq!(sides[to].open(&envelope, now).unwrap().as_slice(), b"content");
            [alices, bobs] = sides;
        }
    }
    assert_eq!(bobs.post_quantum_authentication(), PostQuantumAuthentication::Done);
}

#[test]
fn a_long_first_content_takes_the_next_size_class() {
    let People { alice, bobs_bundle, .. } = &*PEOPLE;
    let around = PREKEY_MESSAGE_OVERHEAD + StepKind::Step.sealed_header_bytes() + 20;
    for (extra, length) in [(0, 16_384), (1, 65_536)] {
        let content = vec![7; 16_384 - around + extra];
        let rng = &mut test_rng(2);
        let (_, envelope) = SessionState::initiate(alice, bobs_bundle, &content, 0, rng).unwrap();
        assert_eq!(envelope.len(), length);
        assert_eq!(accept(&envelope).unwrap().first_content.as_slice(), content);
    }
}

#[test]
fn a_prekey_message_shows_a_relay_no_identity() {
    let (_, envelope) = initiated();
    let People { alice, bob, .. } = &*PEOPLE;
    let shown = |needle: &[u8]| envelope.windows(needle.len()).any(|window| window == needle);
    for device in [alice, bob] {
        assert!(!shown(&device.fingerprint().0));
        assert!(!shown(&device.certificate().dh_key.0));
        assert!(!shown(&device.certificate().device_id));
        assert!(!shown(&device.identity().to_bytes()[1..33]));
    }
    assert!(!shown(b"hello"));
}

#[test]
fn a_prekey_message_changed_in_any_byte_is_refused() {
    let (_, envelope) = initiated();
    let edges = [0, 1, 4, 5, 36, 37, 1_124, 1_125, 2_212, 2_213, 2_236, 2_237, 2_316, 2_317];
    for i in (0..envelope.len()).step_by(131).chain(edges).chain([envelope.len() - 1]) {
        let mut flipped = envelope.clone();
        flipped[i] ^= 1;
        assert!(accept(&flipped).is_err(), "byte {i}");
    }
    for length in [0, 1, 2_236, 2_316, 2_317, envelope.len() - 1] {
        assert!(accept(&envelope[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn stripping_either_half_of_the_agreement_ends_the_handshake() {
    let (_, envelope) = initiated();
    // The ephemeral X25519 key and the two ML-KEM ciphertexts (protocol.md §5).
    for part in [5..37, 37..1_125, 1_125..2_213] {
        let mut zeroed = envelope.clone();
        zeroed[part.clone()].fill(0);
        let mut cut = envelope.clone();
        cut.drain(part.clone());
        let mut moved_up = cut.clone();
        moved_up.resize(envelope.len(), 0);
        for stripped in [zeroed, cut, moved_up] {
            assert!(accept(&stripped).is_err(), "{part:?}");
        }
    }
}

#[test]
fn a_prekey_message_for_other_prekeys_or_another_device_is_refused() {
    let rng = &mut test_rng(5);
    let (_, envelope) = initiated();
    let People { alice, bob, bobs_secrets, .. } = &*PEOPLE;
    let by =
        |device, secrets: &PreKeySecrets| SessionState::accept(device, secrets, &envelope, 0).err();
    let (other_id, _) = generate_prekeys(bob, PreKeyKind::OneTime, 2, 1_000, rng);
    let (other_keys, _) = generate_prekeys(bob, PreKeyKind::OneTime, 1, 1_000, rng);
    let refused = |error| Some(EstablishError::Handshake(error));
    assert_eq!(by(bob, &other_id), refused(HandshakeError::PreKeyId(1)));
    assert_eq!(by(bob, &other_keys), refused(HandshakeError::NotAuthentic));
    assert_eq!(by(alice, bobs_secrets), refused(HandshakeError::NotAuthentic));
}

/// Alice's device with one byte of what it stores changed.
fn alice_with(offset: usize) -> Device {
    let mut stored = PEOPLE.alice.encode();
    stored[offset] ^= 1;
    Device::decode(&stored).unwrap()
}

#[test]
fn an_initiator_whose_certificate_is_not_signed_by_its_identity_is_refused() {
    let rng = &mut test_rng(4);
    let stored = PEOPLE.alice.encode().len();
    // The seed of another identity; the date in the certificate; the signature under it.
    for offset in [1, stored - SIGNATURE_BYTES - 1, stored - 1] {
        let mallory = alice_with(offset);
        let (_, envelope) =
            SessionState::initiate(&mallory, &PEOPLE.bobs_bundle, b"hello", 0, rng).unwrap();
        assert_eq!(accept(&envelope).err(), Some(EstablishError::Identity), "byte {offset}");
    }
}

#[test]
fn an_initiator_that_shows_the_identity_of_another_is_refused() {
    let rng = &mut test_rng(4);
    let People { alice, bobs_bundle, .. } = &*PEOPLE;
    let mallory = Device::generate(&AccountSeed::generate(rng), 0, rng);
    // A second account of Mallory's, which certifies the keys that she calls with.
    let second = Device::generate(&AccountSeed::generate(rng), 0, rng);
    let mut certified_again = mallory.certificate().clone();
    certified_again.signature =
        second.identity_key_pair().sign(labels::SIGN_DEVICE, &certified_again.signed_bytes());

    let mut shown = |identity: &Device, certificate: &DeviceCertificate| {
        let Initiation { keys, head, nonce } = pqxdh::initiate(&mallory, bobs_bundle, rng).unwrap();
        let enclosed = Enclosed {
            identity: identity.identity().clone(),
            certificate: certificate.clone(),
            initiated_at: 0,
            ratchet_message: &[0; 512],
        };
        let sealed = aead::seal(&keys.first_message_key, &nonce, &head, &enclosed.encode());
        accept(&[head, sealed].concat()).err()
    };
    for (identity, certificate) in [
        (alice, alice.certificate()),
        (alice, mallory.certificate()),
        (&mallory, alice.certificate()),
        (&second, &certified_again),
    ] {
        assert_eq!(shown(identity, certificate), Some(EstablishError::Identity));
    }
    let unreadable = Some(EstablishError::Open(OpenError::Unreadable));
    assert_eq!(shown(&mallory, mallory.certificate()), unreadable);
}

#[test]
fn a_session_of_one_pair_opens_nothing_of_another() {
    let rng = &mut test_rng(6);
    let (mut alices, _) = established();
    let People { alice, bobs_bundle, .. } = &*PEOPLE;
    let (_, envelope) = SessionState::initiate(alice, bobs_bundle, b"again", 0, rng).unwrap();
    let mut others = accept(&envelope).unwrap().session;
    let before = alices.encode();
    let envelope = others.seal(b"content", 0, rng).unwrap();
    assert_eq!(alices.open(&envelope, 0), Err(OpenError::Unreadable));
    assert_eq!(alices.encode(), before);
}

#[test]
fn a_record_cut_short_or_with_more_behind_it_is_refused() {
    let (alices, bobs) = established();
    for record in [alices, bobs] {
        let encoded = record.encode();
        for length in (0..encoded.len()).step_by(7) {
            assert!(SessionState::decode(&encoded[..length]).is_err());
        }
        let longer = [&encoded[..], &[0]].concat();
        assert_eq!(SessionState::decode(&longer), Err(DecodeError::Trailing));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_as_an_envelope_and_as_a_record(
        mut bytes in prop::collection::vec(any::<u8>(), 0..9_000),
    ) {
        let _ = SessionState::decode(&bytes);
        prop_assert!(accept(&bytes).is_err());
        // With the right version and prekey id it gets as far as the keys.
        bytes.splice(0..0, [1, 0, 0, 0, 1]);
        let _ = SessionState::decode(&bytes);
        prop_assert!(accept(&bytes).is_err());
    }
}
