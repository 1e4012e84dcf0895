//! Our own things: the name, the 24 words, who learns where we are, what Volly is.

use volly_core::api::{SetAnswersRead, SetRelayOnly, SetShowsTyping};
use yew::prelude::*;

use crate::{
    components::{Avatar, AvatarSize, Choice, ErrorText, Glyph, Icon, Page, error_words},
    hooks::{Asking, use_back, use_call, use_roster, use_title},
    i18n::t,
    routes::Route,
};

/// See the module.
#[component]
pub(crate) fn Settings() -> Html {
    let (roster, onback) = (use_roster(), use_back());
    let relay_only = use_call::<SetRelayOnly>(Callback::noop());
    let answers_read = use_call::<SetAnswersRead>(Callback::noop());
    let shows_typing = use_call::<SetShowsTyping>(Callback::noop());
    use_title(Some(t!("settings")));
    let Some(profile) = roster.profile.as_ref() else { return Html::default() };
    let name = AttrValue::from(profile.name.clone());
    let states = [relay_only.state, answers_read.state, shows_typing.state];
    let error = states.into_iter().find_map(Asking::error);
    html! {
        <Page title={t!("settings")} {onback}>
            <section class="card person" aria-label={t!("you")}>
                <Avatar name={name.clone()} fingerprint={profile.fingerprint} size={AvatarSize::Large} />
                <p class="person-name" dir="auto">{ name.clone() }</p>
                <p class="quiet">{ t!("your-name", name = &*name) }</p>
            </section>
            <a class="card link-row" href={Route::Words.href()}>
                <Icon glyph={Glyph::Key} /><span>{ t!("words-title") }</span><Icon glyph={Glyph::Next} />
            </a>
            <a class="card link-row" href={Route::Backup.href()}>
                <Icon glyph={Glyph::Save} /><span>{ t!("backup-title") }</span><Icon glyph={Glyph::Next} />
            </a>
            <a class="card link-row" href={Route::Lock.href()}>
                <Icon glyph={Glyph::Key} /><span>{ t!("lock-title") }</span><Icon glyph={Glyph::Next} />
            </a>
            <section class="card" aria-label={t!("privacy")}>
                <Choice id="relay-only" label={t!("relay-only")} text={t!("relay-only-text")}
                    checked={profile.relay_only}
                    onchange={relay_only.run.reform(|relay_only| SetRelayOnly { relay_only })} />
                <Choice id="answers-read" label={t!("answers-read")} text={t!("answers-read-text")}
                    checked={profile.answers_read}
                    onchange={answers_read.run.reform(|answers_read| SetAnswersRead { answers_read })} />
                <Choice id="shows-typing" label={t!("shows-typing")} text={t!("shows-typing-text")}
                    checked={profile.shows_typing}
                    onchange={shows_typing.run.reform(|shows_typing| SetShowsTyping { shows_typing })} />
                <ErrorText text={error.map(|error| AttrValue::from(error_words(error, None)))} />
            </section>
            <section class="card">
                <h2 class="form-title">{ t!("about-title") }</h2>
                <p class="form-lead">{ t!("about-text") }</p>
            </section>
        </Page>
    }
}
