//! What the next text is for, above where one writes it.

use volly_core::api::{ContactView, MessageView};
use yew::prelude::*;

use crate::{
    components::{Glyph, IconButton, QuoteLine},
    i18n::t,
    state::{task::Task, timeline::quoted_text},
};

/// What the next text is for, if it is not a message by itself.
pub(super) fn task_strip(task: &Task, contact: &ContactView, ontask: &Callback<Task>) -> Html {
    let cancel = ontask.reform(|_: MouseEvent| Task::Say);
    let strip = |who: String, message: &MessageView, label: String| {
        let text = quoted_text(message).map(|text| AttrValue::from(text.to_owned()));
        html! {
            <div class="composer-task">
                <QuoteLine {who} {text} />
                <IconButton {label} glyph={Glyph::Close} onclick={cancel.clone()} />
            </div>
        }
    };
    match task {
        Task::Say => Html::default(),
        Task::Edit(message) => strip(t!("edit-title"), message, t!("edit-cancel")),
        Task::Answer(message) => {
            let name = contact.name.as_str();
            let who = if message.state.is_some() {
                t!("reply-to-you")
            } else {
                t!("reply-to", name = name)
            };
            strip(who, message, t!("reply-cancel"))
        }
    }
}
