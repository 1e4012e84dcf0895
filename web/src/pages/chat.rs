//! A conversation.

mod acts;
mod attachment;
mod block;
mod composer;
mod file_line;
mod files;
mod header;
mod menu;
mod task_strip;
mod timeline;

use std::rc::Rc;

use volly_core::api::{Connection, ContactId, ContactState, ContactView, MessageId};
use yew::prelude::*;

use composer::Composer;
use header::Header;
use timeline::Timeline;

use crate::{
    components::Page,
    hooks::{use_back, use_roster, use_title},
    i18n::t,
    state::task::Task,
};

/// Props of [`Chat`].
#[derive(Properties, PartialEq)]
pub(crate) struct ChatProps {
    /// With whom.
    pub(crate) id: ContactId,
    /// The message to go to.
    #[prop_or_default]
    pub(crate) at: Option<MessageId>,
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
    html! {
        <>
            <Header contact={Rc::clone(&contact)} {onback} />
            <Conversation {key} {contact} connection={roster.connection()} at={props.at} />
        </>
    }
}

/// Props of [`Conversation`].
#[derive(Properties, PartialEq)]
struct ConversationProps {
    contact: Rc<ContactView>,
    connection: Connection,
    at: Option<MessageId>,
}

/// What was said, and what is said next.
#[component]
fn Conversation(props: &ConversationProps) -> Html {
    let ConversationProps { contact, connection, at } = props;
    let task = use_state_eq(Task::default);
    let sent = use_state_eq(|| 0_u32);
    let name = contact.name.as_str();
    let (choose, done) = (task.setter(), task.setter());
    let ontask = use_callback((), move |task: Task, ()| choose.set(task));
    let ondone = use_callback(sent.clone(), move |(), sent| {
        done.set(Task::Say);
        sent.set(sent.wrapping_add(1));
    });
    html! {
        <>
            <Timeline contact={Rc::clone(contact)} ontask={ontask.clone()} sent={*sent} at={*at} />
            if contact.state == ContactState::Moved {
                <Moved name={contact.name.clone()} />
            } else if *connection == Connection::Offline && contact.state != ContactState::Gone {
                <p class="chat-note" role="status">{ t!("connection-offline") }</p>
            } else if contact.state == ContactState::Connecting {
                <p class="chat-note" role="status">{ t!("chat-connecting", name = name) }</p>
            }
            if contact.state == ContactState::Gone {
                <p class="chat-note" role="status">{ t!("chat-gone", name = name) }</p>
            } else if contact.state != ContactState::Moved {
                <Composer contact={Rc::clone(contact)} task={(*task).clone()} {ontask} {ondone} />
            }
        </>
    }
}

/// Props of [`Moved`].
#[derive(Properties, PartialEq)]
struct MovedProps {
    name: AttrValue,
}

/// Another browser of ours has taken over.
#[component]
fn Moved(props: &MovedProps) -> Html {
    html! {
        <p class="chat-note" role="status">{ t!("chat-moved", name = props.name.as_str()) }</p>
    }
}
