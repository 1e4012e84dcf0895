//! Two parties with all that they store, on random schedules: whatever the network and their
//! machines do, nothing wrong is read, nothing is opened twice, no key seals twice with one nonce,
//! and in the end there is a session that works.
//!
//! A schedule draws how the two talk (in turn, in bursts, one-sided) and how far apart their clocks
//! are, and then lets messages be lost, doubled, reordered, late by up to weeks, forged and
//! replayed; handshakes cross and repeat; a party restarts from its store, ends before it has
//! stored, or comes back with an older state, as a restored profile does. After that, and when the
//! first messages were lost or more handshakes open than a record holds sessions, the two may have
//! to meet anew, and then can talk; in every other schedule they just can.
//!
//! - [`people`] are the two devices, [`party`] is what one of them has and stores;
//! - [`world`] carries envelopes and checks each, [`ledger`] each key and nonce;
//! - [`schedule`] draws what happens.
//!
//! A run takes 10,000 schedules. `VOLLY_SCHEDULES` asks for another number, `VOLLY_SEED` for the one
//! schedule that a failure named, both for so many from that one on; they are read by the compiler:
//!
//! ```text
//! cargo test -p volly-core --no-default-features --test orchestrator
//! VOLLY_SCHEDULES=1000000 cargo test -p volly-core --no-default-features --test orchestrator --release
//! VOLLY_SEED=4711 cargo test -p volly-core --no-default-features --test orchestrator
//! ```

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[path = "orchestrator/ledger.rs"]
mod ledger;
#[path = "orchestrator/party.rs"]
mod party;
#[path = "orchestrator/people.rs"]
mod people;
#[path = "second/primitives.rs"]
#[expect(dead_code, reason = "a stored state needs few of them")]
mod primitives;
#[path = "orchestrator/schedule.rs"]
mod schedule;
#[path = "healing/stored.rs"]
#[expect(dead_code, reason = "the ledger reads the sending chain alone")]
mod stored;
#[path = "second/tape.rs"]
mod tape;
#[path = "orchestrator/world.rs"]
mod world;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use ledger::{Ledger, PairUsedTwice};
use people::{BEGIN, Person};
use schedule::Schedule;
use tape::Tape;
use volly_core::session::SessionState;
use world::Tally;

const SCHEDULES: u64 = 10_000;

/// What many schedules have: without it they would show nothing.
const EVERYTHING: [&str; 15] = [
    "sent",
    "opened",
    "refused",
    "dropped",
    "doubled",
    "too late",
    "forged",
    "replayed",
    "restart",
    "crash",
    "rollback",
    "crossing",
    "one-time",
    "last resort",
    "handshake anew",
];

/// Says which schedule failed.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("in schedule {0}: VOLLY_SEED={0} runs it alone", self.0);
        }
    }
}

/// Takes schedules until there are none left; returns what happened in them.
fn work(people: &[Person; 2], next: &AtomicU64, end: u64) -> Tally {
    let mut tally = Tally::new();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return tally;
        }
        let _named = Named(seed);
        for (what, times) in Schedule::draw(people, seed).run() {
            *tally.entry(what).or_default() += times;
        }
    }
}

#[test]
fn every_schedule_ends_in_a_working_session() {
    let number = |text: Option<&str>| text.map(|text| text.parse::<u64>().unwrap());
    let first = number(option_env!("VOLLY_SEED"));
    let usual = if first.is_some() { 1 } else { SCHEDULES };
    let count = number(option_env!("VOLLY_SCHEDULES")).unwrap_or(usual);
    let first = first.unwrap_or_default();
    let seeds = first..first + count;
    let (people, next) = (Person::two(), AtomicU64::new(seeds.start));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let start = |_| scope.spawn(|| work(&people, &next, seeds.end));
        let workers: Vec<_> = (0..workers).map(start).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut all = Tally::new();
    for (what, times) in tallies.into_iter().flatten() {
        *all.entry(what).or_default() += times;
    }
    for (what, times) in &all {
        println!("{times:>12}  {what}");
    }
    for what in EVERYTHING {
        assert!(count < SCHEDULES || all.contains_key(what), "no schedule has: {what}");
    }
}

#[test]
fn the_ledger_finds_a_pair_that_was_used_twice() {
    let [alice, bob] = &Person::two();
    let (_, bundle) = &bob.one_time[0];
    let (state, _) =
        SessionState::initiate(&alice.device, bundle, b"hello", BEGIN, &mut Tape::new(1)).unwrap();
    let mut ledger = Ledger::default();
    // The same state seals each time, so with the same key; the seed is that of the nonce.
    for (content, seed, found) in [
        (b"one", 2, Ok(())),
        (b"two", 3, Ok(())),
        (b"one", 2, Ok(())),
        (b"two", 2, Err(PairUsedTwice)),
    ] {
        let mut rolled_back = state.clone();
        let envelope = rolled_back.seal(content, BEGIN, &mut Tape::new(seed)).unwrap();
        let noted = ledger.note_message(&rolled_back, &envelope[..24], &envelope);
        assert_eq!(noted, found, "{content:?}, seed {seed}");
    }
}
