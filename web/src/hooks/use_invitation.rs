//! Somebody else's invite: asking what is behind it, and saying yes.

use std::rc::Rc;

use volly_core::api::{AcceptInvite, ApiError, Start};
use yew::prelude::*;

use super::{
    use_contexts::use_invitation_dispatch, use_engine, use_invitation, use_navigator, use_roster,
};
use crate::{
    browser,
    routes::Route,
    state::{
        invitation::{Invitation, Step},
        roster::Phase,
    },
};

/// What one can do about an invite.
#[derive(Clone, PartialEq)]
pub(crate) struct InvitationSteps {
    /// Looks at a link.
    pub(crate) look: Callback<Rc<str>>,
    /// Says yes, with a name where there is no identity yet.
    pub(crate) join: Callback<String>,
    /// Says no.
    pub(crate) decline: Callback<()>,
}

/// See [`InvitationSteps`].
#[hook]
pub(crate) fn use_invitation_steps() -> InvitationSteps {
    let (engine, navigator, roster) = (use_engine(), use_navigator(), use_roster());
    let (invitation, dispatch) = (use_invitation(), use_invitation_dispatch());
    let look = use_callback(dispatch.clone(), |link, dispatch| dispatch.dispatch(Step::Look(link)));
    let decline =
        use_callback((dispatch.clone(), navigator.clone()), |(), (dispatch, navigator)| {
            dispatch.dispatch(Step::Done);
            navigator.replace(Route::List);
        });
    let is_new = roster.profile.is_none();
    let join = Callback::from(move |name: String| {
        let Some(link) = invitation.link().map(ToString::to_string) else { return };
        if matches!(*invitation, Invitation::Joining(..)) {
            return;
        }
        dispatch.dispatch(Step::Join);
        let (core, dispatch, navigator) = (engine.core(), dispatch.clone(), navigator.clone());
        browser::spawn(async move {
            if is_new
                && let Err(error) = core.call(Start { name }).await
                && error != ApiError::AlreadyStarted
            {
                dispatch.dispatch(Step::Refused(error));
                return;
            }
            match core.call(AcceptInvite { link, confirm: true }).await {
                Ok((_, Some(contact))) | Err(ApiError::KnownContact(contact)) => {
                    dispatch.dispatch(Step::Done);
                    navigator.replace(Route::Chat(contact));
                }
                Ok((_, None)) => dispatch.dispatch(Step::Refused(ApiError::NotFound)),
                Err(error) => dispatch.dispatch(Step::Refused(error)),
            }
        });
    });
    InvitationSteps { look, join, decline }
}

/// Asks the relay about the link that was opened, once the engine answers.
#[hook]
pub(crate) fn use_looking() {
    let (engine, navigator, roster) = (use_engine(), use_navigator(), use_roster());
    let (invitation, dispatch) = (use_invitation(), use_invitation_dispatch());
    let link = match &*invitation {
        Invitation::Looking(link) if roster.phase == Phase::Ready => Some(Rc::clone(link)),
        _ => None,
    };
    use_effect_with(link, move |link| {
        let Some(link) = link.as_ref().map(ToString::to_string) else { return };
        browser::spawn(async move {
            let reply = engine.core().call(AcceptInvite { link, confirm: false }).await;
            dispatch.dispatch(match reply {
                Ok((preview, _)) => Step::Opened(preview.name.into()),
                Err(ApiError::KnownContact(contact)) => {
                    navigator.replace(Route::Chat(contact));
                    Step::Done
                }
                Err(error) => Step::Refused(error),
            });
        });
    });
}
