//! Values for the tests of this folder.

use volly_core::api::{
    ContactId, ContactState, ContactView, MessageId, MessageState, MessageView, Trust,
};

/// A contact without messages.
pub(crate) fn contact(id: u64, added_at: u64) -> ContactView {
    ContactView {
        id: ContactId(id),
        name: format!("Contact {id}"),
        fingerprint: [0; 32],
        state: ContactState::Established,
        trust: Trust::Seen,
        online: false,
        last: None,
        unread: 0,
        read_up_to: None,
        draft: String::new(),
        added_at,
    }
}

/// A queued message of ours; its text is `n`.
pub(crate) fn ours(n: u64, at: u64) -> MessageView {
    MessageView { state: Some(MessageState::Queued), ..theirs(n, at) }
}

/// A message of theirs; its text is `n`.
pub(crate) fn theirs(n: u64, at: u64) -> MessageView {
    MessageView {
        id: MessageId { lamport: n, side: 0, sequence: n },
        text: n.to_string(),
        sent_at: at,
        stored_at: at,
        state: None,
    }
}
