//! What is genuine, in another place: another version, the other direction, another session, another
//! purpose.

use data_encoding::BASE64URL_NOPAD;
use volly_core::{
    address::{AddressKeys, Direction, Purpose, record_key},
    crypto::{aead, labels, secret::Secret},
    identity::{
        BundleError, CertificateError, Device, PreKeyKind, PreKeySecrets, generate_prekeys,
        verify_certificate,
    },
    session::{OpenError, SessionState},
    wire::{
        DeviceCertificate, IdentityKey, InviteKind, InviteLink, LinkError, PREKEY_MESSAGE_OVERHEAD,
        PreKeyBundle, PreKeyMessage, PresenceRecord,
        codec::DecodeError,
        mailbox::{Frame, Op},
    },
};

use super::people::{NOW, PEOPLE, PREKEY_ID, People, initiated, met, rng, said};

/// Something with a version as its first byte, and what reads it.
type Versioned = (&'static str, Vec<u8>, fn(&[u8]) -> Result<(), DecodeError>);

fn versioned() -> Vec<Versioned> {
    let (alice, envelope) = initiated(&PEOPLE.alice, 2);
    let presence =
        PresenceRecord { written: NOW, peer: b"peer".to_vec(), relays: vec![b"relay".to_vec()] }
            .encode();
    vec![
        ("identity key", PEOPLE.bob.identity().to_bytes(), |bytes| {
            IdentityKey::from_bytes(bytes).map(drop)
        }),
        ("certificate", PEOPLE.bob.certificate().encode(), |bytes| {
            DeviceCertificate::decode(bytes).map(drop)
        }),
        ("bundle", PEOPLE.bobs_bundle.encode(), |bytes| PreKeyBundle::decode(bytes).map(drop)),
        ("pre-key message", envelope, |bytes| PreKeyMessage::decode(bytes).map(drop)),
        ("presence", presence, |bytes| PresenceRecord::decode(bytes).map(drop)),
        ("device", PEOPLE.bob.encode().to_vec(), |bytes| Device::decode(bytes).map(drop)),
        ("session", alice.encode().to_vec(), |bytes| SessionState::decode(bytes).map(drop)),
        ("prekeys", PEOPLE.bobs_secrets.encode().to_vec(), |bytes| {
            PreKeySecrets::decode(bytes).map(drop)
        }),
    ]
}

#[test]
fn every_other_version_is_refused_by_name() {
    for (name, mut bytes, decode) in versioned() {
        assert_eq!(decode(&bytes), Ok(()), "{name}");
        for version in (0..=u8::MAX).filter(|version| *version != 1) {
            bytes[0] = version;
            assert_eq!(decode(&bytes), Err(DecodeError::Version(version)), "{name}");
        }
    }
    let mut hello = Frame::Hello { nonce: [1; 32] }.encode();
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        hello[1] = version;
        assert_eq!(Frame::decode(&hello), Err(DecodeError::Version(version)));
    }
}

#[test]
fn every_other_version_and_kind_of_a_link_is_refused_by_name() {
    let (fingerprint, secret) = (*PEOPLE.bob.fingerprint(), Secret::new([5; 32]));
    let link = InviteLink {
        fingerprint,
        secret,
        kind: InviteKind::OneTime { expires_minutes: 29_000_000 },
    }
    .to_fragment();
    for place in [0, 1] {
        let mut bytes = BASE64URL_NOPAD.decode(link.as_bytes()).unwrap();
        let genuine = bytes[place];
        for other in (0..=u8::MAX).filter(|other| *other != genuine) {
            bytes[place] = other;
            let parsed = InviteLink::parse(&BASE64URL_NOPAD.encode(&bytes));
            // A link that ends is no long-term link.
            let long_term = (place, other) == (1, 1);
            let error = if long_term { LinkError::NotAnInvite } else { LinkError::Unknown };
            assert_eq!(parsed, Err(error), "byte {place} is {other}");
        }
    }
}

fn unreadable(receiver: &mut SessionState, envelope: &[u8]) {
    let before = receiver.encode();
    assert_eq!(receiver.open(envelope, NOW).err(), Some(OpenError::Unreadable));
    assert!(receiver.encode() == before, "what does not open changes nothing");
}

#[test]
fn nobody_opens_an_envelope_of_their_own() {
    let (mut alice, hello) = initiated(&PEOPLE.alice, 2);
    unreadable(&mut alice, &hello);
    let [mut alice, mut bob] = met(&PEOPLE.alice, 2);
    for seed in 0..4 {
        let from_bob = said(&mut bob, 2 * seed);
        unreadable(&mut bob, &from_bob);
        alice.open(&from_bob, NOW).unwrap();
        unreadable(&mut bob, &from_bob);
        let from_alice = said(&mut alice, 2 * seed + 1);
        unreadable(&mut alice, &from_alice);
        bob.open(&from_alice, NOW).unwrap();
        unreadable(&mut alice, &from_alice);
    }
}

