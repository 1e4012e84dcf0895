//! Volly is locked: the passphrase or the passkey, and a way out for who has lost it.

use volly_core::api::{KeyError, LockMethod};
use yew::prelude::*;

use super::lock::Wipe;
use crate::{
    components::{Button, ErrorText, Kind, Look, Mark, TextField, key_words},
    hooks::{use_engine, use_opening_focus, use_title, use_unlock},
    i18n::t,
};

/// See the module.
#[component]
pub(crate) fn Unlock() -> Html {
    use_title(None);
    let passphrase = use_state_eq(String::new);
    let node = use_opening_focus(true);
    let unlock = use_unlock();
    let onsubmit = use_callback(
        (passphrase.clone(), unlock.with_passphrase),
        |event: SubmitEvent, (passphrase, run)| {
            event.prevent_default();
            run.emit(passphrase.to_string());
            passphrase.set(String::new());
        },
    );
    let is_passkey = use_engine().core().lock_method() == Some(LockMethod::Passkey);
    let ask = unlock.with_passkey.reform(|_: MouseEvent| ());
    let error = unlock.error.map(|error| match error {
        KeyError::NotTried | KeyError::Rejected if is_passkey => t!("unlock-passkey-refused"),
        error => key_words(error),
    });
    let label = if unlock.is_busy { t!("unlock-busy") } else { t!("unlock-do") };
    html! {
        <main class="welcome">
            <div class="welcome-card">
                <Mark />
                <h1 class="failure-title">{ t!("unlock-title") }</h1>
                if is_passkey {
                    <div class="form">
                        <p class="form-lead">{ t!("unlock-passkey-lead") }</p>
                        <Button {label} look={Look::Primary} busy={unlock.is_busy} onclick={ask} />
                        <ErrorText text={error.map(AttrValue::from)} />
                    </div>
                } else {
                    <form class="form" {onsubmit} novalidate=true>
                        <p class="form-lead">{ t!("unlock-lead") }</p>
                        <TextField id="passphrase" {node} kind={Kind::Passphrase} label={t!("passphrase-label")}
                            value={(*passphrase).clone()} oninput={passphrase.setter().to_callback()} />
                        <Button {label} look={Look::Primary} submits=true busy={unlock.is_busy} />
                        <ErrorText text={error.map(AttrValue::from)} />
                    </form>
                }
                <div class="welcome-more"><Wipe look={Look::Quiet} label={t!("unlock-forgot")} /></div>
            </div>
        </main>
    }
}
