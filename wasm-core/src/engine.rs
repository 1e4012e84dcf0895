//! The application as a state machine: inputs in, effects out.

pub mod effect;
pub mod input;

use alloc::vec::Vec;

use crate::api::ApiError;

/// The answer to any call whose transaction was refused: postcard of `Err(ApiError::NotStored)`,
/// which is the same bytes for every type of reply.
#[must_use]
pub fn not_stored() -> Vec<u8> {
    postcard::to_allocvec(&Err::<(), _>(ApiError::NotStored)).expect("a unit variant serialises")
}
