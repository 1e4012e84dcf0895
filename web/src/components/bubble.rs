//! One message.

use volly_core::api::MessageState;
use yew::prelude::*;

use super::ticks::{Ticks, state_words};
use crate::{dates, format::is_few_emoji, i18n::t, state::rows::Bubble};

/// Props of [`MessageBubble`].
#[derive(Properties, PartialEq)]
pub(crate) struct MessageBubbleProps {
    /// The message and its place in its run.
    pub(crate) bubble: Bubble,
    /// Who wrote theirs.
    pub(crate) name: AttrValue,
    /// It comes while one looks on.
    pub(crate) arrives: bool,
}

/// See the module. A screen reader hears who wrote it and when, the text, and how far it came.
#[component]
pub(crate) fn MessageBubble(props: &MessageBubbleProps) -> Html {
    let Bubble { message, first, last, time, state, .. } = &props.bubble;
    let is_ours = message.state.is_some();
    let at = dates::time(message.stored_at);
    let failed = message.state == Some(MessageState::Failed);
    let class = classes!(
        "bubble",
        if is_ours { "bubble-ours" } else { "bubble-theirs" },
        first.then_some("bubble-first"),
        last.then_some("bubble-last"),
        (props.arrives && !is_ours).then_some("bubble-arrives"),
        is_few_emoji(&message.text).then_some("bubble-emoji"),
    );
    let who = if is_ours { t!("from-you") } else { props.name.to_string() };
    html! {
        <li {class}>
            <span class="visually-hidden">{ format!("{who}, {at}: ") }</span>
            <span class="bubble-text" dir="auto">{ &message.text }</span>
            <span class="bubble-meta">
                if *time { <span class="bubble-time" aria-hidden="true">{ at }</span> }
                if failed { <span class="bubble-failure" aria-hidden="true">{ t!("state-failed") }</span> }
                if let Some(shown) = message.state.filter(|_| *state) { <Ticks state={shown} /> }
            </span>
            if let Some(state) = message.state {
                <span class="visually-hidden">{ format!(", {}", state_words(state)) }</span>
            }
        </li>
    }
}
