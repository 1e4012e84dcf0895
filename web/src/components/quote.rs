//! The message that another one answers.

use yew::prelude::*;

use crate::i18n::t;

/// Props of [`QuoteLine`].
#[derive(Properties, PartialEq)]
pub(crate) struct QuoteLineProps {
    /// Who wrote it.
    pub(crate) who: AttrValue,
    /// The beginning of its text; without it, it is not here.
    pub(crate) text: Option<AttrValue>,
    /// Leads there; where there is nothing to lead to, it is no button.
    #[prop_or_default]
    pub(crate) onclick: Option<Callback<MouseEvent>>,
}

/// See the module. The keyboard finds the way there in the actions of the answer.
#[component]
pub(crate) fn QuoteLine(props: &QuoteLineProps) -> Html {
    let text = match &props.text {
        Some(text) => html! { <span class="quote-text" dir="auto">{ text }</span> },
        None => html! { <span class="quote-text quote-gone">{ t!("quote-gone") }</span> },
    };
    let inside = html! { <><span class="quote-who" dir="auto">{ &props.who }</span>{ text }</> };
    match &props.onclick {
        Some(onclick) => html! {
            <button type="button" class="quote" tabindex="-1" {onclick}>{ inside }</button>
        },
        None => html! { <span class="quote">{ inside }</span> },
    }
}
