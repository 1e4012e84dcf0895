//! Coming back with the 24 words.

use volly_core::api;
use yew::prelude::*;

use crate::{
    components::{Button, ErrorText, Kind, Look, TextField, error_words},
    format::word_count,
    hooks::{UseName, use_call, use_name},
    i18n::t,
};

/// See the module.
#[component]
pub(super) fn Restore() -> Html {
    let phrase = use_state_eq(String::new);
    let UseName { value, error: name_error, node, oninput, take } = use_name(&AttrValue::default());
    let restore = use_call::<api::Restore>(Callback::noop());
    let onsubmit = use_callback(
        (take, phrase.clone(), restore.run),
        |event: SubmitEvent, (take, phrase, run)| {
            event.prevent_default();
            if let Some(name) = take.emit(()) {
                run.emit(api::Restore { name, phrase: phrase.to_string() });
            }
        },
    );
    let error = restore.state.error().map(|error| AttrValue::from(error_words(error, None)));
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <h2 class="form-title">{ t!("restore-title") }</h2>
            <p class="form-lead">{ t!("restore-lead") }</p>
            <TextField id="phrase" kind={Kind::Phrase} label={t!("phrase-label")}
                hint={t!("phrase-count", count = word_count(&phrase))}
                value={(*phrase).clone()} oninput={phrase.setter().to_callback()} />
            <TextField id="name" {node} kind={Kind::Name} label={t!("name-label")} hint={t!("name-hint")}
                {value} error={name_error} {oninput} />
            <Button label={t!("restore")} look={Look::Primary} submits=true busy={restore.state.is_busy()} />
            <ErrorText text={error} />
        </form>
    }
}
