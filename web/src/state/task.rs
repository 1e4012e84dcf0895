//! What the next text of a conversation is for.

use std::rc::Rc;

use volly_core::api::{MessageId, MessageView};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Task {
    /// It is a message.
    #[default]
    Say,
    /// It answers this one.
    Answer(Rc<MessageView>),
    /// It takes the place of this one's.
    Edit(Rc<MessageView>),
}

impl Task {
    /// What it answers.
    pub(crate) fn answered(&self) -> Option<MessageId> {
        if let Self::Answer(message) = self { Some(message.id) } else { None }
    }

    /// What it takes the place of.
    pub(crate) const fn edited(&self) -> Option<&Rc<MessageView>> {
        if let Self::Edit(message) = self { Some(message) } else { None }
    }
}
