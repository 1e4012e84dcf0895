//! What was changed, cut, sent back, replayed or put elsewhere is refused, and changes nothing.
//!
//! - [`envelopes`], [`signed`], [`records`], [`stored`] flip the bits of each field, and change its
//!   length;
//! - [`replays`] uses what is genuine in another place; [`peers`] is a contact that breaks the rules;
//! - [`points`] are keys and signatures that no honest side makes;
//! - [`answers`] compares what somebody outside sees of one forgery and of another.
//!
//! A run flips the bits at the edges of each field, and one in 127 between them. `VOLLY_STRIDE` asks
//! for one in another number, 1 for each, and is read by the compiler:
//!
//! ```text
//! cargo test -p volly-core --test rejection
//! VOLLY_STRIDE=1 cargo test -p volly-core --test rejection flipped
//! ```

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[path = "rejection/answers.rs"]
mod answers;
#[path = "rejection/envelopes.rs"]
mod envelopes;
#[path = "rejection/fields.rs"]
mod fields;
#[path = "rejection/peers.rs"]
mod peers;
#[path = "rejection/people.rs"]
mod people;
#[path = "rejection/person.rs"]
mod person;
#[path = "rejection/points.rs"]
mod points;
#[path = "rejection/records.rs"]
mod records;
#[path = "rejection/replays.rs"]
mod replays;
#[path = "rejection/signed.rs"]
mod signed;
#[cfg(feature = "driver")]
#[path = "rejection/stored.rs"]
mod stored;
