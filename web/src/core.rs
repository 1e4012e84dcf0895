//! The bridge to the engine: its notices become state, and calls go to it from anywhere.

mod provider;

use std::rc::Rc;

use volly_core::api::{Call, Core};
use yew::prelude::*;

use crate::{
    browser,
    routes::Route,
    state::{invitation::Invitation, roster::Roster, timelines::Timelines},
};

pub(crate) use provider::Providers;

/// The way to the engine; equal when it is the same one.
#[derive(Clone, Debug)]
pub(crate) struct Engine(Rc<Core>);

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Engine {
    /// The engine itself.
    pub(crate) fn core(&self) -> Rc<Core> {
        Rc::clone(&self.0)
    }

    /// Tells the engine something whose answer does not matter to anybody.
    pub(crate) fn tell<C: Call + 'static>(&self, call: C) {
        let answer = self.core().call(call);
        browser::spawn(async move { answer.await.map_or((), drop) });
    }
}

/// Changes the place in the app, and the address bar with it.
#[derive(Clone, PartialEq)]
pub(crate) struct Navigator(UseStateSetter<Route>);

impl Navigator {
    /// Goes somewhere; *back* returns.
    pub(crate) fn go(&self, route: Route) {
        if Route::parse(&browser::fragment()) != route {
            browser::set_fragment(&route.href(), browser::Place::New);
        }
        self.0.set(route);
    }

    /// Goes somewhere instead of here.
    pub(crate) fn replace(&self, route: Route) {
        browser::set_fragment(&route.href(), browser::Place::Same);
        self.0.set(route);
    }

    /// Goes back, or up where there is nothing of ours to go back to.
    pub(crate) fn back(&self, from: Route) {
        if browser::depth() > 0 {
            browser::history_back();
        } else {
            self.replace(from.parent());
        }
    }
}

/// The local day, by its number (see [`crate::dates::day`]); what says *today* is drawn again when it
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Today(pub(crate) i64);

/// Readers of the contacts, the invites and the connection.
pub(crate) type RosterState = UseReducerHandle<Roster>;
/// Readers of the conversations.
pub(crate) type TimelinesState = UseReducerHandle<Timelines>;
/// Writers of the conversations.
pub(crate) type TimelinesDispatch = UseReducerDispatcher<Timelines>;
/// Readers of the invite that was opened.
pub(crate) type InvitationState = UseReducerHandle<Invitation>;
/// Its writers.
pub(crate) type InvitationDispatch = UseReducerDispatcher<Invitation>;
