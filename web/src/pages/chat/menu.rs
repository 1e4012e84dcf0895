//! What one can do with a message.

use std::rc::Rc;

use volly_core::api::{ContactId, Form, MessageId, MessageView, React};
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::{
    browser,
    components::{Button, Glyph, Icon, Kind, Look, Popup, TextField, error_words, row_selector},
    hooks::use_call,
    i18n::t,
};

/// Reactions that are one tap away.
const EMOJI: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// React, or take that back.
    React(Option<String>),
    /// Answer it.
    Answer,
    /// Go to what it answers.
    Go,
    /// Copy its text.
    Copy,
    /// Say something else.
    Edit,
    /// Delete it.
    Delete,
}

/// Props of [`Menu`].
#[derive(Properties, PartialEq)]
pub(super) struct MenuProps {
    /// In which conversation.
    pub(super) contact: ContactId,
    /// The message.
    pub(super) message: Rc<MessageView>,
    /// The contact can still be told something.
    pub(super) is_open: bool,
    /// Takes what was chosen.
    pub(super) onpick: Callback<Pick>,
    /// Nothing was chosen.
    pub(super) onclose: Callback<()>,
}

/// See the module.
#[component]
pub(super) fn Menu(props: &MenuProps) -> Html {
    let MenuProps { message, onpick, .. } = props;
    let other = use_state_eq(|| false);
    let is_shared = props.is_open && message.shared && message.form != Form::Deleted;
    let is_text = message.form == Form::Text;
    let leads = message.answers.as_ref().is_some_and(|quote| quote.text.is_some());
    let open_other = other.setter();
    let items = [
        (is_shared, Pick::Answer, Glyph::Reply, t!("reply")),
        (leads, Pick::Go, Glyph::Up, t!("quote-go")),
        (is_text, Pick::Copy, Glyph::Copy, t!("copy-text")),
        (is_shared && is_text && message.state.is_some(), Pick::Edit, Glyph::Pen, t!("edit")),
        (true, Pick::Delete, Glyph::Bin, t!("message-delete")),
    ];
    let near = row_selector(message.id);
    html! {
        <Popup label={t!("message-title")} {near} onclose={&props.onclose}>
            if *other {
                <OtherEmoji contact={props.contact} message={message.id} onclose={&props.onclose} />
            } else {
                if is_shared {
                    <div class="popup-emoji">
                        { for EMOJI.iter().map(|emoji| reaction(emoji, message, onpick)) }
                        <button type="button" class="popup-emoji-button" aria-label={t!("react-other")}
                            title={t!("react-other")} onclick={move |_| open_other.set(true)}><Icon glyph={Glyph::Smile} /></button>
                    </div>
                }
                { for items.into_iter().filter(|item| item.0).map(|(_, pick, glyph, label)| {
                    let onclick = onpick.reform(move |_: MouseEvent| pick.clone());
                    html! { <button type="button" class="popup-item" {onclick}><Icon {glyph} /><span>{ label }</span></button> }
                }) }
            }
        </Popup>
    }
}

fn reaction(emoji: &'static str, message: &MessageView, onpick: &Callback<Pick>) -> Html {
    let is_ours = message.our_reaction.as_deref() == Some(emoji);
    let label =
        if is_ours { t!("react-back", emoji = emoji) } else { t!("react-with", emoji = emoji) };
    let next = (!is_ours).then(|| emoji.to_owned());
    let onclick = onpick.reform(move |_: MouseEvent| Pick::React(next.clone()));
    html! {
        <button type="button" class="popup-emoji-button" aria-pressed={is_ours.to_string()} aria-label={label} {onclick}>
            { emoji }
        </button>
    }
}

/// Props of [`OtherEmoji`].
#[derive(Properties, PartialEq)]
struct OtherEmojiProps {
    contact: ContactId,
    message: MessageId,
    /// It is done.
    onclose: Callback<()>,
}

/// Any emoji, from the keyboard of the device.
#[component]
fn OtherEmoji(props: &OtherEmojiProps) -> Html {
    let OtherEmojiProps { contact, message, onclose } = props;
    let typed = use_state_eq(String::new);
    let node = use_node_ref();
    let field = node.clone();
    use_effect_with((), move |()| field.cast::<HtmlElement>().iter().for_each(browser::focus));
    let react = use_call::<React>(onclose.clone());
    let oninput = use_callback(typed.setter(), |text: String, typed| typed.set(text));
    let (contact, message) = (*contact, *message);
    let onsubmit =
        use_callback((typed.clone(), react.run), move |event: SubmitEvent, (typed, run)| {
            event.prevent_default();
            let emoji = Some(typed.trim().to_owned());
            run.emit(React { contact, message, emoji });
        });
    let error = react.state.error().map(|error| error_words(error, None)).unwrap_or_default();
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <TextField id="emoji" kind={Kind::Emoji} label={t!("react-label")} {node} {error}
                value={(*typed).clone()} {oninput} />
            <Button label={t!("react-do")} look={Look::Primary} submits=true busy={react.state.is_busy()} />
        </form>
    }
}
