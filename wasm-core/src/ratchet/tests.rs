//! Two ratchets against each other.

mod network;

use chacha20::ChaCha20Rng;
use proptest::prelude::*;

use super::*;
use crate::{
    crypto::{aead::NONCE_BYTES, test_rng},
    limits::{MAX_SKIP, TURN_AFTER, TURN_AFTER_MESSAGES},
    wire::{
        StepKind,
        codec::{DecodeError, Reader, Writer},
    },
};

const AD: [u8; 32] = [0xAD; 32];
const STEADY: usize = 512;
const STEPPING: usize = 4_096;

fn keys() -> InitialKeys {
    let key = |byte| Secret::new([byte; 32]);
    InitialKeys { root_key: key(1), header_key: key(2), next_header_key: key(3) }
}

/// An initiator and a recipient that have not exchanged anything.
fn strangers(rng: &mut ChaCha20Rng) -> (Ratchet, Ratchet) {
    let prekeys =
        OurRatchetKeys { dh: dh::SecretKey::generate(rng), kem: DecapsulationKey::generate(rng).0 };
    let theirs =
        TheirRatchetKeys { dh: prekeys.dh.public_key(), kem: prekeys.kem.encapsulation_key() };
    let (identity_key, identity_public) = DecapsulationKey::generate(rng);
    (
        Ratchet::initiator(keys(), theirs, identity_key),
        Ratchet::recipient(keys(), prekeys, identity_public),
    )
}

fn encode(ratchet: &Ratchet) -> Vec<u8> {
    let bytes = ratchet.write(Writer::default()).finish();
    assert!(bytes.len() <= ratchet.encoded_capacity());
    bytes
}

fn seal(ratchet: &mut Ratchet, content: &[u8], now: u64, rng: &mut ChaCha20Rng) -> Vec<u8> {
    ratchet.seal(content, 0, &AD, now, rng).unwrap()
}

fn open(ratchet: &mut Ratchet, message: &[u8], now: u64) -> Vec<u8> {
    ratchet.open(message, &AD, now).unwrap().to_vec()
}

/// One message from `from` to `to`.
fn pass(from: &mut Ratchet, to: &mut Ratchet, now: u64, rng: &mut ChaCha20Rng) -> usize {
    let message = seal(from, b"content", now, rng);
    assert_eq!(open(to, &message, now), b"content");
    message.len()
}

#[test]
fn the_recipient_cannot_seal_before_it_has_opened() {
    let rng = &mut test_rng(1);
    let (_, mut bob) = strangers(rng);
    assert_eq!(bob.seal(b"content", 0, &AD, 0, rng), Err(SealError::NotEstablished));
}

#[test]
fn the_step_rides_until_the_peer_is_known_to_have_it() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    assert_eq!(pass(&mut alice, &mut bob, 0, rng), STEPPING);
    assert_eq!(pass(&mut alice, &mut bob, 0, rng), STEPPING);
    assert_eq!(pass(&mut bob, &mut alice, 0, rng), STEPPING);
    // The proof of the initiator begins a chain at once.
    assert_eq!(pass(&mut alice, &mut bob, 0, rng), STEPPING);
    // Bob goes on with its chain, which Alice has, and acknowledges hers.
    assert_eq!(pass(&mut bob, &mut alice, 0, rng), STEADY);
    assert_eq!(pass(&mut alice, &mut bob, 0, rng), STEADY);
}

#[test]
fn a_turn_begins_a_chain_after_a_minute_or_eight_messages() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    for _ in 0..2 {
        pass(&mut alice, &mut bob, 0, rng);
        pass(&mut bob, &mut alice, 0, rng);
    }
    let minute = TURN_AFTER.as_secs();
    assert_eq!(pass(&mut bob, &mut alice, minute - 1, rng), STEADY);
    assert_eq!(pass(&mut bob, &mut alice, minute, rng), STEPPING);
    // Whose chain is the newer one has no choice.
    assert_eq!(pass(&mut alice, &mut bob, minute - 1, rng), STEADY);
    let lengths: Vec<_> = (0..20).map(|_| pass(&mut alice, &mut bob, minute - 1, rng)).collect();
    let stepping = lengths.iter().position(|length| *length == STEPPING).unwrap();
    // Two were sent before.
    assert_eq!(stepping, TURN_AFTER_MESSAGES as usize - 2);
}

#[test]
fn post_quantum_authentication_is_done_when_each_side_has_proof() {
    use PostQuantumAuthentication::{Done, Pending};
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    let state = |alice: &Ratchet, bob: &Ratchet| {
        (alice.post_quantum_authentication(), bob.post_quantum_authentication())
    };
    pass(&mut alice, &mut bob, 0, rng);
    assert_eq!(state(&alice, &bob), (Pending, Pending));
    pass(&mut bob, &mut alice, 0, rng);
    assert_eq!(state(&alice, &bob), (Done, Pending));
    pass(&mut alice, &mut bob, 0, rng);
    assert_eq!(state(&alice, &bob), (Done, Done));
}

#[test]
fn an_answer_that_does_not_use_the_certified_key_is_refused() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    pass(&mut alice, &mut bob, 0, rng);
    let before = encode(&alice);

    let mut without = bob.clone();
    without.authentication = Authentication::Done;
    let message = seal(&mut without, b"content", 0, rng);
    assert_eq!(alice.open(&message, &AD, 0), Err(OpenError::Malformed(DecodeError::Value)));

    let mut with_another = bob.clone();
    let (_, other) = DecapsulationKey::generate(rng);
    with_another.authentication = Authentication::OwesAnswer(other);
    let message = seal(&mut with_another, b"content", 0, rng);
    assert_eq!(alice.open(&message, &AD, 0), Err(OpenError::NotAuthentic));

    assert_eq!(encode(&alice), before);
    assert_eq!(pass(&mut bob, &mut alice, 0, rng), STEPPING);
}

