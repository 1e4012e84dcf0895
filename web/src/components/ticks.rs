//! How far a message of ours has come: a clock, one tick, two, two filled.

use volly_core::api::MessageState;
use yew::prelude::*;

use crate::i18n::t;

/// The state in words.
pub(crate) fn state_words(state: MessageState) -> String {
    match state {
        MessageState::Failed => t!("state-failed"),
        MessageState::Queued => t!("state-queued"),
        MessageState::Sent => t!("state-sent"),
        MessageState::Deposited => t!("state-deposited"),
        MessageState::Delivered => t!("state-delivered"),
        MessageState::Read => t!("state-read"),
    }
}

/// Props of [`Ticks`].
#[derive(Properties, PartialEq)]
pub(crate) struct TicksProps {
    /// Of which state.
    pub(crate) state: MessageState,
}

/// See the module. The words for it stand beside it, see [`state_words`].
#[component]
pub(crate) fn Ticks(props: &TicksProps) -> Html {
    let (class, path) = match props.state {
        MessageState::Failed => {
            ("ticks-failed", "M10 4.5v6M10 14h.01M10 2a7 7 0 1 0 0 14 7 7 0 0 0 0-14Z")
        }
        MessageState::Queued | MessageState::Sent => {
            ("ticks-queued", "M10 5.5V9l2.5 1.5M10 2.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z")
        }
        MessageState::Deposited => ("ticks-sent", "m5.5 9.5 3.2 3.2 6.3-7"),
        MessageState::Delivered => {
            ("ticks-delivered", "m2 9.5 3.2 3.2 6.3-7M9.5 11.6l1.2 1.1 6.3-7")
        }
        MessageState::Read => ("ticks-read", "m3 9.4 2.5 2.5 4.7-5.3M9.8 11.1l.8.8 4.7-5.3"),
    };
    html! {
        <svg class={classes!("ticks", class)} viewBox="0 0 20 18" aria-hidden="true">
            if props.state == MessageState::Read {
                <rect class="ticks-fill" x="0" y="1.5" width="20" height="15" rx="7.5" />
            }
            <path d={path} />
        </svg>
    }
}
