//! Forward secrecy and healing, measured: a thief copies the whole session of one side at a random
//! moment of a random conversation, and reads what it can of all that was and will be sent.
//!
//! Of what was sent before it may read what its victim had still to receive, and nothing else. Of
//! what is sent later it may read, by protocol.md §6, the chains that stood, and the one that the
//! peer begins on the stolen keys, and see the headers of one chain more of each. That holds as well for a thief who computes discrete logarithms
//! of X25519, so for the post-quantum half alone, and for one who opens what is encapsulated with
//! ML-KEM-768, so for the classical half. One who does both reads everything, which shows that the
//! thieves miss nothing that could be had.
//!
//! - [`conversation`] drives two real sessions, [`oracle`] breaks one half or both;
//! - [`thief`] is the thief, and [`stored`](mod@stored) takes apart what it stole.
//!
//! A run takes 150 conversations. `VOLLY_CONVERSATIONS` asks for another number, and is read by the
//! compiler; the figures are printed:
//!
//! ```text
//! VOLLY_CONVERSATIONS=3000 cargo test -p volly-core --no-default-features --test healing -- --nocapture
//! ```

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[path = "healing/conversation.rs"]
mod conversation;
#[path = "second/message.rs"]
#[expect(dead_code, reason = "the thief opens, and checks no decision of the sender")]
mod message;
#[path = "healing/oracle.rs"]
mod oracle;
#[path = "second/primitives.rs"]
#[expect(dead_code, reason = "no handshake is read here")]
mod primitives;
#[path = "healing/stored.rs"]
mod stored;
#[path = "second/tape.rs"]
mod tape;
#[path = "healing/thief.rs"]
mod thief;

use conversation::{Conversation, Manner, People};
use oracle::Broken;
use stored::{StoredTurn, stored_session};
use thief::{Seen, Thief};

const CONVERSATIONS: u64 = 150;
/// Messages before the theft, at most.
const BEFORE: u64 = 60;
/// Chains that begin after the theft: more than anybody reads.
const CHAINS_AFTER: u32 = 5;

/// What a thief read of what was sent after the theft.
#[derive(Clone, Copy, Default)]
struct Read {
    messages: u64,
    /// Messages of which it saw the header alone: number, and public keys.
    headers: u64,
    /// Chains that had begun, and seconds that had passed, when the last that it read was sent.
    chains: u64,
    seconds: u64,
}

struct Outcome {
    /// Messages from before the theft that the victim had still to receive.
    still_to_come: u64,
    /// By [`Broken::ALL`].
    read: [Read; 4],
}

/// Lets all thieves read what was sent before the theft.
fn look_back(talk: &Conversation, victim: usize, thieves: &mut [Thief; 4]) -> u64 {
    let mut still_to_come = 0;
    for sent in &talk.sent {
        let is_due = sent.from != victim && !sent.is_opened;
        still_to_come += u64::from(is_due);
        for thief in &mut *thieves {
            let seen = thief.read(sent.from, &sent.bytes, &talk.oracle);
            let content = matches!(seen, Seen::Content(..));
            assert_eq!(content, is_due, "{:?}: forward secrecy", thief.broken);
        }
    }
    still_to_come
}

fn steal(people: &People, manner: Manner, seed: u64) -> Outcome {
    let mut talk = Conversation::begin(people, manner, seed);
    for _ in 0..1 + talk.choices.below(BEFORE) {
        talk.go_on();
    }
    let victim = usize::from(talk.choices.percent(50));
    let stolen = stored_session(&talk.state(victim)).unwrap();
    // The first chain that is not read is the victim's, and the peer's next one is as blind.
    let headers_until = if matches!(stolen.turn, StoredTurn::Theirs { .. }) { 3 } else { 2 };
    let proof_key = people.proof_key();
    let mut thieves = Broken::ALL
        .map(|broken| Thief::new(broken, stolen.clone(), victim, &proof_key, &talk.oracle));
    let still_to_come = look_back(&talk, victim, &mut thieves);

    let (stolen_at, mut begun, mut read) = (talk.now, 0, [Read::default(); 4]);
    while begun < CHAINS_AFTER {
        talk.go_on();
        let sent = talk.sent.last().unwrap();
        let seen = thieves.each_mut().map(|it| it.read(sent.from, &sent.bytes, &talk.oracle));
        // Who breaks both halves reads all, and so knows which chain it is.
        let Seen::Content(ref content, number) = seen[3] else { panic!("not all is read") };
        assert_eq!(*content, sent.content);
        begun = begun.max(number);
        let may_read = number == 0 || number == 1 && sent.from != victim;
        for ((seen, read), broken) in seen.iter().zip(&mut read).zip(Broken::ALL) {
            let reads = matches!(seen, Seen::Content(..));
            assert_eq!(reads, may_read || broken == Broken::Both, "{broken:?}, chain {number}");
            let sees = *seen != Seen::Nothing;
            assert_eq!(sees, reads || number <= headers_until, "{broken:?}, header of {number}");
            read.headers += u64::from(*seen == Seen::Header);
            if reads {
                read.messages += 1;
                read.chains = u64::from(begun);
                read.seconds = sent.at - stolen_at;
            }
        }
    }
    Outcome { still_to_come, read }
}

/// Median, 95 of 100, and the most.
fn spread(outcomes: &[Outcome], figure: impl Fn(&Outcome) -> u64) -> String {
    let mut all: Vec<_> = outcomes.iter().map(figure).collect();
    all.sort_unstable();
    let at = |percent: usize| all[(all.len() - 1) * percent / 100];
    format!("{:>6} /{:>6} /{:>6}", at(50), at(95), at(100))
}

#[test]
fn a_thief_reads_the_chains_that_stood_and_the_peers_next_one() {
    let count = option_env!("VOLLY_CONVERSATIONS").map_or(CONVERSATIONS, |n| n.parse().unwrap());
    let people = People::draw();
    for manner in Manner::ALL {
        let seeds = 0..count / Manner::ALL.len() as u64;
        let outcomes: Vec<_> = seeds.map(|seed| steal(&people, manner, seed)).collect();
        println!("{manner:?}, {} thefts: median / 95 % / most", outcomes.len());
        let earlier = spread(&outcomes, |outcome| outcome.still_to_come);
        println!("  {:<22}{earlier}", "still to come");
        for (which, broken) in Broken::ALL.into_iter().enumerate().take(3) {
            let figure = |of: fn(&Read) -> u64| spread(&outcomes, |it| of(&it.read[which]));
            println!("  broken: {broken:?}");
            println!("    {:<20}{}", "messages read", figure(|read| read.messages));
            println!("    {:<20}{}", "headers alone", figure(|read| read.headers));
            println!("    {:<20}{}", "chains begun", figure(|read| read.chains));
            println!("    {:<20}{}", "seconds", figure(|read| read.seconds));
        }
        assert!(outcomes.iter().any(|outcome| outcome.still_to_come > 0));
    }
}
