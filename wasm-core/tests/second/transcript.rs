//! One conversation of two real sessions, read by the second implementation on both sides.

use std::collections::VecDeque;

use volly_core::{
    address::{Direction, Purpose},
    identity::{AccountSeed, Device, PreKeyKind, generate_prekeys, safety_number},
};

use super::{
    identity::{self, fingerprint, identity_key},
    party::{BEGIN, Party},
    tape::Tape,
};

const DAY: u64 = 86_400;

/// The two who talk: initiator and recipient.
pub struct People {
    initiator: Device,
    recipient: Device,
}

impl People {
    /// Draws two accounts, and compares what is derived from their seeds and keys alone.
    pub fn draw(rng: &mut Tape) -> Self {
        let mut draw = || {
            let seed = AccountSeed::generate(rng);
            let device = Device::generate(&seed, BEGIN, rng);
            let key = identity_key(seed.expose());
            assert_eq!(key, device.identity().to_bytes());
            assert_eq!(fingerprint(&key), device.fingerprint().0);
            device
        };
        let people = Self { initiator: draw(), recipient: draw() };
        let (one, other) = (people.initiator.fingerprint(), people.recipient.fingerprint());
        assert_eq!(identity::safety_number(&one.0, &other.0), safety_number(other, one));
        people
    }
}

/// Two parties, and a clock between them.
pub struct Conversation {
    parties: [Party; 2],
    /// What is on its way to either, and what it says.
    coming: [VecDeque<(Vec<u8>, Vec<u8>)>; 2],
    choices: Tape,
    now: u64,
    /// A lively conversation reaches eight messages before it reaches a minute.
    lively: bool,
}

impl Conversation {
    /// The handshake: both readers open the `PreKeyMessage`, and agree on every key.
    pub fn begin(people: &People, seed: u64) -> Self {
        let mut choices = Tape::new(seed);
        let initiators_tape = Tape::new(choices.below(u64::MAX));
        let mut recipients_tape = Tape::new(choices.below(u64::MAX));
        let id = choices.below(1 << 32).try_into().unwrap();
        let kind = if choices.percent(70) { PreKeyKind::OneTime } else { PreKeyKind::LastResort };
        let (prekeys, bundle) =
            generate_prekeys(&people.recipient, kind, id, BEGIN + DAY, &mut recipients_tape);
        let content = content(&mut choices);
        let (mut initiator, envelope) =
            Party::initiate(&people.initiator, bundle, &content, initiators_tape);
        // Before the recipient has the first message it can read no other.
        let mut coming = VecDeque::new();
        for _ in 0..choices.below(4) {
            let content = self::content(&mut choices);
            let envelope = initiator.send(&content, BEGIN);
            coming.push_back((envelope, content));
        }
        let damaged = with_a_wrong_bit(&envelope, &mut choices);
        Party::refuse(&people.recipient, &prekeys, &damaged);
        let mut recipient =
            Party::accept(&people.recipient, &prekeys, &envelope, &content, recipients_tape);
        assert_eq!(initiator.pair_secret, recipient.pair_secret);
        recipient.skew = choices.below(120);
        let coming = [VecDeque::new(), coming];
        let lively = choices.percent(40);
        Self { parties: [initiator, recipient], coming, choices, now: BEGIN, lively }
    }

    /// Seals on one side.
    pub fn send(&mut self, speaker: usize, content: &[u8]) -> Vec<u8> {
        self.parties[speaker].send(content, self.now)
    }

    /// Opens on the other.
    pub fn open(&mut self, listener: usize, envelope: &[u8]) -> Option<Vec<u8>> {
        self.parties[listener].open(envelope, self.now)
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now += seconds;
    }

    /// Lets someone say something, and something arrive, many times.
    pub fn go_on(&mut self) {
        let mut speaker = 1;
        for _ in 0..10 + self.choices.below(60) {
            self.pass_time();
            if self.choices.percent(40) {
                speaker = 1 - speaker;
            }
            self.speak(speaker);
            let listener = usize::try_from(self.choices.below(2)).unwrap();
            if self.choices.percent(30) {
                self.arrive_late(listener);
            }
            self.compare();
        }
        self.receive_what_is_coming();
    }

