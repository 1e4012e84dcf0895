//! Envelopes of either kind. The error tells the field, for our tests; nobody is answered.

use volly_core::{
    handshake::HandshakeError,
    session::{EstablishError, OpenError, SessionState},
    wire::{StepKind, codec::DecodeError},
};

use super::{
    fields::{Layout, each_emptied_field, each_flipped_bit, each_wrong_length},
    people::{NOW, PEOPLE, People, initiated, met, said},
};

/// protocol.md §5, for an envelope of 16,384 bytes.
const PREKEY_MESSAGE: &Layout = &[
    ("version", 1),
    ("prekey id", 4),
    ("EK", 32),
    ("ct_id", 1_088),
    ("ct_pre", 1_088),
    ("nonce", 24),
    ("initiator", 64),
    ("initiator's tag", 16),
    ("enclosed", 16_384 - 2_317 - 16),
    ("enclosed's tag", 16),
];

fn refusal(envelope: &[u8]) -> HandshakeError {
    let People { bob, bobs_secrets, .. } = &*PEOPLE;
    match SessionState::accept(bob, bobs_secrets, envelope, NOW) {
        Err(EstablishError::Handshake(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[test]
fn a_prekey_message_with_a_flipped_bit_is_refused() {
    let (_, envelope) = initiated(&PEOPLE.alice, 2);
    each_flipped_bit(&envelope, PREKEY_MESSAGE, |field, flipped| {
        let error = refusal(flipped);
        let expected = match field {
            "version" => matches!(error, HandshakeError::Malformed(DecodeError::Version(_))),
            "prekey id" => matches!(error, HandshakeError::PreKeyId(_)),
            _ => error == HandshakeError::NotAuthentic,
        };
        assert!(expected, "{field}: {error}");
    });
    let People { bob, bobs_secrets, .. } = &*PEOPLE;
    assert!(SessionState::accept(bob, bobs_secrets, &envelope, NOW).is_ok());
}

#[test]
fn a_prekey_message_of_a_wrong_length_or_with_an_empty_field_is_refused() {
    let (_, envelope) = initiated(&PEOPLE.alice, 2);
    let mut count = 0;
    let mut refused = |_: &str, envelope: &[u8]| {
        refusal(envelope);
        count += 1;
    };
    each_wrong_length(&envelope, PREKEY_MESSAGE, &mut refused);
    each_emptied_field(&envelope, PREKEY_MESSAGE, &mut refused);
    assert_eq!(count, 10 * 4 + 4 + 10 * 2);
}

/// A message, and who can open it.
struct Scene {
    name: &'static str,
    receiver: SessionState,
    envelope: Vec<u8>,
    kind: StepKind,
    /// Of a body that is not authentic.
    body: OpenError,
}

impl Scene {
    fn header_bytes(&self) -> usize {
        self.kind.sealed_header_bytes()
    }

    /// protocol.md §6.
    fn layout(&self) -> [(&'static str, usize); 5] {
        let body = self.envelope.len() - self.header_bytes() - 16;
        let header = self.header_bytes() - 24 - 16;
        [("nonce", 24), ("header", header), ("header's tag", 16), ("body", body), ("tag", 16)]
    }
}

/// A message with each kind of header, one that is late, and one that was opened before.
fn scenes() -> Vec<Scene> {
    let [mut alice, mut bob] = met(&PEOPLE.alice, 2);
    let mut scenes = Vec::new();
    let mut add = |name, receiver: &SessionState, envelope: &[u8], kind, body| {
        let (receiver, envelope) = (receiver.clone(), envelope.to_vec());
        scenes.push(Scene { name, receiver, envelope, kind, body });
    };
    let answer = said(&mut bob, 3);
    add("answer", &alice, &answer, StepKind::Authentication, OpenError::NotAuthentic);
    alice.open(&answer, NOW).unwrap();
    let proof = said(&mut alice, 4);
    add("proof", &bob, &proof, StepKind::Step, OpenError::NotAuthentic);
    bob.open(&proof, NOW).unwrap();
    let [late, next] = [5, 6].map(|seed| said(&mut bob, seed));
    add("plain", &alice, &late, StepKind::None, OpenError::NotAuthentic);
    alice.open(&next, NOW).unwrap();
    add("late", &alice, &late, StepKind::None, OpenError::NotAuthentic);
    // Which key would open the body is forgotten, so nothing says whether the body is genuine.
    add("again", &alice, &next, StepKind::None, OpenError::Duplicate { index: 2 });
    scenes
}

/// Opens what is no message of the scene; the record stays as it is, byte for byte.
fn refused(receiver: &mut SessionState, before: &[u8], envelope: &[u8]) -> OpenError {
    let error = receiver.open(envelope, NOW).expect_err("it opens");
    assert!(receiver.encode().as_slice() == before, "{error}, and the record has changed");
    error
}

#[test]
fn a_ratchet_message_with_a_flipped_bit_is_refused_and_changes_nothing() {
    for mut scene in scenes() {
        let before = scene.receiver.encode();
        let (envelope, layout) = (scene.envelope.clone(), scene.layout());
        each_flipped_bit(&envelope, &layout, |field, flipped| {
            let error = refused(&mut scene.receiver, &before, flipped);
            let sealed_with_message_key = ["body", "tag"].contains(&field);
            let expected = if sealed_with_message_key { scene.body } else { OpenError::Unreadable };
            assert_eq!(error, expected, "{}: {field}", scene.name);
        });
        assert_eq!(scene.receiver.open(&envelope, NOW).is_ok(), scene.name != "again");
    }
}

#[test]
fn a_ratchet_message_of_a_wrong_length_or_with_an_empty_field_is_refused_and_changes_nothing() {
    let mut count = 0;
    for mut scene in scenes() {
        let before = scene.receiver.encode();
        let (envelope, layout) = (scene.envelope.clone(), scene.layout());
        let mut refused = |_: &str, envelope: &[u8]| {
            refused(&mut scene.receiver, &before, envelope);
            count += 1;
        };
        each_wrong_length(&envelope, &layout, &mut refused);
        each_emptied_field(&envelope, &layout, &mut refused);
    }
    assert_eq!(count, 5 * (5 * 4 + 4 + 5 * 2));
}

#[test]
fn every_shorter_envelope_is_refused() {
    let (_, envelope) = initiated(&PEOPLE.alice, 2);
    for length in (0..envelope.len()).filter(|length| *length < 64 || length % 61 == 0) {
        refusal(&envelope[..length]);
    }
    for mut scene in scenes() {
        let before = scene.receiver.encode();
        for length in (0..scene.envelope.len()).filter(|length| *length < 64 || length % 7 == 0) {
            refused(&mut scene.receiver, &before, &scene.envelope[..length]);
        }
    }
}
