//! A second implementation of Volly's key schedule, written from docs/protocol.md alone, against the
//! real one on random conversations.
//!
//! It shares no code with the core: plain functions over slices, on the crates of the primitives.
//! Who reads docs/protocol.md must be able to write this again, so where the two differ, either the
//! code or the document is wrong. What the document did not say at first, mostly what bounds the
//! [`missing`] keys, was read in the code and is said there now. The second implementation opens,
//! and checks what it opens; it seals nothing.
//!
//! - [`primitives`], [`identity`], [`handshake`], [`message`], [`ratchet`], [`missing`] are the
//!   second implementation;
//! - [`secrets`] takes the first secrets of one side out of what Volly stores, and [`tape`]
//!   remembers those that it draws later;
//! - [`party`] and [`transcript`] drive two real sessions, and compare at each message.
//!
//! A run takes 100 transcripts: 4,000 messages in 1,000 chains, 900 of them late. `VOLLY_TRANSCRIPTS`
//! asks for another number, `VOLLY_SEED` for the one to begin at; the compiler reads both:
//!
//! ```text
//! cargo test -p volly-core --no-default-features --test second
//! VOLLY_TRANSCRIPTS=100000 cargo test -p volly-core --no-default-features --test second --release transcripts
//! ```

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[path = "second/handshake.rs"]
mod handshake;
#[path = "second/identity.rs"]
mod identity;
#[path = "second/message.rs"]
mod message;
#[path = "second/missing.rs"]
mod missing;
#[path = "second/party.rs"]
mod party;
#[path = "second/primitives.rs"]
mod primitives;
#[path = "second/ratchet.rs"]
mod ratchet;
#[path = "second/secrets.rs"]
mod secrets;
#[path = "second/tape.rs"]
mod tape;
#[path = "second/transcript.rs"]
mod transcript;

use std::thread;

use party::Party;
use tape::Tape;
use transcript::{Conversation, People};
use volly_core::{
    address::{Direction, Purpose},
    identity::{Device, PreKeySecrets},
};

const TRANSCRIPTS: u64 = 100;
const DAY: u64 = 86_400;

/// Says which transcript failed.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("in transcript {}", self.0);
        }
    }
}

/// A conversation of two strangers, in which nothing was said but the first message.
fn conversation(seed: u64) -> Conversation {
    Conversation::begin(&People::draw(&mut Tape::new(seed)), seed)
}

#[test]
fn random_transcripts_are_read_alike() {
    let number = |asked: Option<&str>| asked.map(|n| n.parse().unwrap());
    let first = number(option_env!("VOLLY_SEED")).unwrap_or(0);
    let count = number(option_env!("VOLLY_TRANSCRIPTS")).unwrap_or(TRANSCRIPTS);
    for seed in first..first + count {
        let _named = Named(seed);
        conversation(seed).go_on();
    }
}

#[test]
fn the_frozen_handshake_is_read_alike() {
    let bob = Device::decode(include_bytes!("frozen/v1/bob.device")).unwrap();
    let prekeys = PreKeySecrets::decode(include_bytes!("frozen/v1/bob.prekeys")).unwrap();
    let envelope = include_bytes!("frozen/v1/1-hello.envelope");
    let accepted = Party::accept(&bob, &prekeys, envelope, b"hello", Tape::new(0));
    accepted.assert_same(&[(Purpose::Mailbox, Direction::Forth)], 20_000);
}

#[test]
fn a_thousand_messages_may_be_missing_at_once_and_two_thousand_in_all() {
    let mut conversation = conversation(1);
    conversation.receive_what_is_coming();
    let sent: Vec<_> = (0..3_010).map(|_| conversation.send(0, b"one of many")).collect();
    assert_eq!(conversation.open(1, &sent[1_001]), None);
    for last in [1_000, 2_001, 3_002] {
        assert!(conversation.open(1, &sent[last]).is_some());
    }
    for (index, envelope) in sent.iter().enumerate() {
        let known = index > 1_000 && ![2_001, 3_002].contains(&index);
        assert_eq!(conversation.open(1, envelope).is_some(), known, "message {index}");
    }
}

#[test]
fn a_missing_message_is_waited_for_until_a_chain_begins_thirty_days_later() {
    for (days, chains, known) in [(31, 0, true), (30, 1, true), (31, 1, false)] {
        let mut conversation = conversation(2);
        conversation.receive_what_is_coming();
        let late = conversation.send(0, b"late");
        conversation.exchange(0);
        conversation.wait(days * DAY);
        for _ in 0..chains {
            conversation.exchange(1);
            conversation.exchange(0);
        }
        assert_eq!(conversation.open(1, &late).is_some(), known, "{days} days, {chains} chains");
    }
}

#[test]
fn messages_of_the_newest_sixty_four_chains_are_waited_for() {
    let mut conversation = conversation(3);
    conversation.receive_what_is_coming();
    let mut late = Vec::new();
    for _ in 0..70 {
        late.push(conversation.send(0, b"late"));
        conversation.exchange(0);
        conversation.exchange(1);
        conversation.wait(60);
    }
    let opened: Vec<_> = late.iter().map(|late| conversation.open(1, late).is_some()).collect();
    assert_eq!(opened.iter().position(|opened| *opened), Some(6));
    assert!(opened[6..].iter().all(|opened| *opened));
}
