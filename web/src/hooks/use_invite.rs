//! Our own invites: making, watching and withdrawing one.

use volly_core::api::{CancelInvite, CreateInvite, InviteId, InviteView};
use yew::prelude::*;

use super::{use_call, use_call::UseCall, use_navigator, use_roster, use_route};
use crate::routes::Route;

/// Makes an invite and goes to it.
#[hook]
pub(crate) fn use_new_invite() -> UseCall<CreateInvite> {
    let navigator = use_navigator();
    let onreply = use_callback(navigator, |invite: InviteView, navigator| {
        navigator.replace(Route::Invite(invite.id));
    });
    use_call(onreply)
}

/// Withdraws an invite and leaves its page.
#[hook]
pub(crate) fn use_cancel_invite() -> UseCall<CancelInvite> {
    let (navigator, route) = (use_navigator(), use_route());
    let onreply = use_callback((navigator, route), |(), (navigator, route)| {
        if matches!(route, Route::Invite(_)) {
            navigator.back(*route);
        }
    });
    use_call(onreply)
}

/// Opens the chat as soon as somebody has used the invite on the screen: the one whose page is
/// open, or the first one of all beside an empty list.
#[hook]
pub(crate) fn use_follow_invite() {
    let (roster, navigator, route) = (use_roster(), use_navigator(), use_route());
    let watched = use_mut_ref(|| None::<(Route, InviteId)>);
    let shown = match route {
        Route::Invite(id) => Some(id),
        Route::List if roster.contacts.is_empty() => roster.invites.first().map(|invite| invite.id),
        _ => None,
    };
    if let Some(id) = shown {
        watched.replace(Some((route, id)));
    } else if watched.borrow().is_some_and(|(place, _)| place != route) {
        // Whoever comes back to the list from the chat is there to stay.
        watched.take();
    }
    // The guest's row comes before the end of the invite, and with it the list is not empty.
    let guest = watched.borrow().and_then(|(_, id)| roster.guest_of(id));
    let guest = guest.filter(|id| roster.contact(*id).is_some());
    use_effect_with((guest, navigator), |(guest, navigator)| {
        if let Some(guest) = guest {
            navigator.replace(Route::Chat(*guest));
        }
    });
}
