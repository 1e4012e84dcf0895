//! Two people with a session, and a network that does what the bytes say.

use std::sync::OnceLock;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    identity::{AccountSeed, Device, PreKeyKind, PreKeySecrets, generate_prekeys},
    limits::SIZE_CLASSES,
    session::SessionState,
    wire::PreKeyBundle,
};

use crate::Verdict;

/// When everything begins, in seconds since the Unix epoch.
pub const NOW: u64 = 1_800_000_000;

/// Actions of one case. Higher: more chains than a session remembers, and more days than it keeps
/// a skipped key, so that a late message may be refused rightly.
const MAX_ACTIONS: usize = 48;

/// Lengths of contents, one of each size class and the edges of the padding.
const LENGTHS: [usize; 8] = [0, 1, 60, 447, 448, 700, 3_000, 10_000];

/// What the targets start from; the same in every run.
#[derive(Debug)]
pub struct Fixture {
    /// Of the one who is invited to talk.
    pub device: Device,
    /// Its secrets for one handshake.
    pub prekeys: PreKeySecrets,
    /// The bundle that goes with them.
    pub bundle: PreKeyBundle,
    /// The envelope that begins the session.
    pub hello: Vec<u8>,
    /// Encoded sessions of both: before the first answer, and after both were proven.
    pub pairs: [[Vec<u8>; 2]; 2],
}

/// The fixture, made once in a process.
pub fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let alice = Device::generate(&AccountSeed::generate(rng), NOW, rng);
        let device = Device::generate(&AccountSeed::generate(rng), NOW, rng);
        let (prekeys, bundle) =
            generate_prekeys(&device, PreKeyKind::OneTime, 1, NOW + 604_800, rng);
        let verified = bundle.clone().verify(device.fingerprint(), NOW).expect("it was just made");
        let (alices, hello) = SessionState::initiate(&alice, &verified, b"hello", NOW, rng)
            .expect("the bundle was verified");
        let accepted = SessionState::accept(&device, &prekeys, &hello, NOW);
        let bobs = accepted.expect("it was just made").session;
        let young = [encoded(&alices), encoded(&bobs)];
        let mut world = World::new(&young);
        for turn in 0..4 {
            world.talk(turn % 2 == 0);
        }
        let settled = world.sides.each_ref().map(|side| encoded(&side.session));
        Fixture { device, prekeys, bundle, hello, pairs: [young, settled] }
    })
}

fn encoded(session: &SessionState) -> Vec<u8> {
    session.encode().to_vec()
}

fn decoded(bytes: &[u8]) -> SessionState {
    SessionState::decode(bytes).expect("a session that was encoded decodes")
}

/// The envelope that begins a session: no other bytes begin one with these prekeys.
pub(crate) fn handshake(bytes: &[u8]) -> Verdict {
    let Fixture { device, prekeys, hello, .. } = fixture();
    let accepted = SessionState::accept(device, prekeys, bytes, NOW).is_ok();
    assert!(accepted == (bytes == hello), "accepted: {accepted}");
    Verdict::of(accepted)
}

/// `u8 pair ‖ (u8 action ‖ u8 letter ‖ u16 detail)…`: what happens between two people. In the end
/// both can still talk.
pub(crate) fn two_parties(bytes: &[u8]) -> Verdict {
    let Some((pair, actions)) = bytes.split_first() else { return Verdict::Refused };
    let [young, settled] = &fixture().pairs;
    let mut world = World::new(if pair % 2 == 0 { young } else { settled });
    for action in actions.as_chunks::<4>().0.iter().take(MAX_ACTIONS) {
        world.act(*action);
    }
    // The answer comes first: who was called has no chain before it has heard of the caller.
    for turn in 0..4 {
        world.talk(turn % 2 == 0);
    }
    Verdict::Accepted
}

/// An envelope on its way.
struct Letter {
    envelope: Vec<u8>,
    content: Vec<u8>,
    opened: bool,
}

/// One person, and what is on its way there.
struct Side {
    session: SessionState,
    inbox: Vec<Letter>,
}

struct World {
    sides: [Side; 2],
    now: u64,
    rng: ChaCha20Rng,
    sent: u8,
}

