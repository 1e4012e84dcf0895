//! What the app remembers: pure values and the one way each of them changes.
//!
//! Nothing here reads a clock, draws, or talks to a browser. Applying the same notice twice gives
//! what applying it once gave.

pub(crate) mod invitation;
pub(crate) mod roster;
pub(crate) mod rows;
pub(crate) mod task;
pub(crate) mod timeline;
pub(crate) mod timelines;

#[cfg(test)]
pub(crate) mod samples;
