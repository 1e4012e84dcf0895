//! Two sessions, from the handshake on, with messages that come late or never: every key that they
//! have had.

use std::{hint::black_box, sync::LazyLock};

use volly_core::{
    crypto::{dh, kem::Ciphertext},
    identity::{AccountSeed, Device, PreKeyKind, PreKeySecrets, Verified, generate_prekeys},
    limits::MAX_REMEMBERED_CHAINS,
    session::SessionState,
    wire::{PreKeyBundle, PreKeyMessage},
};
use volly_erasure::picture;

use super::{
    secrets::{Secrets, of_device, of_prekeys, of_session},
    tape::Tape,
};

const SEED: u64 = 7;
const NOW: u64 = 1_800_000_000;
/// Longer than a trace, and like nothing else.
const CONTENT: &[u8] = b"What nobody but the two of them may read.";

struct People {
    alice: Device,
    bob: Device,
    prekeys: PreKeySecrets,
    bundle: Verified<PreKeyBundle>,
}

static PEOPLE: LazyLock<People> = LazyLock::new(|| {
    let rng = &mut Tape::silent(1);
    let alice = Device::generate(&AccountSeed::generate(rng), NOW, rng);
    let bob = Device::generate(&AccountSeed::generate(rng), NOW, rng);
    let (prekeys, bundle) = generate_prekeys(&bob, PreKeyKind::OneTime, 1, NOW + 1_000, rng);
    let bundle = bundle.verify(bob.fingerprint(), NOW).unwrap();
    People { alice, bob, prekeys, bundle }
});

/// Both sessions, boxed so that a picture has them; `look` sees them after each message.
struct Talk<'a, Look> {
    sides: Box<[SessionState; 2]>,
    rng: &'a mut Tape,
    now: u64,
    look: Look,
}

impl<'a, Look: FnMut(&SessionState)> Talk<'a, Look> {
    fn begin(rng: &'a mut Tape, mut look: Look) -> Self {
        let People { alice, bob, prekeys, bundle } = &*PEOPLE;
        let (alices, hello) = SessionState::initiate(alice, bundle, CONTENT, NOW, rng).unwrap();
        look(&alices);
        let accepted = SessionState::accept(bob, prekeys, &hello, NOW).unwrap();
        assert_eq!(accepted.first_content.as_slice(), CONTENT);
        look(&accepted.session);
        Self { sides: Box::new([alices, accepted.session]), rng, now: NOW, look }
    }

    fn seal(&mut self, from: usize) -> Vec<u8> {
        let envelope = self.sides[from].seal(CONTENT, self.now, self.rng).unwrap();
        (self.look)(&self.sides[from]);
        envelope
    }

    fn open(&mut self, to: usize, envelope: &[u8]) {
        let content = self.sides[to].open(envelope, self.now).unwrap();
        assert_eq!(content.as_slice(), CONTENT);
        drop(content);
        (self.look)(&self.sides[to]);
    }

    /// A step by each side: late messages opened from the last to the first, and some never.
    fn turn(&mut self) {
        self.now += 60;
        for (from, to) in [(1, 0), (0, 1)] {
            let sent: Vec<_> = (0..12).map(|_| self.seal(from)).collect();
            for envelope in sent[5..].iter().rev().chain(&sent[..2]) {
                self.open(to, envelope);
            }
        }
    }

    /// A step by each side, with a message that never comes.
    fn exchange(&mut self) {
        self.now += 60;
        for (from, to) in [(1, 0), (0, 1)] {
            let [_, opened] = [self.seal(from), self.seal(from)];
            self.open(to, &opened);
        }
    }

    fn store_and_load(&mut self) {
        for side in self.sides.iter_mut() {
            *side = SessionState::decode(&side.encode()).unwrap();
        }
    }

    fn refuse(&mut self, to: usize) {
        let mut envelope = self.seal(1 - to);
        *envelope.last_mut().unwrap() ^= 1;
        assert!(self.sides[to].open(&envelope, self.now).is_err());
    }

    fn go_on(mut self) -> Box<[SessionState; 2]> {
        for _ in 0..3 {
            self.turn();
            self.store_and_load();
            self.refuse(0);
            self.refuse(1);
        }
        // The first chains are forgotten, with the keys that were kept for them.
        for _ in 0..MAX_REMEMBERED_CHAINS {
            self.exchange();
        }
        self.turn();
        self.sides
    }
}