impl World {
    fn new(pair: &[Vec<u8>; 2]) -> Self {
        let side = |bytes: &Vec<u8>| Side { session: decoded(bytes), inbox: Vec::new() };
        let sides = pair.each_ref().map(side);
        Self { sides, now: NOW, rng: ChaCha20Rng::seed_from_u64(2), sent: 0 }
    }

    fn act(&mut self, [action, letter, high, low]: [u8; 4]) {
        let (first, letter) = (action % 2 == 0, usize::from(letter));
        let detail = u16::from_be_bytes([high, low]);
        match action / 2 % 8 {
            0 | 1 => self.send(first, usize::from(detail)),
            2 | 3 => {
                self.deliver(first, letter);
                self.lose(first, letter);
            }
            4 => self.deliver(first, letter),
            5 => self.lose(first, letter),
            6 => self.tamper(first, letter, detail),
            _ if letter % 2 == 0 => self.restart(first),
            _ => self.now += u64::from(detail / 4),
        }
    }

    /// Sender and receiver.
    const fn pair(&mut self, first: bool) -> (&mut Side, &mut Side) {
        let [alice, bob] = &mut self.sides;
        if first { (alice, bob) } else { (bob, alice) }
    }

    fn send(&mut self, first: bool, length: usize) {
        let length = LENGTHS.get(length % LENGTHS.len()).copied().unwrap_or_default();
        self.sent = self.sent.wrapping_add(1);
        let content = vec![self.sent; length];
        let Self { sides: [alice, bob], now, rng, .. } = self;
        let (sender, receiver) = if first { (alice, bob) } else { (bob, alice) };
        let envelope = sender.session.seal(&content, *now, rng).expect("a session seals");
        assert!(SIZE_CLASSES.contains(&envelope.len()));
        receiver.inbox.push(Letter { envelope, content, opened: false });
    }

    /// Delivers a letter and leaves it where it is: it may come again. The place counts as many
    /// letters as wait, so that they come in any order.
    fn deliver(&mut self, first: bool, place: usize) {
        let now = self.now;
        let (_, receiver) = self.pair(first);
        let count = receiver.inbox.len().max(1);
        let Some(letter) = receiver.inbox.get_mut(place % count) else { return };
        let before = receiver.session.encode();
        match receiver.session.open(&letter.envelope, now) {
            Ok(content) => {
                assert!(!letter.opened, "a letter opens once");
                assert!(*content == letter.content, "it says what was sent");
                letter.opened = true;
            }
            Err(error) => {
                assert!(letter.opened, "a letter that came whole is refused: {error}");
                assert!(receiver.session.encode() == before, "what does not open changes nothing");
            }
        }
    }

    fn lose(&mut self, first: bool, place: usize) {
        let (_, receiver) = self.pair(first);
        if !receiver.inbox.is_empty() {
            receiver.inbox.remove(place % receiver.inbox.len());
        }
    }

    /// Delivers something else than the letter, or the letter to who sent it.
    fn tamper(&mut self, first: bool, place: usize, detail: u16) {
        let now = self.now;
        let (sender, receiver) = self.pair(first);
        let count = receiver.inbox.len().max(1);
        let Some(letter) = receiver.inbox.get(place % count) else { return };
        let mut envelope = letter.envelope.clone();
        let at = usize::from(detail / 8) % envelope.len();
        let to = match detail % 8 {
            0 => sender,
            1 => {
                envelope.truncate(at);
                receiver
            }
            2 => {
                envelope.insert(at, 0);
                receiver
            }
            bit => {
                envelope.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
                receiver
            }
        };
        let before = to.session.encode();
        assert!(to.session.open(&envelope, now).is_err(), "what was tampered with opens");
        assert!(to.session.encode() == before, "what does not open changes nothing");
    }

    fn restart(&mut self, first: bool) {
        let (side, _) = self.pair(first);
        let bytes = encoded(&side.session);
        side.session = decoded(&bytes);
        assert!(encoded(&side.session) == bytes, "a session has one encoding");
    }

    /// Sends a letter that arrives.
    fn talk(&mut self, first: bool) {
        self.send(first, 2);
        let (_, receiver) = self.pair(first);
        let newest = receiver.inbox.len() - 1;
        self.deliver(first, newest);
        self.lose(first, newest);
    }
}
