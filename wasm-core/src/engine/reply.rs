//! Answers to calls, each of the type that its call declares.

use core::marker::PhantomData;

use super::effect::Effect;
use crate::api::{ApiError, Call, CallId};

/// The right to answer one call, with its type.
#[derive(Debug)]
pub(super) struct ReplyTo<C> {
    call: CallId,
    of: PhantomData<fn() -> C>,
}

impl<C> Clone for ReplyTo<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for ReplyTo<C> {}

impl<C: Call> ReplyTo<C> {
    /// Whoever writes this says that the call is a `C`.
    pub(super) const fn new(call: CallId) -> Self {
        Self { call, of: PhantomData }
    }

    /// The answer, as an effect.
    pub(super) fn with(self, result: Result<C::Reply, ApiError>) -> Effect {
        let bytes =
            postcard::to_allocvec(&result).expect("replies hold no type that postcard refuses");
        Effect::Reply(self.call, bytes)
    }
}