#[test]
fn a_prekey_message_is_not_accepted_by_who_sent_it() {
    let (_, hello) = initiated(&PEOPLE.alice, 2);
    let (alices_secrets, _) =
        generate_prekeys(&PEOPLE.alice, PreKeyKind::OneTime, PREKEY_ID, NOW, &mut rng(3));
    for secrets in [&alices_secrets, &PEOPLE.bobs_secrets] {
        assert!(SessionState::accept(&PEOPLE.alice, secrets, &hello, NOW).is_err());
    }
}

#[test]
fn no_envelope_of_one_session_opens_in_another() {
    let others = [met(&PEOPLE.alice, 3), met(&PEOPLE.mallory, 4)];
    let [mut alice, mut bob] = met(&PEOPLE.alice, 2);
    let (_, hello) = initiated(&PEOPLE.alice, 2);
    let mut sent = vec![hello];
    for seed in 5..9 {
        let answer = said(&mut bob, seed);
        alice.open(&answer, NOW).unwrap();
        let more = said(&mut alice, seed);
        bob.open(&more, NOW).unwrap();
        sent.extend([answer, more]);
    }
    for [mut initiator, mut recipient] in others {
        for seed in 0..3 {
            for envelope in &sent {
                unreadable(&mut initiator, envelope);
                unreadable(&mut recipient, envelope);
            }
            initiator.open(&said(&mut recipient, seed), NOW).unwrap();
            recipient.open(&said(&mut initiator, seed), NOW).unwrap();
        }
    }
}

#[test]
fn the_halves_of_two_prekey_messages_make_none() {
    let (_, first) = initiated(&PEOPLE.alice, 2);
    let People { bob, bobs_secrets, .. } = &*PEOPLE;
    let initiators = [&PEOPLE.alice, &PEOPLE.mallory];
    for (_, second) in initiators.map(|initiator| initiated(initiator, 3)) {
        // After the version, the prekey id, EK, the ciphertexts, the nonce, and the initiator.
        for cut in [37, 1_125, 2_213, 2_237, 2_317] {
            for (head, tail) in [(&first, &second), (&second, &first)] {
                let mixed = [&head[..cut], &tail[cut..]].concat();
                let accepted = SessionState::accept(bob, bobs_secrets, &mixed, NOW);
                assert!(accepted.is_err(), "cut at {cut}");
            }
        }
    }
}

#[test]
fn a_prekey_message_for_one_bundle_is_not_accepted_for_another() {
    let (_, hello) = initiated(&PEOPLE.alice, 2);
    let (same_id, _) =
        generate_prekeys(&PEOPLE.bob, PreKeyKind::OneTime, PREKEY_ID, NOW + 1_000, &mut rng(9));
    let (other_id, _) =
        generate_prekeys(&PEOPLE.bob, PreKeyKind::OneTime, PREKEY_ID + 1, NOW + 1_000, &mut rng(9));
    for secrets in [&same_id, &other_id] {
        assert!(SessionState::accept(&PEOPLE.bob, secrets, &hello, NOW).is_err());
    }
}

#[test]
fn a_ratchet_message_is_no_prekey_message_and_the_other_way_round() {
    let [mut alice, mut bob] = met(&PEOPLE.alice, 2);
    let People { bob: device, bobs_secrets, .. } = &*PEOPLE;
    for length in [PREKEY_MESSAGE_OVERHEAD, 20_000] {
        // Long enough to have every field of a pre-key message.
        let envelope = alice.seal(&vec![7; length], NOW, &mut rng(length as u64)).unwrap();
        assert!(SessionState::accept(device, bobs_secrets, &envelope, NOW).is_err());
    }
    let (_, hello) = initiated(&PEOPLE.alice, 2);
    unreadable(&mut bob, &hello);
    unreadable(&mut alice, &hello);
}

const SIGNING_LABELS: [&[u8]; 6] = [
    labels::SIGN_DEVICE,
    labels::SIGN_PREKEYS,
    labels::RELAY_PUT,
    labels::RELAY_GET,
    labels::RELAY_DEPOSIT,
    labels::RELAY_SUBSCRIBE,
];

#[test]
fn a_signature_for_one_purpose_is_none_for_another() {
    let People { bob, .. } = &*PEOPLE;
    let keys = AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 1);
    for signed in SIGNING_LABELS {
        let hybrid = bob.identity_key_pair().sign(signed, b"message");
        let (read, write) =
            (keys.sign_read(signed, &[b"message"]), keys.sign_write(signed, &[b"message"]));
        for label in SIGNING_LABELS {
            let same = label == signed;
            assert_eq!(bob.identity().verify(label, b"message", &hybrid), same);
            assert_eq!(keys.public().verify_read(label, &[b"message"], &read), same);
            assert_eq!(keys.public().verify_write(label, &[b"message"], &write), same);
            assert!(!keys.public().verify_write(label, &[b"message"], &read));
            assert!(!keys.public().verify_read(label, &[b"message"], &write));
        }
    }
}

