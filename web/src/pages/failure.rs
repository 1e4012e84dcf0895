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
    let anew = use_callback(engine, |_: MouseEvent, engine| engine.core().forget_and_start_anew());
    let reload = use_callback((), |_: MouseEvent, ()| browser::reload());
    let text = match props.failure {
        StartFailure::DatabaseVanished => t!("failure-vanished"),
        StartFailure::NewerDatabase => t!("failure-newer"),
        StartFailure::DatabaseUnreadable => t!("failure-unreadable"),
        StartFailure::StorageUnavailable => t!("failure-storage"),
        StartFailure::WebLocksMissing => t!("failure-locks"),
        StartFailure::OtherVersion => t!("failure-version"),
        _ => t!("failure-other"),
    };
    let vanished = props.failure == StartFailure::DatabaseVanished;
    html! {
        <main class="welcome">
            <div class="welcome-card" role="alert">
                <Mark />
                <h1 class="failure-title">
                    { if vanished { t!("failure-vanished-title") } else { t!("failure-title") } }
                </h1>
                <p class="failure-text">{ text }</p>
                <div class="form">
                    if vanished {
                        <Button label={t!("failure-vanished-do")} look={Look::Primary} onclick={anew} />
                    } else {
                        <Button label={t!("reload")} look={Look::Primary} onclick={reload} />
                    }
                </div>
            </div>
        </main>
    }
}
