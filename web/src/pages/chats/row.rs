//! The rows of the list.

use std::rc::Rc;

use volly_core::api::{ContactState, ContactView, InviteState, InviteView, Trust};
use yew::prelude::*;

use crate::{
    components::{Avatar, AvatarSize, Glyph, Icon, Ticks, state_words},
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
}

/// A contact: name, newest message or draft, time, unread count.
#[component]
pub(super) fn ContactRow(props: &ContactRowProps) -> Html {
    let (contact, Today(today)) = (&props.contact, use_today());
    let name = AttrValue::from(contact.name.clone());
    html! {
        <a class="row" href={Route::Chat(contact.id).href()} aria-current={props.current.then_some("page")}>
            <Avatar name={name.clone()} fingerprint={contact.fingerprint} size={AvatarSize::Medium}
                online={contact.online} />
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
                if contact.unread > 0 {
                    <span class="unread" aria-hidden="true">{ contact.unread.min(999) }</span>
                    <span class="visually-hidden">{ t!("unread", count = contact.unread) }</span>
                }
            </span>
        </a>
    }
}

fn preview(contact: &ContactView, current: bool) -> Html {
    let last = contact.last.as_ref();
    if !contact.draft.trim().is_empty() && !current {
        return html! {
            <span class="row-text" dir="auto"><em>{ t!("draft-prefix") }</em>{ " " }{ &contact.draft }</span>
        };
    }
    match (contact.state, last) {
        (ContactState::Gone, _) => html! { <span class="row-text">{ t!("row-gone") }</span> },
        (_, Some(last)) => html! {
            <>
                if let Some(state) = last.state {
                    <Ticks {state} />
                    <span class="visually-hidden">{ format!("{} {}. ", t!("own-prefix"), state_words(state)) }</span>
                }
                <span class="row-text" dir="auto">{ last.text.lines().next().unwrap_or_default() }</span>
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
