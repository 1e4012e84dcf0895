//! The contexts by name.

use yew::prelude::*;

use crate::{
    core::{
        Engine, InvitationDispatch, InvitationState, Navigator, RosterState, TimelinesDispatch,
        TimelinesState, Today,
    },
    routes::Route,
};

macro_rules! contexts {
    ($($(#[$doc:meta])* $name:ident: $context:ty;)*) => {
        $($(#[$doc])*
        #[hook]
        pub(crate) fn $name() -> $context {
            use_context::<$context>().expect("everything is drawn inside Providers")
        })*
    };
}

contexts! {
    /// The way to the engine.
    use_engine: Engine;
    /// Contacts, invites, connection.
    use_roster: RosterState;
    /// Conversations.
    use_timelines: TimelinesState;
    /// Changes to conversations.
    use_timelines_dispatch: TimelinesDispatch;
    /// The invite that was opened.
    use_invitation: InvitationState;
    /// Changes to it.
    use_invitation_dispatch: InvitationDispatch;
    /// The local day.
    use_today: Today;
    /// Where we are.
    use_route: Route;
    /// How to go elsewhere.
    use_navigator: Navigator;
}