    /// Lets all arrive that is on its way.
    pub fn receive_what_is_coming(&mut self) {
        for listener in [0, 1] {
            while !self.coming[listener].is_empty() {
                self.arrive_late(listener);
            }
        }
    }

    /// One message that arrives.
    pub fn exchange(&mut self, speaker: usize) {
        let envelope = self.send(speaker, b"on time");
        assert!(self.open(1 - speaker, &envelope).is_some());
    }

    /// Seconds mostly, sometimes hours, seldom weeks; and a clock may be set back.
    fn pass_time(&mut self) {
        let most = match self.choices.below(100) {
            0..95 if self.lively => 3,
            0..60 => 10,
            60..85 => 90,
            85..97 => 36_000,
            97..99 => 20 * DAY,
            _ => 0,
        };
        match most {
            0 => self.now -= self.choices.below(100),
            most => self.now += self.choices.below(most),
        }
    }

    fn speak(&mut self, speaker: usize) {
        let content = content(&mut self.choices);
        let envelope = self.send(speaker, &content);
        let listener = 1 - speaker;
        if self.choices.percent(5) {
            self.damage(listener, &envelope);
        }
        match self.choices.below(100) {
            0..10 => {}
            10..30 => self.coming[listener].push_back((envelope, content)),
            _ => self.arrive(listener, &envelope, &content),
        }
    }

    /// A message of those on their way, in any order. Its key may have been dropped by then.
    fn arrive_late(&mut self, listener: usize) {
        let coming = self.coming[listener].len();
        if coming == 0 {
            return;
        }
        let which = self.choices.below(coming as u64).try_into().unwrap();
        let (envelope, content) = self.coming[listener].remove(which).unwrap();
        let opened = self.open(listener, &envelope);
        assert!(opened.is_none_or(|opened| opened == content));
        self.arrive_again(listener, &envelope);
    }

    fn arrive(&mut self, listener: usize, envelope: &[u8], content: &[u8]) {
        let opened = self.open(listener, envelope);
        assert_eq!(opened.as_deref(), Some(content));
        self.arrive_again(listener, envelope);
    }

    /// A message opens once.
    fn arrive_again(&mut self, listener: usize, envelope: &[u8]) {
        if self.choices.percent(10) {
            assert_eq!(self.open(listener, envelope), None);
        }
    }

    /// A message with a wrong bit opens for nobody, and changes nothing.
    fn damage(&mut self, listener: usize, envelope: &[u8]) {
        let damaged = with_a_wrong_bit(envelope, &mut self.choices);
        assert_eq!(self.open(listener, &damaged), None);
    }

    fn compare(&mut self) {
        let day = u32::try_from(self.now / DAY).unwrap() + 1;
        let all = [
            (Purpose::Mailbox, Direction::Forth),
            (Purpose::Mailbox, Direction::Back),
            (Purpose::Presence, Direction::Forth),
            (Purpose::Presence, Direction::Back),
            (Purpose::InviteRecord, Direction::Forth),
            (Purpose::InviteMailbox, Direction::Forth),
        ];
        let which = usize::try_from(self.choices.below(all.len() as u64)).unwrap();
        for party in &self.parties {
            party.assert_same(&all[which..=which], day);
        }
    }
}

/// A content is opaque here. Mostly short, seldom of the longest size class.
fn content(choices: &mut Tape) -> Vec<u8> {
    let most = match choices.below(100) {
        0..80 => 200,
        80..98 => 12_000,
        _ => 50_000,
    };
    let length = choices.below(most).try_into().unwrap();
    choices.bytes(length)
}

fn with_a_wrong_bit(envelope: &[u8], choices: &mut Tape) -> Vec<u8> {
    let mut damaged = envelope.to_vec();
    let place = choices.below(envelope.len() as u64);
    damaged[usize::try_from(place).unwrap()] ^= 1 << choices.below(8);
    damaged
}
