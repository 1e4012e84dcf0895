//! Two parties, what is on its way between them, and what is checked of every envelope.

use std::collections::BTreeMap;

use volly_core::{
    limits::MAX_ARCHIVED_SESSIONS,
    session::{SessionId, SessionState},
};

use super::{
    ledger::Ledger,
    party::{Party, Stored},
    people::{BEGIN, DAY, Person},
    tape::Tape,
};

/// How long a relay keeps an envelope, and a late message is waited for (protocol.md §6).
const LIFETIME: u64 = 30 * DAY;
/// How long prekeys serve at most (protocol.md §4): here they are the same for all of a schedule.
const PREKEY_LIFETIME: u64 = 14 * DAY;

/// What happened, by name, and how often.
pub type Tally = BTreeMap<&'static str, u64>;

/// An envelope that has left its sender.
struct Sent {
    from: usize,
    begins: bool,
    session: SessionId,
    at: u64,
    content: Vec<u8>,
    bytes: Vec<u8>,
}

pub struct World<'p> {
    people: &'p [Person; 2],
    parties: [Party; 2],
    /// How far the clock of either is ahead, in seconds.
    pub skew: [i64; 2],
    pub now: u64,
    /// Of the keys and nonces of both.
    secrets: Tape,
    ledger: Ledger,
    sent: Vec<Sent>,
    /// Invites of either that were used.
    used: [usize; 2],
    /// Older states of either.
    snapshots: [Vec<Stored>; 2],
    pub rolled_back: [bool; 2],
    pub tally: Tally,
}

impl<'p> World<'p> {
    pub fn new(people: &'p [Person; 2], seed: u64) -> Self {
        Self {
            people,
            parties: [0, 1].map(|side| Party::new(&people[side])),
            skew: [0; 2],
            now: BEGIN,
            secrets: Tape::new(seed),
            ledger: Ledger::default(),
            sent: Vec::new(),
            used: [0; 2],
            snapshots: [Vec::new(), Vec::new()],
            rolled_back: [false; 2],
            tally: Tally::new(),
        }
    }

    pub fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    fn clock(&self, side: usize) -> u64 {
        self.now.checked_add_signed(self.skew[side]).unwrap()
    }

    pub fn sent(&self) -> usize {
        self.sent.len()
    }

    /// Whether nothing excuses that the two cannot talk: they share a session, and had to let go of
    /// none for want of room.
    pub fn should_talk(&self) -> bool {
        let both = |sent: &Sent| self.parties.iter().all(|party| party.has(sent.session));
        let handshakes = self.sent.iter().filter(|sent| sent.begins).count();
        let harmed = self.rolled_back != [false; 2] || handshakes > 1 + MAX_ARCHIVED_SESSIONS;
        !harmed && self.sent.iter().any(both)
    }

    pub fn agree(&self) -> bool {
        let [one, other] = &self.parties;
        one.current().is_some() && one.current() == other.current()
    }

    /// What `side` has in memory becomes what it has stored.
    pub fn restart(&mut self, side: usize) {
        self.parties[side] = Party::load(self.parties[side].store());
        self.count("restart");
    }

    pub fn snapshot(&mut self, side: usize) {
        self.snapshots[side].push(self.parties[side].store());
    }

    pub fn snapshots(&self, side: usize) -> usize {
        self.snapshots[side].len()
    }

    /// What `side` has becomes what it had at a snapshot, as when a profile is restored.
    pub fn roll_back(&mut self, side: usize, which: usize) {
        self.parties[side] = Party::load(self.snapshots[side][which].clone());
        self.rolled_back[side] = true;
        self.count("rollback");
    }

    /// Begins a session: with a one-time bundle of the other's, or with that of last resort.
    pub fn initiate(&mut self, from: usize, last_resort: bool, content: Vec<u8>) -> usize {
        let (to, now) = (1 - from, self.clock(from));
        let owner = &self.people[to];
        let one_time = owner.one_time.get(self.used[to]).filter(|_| !last_resort);
        self.used[to] += usize::from(one_time.is_some());
        let bundle = one_time.map_or(&owner.last_resort.1, |(_, bundle)| bundle);
        let party = &mut self.parties[from];
        self.secrets.take();
        let (state, bytes) =
            SessionState::initiate(&party.device, bundle, &content, now, &mut self.secrets)
                .unwrap();
        let nonces = nonces(&mut self.secrets);
        let inner = nonces.iter().find(|nonce| bytes[2_213..2_237] != ***nonce).unwrap();
        self.ledger.note_pre_key_message(&bytes).unwrap();
        self.ledger.note_message(&state, inner, &bytes).unwrap();
        let session = state.id();
        party.add(state, now);
        self.count(if one_time.is_some() { "one-time" } else { "last resort" });
        self.post(Sent { from, begins: true, session, at: self.now, content, bytes })
    }

