//! What one can do with messages, as far as the engine does it.

use volly_core::api::{ContactId, ContactState, ContactView, DeleteMessage, MessageId, React};
use yew::prelude::*;

use super::use_engine;

/// See [`use_message_acts`].
pub(crate) struct UseMessageActs {
    /// Reacts, or takes that back.
    pub(crate) onreact: Callback<(MessageId, Option<String>)>,
    /// Deletes here, or for both.
    pub(crate) ondelete: Callback<(MessageId, bool)>,
}

/// Acts on messages of a conversation. Where the contact is gone nothing is said any more.
#[hook]
pub(crate) fn use_message_acts(contact: &ContactView) -> UseMessageActs {
    let engine = use_engine();
    let id = contact.id;
    let is_open = !matches!(contact.state, ContactState::Gone | ContactState::Moved);
    let onreact = use_callback(
        (engine.clone(), id, is_open),
        |(message, emoji): (MessageId, Option<String>), (engine, id, is_open)| {
            if *is_open {
                engine.tell(React { contact: *id, message, emoji });
            }
        },
    );
    let ondelete = use_callback(
        (engine, id),
        |(message, for_both): (MessageId, bool), (engine, id): &(_, ContactId)| {
            engine.tell(DeleteMessage { contact: *id, message, for_both });
        },
    );
    UseMessageActs { onreact, ondelete }
}
