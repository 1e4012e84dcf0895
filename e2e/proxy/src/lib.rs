//! Lines on which things go wrong, between the programs of a test on this machine.
//!
//! ```text
//!  browser ──TCP──► stream ────► relay        bytes are late and in order, or the line is dead
//!  browser ──UDP──► datagrams ─► relay        datagrams are lost, late, doubled and overtaken
//!  browser ──UDP──► switch ◄──UDP── browser   the same, between two that both dial
//! ```
//!
//! [`line`] is pure, and says what becomes of what is sent; the others carry it. A test changes the
//! [`line::Conditions`] while they run.
//!
//! Does not do: what happens below UDP and TCP, as fragments or congestion.

pub mod datagrams;
pub mod line;
pub mod state;
pub mod stream;
pub mod switch;
