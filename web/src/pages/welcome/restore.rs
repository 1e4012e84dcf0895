//! Coming back: with the 24 words, or with a backup.

use volly_core::api;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    components::{Button, ErrorText, Kind, Look, Progress, TextField, backup_words, error_words},
    format::word_count,
    hooks::{UseName, Work, use_call, use_name, use_restoring},
    i18n::t,
    pages::backup::hundredths,
};

/// See the module.
#[component]
pub(super) fn Restore() -> Html {
    let from_file = use_state_eq(|| false);
    let onclick = {
        let (setter, is_file) = (from_file.setter(), *from_file);
        move |_: MouseEvent| setter.set(!is_file)
    };
    let label = if *from_file { t!("restore-by-words") } else { t!("restore-by-file") };
    html! {
        <>
            if *from_file { <FromFile /> } else { <FromWords /> }
            <p class="welcome-more"><Button {label} look={Look::Quiet} {onclick} /></p>
        </>
    }
}

#[component]
fn FromWords() -> Html {
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

#[component]
fn FromFile() -> Html {
    let file = use_state(|| None::<web_sys::File>);
    let opened_by = use_state_eq(String::new);
    let is_missing = use_state_eq(|| false);
    let restoring = use_restoring();
    let (chosen, missing) = (file.setter(), is_missing.setter());
    let onchange = Callback::from(move |event: Event| {
        missing.set(false);
        let files = event.target_unchecked_into::<HtmlInputElement>().files();
        chosen.set(files.and_then(|files| files.get(0)));
    });
    let onsubmit = {
        let (file, begin, missing) = ((*file).clone(), restoring.begin, is_missing.setter());
        let opened_by = (*opened_by).clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match file.clone() {
                Some(file) => begin.emit((file, opened_by.clone())),
                None => missing.set(true),
            }
        })
    };
    let (work, busy) = (restoring.work, restoring.work.is_busy());
    let error = match work {
        Work::Failed(error) => Some(backup_words(error)),
        _ => is_missing.then(|| t!("restore-no-file")),
    };
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <h2 class="form-title">{ t!("restore-file-title") }</h2>
            <p class="form-lead">{ t!("restore-file-lead") }</p>
            <div class="field-group">
                <label for="backup-file">{ t!("restore-file-label") }</label>
                <input id="backup-file" class="field field-file" type="file" {onchange} />
            </div>
            <TextField id="opened-by" kind={Kind::Passphrase} label={t!("restore-opened-by")}
                hint={t!("restore-opened-by-hint")} value={(*opened_by).clone()}
                oninput={opened_by.setter().to_callback()} />
            if busy {
                <Progress label={t!("restore-working")} value={hundredths(work)} />
                <Button label={t!("cancel")} onclick={restoring.cancel.reform(|_| ())} />
            } else {
                <Button label={t!("restore")} look={Look::Primary} submits=true />
            }
            <ErrorText text={error.map(AttrValue::from)} />
        </form>
    }
}
