//! What two people who have met share (protocol.md §5, §6).
//!
//! Invariant: a state changes with every message that is sealed or opened, and is stored before
//! the message leaves or is shown; only then is no key used twice.
//! Does not know: contacts, envelopes' ids, storage.

mod establish;
mod record;
mod state;
#[cfg(test)]
mod tests;

pub use self::{
    establish::{Accepted, EstablishError},
    record::{AddError, SessionRecord},
    state::{Opened, SessionId, SessionState},
};
pub use crate::ratchet::{OpenError, PostQuantumAuthentication, SealError};
