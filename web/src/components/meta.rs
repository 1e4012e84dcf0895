//! Beside a text: whether it stays, whether it was edited, when it came, and how far.

use std::rc::Rc;

use volly_core::api::{Form, MessageState, MessageView};
use yew::prelude::*;

use super::{
    icon::{Glyph, Icon},
    ticks::Ticks,
};
use crate::{i18n::t, state::rows::Bubble};

/// Props of [`Meta`].
#[derive(Properties, PartialEq)]
pub(crate) struct MetaProps {
    /// Of which message.
    pub(crate) bubble: Bubble,
    /// When it came.
    pub(crate) at: String,
    /// Sends it again.
    pub(crate) onresend: Option<Callback<Rc<MessageView>>>,
}

/// See the module.
#[component]
pub(crate) fn Meta(props: &MetaProps) -> Html {
    let Bubble { message, time, state, .. } = &props.bubble;
    let failed = message.state == Some(MessageState::Failed);
    let resend = |onresend: &Callback<Rc<MessageView>>| {
        let message = Rc::clone(message);
        onresend.reform(move |_: MouseEvent| Rc::clone(&message))
    };
    html! {
        <span class="bubble-meta">
            if message.lifetime > 0 {
                <span class="bubble-lifetime" title={t!("timer-short", after = t!("lifetime", seconds = message.lifetime))}>
                    <Icon glyph={Glyph::Hourglass} /><span class="visually-hidden">{ t!("disappears") }</span>
                </span>
            }
            if message.edited { <span class="bubble-edited">{ t!("edited") }</span> }
            if *time { <span class="bubble-time" aria-hidden="true">{ &props.at }</span> }
            if failed {
                <span class="bubble-failure" aria-hidden="true">{ t!("state-failed") }</span>
                if let Some(onresend) = props.onresend.as_ref().filter(|_| message.form == Form::Text) {
                    <button type="button" class="bubble-resend" onclick={resend(onresend)}>{ t!("send-again") }</button>
                }
            }
            if let Some(shown) = message.state.filter(|_| *state) { <Ticks state={shown} /> }
        </span>
    }
}
