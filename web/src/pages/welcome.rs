//! The first minute: a name, *Start*; or an invite, or the 24 words.

mod restore;

use volly_core::api::{CreateInvite, Profile, Start};
use yew::prelude::*;

use restore::Restore;

use super::PasteInvite;
use crate::{
    browser,
    components::{Button, ErrorText, Kind, Look, Mark, TextField, error_words},
    hooks::{UseName, use_call, use_engine, use_name, use_title},
    i18n::t,
};

/// What one came to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Start,
    Paste,
    Restore,
}

/// Props of [`Welcome`].
#[derive(Properties, PartialEq)]
pub(crate) struct WelcomeProps {
    /// What was typed before the app took over.
    pub(crate) typed_name: AttrValue,
}

/// See the module. It begins as the first paint in `index.html` looks.
#[component]
pub(crate) fn Welcome(props: &WelcomeProps) -> Html {
    let way = use_state_eq(|| Way::Start);
    use_title(None);
    let to = |next: Way| {
        let way = way.setter();
        Callback::from(move |_: MouseEvent| way.set(next))
    };
    html! {
        <main class="welcome">
            <div class="welcome-card">
                <Mark />
                <h1 class="welcome-name">{ t!("app-name") }</h1>
                if *way == Way::Start {
                    <p class="welcome-lead">{ t!("app-lead") }</p>
                    <StartForm typed_name={&props.typed_name} />
                    <p class="welcome-more">
                        <Button label={t!("have-invite")} look={Look::Quiet} onclick={to(Way::Paste)} />
                        <Button label={t!("restore")} look={Look::Quiet} onclick={to(Way::Restore)} />
                    </p>
                } else {
                    if *way == Way::Paste { <PasteInvite /> } else { <Restore /> }
                    <p class="welcome-more">
                        <Button label={t!("back")} look={Look::Quiet} onclick={to(Way::Start)} />
                    </p>
                }
            </div>
        </main>
    }
}

/// The name and *Start*. A new user gets a first invite at once: there is nothing else to do.
#[component]
fn StartForm(props: &WelcomeProps) -> Html {
    let UseName { value, error, node, oninput, take } = use_name(&props.typed_name);
    let engine = use_engine();
    let onreply = use_callback(engine, |_: Profile, engine| engine.tell(CreateInvite {}));
    let start = use_call::<Start>(onreply);
    let onstart = use_callback((take, start.run), |(), (take, run)| {
        if let Some(name) = take.emit(()) {
            run.emit(Start { name });
        }
    });
    let early = onstart.clone();
    use_effect_with((), move |()| {
        if browser::take_early_submit() {
            early.emit(());
        }
    });
    let onsubmit = onstart.reform(|event: SubmitEvent| event.prevent_default());
    let busy = start.state.is_busy();
    let label = if busy { t!("starting") } else { t!("start") };
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <TextField id="name" {node} kind={Kind::Name} label={t!("name-label")} hint={t!("name-hint")}
                {value} {error} {oninput} />
            <Button {label} look={Look::Primary} submits=true {busy} />
            <ErrorText text={start.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
        </form>
    }
}
