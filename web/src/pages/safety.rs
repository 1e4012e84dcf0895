//! The safety number: compared face to face, and remembered.

use volly_core::api::{ContactId, GetSafetyNumber, Trust};
use yew::prelude::*;

use crate::{
    components::{Button, ErrorText, Glyph, Icon, Look, Page, error_words},
    format::digit_groups,
    hooks::{use_back, use_call, use_roster, use_title},
    i18n::t,
};

/// Groups of five digits in a safety number.
const GROUPS: usize = 12;

/// Props of [`Safety`].
#[derive(Properties, PartialEq)]
pub(crate) struct SafetyProps {
    /// With whom.
    pub(crate) id: ContactId,
}

/// See the module.
#[component]
pub(crate) fn Safety(props: &SafetyProps) -> Html {
    let (roster, onback) = (use_roster(), use_back());
    let digits = use_state_eq(String::new);
    let ask = use_call::<GetSafetyNumber>(digits.setter().to_callback());
    use_title(Some(t!("safety")));
    use_effect_with((props.id, ask.run.clone()), |(contact, run)| {
        run.emit(GetSafetyNumber { contact: *contact, verified: None });
    });
    let contact = props.id;
    let set = |verified: bool| {
        ask.run.reform(move |_: MouseEvent| GetSafetyNumber { contact, verified: Some(verified) })
    };
    let row = roster.contact(contact);
    let name = row.map_or("", |row| row.name.as_str());
    let is_verified = row.is_some_and(|row| row.trust == Trust::Verified);
    let mut groups = digit_groups(&digits);
    groups.resize(GROUPS, String::from("\u{2007}\u{2007}\u{2007}\u{2007}\u{2007}"));
    html! {
        <Page title={t!("safety")} {onback}>
            <section class="card">
                <p>{ t!("safety-lead", name = name) }</p>
                <ol class="digits" aria-label={t!("safety")} aria-busy={digits.is_empty().to_string()}>
                    { for groups.into_iter().map(|group| html! { <li>{ group }</li> }) }
                </ol>
                if is_verified {
                    <p class="verified-note" role="status"><Icon glyph={Glyph::Verified} />{ t!("safety-verified") }</p>
                    <Button label={t!("safety-clear")} onclick={set(false)} />
                } else {
                    <Button label={t!("safety-mark")} look={Look::Primary} onclick={set(true)} />
                }
                <ErrorText text={ask.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
            </section>
        </Page>
    }
}
