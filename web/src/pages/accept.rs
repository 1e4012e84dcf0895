//! An invite by paste.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{Button, Kind, Look, TextField},
    hooks::{use_invitation_steps, use_navigator},
    i18n::t,
    routes::Route,
};

/// A field for an invite's link. What it leads to is [`super::Guest`].
#[component]
pub(crate) fn PasteInvite() -> Html {
    let link = use_state_eq(String::new);
    let (steps, navigator) = (use_invitation_steps(), use_navigator());
    let onsubmit = use_callback(
        (link.clone(), steps.look, navigator),
        |event: SubmitEvent, (link, look, navigator)| {
            event.prevent_default();
            if !link.trim().is_empty() {
                look.emit(Rc::from(link.trim()));
                navigator.go(Route::Accept);
            }
        },
    );
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <h2 class="form-title">{ t!("paste-title") }</h2>
            <TextField id="invite-link" kind={Kind::Link} label={t!("paste-label")} hint={t!("paste-hint")}
                value={(*link).clone()} oninput={link.setter().to_callback()} />
            <Button label={t!("paste-do")} look={Look::Plain} submits=true />
        </form>
    }
}
