//! The engine does not run: why, what it means, what to do.

use volly_core::api::StartFailure;
use yew::prelude::*;

use crate::{
    browser,
    components::{Button, Look, Mark},
    hooks::{use_engine, use_title},
    i18n::t,
};

/// Props of [`Failure`].
#[derive(Properties, PartialEq)]
pub(crate) struct FailureProps {
    /// Why.
    pub(crate) failure: StartFailure,
}

/// See the module.
#[component]
pub(crate) fn Failure(props: &FailureProps) -> Html {
    use_title(None);
    let engine = use_engine();
    let go_on = {
        let engine = engine.clone();
        Callback::from(move |_: MouseEvent| engine.core().go_on_with_older())
    };
    let anew = use_callback(engine, |_: MouseEvent, engine| engine.core().forget_and_start_anew());
    let reload = use_callback((), |_: MouseEvent, ()| browser::reload());
    let text = match props.failure {
        StartFailure::DatabaseVanished => t!("failure-vanished"),
        StartFailure::DatabaseOlder => t!("failure-older"),
        StartFailure::NewerDatabase => t!("failure-newer"),
        StartFailure::DatabaseUnreadable => t!("failure-unreadable"),
        StartFailure::StorageUnavailable => t!("failure-storage"),
        StartFailure::WebLocksMissing => t!("failure-locks"),
        StartFailure::OtherVersion => t!("failure-version"),
        _ => t!("failure-other"),
    };
    let vanished = props.failure == StartFailure::DatabaseVanished;
    let older = props.failure == StartFailure::DatabaseOlder;
    let title = match props.failure {
        StartFailure::DatabaseVanished => t!("failure-vanished-title"),
        StartFailure::DatabaseOlder => t!("failure-older-title"),
        _ => t!("failure-title"),
    };
    html! {
        <main class="welcome">
            <div class="welcome-card" role="alert">
                <Mark />
                <h1 class="failure-title">{ title }</h1>
                <p class="failure-text">{ text }</p>
                <div class="form">
                    if vanished {
                        <Button label={t!("failure-vanished-do")} look={Look::Primary} onclick={anew} />
                    } else if older {
                        <Button label={t!("failure-older-do")} look={Look::Primary} onclick={go_on} />
                    } else {
                        <Button label={t!("reload")} look={Look::Primary} onclick={reload} />
                    }
                </div>
            </div>
        </main>
    }
}
