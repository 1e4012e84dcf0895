//! The rows of the list.

use std::rc::Rc;

use volly_core::api::{
    ContactState, ContactView, Form, InviteState, InviteView, MessageView, Trust,
};
use yew::prelude::*;

use crate::{
    components::{
        Avatar, AvatarSize, Glyph, Icon, LongPress, Ticks, kind_words, state_words, use_long_press,
    },
    core::Today,
    dates,
    hooks::use_today,
    i18n::t,
    routes::Route,
    state::roster::activity,
};

/// Props of [`ContactRow`].
#[derive(Properties, PartialEq)]
pub(super) struct ContactRowProps {
    /// Who.
    pub(super) contact: Rc<ContactView>,
    /// It is open beside the list.
    pub(super) current: bool,
    /// Shows what one can do with the conversation.
    pub(super) onmore: Callback<Rc<ContactView>>,
}

/// A contact: name, newest message or draft, time, unread count.
#[component]
pub(super) fn ContactRow(props: &ContactRowProps) -> Html {
    let (contact, Today(today)) = (&props.contact, use_today());
    let name = AttrValue::from(contact.name.clone());
    let (about, onmore) = (Rc::clone(contact), props.onmore.clone());
    let press = use_long_press(Callback::from(move |()| onmore.emit(Rc::clone(&about))));
    let LongPress { onclick, onmenu, ondown, onup } = press;
    let more = t!("chat-more", name = &*name);
    html! {
        <>
        <a class="row" href={Route::Chat(contact.id).href()} aria-current={props.current.then_some("page")}
            oncontextmenu={onmenu} ontouchstart={ondown} ontouchmove={onup.clone()} ontouchend={onup.clone()} ontouchcancel={onup}>
            <Avatar name={name.clone()} fingerprint={contact.fingerprint} size={AvatarSize::Medium}
                online={contact.reach.is_some()} />
            <span class="row-top">
                <span class="row-name" dir="auto">{ name }</span>
                if contact.trust == Trust::Verified {
                    <span class="row-verified"><Icon glyph={Glyph::Verified} />
                        <span class="visually-hidden">{ t!("verified") }</span></span>
                }
                <span class="row-time">{ dates::moment(activity(contact), today) }</span>
            </span>
            <span class="row-bottom">
                { preview(contact, props.current) }
                { marks(contact) }
            </span>
        </a>
        <button type="button" class="row-more" tabindex="-1" aria-haspopup="dialog" aria-label={more} {onclick}>
            <Icon glyph={Glyph::More} />
        </button>
        </>
    }
}

/// What stands at the end of a row: muted, pinned, and what is not read.
fn marks(contact: &ContactView) -> Html {
    let now = contact.arrangement;
    let mark = |is_so: bool, glyph, words: String| {
        html! {
            if is_so {
                <span class="row-mark"><Icon {glyph} /><span class="visually-hidden">{ words }</span></span>
            }
        }
    };
    let class = classes!("unread", now.muted.then_some("unread-muted"));
    html! {
        <>
            { mark(now.muted, Glyph::Mute, t!("muted")) }
            { mark(now.pinned, Glyph::Pin, t!("pinned")) }
            if contact.unread > 0 {
                <span {class} aria-hidden="true">{ contact.unread.min(999) }</span>
                <span class="visually-hidden">{ t!("unread", count = contact.unread) }</span>
            } else if now.unread {
                <span class={classes!(class, "unread-mark")} aria-hidden="true" />
                <span class="visually-hidden">{ t!("marked-unread") }</span>
            }
        </>
    }
}

fn preview(contact: &ContactView, current: bool) -> Html {
    let last = contact.last.as_ref();
    if !contact.draft.trim().is_empty() && !current {
        return html! {
            <span class="row-text" dir="auto"><em>{ t!("draft-prefix") }</em>{ " " }{ &contact.draft }</span>
        };
    }
    if contact.is_typing {
        return html! { <span class="row-text typing">{ t!("typing") }</span> };
    }
    match (contact.state, last) {
        (ContactState::Gone, _) => html! { <span class="row-text">{ t!("row-gone") }</span> },
        (ContactState::Moved, _) => html! { <span class="row-text">{ t!("row-moved") }</span> },
        (_, Some(last)) => html! {
            <>
                if let Some(state) = last.state {
                    <Ticks {state} />
                    <span class="visually-hidden">{ format!("{} {}. ", t!("own-prefix"), state_words(state)) }</span>
                }
                <span class="row-text" dir="auto">{ first_line(last) }</span>
            </>
        },
        (ContactState::Connecting, None) => {
            html! { <span class="row-text">{ t!("row-connecting") }</span> }
        }
        (ContactState::Established, None) => {
            html! { <span class="row-text">{ t!("row-empty") }</span> }
        }
    }
}

fn first_line(message: &MessageView) -> String {
    match &message.form {
        Form::File(file) => kind_words(file),
        Form::Text => message.text.lines().next().unwrap_or_default().to_owned(),
        Form::Deleted => t!("message-deleted"),
        Form::Newer => t!("message-newer"),
        Form::Timer(_) => t!("timer-label"),
    }
}

/// Props of [`InviteRow`].
#[derive(Properties, PartialEq)]
pub(super) struct InviteRowProps {
    /// Which.
    pub(super) invite: Rc<InviteView>,
    /// It is open beside the list.
    pub(super) current: bool,
}

/// An invite of ours that waits.
#[component]
pub(super) fn InviteRow(props: &InviteRowProps) -> Html {
    let (invite, Today(today)) = (&props.invite, use_today());
    let text = match invite.state {
        InviteState::Publishing => t!("invite-publishing"),
        InviteState::Open => t!("invite-open"),
        InviteState::Expired => t!("invite-expired"),
    };
    html! {
        <a class="row row-invite" href={Route::Invite(invite.id).href()}
            aria-current={props.current.then_some("page")}>
            <span class="avatar avatar-medium avatar-invite" aria-hidden="true"><Icon glyph={Glyph::Link} /></span>
            <span class="row-top">
                <span class="row-name">{ t!("invite-sent") }</span>
                <span class="row-time">{ dates::moment(invite.created_at, today) }</span>
            </span>
            <span class="row-bottom"><span class="row-text">{ text }</span></span>
        </a>
    }
}
