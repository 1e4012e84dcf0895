//! The contexts of the app, one for each concern.

use std::{rc::Rc, time::Duration};

use volly_core::api::{Core, Notice};
use yew::prelude::*;

use super::{
    Engine, InvitationDispatch, InvitationState, Navigator, RosterState, TimelinesDispatch,
    TimelinesState, Today,
};
use crate::{
    browser::{self, Listener, Timer},
    dates,
    format::invite_in,
    routes::Route,
    state::{
        invitation::{Invitation, Step},
        roster::Roster,
        timelines::{Change, Timelines},
    },
};

impl Reducible for Roster {
    type Action = Notice;

    fn reduce(self: Rc<Self>, notice: Notice) -> Rc<Self> {
        let mut next = (*self).clone();
        next.apply(notice);
        if next == *self { self } else { next.into() }
    }
}

impl Reducible for Timelines {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut next = (*self).clone();
        next.apply(change);
        if next == *self { self } else { next.into() }
    }
}

impl Reducible for Invitation {
    type Action = Step;

    fn reduce(self: Rc<Self>, step: Step) -> Rc<Self> {
        self.after(step).into()
    }
}

/// Between two looks at the calendar.
/// Lower: wakes the page more often. Higher: yesterday is called today for longer.
const CALENDAR_PAUSE: Duration = Duration::from_secs(60);

/// See [`Providers`].
#[derive(Properties, PartialEq)]
pub(crate) struct ProvidersProps {
    /// What may use the contexts.
    pub(crate) children: Html,
}

/// Opens the engine and hands out what there is to know.
#[component]
pub(crate) fn Providers(props: &ProvidersProps) -> Html {
    let roster = use_reducer(Roster::default);
    let timelines = use_reducer(Timelines::default);
    let invitation = use_reducer(Invitation::default);
    let route = use_state_eq(|| Route::parse(&browser::fragment()));
    let engine = use_memo((), |()| {
        let (roster, timelines) = (roster.dispatcher(), timelines.dispatcher());
        Engine(Rc::new(Core::open(move |notice| {
            timelines.dispatch(Change::Notice(notice.clone()));
            roster.dispatch(notice);
        })))
    });
    let today = use_calendar();
    use_invite_links(invitation.dispatcher(), route.setter());

    html! {
        <ContextProvider<Engine> context={(*engine).clone()}>
        <ContextProvider<Navigator> context={Navigator(route.setter())}>
        <ContextProvider<InvitationDispatch> context={invitation.dispatcher()}>
        <ContextProvider<TimelinesDispatch> context={timelines.dispatcher()}>
        <ContextProvider<Today> context={today}>
        <ContextProvider<Route> context={*route}>
        <ContextProvider<InvitationState> context={invitation}>
        <ContextProvider<RosterState> context={roster}>
        <ContextProvider<TimelinesState> context={timelines}>
            { props.children.clone() }
        </ContextProvider<TimelinesState>>
        </ContextProvider<RosterState>>
        </ContextProvider<InvitationState>>
        </ContextProvider<Route>>
        </ContextProvider<Today>>
        </ContextProvider<TimelinesDispatch>>
        </ContextProvider<InvitationDispatch>>
        </ContextProvider<Navigator>>
        </ContextProvider<Engine>>
    }
}

/// Follows the calendar.
#[hook]
fn use_calendar() -> Today {
    let today = use_state_eq(|| dates::day(browser::now()));
    let round = use_state(|| 0_u32);
    let (calendar, next) = (today.setter(), round.clone());
    use_effect_with(*round, move |round| {
        let after = round.wrapping_add(1);
        let timer = Timer::after(CALENDAR_PAUSE, move || {
            calendar.set(dates::day(browser::now()));
            next.set(after);
        });
        move || drop(timer)
    });
    Today(*today)
}

/// Follows the address bar. An invite in it is taken out at once: it is a secret, and the history
/// of the browser is no place for it.
#[hook]
fn use_invite_links(invitation: InvitationDispatch, route: UseStateSetter<Route>) {
    use_effect_with((), move |()| {
        let follow = move || {
            let fragment = browser::fragment();
            let mut next = Route::parse(&fragment);
            if let Some(link) = invite_in(&fragment) {
                next = Route::Accept;
                browser::set_fragment(&next.href(), browser::Place::Same);
                invitation.dispatch(Step::Look(link.into()));
            }
            route.set(next);
        };
        follow();
        let again = follow.clone();
        let window = browser::window();
        let listeners = [
            Listener::new(&window, "popstate", move |_| follow()),
            Listener::new(&window, "hashchange", move |_| again()),
        ];
        move || drop(listeners)
    });
}
