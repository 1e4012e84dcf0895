//! The 24 words, shown on request, and gone from the screen when one leaves.

use volly_core::api::RevealRecoveryPhrase;
use yew::prelude::*;

use crate::{
    components::{Button, ErrorText, Look, Page, error_words},
    hooks::{use_back, use_call, use_title},
    i18n::t,
};

/// See the module.
#[component]
pub(crate) fn Words() -> Html {
    let onback = use_back();
    let words = use_state_eq(Vec::<String>::new);
    let reveal = use_call::<RevealRecoveryPhrase>(words.setter().to_callback());
    use_title(Some(t!("words-title")));
    let onshow = reveal.run.reform(|_: MouseEvent| RevealRecoveryPhrase {});
    html! {
        <Page title={t!("words-title")} onback={onback.clone()}>
            <section class="card">
                <p>{ t!("words-lead") }</p>
                <p class="quiet">{ t!("words-why") }</p>
                if words.is_empty() {
                    <Button label={t!("words-show")} look={Look::Primary} onclick={onshow}
                        busy={reveal.state.is_busy()} />
                } else {
                    <ol class="words" aria-label={t!("words-title")}>
                        { for words.iter().map(|word| html! { <li>{ word }</li> }) }
                    </ol>
                    <Button label={t!("words-done")} look={Look::Primary} onclick={onback} />
                }
                <ErrorText text={reveal.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
            </section>
        </Page>
    }
}
