//! Saving a backup: what opens it, how far it is, and where it went.

use yew::prelude::*;

use crate::{
    browser,
    components::{Button, Choice, ErrorText, Kind, Look, Page, Progress, TextField, backup_words},
    hooks::{Work, use_back, use_saving, use_title},
    i18n::t,
    routes::Route,
};

/// See the module.
#[component]
pub(crate) fn Backup() -> Html {
    let onback = use_back();
    let own = use_state_eq(|| false);
    let passphrase = use_state_eq(String::new);
    let name = use_memo((), |()| AttrValue::from(format!("Volly {}.volly", browser::day_now())));
    let saving = use_saving((*name).clone());
    use_title(Some(t!("backup-title")));
    let onsubmit = use_callback(
        (own.clone(), passphrase.clone(), saving.begin),
        |event: SubmitEvent, (own, passphrase, begin)| {
            event.prevent_default();
            begin.emit(own.then(|| passphrase.to_string()));
            passphrase.set(String::new());
        },
    );
    let (work, busy) = (saving.work, saving.work.is_busy());
    let error = if let Work::Failed(error) = work { Some(backup_words(error)) } else { None };
    html! {
        <Page title={t!("backup-title")} {onback}>
            <section class="card">
                <p>{ t!("backup-lead") }</p>
                <p class="quiet">{ t!("backup-left-out") }</p>
                <form class="form" {onsubmit} novalidate=true>
                    <Choice id="own-passphrase" label={t!("backup-own")} text={t!("backup-own-text")}
                        checked={*own} onchange={own.setter().to_callback()} />
                    if *own {
                        <TextField id="passphrase" kind={Kind::NewPassphrase} label={t!("passphrase-label")}
                            hint={t!("passphrase-hint")} value={(*passphrase).clone()}
                            oninput={passphrase.setter().to_callback()} />
                    } else {
                        <a href={Route::Words.href()}>{ t!("backup-show-words") }</a>
                    }
                    if busy {
                        <Progress label={t!("backup-saving")} value={hundredths(work)} />
                        <Button label={t!("cancel")} onclick={saving.cancel.reform(|_| ())} />
                    } else {
                        <Button label={t!("backup-do")} look={Look::Primary} submits=true />
                    }
                    <p class="quiet" role="status">
                        if work == Work::Done { { t!("backup-saved", name = name.as_str()) } }
                    </p>
                    <ErrorText text={error.map(AttrValue::from)} />
                </form>
            </section>
        </Page>
    }
}

/// How far it is, once that is known.
pub(super) const fn hundredths(work: Work) -> Option<u8> {
    if let Work::Running(hundredths) = work { Some(hundredths) } else { None }
}
