//! Nothing is left on the heap of a secret that was dropped, and nothing of a key that was used.
//!
//! - [`kinds`] drops one of each type that holds a secret;
//! - [`talk`] seals and opens, and looks for every key that two sessions have had;
//! - [`engine`] begins, stores and begins again;
//! - [`secrets`] takes the secrets out of what Volly stores, and [`tape`] remembers those that it
//!   draws.
//!
//! Each test runs twice with the same randomness: first to learn the secrets, then for the picture.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[path = "heap/engine.rs"]
mod engine;
#[path = "heap/kinds.rs"]
mod kinds;
#[path = "heap/secrets.rs"]
mod secrets;
#[path = "heap/talk.rs"]
mod talk;
#[path = "heap/tape.rs"]
mod tape;

use std::hint::black_box;

use volly_erasure::{Heap, picture};
use zeroize::Zeroizing;

#[global_allocator]
static HEAP: Heap = Heap;

const NAME: &str = "the bytes";

fn bytes() -> [u8; 32] {
    core::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap())
}

#[test]
fn what_is_not_erased_is_found() {
    let ((), freed) = picture(|| drop(black_box(Box::new(bytes()))));
    assert_eq!(freed.traces(&[(NAME, bytes().to_vec())]), [NAME]);
    let ((), grown) = picture(|| {
        let mut grown = Zeroizing::new(black_box(bytes().to_vec()));
        grown.reserve_exact(1_000);
        drop(black_box(grown));
    });
    assert_eq!(grown.traces(&[(NAME, bytes().to_vec())]), [NAME], "it was moved, not erased");
    let (kept, live) = picture(|| black_box(bytes().to_vec()));
    assert_eq!(live.traces(&[(NAME, bytes().to_vec())]), [NAME]);
    drop(kept);
}

#[test]
fn what_is_erased_or_never_there_is_not_found() {
    let ((), erased) = picture(|| drop(black_box(Zeroizing::new(bytes().to_vec()))));
    assert!(erased.traces(&[(NAME, bytes().to_vec())]).is_empty());
    let mut other = bytes();
    other.reverse();
    let ((), others) = picture(|| drop(black_box(other.to_vec())));
    assert!(others.traces(&[(NAME, bytes().to_vec())]).is_empty());
}
