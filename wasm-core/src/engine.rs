//! The application as a state machine: inputs in, effects out.

pub mod effect;
pub mod input;
