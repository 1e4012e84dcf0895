//! One kind of call, with what became of the last one.

use std::{cell::Cell, rc::Rc};

use volly_core::api::{ApiError, Call};
use yew::prelude::*;

use super::use_engine;
use crate::browser;

/// What became of the last call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Nothing was asked, or it was answered.
    Idle,
    /// The answer is awaited.
    Busy,
    /// It was refused.
    Refused(ApiError),
}

impl Asking {
    /// Why it was refused.
    pub(crate) const fn error(self) -> Option<ApiError> {
        if let Self::Refused(error) = self { Some(error) } else { None }
    }

    /// The answer is awaited.
    pub(crate) fn is_busy(self) -> bool {
        self == Self::Busy
    }
}

/// See [`use_call`].
pub(crate) struct UseCall<C: 'static> {
    /// What became of the last call.
    pub(crate) state: Asking,
    /// Asks; while an answer is awaited, it does nothing. It stays the same between renders.
    pub(crate) run: Callback<C>,
}

/// Asks the engine, and hands a good answer to `onreply` even when the component is gone by then.
#[hook]
pub(crate) fn use_call<C: Call + 'static>(onreply: Callback<C::Reply>) -> UseCall<C>
where
    C::Reply: 'static,
{
    let engine = use_engine();
    let state = use_state_eq(|| Asking::Idle);
    let busy = use_memo((), |()| Cell::new(false));
    let latest = use_mut_ref(Callback::noop);
    latest.replace(onreply);
    let setter = state.setter();
    let run = use_callback(engine, move |call: C, engine| {
        if busy.replace(true) {
            return;
        }
        setter.set(Asking::Busy);
        let (core, state) = (engine.core(), setter.clone());
        let (latest, busy) = (Rc::clone(&latest), Rc::clone(&busy));
        browser::spawn(async move {
            let reply = core.call(call).await;
            busy.set(false);
            match reply {
                Ok(reply) => {
                    state.set(Asking::Idle);
                    let onreply = latest.borrow().clone();
                    onreply.emit(reply);
                }
                Err(error) => state.set(Asking::Refused(error)),
            }
        });
    });
    UseCall { state: *state, run }
}
