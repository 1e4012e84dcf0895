//! One message.

use std::rc::Rc;

use volly_core::api::{Form, MessageId, MessageView};
use yew::prelude::*;

use super::{
    icon::{Glyph, Icon},
    long_press::use_long_press,
    meta::Meta,
    quote::QuoteLine,
    reactions::{Reactions, ReactionsProps},
    ticks::state_words,
};
use crate::{
    dates,
    format::is_few_emoji,
    i18n::t,
    links::{Span, spans},
    routes::message_name,
    state::{rows::Bubble, timeline::quoted_text},
};

/// What one can do with a message from where it is drawn.
#[derive(Clone, PartialEq)]
pub(crate) struct BubbleActs {
    /// Shows what else one can do with it.
    pub(crate) onmore: Callback<Rc<MessageView>>,
    /// Goes to another message.
    pub(crate) ongo: Callback<MessageId>,
    /// Reacts, or takes that back.
    pub(crate) onreact: Callback<(MessageId, Option<String>)>,
    /// Sends a message again that failed, if that may help.
    pub(crate) onresend: Option<Callback<Rc<MessageView>>>,
}

/// Props of [`MessageBubble`].
#[derive(Properties, PartialEq)]
pub(crate) struct MessageBubbleProps {
    /// The message and its place in its run.
    pub(crate) bubble: Bubble,
    /// Who wrote theirs.
    pub(crate) name: AttrValue,
    /// It comes while one looks on.
    pub(crate) arrives: bool,
    /// See [`BubbleActs`].
    pub(crate) acts: BubbleActs,
    /// Its file, if it has one.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// Finds the row of a message.
pub(crate) fn row_selector(id: MessageId) -> String {
    format!("[data-row='{}']", message_name(id))
}

/// See the module. A screen reader hears who wrote it and when, the text, and how far it came.
#[component]
pub(crate) fn MessageBubble(props: &MessageBubbleProps) -> Html {
    let Bubble { message, first, last, .. } = &props.bubble;
    let is_ours = message.state.is_some();
    let at = dates::time(message.stored_at);
    let is_emoji = message.answers.is_none() && is_few_emoji(&message.text);
    let class = classes!(
        "bubble",
        if is_ours { "bubble-ours" } else { "bubble-theirs" },
        first.then_some("bubble-first"),
        last.then_some("bubble-last"),
        (props.arrives && !is_ours).then_some("bubble-arrives"),
        is_emoji.then_some("bubble-emoji"),
        matches!(message.form, Form::File(_)).then_some("bubble-file"),
    );
    let who = |ours: bool| if ours { t!("from-you") } else { props.name.to_string() };
    let id = message.id;
    let (onmore, about) = (props.acts.onmore.clone(), Rc::clone(message));
    let is_stored = id.lamport != u64::MAX;
    let press = use_long_press(Callback::from(move |()| {
        if is_stored {
            onmore.emit(Rc::clone(&about));
        }
    }));
    let reactions = {
        let onreact = props.acts.onreact.reform(move |emoji| (id, emoji));
        ReactionsProps::of(message, props.name.clone(), onreact)
    };
    html! {
        <li {class} data-row={message_name(id)} oncontextmenu={press.onmenu} ontouchstart={press.ondown}
            ontouchmove={press.onup.clone()} ontouchend={press.onup.clone()} ontouchcancel={press.onup}>
            <span class="visually-hidden">{ format!("{}, {at}: ", who(is_ours)) }</span>
            if let Some(quote) = &message.answers {
                <QuoteLine who={who(quote.mine)} text={quote.text.clone().map(AttrValue::from)}
                    onclick={quote.text.as_ref().map(|_| go(&props.acts, quote.id))} />
            }
            { props.children.clone() }
            { said(message) }
            <Meta bubble={props.bubble.clone()} {at} onresend={props.acts.onresend.clone()} />
            if let Some(props) = reactions { <Reactions ..props /> }
            if is_stored {
                <button type="button" class="bubble-more" tabindex="-1" aria-haspopup="dialog"
                    aria-label={t!("message-more", text = beginning(quoted_text(message).unwrap_or_default()))} onclick={press.onclick}>
                    <Icon glyph={Glyph::More} />
                </button>
            }
            if let Some(state) = message.state {
                <span class="visually-hidden">{ format!(", {}", state_words(state)) }</span>
            }
        </li>
    }
}

fn go(acts: &BubbleActs, id: MessageId) -> Callback<MouseEvent> {
    acts.ongo.reform(move |_| id)
}

/// Enough of a text to tell which message is meant.
fn beginning(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Whoever is behind an address learns nothing of this page.
fn part(span: Span<'_>) -> Html {
    match span {
        Span::Text(text) => html! { text },
        Span::Link(link) => html! {
            <a class="link" href={link.to_owned()} target="_blank" rel="noopener noreferrer">{ link }</a>
        },
        Span::Invite(fragment) => html! {
            <a class="link invite-card" href={format!("#{fragment}")}><Icon glyph={Glyph::Link} />{ t!("invite-card") }</a>
        },
    }
}

fn said(message: &MessageView) -> Html {
    let gone = |words| html! { <span class="bubble-text bubble-gone">{ words }</span> };
    match &message.form {
        Form::Text => html! {
            <span class="bubble-text" dir="auto">{ for spans(&message.text).into_iter().map(part) }</span>
        },
        Form::Deleted => gone(t!("message-deleted")),
        Form::Newer => gone(t!("message-newer")),
        // One is a line between messages, the other drawn by who knows its bytes.
        Form::Timer(_) | Form::File(_) => Html::default(),
    }
}