#[test]
fn more_than_a_thousand_missing_messages_are_refused_and_a_thousand_are_not() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    let messages: Vec<_> =
        (0..=MAX_SKIP + 1).map(|_| seal(&mut alice, b"content", 0, rng)).collect();
    let gap = OpenError::GapTooLarge { gap: MAX_SKIP + 1, max: MAX_SKIP };
    assert_eq!(bob.open(messages.last().unwrap(), &AD, 0), Err(gap));
    assert_eq!(open(&mut bob, &messages[MAX_SKIP as usize], 0), b"content");
    for message in &messages[..MAX_SKIP as usize] {
        assert_eq!(open(&mut bob, message, 0), b"content");
    }
    assert_eq!(open(&mut bob, messages.last().unwrap(), 0), b"content");
}

#[test]
fn a_message_of_a_finished_chain_opens_late_and_once() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    pass(&mut alice, &mut bob, 0, rng);
    let late = seal(&mut alice, b"late", 0, rng);
    for _ in 0..3 {
        pass(&mut bob, &mut alice, 0, rng);
        pass(&mut alice, &mut bob, 0, rng);
    }
    assert_eq!(open(&mut bob, &late, 0), b"late");
    assert_eq!(bob.open(&late, &AD, 0), Err(OpenError::Duplicate { index: 1 }));
}

#[test]
fn a_stolen_state_opens_nothing_from_before() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    let mut past = Vec::new();
    for now in 0..4 {
        past.push(seal(&mut alice, b"content", now * 100, rng));
        open(&mut bob, past.last().unwrap(), now * 100);
        pass(&mut bob, &mut alice, now * 100, rng);
    }
    for message in past {
        assert!(bob.clone().open(&message, &AD, 0).is_err());
    }
}

#[test]
fn either_side_could_have_made_every_message() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    for _ in 0..2 {
        pass(&mut alice, &mut bob, 0, rng);
        pass(&mut bob, &mut alice, 0, rng);
    }
    // Bob has every key of Alice's chain: with nothing but his own state he goes on in her place.
    let mut forger = bob.clone();
    let ReceivingChain { header_key, chain_key, index } = bob.receiving.clone().unwrap();
    forger.sending = Some(SendingChain { header_key, chain_key, index, began: 0, step: None });
    let any =
        OurRatchetKeys { dh: dh::SecretKey::generate(rng), kem: DecapsulationKey::generate(rng).0 };
    forger.turn = Turn::Theirs(any);
    let forged = seal(&mut forger, b"never said", 0, rng);
    assert_eq!(open(&mut bob, &forged, 0), b"never said");
}

#[test]
fn a_stolen_state_reads_nothing_after_each_side_has_begun_a_chain() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    pass(&mut alice, &mut bob, 0, rng);
    pass(&mut bob, &mut alice, 0, rng);
    pass(&mut alice, &mut bob, 0, rng);
    let mut stolen = bob.clone();
    let read = seal(&mut alice, b"read", 0, rng);
    open(&mut bob, &read, 0);
    assert_eq!(open(&mut stolen, &read, 0), b"read");
    assert_eq!(pass(&mut bob, &mut alice, 100, rng), STEPPING);
    let healed = seal(&mut alice, b"healed", 100, rng);
    assert_eq!(open(&mut bob, &healed, 100), b"healed");
    assert_eq!(stolen.open(&healed, &AD, 100), Err(OpenError::Unreadable));
}

#[test]
fn content_fills_a_size_class_to_the_last_byte() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    for _ in 0..2 {
        pass(&mut alice, &mut bob, 0, rng);
        pass(&mut bob, &mut alice, 0, rng);
    }
    let most = STEADY - StepKind::None.sealed_header_bytes() - 20;
    assert_eq!(seal(&mut alice, &vec![7; most], 0, rng).len(), 512);
    assert_eq!(seal(&mut alice, &vec![7; most + 1], 0, rng).len(), 4_096);
    let before = encode(&alice);
    assert_eq!(alice.seal(&vec![7; 65_536], 0, &AD, 0, rng), Err(SealError::TooLong));
    assert_eq!(encode(&alice), before);
}

#[test]
fn every_flipped_byte_and_every_other_associated_data_is_refused() {
    let rng = &mut test_rng(1);
    let (mut alice, mut bob) = strangers(rng);
    for round in 0..2 {
        let message = seal(&mut alice, b"content", 0, rng);
        let before = encode(&bob);
        for i in 0..message.len() {
            // Every byte of a short message, and a sample of a long one.
            if round == 0 && i > NONCE_BYTES && i % 37 != 0 {
                continue;
            }
            let mut flipped = message.clone();
            flipped[i] ^= 1;
            assert!(bob.open(&flipped, &AD, 0).is_err(), "byte {i}");
        }
        assert!(bob.open(&message, &[0; 32], 0).is_err());
        assert!(bob.open(&message[..message.len() - 1], &AD, 0).is_err());
        assert_eq!(encode(&bob), before);
        assert_eq!(open(&mut bob, &message, 0), b"content");
        for _ in 0..2 {
            pass(&mut bob, &mut alice, 0, rng);
            pass(&mut alice, &mut bob, 0, rng);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_as_a_message_and_as_a_state(
        bytes in prop::collection::vec(any::<u8>(), 0..4_000),
    ) {
        let (_, mut bob) = strangers(&mut test_rng(1));
        prop_assert!(bob.open(&bytes, &AD, 0).is_err());
        let _ = Reader::whole(&bytes, Ratchet::read);
    }
}
