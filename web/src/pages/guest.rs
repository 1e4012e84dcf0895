//! Somebody invites us: one sentence, a name where there is none yet, one button.

use yew::prelude::*;

use crate::{
    components::{Button, ErrorText, Kind, Look, Mark, TextField, error_words},
    hooks::{UseName, use_invitation, use_invitation_steps, use_name, use_roster, use_title},
    i18n::t,
    state::invitation::Invitation,
};

/// Props of [`Guest`].
#[derive(Properties, PartialEq)]
pub(crate) struct GuestProps {
    /// What was typed before the app took over.
    pub(crate) typed_name: AttrValue,
}

/// See the module.
#[component]
pub(crate) fn Guest(props: &GuestProps) -> Html {
    let UseName { value, error: name_error, node, oninput, take } = use_name(&props.typed_name);
    let (invitation, steps, roster) = (use_invitation(), use_invitation_steps(), use_roster());
    use_title(None);
    let has_profile = roster.profile.is_some();
    let inviter = invitation.inviter().map(ToString::to_string);
    let error = invitation.error();
    let can_join =
        !matches!(*invitation, Invitation::Looking(_)) && (error.is_none() || inviter.is_some());

    let retry = use_callback(
        (steps.look.clone(), invitation.link().cloned()),
        |_: MouseEvent, (look, link)| {
            if let Some(link) = link {
                look.emit(link.clone())
            }
        },
    );
    let onsubmit = use_callback(
        (take, steps.join, has_profile),
        |event: SubmitEvent, (take, join, has_profile)| {
            event.prevent_default();
            let name = if *has_profile { Some(String::new()) } else { take.emit(()) };
            if let Some(name) = name {
                join.emit(name);
            }
        },
    );
    let lead = match (&inviter, &*invitation) {
        (Some(name), _) => t!("invited-by", name = name.as_str()),
        (None, Invitation::Looking(_)) => t!("invite-looking"),
        (None, _) => t!("invited-by-someone"),
    };
    let busy = matches!(*invitation, Invitation::Joining(..) | Invitation::Looking(_));
    let is_over = invitation.is_over();
    let words = error.map(|error| AttrValue::from(error_words(error, inviter.as_deref())));
    let decline = steps.decline.reform(|_: MouseEvent| ());
    html! {
        <main class="welcome">
            <div class="welcome-card">
                <Mark />
                <h1 class="welcome-lead welcome-invited" aria-live="polite">{ lead }</h1>
                <form class="form" {onsubmit} novalidate=true>
                    if !has_profile && !is_over {
                        <TextField id="name" {node} kind={Kind::Name} label={t!("name-label")} hint={t!("name-hint")}
                            {value} error={name_error} {oninput} />
                    }
                    <ErrorText text={words} />
                    if is_over {
                        <Button label={t!("go-on")} look={Look::Primary} onclick={decline.clone()} />
                    } else if can_join || busy {
                        <Button label={t!("start-talking")} look={Look::Primary} submits=true {busy} />
                    } else {
                        <Button label={t!("try-again")} look={Look::Primary} onclick={retry} />
                    }
                </form>
                if !is_over {
                    <p class="welcome-more">
                        <Button label={t!("not-now")} look={Look::Quiet} onclick={decline} />
                    </p>
                }
            </div>
        </main>
    }
}
