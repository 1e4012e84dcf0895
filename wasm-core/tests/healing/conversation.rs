//! Two real sessions that talk in one of three manners, and all that they send.

use volly_core::{
    identity::{AccountSeed, Device, PreKeyKind, PreKeySecrets, Verified, generate_prekeys},
    session::SessionState,
    wire::PreKeyBundle,
};

use super::{oracle::Oracle, tape::Tape};

const BEGIN: u64 = 1_800_000_000;

/// The two who talk in every conversation: signatures are slow.
pub struct People {
    initiator: Device,
    recipient: Device,
    prekeys: PreKeySecrets,
    bundle: Verified<PreKeyBundle>,
    /// Of the keys of both.
    pub oracle: Oracle,
}

impl People {
    pub fn draw() -> Self {
        let rng = &mut Tape::new(0);
        let [initiator, recipient] =
            [0, 1].map(|_| Device::generate(&AccountSeed::generate(rng), BEGIN, rng));
        let (prekeys, bundle) =
            generate_prekeys(&recipient, PreKeyKind::OneTime, 1, BEGIN + 60, rng);
        let bundle = bundle.verify(recipient.fingerprint(), BEGIN).unwrap();
        let mut oracle = Oracle::default();
        oracle.learn(rng.take());
        Self { initiator, recipient, prekeys, bundle, oracle }
    }

    /// The initiator's certified ML-KEM key.
    pub fn proof_key(&self) -> [u8; 1_184] {
        self.initiator.certificate().kem_key.to_bytes()
    }
}

/// How many messages one says for each of the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    InTurn = 1,
    Five = 5,
    OneSided = 20,
}

impl Manner {
    pub const ALL: [Self; 3] = [Self::InTurn, Self::Five, Self::OneSided];
}

pub struct Sent {
    pub from: usize,
    pub at: u64,
    pub bytes: Vec<u8>,
    pub content: Vec<u8>,
    pub is_opened: bool,
}

pub struct Conversation {
    sessions: [SessionState; 2],
    manner: Manner,
    /// Who says more.
    talker: usize,
    /// Messages since the other one spoke.
    said: u64,
    pub now: u64,
    secrets: Tape,
    pub oracle: Oracle,
    pub choices: Tape,
    /// What was sent after the first message; that is a `PreKeyMessage`.
    pub sent: Vec<Sent>,
}

impl Conversation {
    pub fn begin(people: &People, manner: Manner, seed: u64) -> Self {
        let mut choices = Tape::new(seed);
        let mut secrets = Tape::new(choices.below(u64::MAX));
        let People { initiator, recipient, prekeys, bundle, oracle } = people;
        let (initiated, envelope) =
            SessionState::initiate(initiator, bundle, b"hello", BEGIN, &mut secrets).unwrap();
        let accepted = SessionState::accept(recipient, prekeys, &envelope, BEGIN).unwrap();
        let mut oracle = oracle.clone();
        oracle.learn(secrets.take());
        Self {
            sessions: [initiated, accepted.session],
            manner,
            talker: usize::from(choices.percent(50)),
            said: 0,
            now: BEGIN,
            secrets,
            oracle,
            choices,
            sent: Vec::new(),
        }
    }

    pub fn state(&self, side: usize) -> Vec<u8> {
        self.sessions[side].encode().to_vec()
    }

    /// Somebody says something after a while, and what is on its way may arrive.
    pub fn go_on(&mut self) {
        self.now += match self.choices.below(100) {
            0..80 => self.choices.below(10),
            80..95 => self.choices.below(300),
            _ => self.choices.below(36_000),
        };
        let talks = self.said < self.manner as u64;
        self.said = if talks { self.said + 1 } else { 0 };
        let from = if talks { self.talker } else { 1 - self.talker };
        let content = self.choices.bytes(16);
        self.secrets.take();
        let bytes = self.sessions[from].seal(&content, self.now, &mut self.secrets).unwrap();
        self.oracle.learn(self.secrets.take());
        self.sent.push(Sent { from, at: self.now, bytes, content, is_opened: false });
        if self.choices.percent(90) {
            self.arrive(self.sent.len() - 1);
        }
        if self.choices.percent(10) {
            let which = self.choices.below(self.sent.len() as u64).try_into().unwrap();
            self.arrive(which);
        }
    }

    fn arrive(&mut self, number: usize) {
        let sent = &mut self.sent[number];
        let opened = self.sessions[1 - sent.from].open(&sent.bytes, self.now);
        sent.is_opened |= opened.is_ok();
    }
}
