//! Two ratchets against each other, and against a network that loses, repeats and reorders.

use std::collections::HashSet;

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

/// What may happen to two people and the network between them.
#[derive(Clone, Copy, Debug)]
enum Action {
    Send {
        from: usize,
        length: usize,
    },
    /// The message stays in the network, to come again.
    Deliver {
        to: usize,
        pick: usize,
    },
    Lose {
        to: usize,
        pick: usize,
    },
    Tamper {
        to: usize,
        pick: usize,
        byte: usize,
    },
    /// The state is stored and read back.
    Restart {
        side: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn action() -> impl Strategy<Value = Action> {
    let side = 0..2_usize;
    prop_oneof![
        5 => (side.clone(), prop_oneof![Just(0), Just(200), Just(3_000)])
            .prop_map(|(from, length)| Action::Send { from, length }),
        7 => (side.clone(), any::<usize>()).prop_map(|(to, pick)| Action::Deliver { to, pick }),
        1 => (side.clone(), any::<usize>()).prop_map(|(to, pick)| Action::Lose { to, pick }),
        1 => (side.clone(), any::<usize>(), any::<usize>())
            .prop_map(|(to, pick, byte)| Action::Tamper { to, pick, byte }),
        1 => side.prop_map(|side| Action::Restart { side }),
        1 => (0..200_u64).prop_map(|seconds| Action::Wait { seconds }),
    ]
}

struct World {
    rng: ChaCha20Rng,
    now: u64,
    sides: [Ratchet; 2],
    /// By receiver: number, content and message.
    network: [Vec<(usize, Vec<u8>, Vec<u8>)>; 2],
    opened: HashSet<usize>,
    sent: usize,
    chain_keys: HashSet<[u8; 32]>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = test_rng(seed);
        let (alice, bob) = strangers(&mut rng);
        Self {
            rng,
            now: 0,
            sides: [alice, bob],
            network: [vec![], vec![]],
            opened: HashSet::new(),
            sent: 0,
            chain_keys: HashSet::new(),
        }
    }

    fn pick(&self, to: usize, pick: usize) -> Option<usize> {
        pick.checked_rem(self.network[to].len())
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send { from, length } => self.send(from, length),
            Action::Deliver { to, pick } => {
                if let Some(index) = self.pick(to, pick) {
                    self.deliver(to, index);
                }
            }
            Action::Lose { to, pick } => {
                if let Some(index) = self.pick(to, pick) {
                    self.network[to].swap_remove(index);
                }
            }
            Action::Tamper { to, pick, byte } => {
                if let Some(index) = self.pick(to, pick) {
                    let mut message = self.network[to][index].2.clone();
                    let byte = byte % message.len();
                    message[byte] ^= 1;
                    self.refuse(to, &message);
                }
            }
            Action::Restart { side } => {
                let bytes = encode(&self.sides[side]);
                let read = Reader::whole(&bytes, Ratchet::read).unwrap();
                assert_eq!(read, self.sides[side]);
                self.sides[side] = read;
            }
            Action::Wait { seconds } => self.now += seconds,
        }
    }

    fn send(&mut self, from: usize, length: usize) {
        let mut content = self.sent.to_be_bytes().to_vec();
        content.resize(8 + length, 0x55);
        let ratchet = &mut self.sides[from];
        match ratchet.seal(&content, 0, &AD, self.now, &mut self.rng) {
            Ok(message) => {
                let chain = ratchet.sending.as_ref().unwrap();
                assert!(self.chain_keys.insert(*chain.chain_key.0.expose()), "a key twice");
                self.network[1 - from].push((self.sent, content, message));
                self.sent += 1;
            }
            Err(error) => assert_eq!((error, from), (SealError::NotEstablished, 1)),
        }
    }

    fn deliver(&mut self, to: usize, index: usize) {
        let (number, content, message) = self.network[to][index].clone();
        if self.opened.insert(number) {
            assert_eq!(open(&mut self.sides[to], &message, self.now), content);
        } else {
            self.refuse(to, &message);
        }
    }

    fn refuse(&mut self, to: usize, message: &[u8]) {
        let before = encode(&self.sides[to]);
        assert!(self.sides[to].open(message, &AD, self.now).is_err());
        assert_eq!(encode(&self.sides[to]), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_network_does_every_delivered_message_opens_once(
        seed: u64,
        actions in prop::collection::vec(action(), 1..120),
    ) {
        let mut world = World::new(seed);
        for action in actions {
            world.act(action);
        }
        // In the end everything that was not lost arrives, the last first.
        for to in [1, 0] {
            for index in (0..world.network[to].len()).rev() {
                world.deliver(to, index);
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_as_a_message_and_as_a_state(
        bytes in prop::collection::vec(any::<u8>(), 0..4_000),
    ) {
        let (_, mut bob) = strangers(&mut test_rng(1));
        prop_assert!(bob.open(&bytes, &AD, 0).is_err());
        let _ = Reader::whole(&bytes, Ratchet::read);
    }
}
