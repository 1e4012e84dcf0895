//! Two ratchets against a network that loses, repeats, reorders and tampers.

use std::collections::HashSet;

use chacha20::ChaCha20Rng;
use proptest::prelude::*;

use super::{AD, encode, open, strangers};
use crate::{
    crypto::test_rng,
    ratchet::{Ratchet, SealError},
    wire::codec::Reader,
};

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

#[derive(Clone)]
struct InFlight {
    number: usize,
    content: Vec<u8>,
    message: Vec<u8>,
}

struct World {
    rng: ChaCha20Rng,
    now: u64,
    sides: [Ratchet; 2],
    /// By receiver.
    network: [Vec<InFlight>; 2],
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
                    let mut message = self.network[to][index].message.clone();
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
                self.network[1 - from].push(InFlight { number: self.sent, content, message });
                self.sent += 1;
            }
            Err(error) => assert_eq!((error, from), (SealError::NotEstablished, 1)),
        }
    }

    fn deliver(&mut self, to: usize, index: usize) {
        let InFlight { number, content, message } = self.network[to][index].clone();
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
}