/// What the handshake agrees on, of which no stored session tells.
fn agreed(tape: &Tape) -> Secrets {
    let People { alice, bob, prekeys, bundle } = &*PEOPLE;
    let ephemeral = dh::SecretKey::from_bytes(tape.secrets[0].as_slice().try_into().unwrap());
    let alices = of_device(alice)[2].1.as_slice().try_into().unwrap();
    let alices = dh::SecretKey::from_bytes(alices);
    let mut secrets: Secrets = [
        ("DH1", alices.agree(&bundle.prekeys.signed_prekey)),
        ("DH2", ephemeral.agree(&bundle.certificate.dh_key)),
        ("DH3", ephemeral.agree(&bundle.prekeys.signed_prekey)),
        ("DH4", bundle.prekeys.one_time_prekey.and_then(|key| ephemeral.agree(&key))),
    ]
    .map(|(name, secret)| (name, secret.unwrap().expose().to_vec()))
    .to_vec();
    secrets.extend(of_device(alice));
    secrets.extend(of_device(bob));
    secrets.extend(of_prekeys(prekeys));
    let (_, hello) =
        SessionState::initiate(alice, bundle, CONTENT, NOW, &mut Tape::silent(SEED)).unwrap();
    let prologue = PreKeyMessage::decode(&hello).unwrap().prologue;
    let shared = |key: &[u8], ciphertext: &Ciphertext| {
        let key = volly_core::crypto::kem::DecapsulationKey::from_bytes(key.try_into().unwrap());
        key.decapsulate(ciphertext).expose().to_vec()
    };
    let identity = shared(&of_device(bob)[3].1, &prologue.identity_ciphertext);
    let prekey = shared(&of_prekeys(prekeys)[2].1, &prologue.prekey_ciphertext);
    secrets.extend([("ss_id", identity), ("ss_pre", prekey)]);
    secrets
}

/// Every secret of the talk, and those that the sessions hold at its end.
static SECRETS: LazyLock<[Secrets; 2]> = LazyLock::new(|| {
    let mut tape = Tape::recording(SEED);
    let mut all: Secrets = vec![("content", CONTENT.to_vec())];
    let sides = Talk::begin(&mut tape, |session| all.extend(of_session(session))).go_on();
    all.extend(agreed(&tape));
    all.extend(tape.secrets.into_iter().map(|drawn| ("drawn", drawn)));
    let mut last: Secrets = sides.iter().flat_map(of_session).collect();
    for secrets in [&mut all, &mut last] {
        secrets.sort_by(|a, b| a.1.cmp(&b.1));
        secrets.dedup_by(|a, b| a.1 == b.1);
    }
    [all, last]
});

fn talk() -> Box<[SessionState; 2]> {
    Talk::begin(&mut Tape::silent(SEED), |_| ()).go_on()
}

#[test]
fn two_sessions_that_were_dropped_leave_nothing() {
    let [all, _] = &*SECRETS;
    assert!(all.len() > 500, "{} secrets", all.len());
    let ((), dropped) = picture(|| drop(black_box(talk())));
    assert!(dropped.traces(all).is_empty(), "{:?}", dropped.traces(all));
}

/// A key that was used, or replaced, is nowhere, while the sessions go on.
#[test]
fn two_sessions_hold_what_they_need_and_nothing_else() {
    let [all, last] = &*SECRETS;
    let used = all.iter().filter(|used| last.iter().all(|held| held.1 != used.1));
    let used: Secrets = used.cloned().collect();
    assert!(used.len() > 400, "{} secrets", used.len());
    let (sides, live) = picture(|| black_box(talk()));
    assert!(!live.traces(last).is_empty(), "the sessions are in the picture");
    assert!(live.traces(&used).is_empty(), "{:?}", live.traces(&used));
    drop(sides);
}

#[test]
fn a_session_that_was_encoded_and_decoded_leaves_nothing() {
    let sides = talk();
    let secrets: Secrets = sides.iter().flat_map(of_session).collect();
    let ((), stored) = picture(|| {
        for side in sides.iter() {
            let decoded = Box::new(SessionState::decode(&side.encode()).unwrap());
            assert!(*black_box(decoded) == *side);
        }
    });
    assert!(stored.traces(&secrets).is_empty(), "{:?}", stored.traces(&secrets));
}
