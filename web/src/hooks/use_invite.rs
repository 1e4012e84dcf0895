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

/// Opens the chat as soon as somebody has used the invite on the screen.
#[hook]
pub(crate) fn use_follow_invite(invite: InviteId) {
    let (roster, navigator) = (use_roster(), use_navigator());
    let guest = roster.guest_of(invite).filter(|id| roster.contact(*id).is_some());
    use_effect_with((guest, navigator), |(guest, navigator)| {
        if let Some(guest) = guest {
            navigator.replace(Route::Chat(*guest));
        }
    });
}