/// Everything is right but what the account believed it signed.
#[test]
fn a_signature_on_a_certificate_is_none_on_prekeys_and_the_other_way_round() {
    let keys = PEOPLE.bob.identity_key_pair();
    let (_, bundle) =
        generate_prekeys(&PEOPLE.bob, PreKeyKind::OneTime, PREKEY_ID, NOW + 1_000, &mut rng(3));
    let refusal =
        |bundle: &PreKeyBundle| bundle.clone().verify(PEOPLE.bob.fingerprint(), NOW).err();
    assert_eq!(refusal(&bundle), None);

    let signed_prekeys = bundle.prekeys.signed_bytes(&bundle.certificate.device_id);
    let mut as_certificate = bundle.clone();
    as_certificate.prekeys.signature = keys.sign(labels::SIGN_DEVICE, &signed_prekeys);
    assert_eq!(refusal(&as_certificate), Some(BundleError::PreKeys));

    let mut certificate = bundle.certificate.clone();
    certificate.signature = keys.sign(labels::SIGN_PREKEYS, &certificate.signed_bytes());
    assert!(verify_certificate(PEOPLE.bob.identity(), certificate.clone(), NOW).is_err());
    let as_prekeys = PreKeyBundle { certificate, ..bundle.clone() };
    assert_eq!(refusal(&as_prekeys), Some(BundleError::Certificate(CertificateError::Signature)));

    let mut exchanged = bundle;
    core::mem::swap(&mut exchanged.certificate.signature, &mut exchanged.prekeys.signature);
    assert_eq!(refusal(&exchanged), Some(BundleError::Certificate(CertificateError::Signature)));
}

const NONCE: [u8; 32] = [9; 32];

/// Every place at which two people may leave something, on two days.
fn places() -> Vec<(Purpose, Direction, u32)> {
    let mut places = Vec::new();
    for purpose in
        [Purpose::Mailbox, Purpose::Presence, Purpose::InviteRecord, Purpose::InviteMailbox]
    {
        for direction in [Direction::Forth, Direction::Back] {
            places.extend([0, 20_833, 20_834].map(|day| (purpose, direction, day)));
        }
    }
    places
}

#[test]
fn a_request_for_one_address_is_good_for_no_other_day_direction_or_purpose() {
    let secret = Secret::new([1; 32]);
    let all = places().into_iter().map(|(p, d, day)| AddressKeys::derive(&secret, p, d, day));
    let all: Vec<_> = all.collect();
    let asked = |keys: &AddressKeys| {
        [
            Op::put_record(keys, 7, 60, vec![1]),
            Op::get_record(keys, &NONCE),
            Op::deposit(keys, [3; 16], 60, vec![2]),
            Op::subscribe(keys, &NONCE),
            Op::acknowledge(keys, [3; 16]),
        ]
    };
    for (i, signer) in all.iter().enumerate() {
        for (j, place) in all.iter().enumerate() {
            for mut op in asked(signer) {
                match &mut op {
                    Op::PutRecord { keys, .. }
                    | Op::GetRecord { keys, .. }
                    | Op::Deposit { keys, .. }
                    | Op::Subscribe { keys, .. }
                    | Op::Acknowledge { keys, .. } => *keys = place.public(),
                    Op::Unsubscribe { .. } => panic!("it is signed"),
                }
                assert_eq!(op.authorised_address(&NONCE).is_some(), i == j, "{i} for {j}");
            }
        }
    }
}

#[test]
fn the_proof_for_one_request_is_none_for_another() {
    let keys = AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 1);
    let signature = |op| match op {
        Op::PutRecord { signature, .. }
        | Op::GetRecord { signature, .. }
        | Op::Deposit { signature, .. }
        | Op::Subscribe { signature, .. }
        | Op::Acknowledge { signature, .. } => signature,
        Op::Unsubscribe { .. } => panic!("it is signed"),
    };
    let proofs = [
        signature(Op::put_record(&keys, 7, 60, vec![1])),
        signature(Op::get_record(&keys, &NONCE)),
        signature(Op::deposit(&keys, [3; 16], 60, vec![1])),
        signature(Op::subscribe(&keys, &NONCE)),
        signature(Op::acknowledge(&keys, [3; 16])),
    ];
    let keys = keys.public();
    for (i, signature) in proofs.into_iter().enumerate() {
        let asked = [
            Op::PutRecord { keys, sequence: 7, lifetime: 60, value: vec![1], signature },
            Op::GetRecord { keys, signature },
            Op::Deposit { keys, id: [3; 16], lifetime: 60, envelope: vec![1], signature },
            Op::Subscribe { keys, signature },
            Op::Acknowledge { keys, id: [3; 16], signature },
        ];
        for (j, op) in asked.into_iter().enumerate() {
            assert_eq!(op.authorised_address(&NONCE).is_some(), i == j, "{i} for {j}");
        }
    }
}

#[test]
fn a_record_of_one_place_opens_in_no_other() {
    let secret = Secret::new([1; 32]);
    let all = places().into_iter().map(|(p, d, day)| record_key(&secret, p, d, day));
    let all: Vec<_> = all.collect();
    let nonce = [2; aead::NONCE_BYTES];
    for (i, key) in all.iter().enumerate() {
        let sealed = aead::seal(key, &nonce, &[], b"record");
        for (j, other) in all.iter().enumerate() {
            assert_eq!(aead::open(other, &nonce, &[], &sealed).is_ok(), i == j, "{i} in {j}");
        }
    }
}
