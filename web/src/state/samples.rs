//! Values for the tests of this folder.

use volly_core::api::{
    Arrangement, ContactId, ContactState, ContactView, Form, MessageId, MessageState, MessageView,
    Trust,
};

/// A contact without messages.
pub(crate) fn contact(id: u64, added_at: u64) -> ContactView {
    ContactView {
        id: ContactId(id),
        name: format!("Contact {id}"),
        fingerprint: [0; 32],
        state: ContactState::Established,
        trust: Trust::Seen,
        reach: None,
        last: None,
        unread: 0,
        read_up_to: None,
        draft: String::new(),
        added_at,
        is_typing: false,
        answers_read: true,
        lifetime: 0,
        arrangement: Arrangement::default(),
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
        form: Form::Text,
        text: n.to_string(),
        edited: false,
        answers: None,
        our_reaction: None,
        their_reaction: None,
        lifetime: 0,
        sent_at: at,
        stored_at: at,
        state: None,
        shared: true,
    }
}
