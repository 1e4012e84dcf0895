//! Somebody who copied the session of one side, sees all that is sent from the first message on,
//! and works out what it can (protocol.md §6).

use super::{
    message::{Step, body, header},
    oracle::{Broken, Oracle},
    primitives::{array, decapsulate, dh, hmac, kdf_salted},
    stored::{StoredSession, StoredTurn},
};

/// What the thief makes of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// Content, and how many chains had begun since the theft when the message's own did.
    Content(Vec<u8>, u32),
    /// Which message of its chain it is.
    Header,
    Nothing,
}

/// A chain whose header key is known; its key from `index` on, unless a step stood before it.
struct Chain {
    from: usize,
    number: u32,
    header_key: [u8; 32],
    key: Option<[u8; 32]>,
    index: u32,
    skipped: Vec<(u32, [u8; 32])>,
}

impl Chain {
    fn message_key(&self, index: u32) -> Option<[u8; 32]> {
        let skipped = self.skipped.iter().find(|(skipped, _)| *skipped == index);
        skipped.map(|(_, key)| *key).or_else(|| {
            let steps = index.checked_sub(self.index)?;
            let key = (0..steps).fold(self.key?, |key, _| hmac(&key, &[2]));
            Some(hmac(&key, &[1]))
        })
    }
}

/// The keys of one side's newest step, as far as they are known.
#[derive(Default)]
struct Latest {
    dh_public: Vec<u8>,
    dh_secret: Option<Vec<u8>>,
    kem_seed: Option<Vec<u8>>,
}

pub struct Thief {
    pub broken: Broken,
    associated_data: [u8; 32],
    /// Until a step cannot be computed.
    root: Option<[u8; 32]>,
    proof_seed: Option<Vec<u8>>,
    chains: Vec<Chain>,
    begun: u32,
    /// By sender.
    next_header_keys: [Option<[u8; 32]>; 2],
    latest: [Latest; 2],
}

impl Thief {
    /// `proof_key` is the initiator's certified ML-KEM key, public.
    pub fn new(
        broken: Broken,
        stolen: StoredSession,
        victim: usize,
        proof_key: &[u8],
        oracle: &Oracle,
    ) -> Self {
        let peer = 1 - victim;
        let mut latest: [Latest; 2] = Default::default();
        match stolen.turn {
            StoredTurn::Ours { dh, kem } => {
                latest[peer] = Latest {
                    dh_secret: oracle.dh(broken, &dh),
                    kem_seed: oracle.kem(broken, &kem),
                    dh_public: dh.to_vec(),
                }
            }
            StoredTurn::Theirs { dh, kem } => {
                latest[victim].dh_secret = Some(dh.to_vec());
                latest[victim].kem_seed = Some(kem);
            }
        }
        let chain = |from, header_key| Chain {
            from,
            number: 0,
            header_key,
            key: None,
            index: 0,
            skipped: Vec::new(),
        };
        let skipped = stolen.skipped.into_iter();
        let mut chains: Vec<_> =
            skipped.map(|it| Chain { skipped: it.keys, ..chain(peer, it.header_key) }).collect();
        // The last that is remembered is the one that is being received.
        if let (Some(newest), Some(stored)) = (chains.last_mut(), stolen.receiving) {
            assert_eq!(newest.header_key, stored.header_key);
            (newest.key, newest.index) = (Some(stored.key), stored.index);
        }
        chains.extend(stolen.sending.map(|stored| Chain {
            key: Some(stored.key),
            index: stored.index,
            ..chain(victim, stored.header_key)
        }));
        let mut next_header_keys = [Some(stolen.next_sending_header_key); 2];
        next_header_keys[peer] = Some(stolen.next_receiving_header_key);
        Self {
            broken,
            associated_data: stolen.associated_data,
            root: Some(stolen.root),
            proof_seed: stolen.proof_key.or_else(|| oracle.kem(broken, proof_key)),
            chains,
            begun: 0,
            next_header_keys,
            latest,
        }
    }

    /// Reads what it can of a message that `from` sent.
    pub fn read(&mut self, from: usize, message: &[u8], oracle: &Oracle) -> Seen {
        if let Some(seen) = self.read_in_chain(from, message) {
            return seen;
        }
        let next = self.next_header_keys[from];
        let Some((header_key, step)) =
            next.and_then(|key| Some((key, header(&key, message)?.step?)))
        else {
            return Seen::Nothing;
        };
        let keys = self.take_step(from, &step, oracle);
        self.begun += 1;
        self.root = keys.map(|keys| array(&keys[..32]));
        self.next_header_keys[from] = keys.map(|keys| array(&keys[64..]));
        self.chains.push(Chain {
            from,
            number: self.begun,
            header_key,
            key: keys.map(|keys| array(&keys[32..64])),
            index: 0,
            skipped: Vec::new(),
        });
        self.read_in_chain(from, message).unwrap_or(Seen::Nothing)
    }

    fn read_in_chain(&self, from: usize, message: &[u8]) -> Option<Seen> {
        let chains = self.chains.iter().rev().filter(|chain| chain.from == from);
        let (chain, found) =
            chains.filter_map(|chain| Some((chain, header(&chain.header_key, message)?))).next()?;
        let content = chain
            .message_key(found.index)
            .and_then(|key| body(&key, &self.associated_data, message, found.sealed));
        Some(content.map_or(Seen::Header, |content| Seen::Content(content, chain.number)))
    }

    /// `RK' ‖ CK ‖ NHK`, when both secrets of the step are to be had.
    fn take_step(&mut self, from: usize, step: &Step, oracle: &Oracle) -> Option<[u8; 96]> {
        let begun = Latest {
            dh_secret: oracle.dh(self.broken, &step.ratchet_key),
            kem_seed: oracle.kem(self.broken, &step.encapsulation_key),
            dh_public: step.ratchet_key.clone(),
        };
        let other = &self.latest[1 - from];
        let shared = match (&other.dh_secret, &begun.dh_secret) {
            (Some(secret), _) => dh(secret, &step.ratchet_key),
            (None, Some(secret)) => dh(secret, &other.dh_public),
            (None, None) => None,
        };
        let encapsulated = other.kem_seed.as_ref().map(|seed| decapsulate(seed, &step.ciphertext));
        self.latest[from] = begun;
        let mut ikm = shared?.to_vec();
        ikm.extend(encapsulated?);
        if let Some(proof) = &step.proof {
            ikm.extend(decapsulate(self.proof_seed.as_ref()?, proof));
        }
        Some(kdf_salted(&self.root?, &ikm, b"volly/1/ratchet/root"))
    }
}