    /// Seals, and stores. `None` when there is no session yet.
    pub fn say(&mut self, from: usize, content: Vec<u8>) -> Option<usize> {
        let bytes = self.seal(from, &content)?;
        let session = self.parties[from].current()?;
        Some(self.post(Sent { from, begins: false, session, at: self.now, content, bytes }))
    }

    /// Seals, and ends before it is stored: the envelope never leaves.
    pub fn crash(&mut self, from: usize, content: &[u8]) {
        let stored = self.parties[from].record.clone();
        if self.seal(from, content).is_some() {
            self.parties[from].record = stored;
            self.count("crash");
        }
    }

    fn seal(&mut self, from: usize, content: &[u8]) -> Option<Vec<u8>> {
        let now = self.clock(from);
        let record = self.parties[from].record.as_mut()?;
        self.secrets.take();
        let bytes = record.seal(content, now, &mut self.secrets).unwrap();
        let nonces = nonces(&mut self.secrets);
        assert_eq!(nonces, [&bytes[..24]]);
        self.ledger.note_message(record.current(), &nonces[0], &bytes).unwrap();
        Some(bytes)
    }

    fn post(&mut self, sent: Sent) -> usize {
        self.count("sent");
        self.sent.push(sent);
        self.sent.len() - 1
    }

    /// Whether nothing excuses that envelope `number`, which comes now, does not open.
    fn must_open(&self, number: usize) -> bool {
        let sent = &self.sent[number];
        let party = &self.parties[1 - sent.from];
        let expected = sent.begins || party.has(sent.session);
        expected && !party.has_opened(number) && self.rolled_back == [false; 2]
    }

    /// Whether the relay, and the prekeys that it needs, still are there for envelope `number`.
    fn lasts(&self, number: usize) -> bool {
        let sent = &self.sent[number];
        let lifetime = if sent.begins { PREKEY_LIFETIME } else { LIFETIME };
        self.now - sent.at <= lifetime
    }

    /// Envelope `number` comes, perhaps again: it opens as what was sealed, or not at all.
    pub fn arrive(&mut self, number: usize) -> bool {
        if !self.lasts(number) {
            self.count("too late");
            return false;
        }
        let must_open = self.must_open(number);
        let sent = &self.sent[number];
        let (to, now) = (1 - sent.from, self.clock(1 - sent.from));
        let opened = self.parties[to].open(number, sent.begins, &sent.bytes, now);
        match &opened {
            Some(content) => assert!(*content == sent.content, "envelope {number} is misread"),
            None => assert!(!must_open, "envelope {number} does not open"),
        }
        self.count(if opened.is_some() { "opened" } else { "refused" });
        opened.is_some()
    }

    /// Envelope `number` comes with one wrong bit, or to who sent it, or as one of the other kind.
    pub fn arrive_forged(&mut self, number: usize, choices: &mut Tape) {
        let sent = &self.sent[number];
        let (mut to, mut begins, mut bytes) = (1 - sent.from, sent.begins, sent.bytes.clone());
        match choices.below(10) {
            0 => to = sent.from,
            1 => begins = !begins,
            _ => {
                let place = usize::try_from(choices.below(bytes.len() as u64)).unwrap();
                bytes[place] ^= 1 << choices.below(8);
            }
        }
        let now = self.clock(to);
        let opened = self.parties[to].open(number, begins, &bytes, now);
        assert_eq!(opened, None, "a forged envelope {number} was opened");
        self.count("forged");
    }

    /// First messages that their receiver does not have: whoever still has the session sends them
    /// again.
    pub fn unanswered(&self) -> Vec<usize> {
        let waits = |&number: &usize| {
            let sent = &self.sent[number];
            let [from, to] = [sent.from, 1 - sent.from].map(|side| &self.parties[side]);
            sent.begins && from.has(sent.session) && !to.has_opened(number)
        };
        (0..self.sent.len()).filter(waits).collect()
    }
}

/// The nonces among what was drawn: nothing else is of 24 bytes.
fn nonces(secrets: &mut Tape) -> Vec<Vec<u8>> {
    secrets.take().into_iter().filter(|draw| draw.len() == 24).collect()
}
