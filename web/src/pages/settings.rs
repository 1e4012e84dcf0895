//! Our own things: the name, the 24 words, who learns where we are, what Volly is.

use volly_core::api::SetRelayOnly;
use yew::prelude::*;

use crate::{
    components::{Avatar, AvatarSize, Choice, ErrorText, Glyph, Icon, Page, error_words},
    hooks::{use_back, use_call, use_roster, use_title},
    i18n::t,
    routes::Route,
};

/// See the module.
#[component]
pub(crate) fn Settings() -> Html {
    let (roster, onback) = (use_roster(), use_back());
    let relay_only = use_call::<SetRelayOnly>(Callback::noop());
    use_title(Some(t!("settings")));
    let Some(profile) = roster.profile.as_ref() else { return Html::default() };
    let name = AttrValue::from(profile.name.clone());
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
            <section class="card" aria-label={t!("privacy")}>
                <Choice id="relay-only" label={t!("relay-only")} text={t!("relay-only-text")}
                    checked={profile.relay_only}
                    onchange={relay_only.run.reform(|relay_only| SetRelayOnly { relay_only })} />
                <ErrorText text={relay_only.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
            </section>
            <section class="card">
                <h2 class="form-title">{ t!("about-title") }</h2>
                <p class="form-lead">{ t!("about-text") }</p>
            </section>
        </Page>
    }
}
