//! A conversation.

mod composer;
mod header;
mod timeline;

use std::rc::Rc;

use volly_core::api::{Connection, ContactId, ContactState};
use yew::prelude::*;

use composer::Composer;
use header::Header;
use timeline::Timeline;

use crate::{
    components::Page,
    hooks::{use_back, use_roster, use_title},
    i18n::t,
};

/// Props of [`Chat`].
#[derive(Properties, PartialEq)]
pub(crate) struct ChatProps {
    /// With whom.
    pub(crate) id: ContactId,
}

/// See the module.
#[component]
pub(crate) fn Chat(props: &ChatProps) -> Html {
    let (roster, onback) = (use_roster(), use_back());
    let contact = roster.contact(props.id).cloned();
    use_title(contact.as_ref().map(|contact| contact.name.clone()));
    let Some(contact) = contact else {
        return html! { <Page title={t!("chats")} {onback}><p>{ t!("chat-missing") }</p></Page> };
    };
    let key = contact.id.0;
    let name = contact.name.as_str();
    html! {
        <>
            <Header contact={Rc::clone(&contact)} {onback} />
            <Timeline {key} contact={Rc::clone(&contact)} />
            if roster.connection() == Connection::Offline && contact.state != ContactState::Gone {
                <p class="chat-note" role="status">{ t!("connection-offline") }</p>
            } else if contact.state == ContactState::Connecting {
                <p class="chat-note" role="status">{ t!("chat-connecting", name = name) }</p>
            }
            if contact.state == ContactState::Gone {
                <p class="chat-note" role="status">{ t!("chat-gone", name = name) }</p>
            } else {
                <Composer {key} {contact} />
            }
        </>
    }
}
