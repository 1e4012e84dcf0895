//! Rows of a conversation that are drawn again together.

use std::rc::Rc;

use volly_core::api::{ContactId, Form, MessageView};
use yew::prelude::*;

use super::attachment::Attachment;
use crate::{
    components::{BubbleActs, MessageBubble},
    core::Today,
    dates,
    hooks::use_today,
    i18n::t,
    routes::message_name,
    state::rows::{Block, Key, Row},
};

/// Props of [`MessageBlock`].
#[derive(Properties, PartialEq)]
pub(super) struct MessageBlockProps {
    /// Its rows.
    pub(super) block: Rc<Block>,
    /// In which conversation.
    pub(super) contact: ContactId,
    /// Who wrote theirs.
    pub(super) name: AttrValue,
    /// When the conversation was opened.
    pub(super) opened_at: u64,
    /// What one can do with them.
    pub(super) acts: BubbleActs,
}

/// See the module: when one of them changes.
#[component]
pub(super) fn MessageBlock(props: &MessageBlockProps) -> Html {
    let MessageBlockProps { block, .. } = props;
    let Today(today) = use_today();
    block.rows.iter().map(|row| draw(row, props, today)).collect()
}

fn draw(row: &Row, props: &MessageBlockProps, today: i64) -> Html {
    let MessageBlockProps { contact, name, opened_at, acts, .. } = props;
    match row {
        Row::Day(at) => html! {
            <li class="line-day" key={format!("d{}", dates::day(*at))}><span>{ dates::day_name(*at, today) }</span></li>
        },
        Row::New => {
            html! { <li class="line-new" key="new"><span>{ t!("new-messages") }</span></li> }
        }
        Row::Bubble(bubble) => {
            if let Form::Timer(lifetime) = bubble.message.form {
                return timer_line(&bubble.message, lifetime, name);
            }
            let key = match bubble.key {
                Key::Message(id) => message_name(id),
                Key::Sent(token) => format!("s{token:x}"),
            };
            let arrives = bubble.message.stored_at > *opened_at;
            let file = matches!(bubble.message.form, Form::File(_));
            html! {
                <MessageBubble {key} bubble={bubble.clone()} {name} {arrives} acts={acts.clone()}>
                    if file { <Attachment contact={*contact} message={Rc::clone(&bubble.message)} /> }
                </MessageBubble>
            }
        }
    }
}

/// The line that says how long what follows lives.
fn timer_line(message: &MessageView, lifetime: u32, name: &str) -> Html {
    let after = t!("lifetime", seconds = lifetime);
    let words = match (message.state.is_some(), lifetime) {
        (true, 0) => t!("timer-off-you"),
        (true, _) => t!("timer-set-you", after = after),
        (false, 0) => t!("timer-off", name = name),
        (false, _) => t!("timer-set", name = name, after = after),
    };
    let row = message_name(message.id);
    html! { <li class="line-day" key={row.clone()} data-row={row}><span>{ words }</span></li> }
}
