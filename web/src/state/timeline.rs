//! One conversation as far as it is on the screen.
//!
//! Messages lie in the order of their ids, which is the order on the screen. A text that was just
//! sent shows as an [`Echo`] until the engine's own message takes its place, exactly once:
//! whichever of the event and the reply comes first.

use std::{collections::BTreeMap, rc::Rc};

use volly_core::{
    api::{
        FileProgress, Form, MessageId, MessageState, MessageView, Progress, Stretch, TimelinePage,
    },
    limits::TIMELINE_PAGE,
};

/// Messages that stay in memory for a conversation that is left.
/// Lower: coming back shows less at once. Higher: each is a row to draw.
const KEPT_WHEN_LEFT: usize = 2 * TIMELINE_PAGE;

/// A text of ours the engine has not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Echo {
    /// Names it within this page.
    pub(crate) token: u64,
    /// The text as it was sent, trimmed.
    pub(crate) text: Rc<str>,
    /// When, milliseconds since the Unix epoch.
    pub(crate) at: u64,
    stored: Option<MessageId>,
}

impl Echo {
    /// A fresh echo.
    pub(crate) fn new(token: u64, text: &str, at: u64) -> Self {
        Self { token, text: text.trim().into(), at, stored: None }
    }
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// The messages we know, without gaps.
    pub(crate) messages: BTreeMap<MessageId, Rc<MessageView>>,
    /// There is something older.
    pub(crate) has_older: bool,
    /// There is something newer: what is shown lies around a message that one has gone to.
    pub(crate) has_newer: bool,
    /// A page is in.
    pub(crate) loaded: bool,
    /// Texts on their way into the store.
    pub(crate) echoes: Vec<Echo>,
    /// Tokens of the echoes that messages took the place of: the row on the screen stays the same.
    pub(crate) adopted: BTreeMap<MessageId, u64>,
}

impl Timeline {
    /// Takes a page in.
    pub(crate) fn take_page(&mut self, stretch: Stretch, page: TimelinePage) {
        let first = page.messages.first().map(|message| message.id);
        let oldest = self.messages.keys().next().copied();
        let newest = self.messages.keys().next_back().copied();
        match stretch {
            Stretch::Newest => {
                // Nothing joins what we had to the new page: what lies between is not known.
                if page.has_older && (first > newest || self.has_newer) {
                    self.messages.clear();
                }
                (self.loaded, self.has_newer) = (true, false);
                let oldest = self.messages.keys().next().copied();
                if oldest.is_none() || first.is_none() || first < oldest {
                    self.has_older = page.has_older;
                }
            }
            Stretch::Before(id) if Some(id) == oldest => self.has_older = page.has_older,
            Stretch::After(id) if Some(id) == newest => self.has_newer = page.has_newer,
            Stretch::Around(_) => {
                self.messages.clear();
                self.adopted.clear();
                self.loaded = true;
                (self.has_older, self.has_newer) = (page.has_older, page.has_newer);
            }
            // It does not join what is here any more.
            Stretch::Before(_) | Stretch::After(_) => return,
        }
        for message in page.messages {
            self.insert(message);
        }
    }

    /// Takes a stored message in, unless it lies where not all is known.
    pub(crate) fn take_message(&mut self, message: MessageView) {
        let newest = self.messages.keys().next_back();
        let oldest = self.messages.keys().next();
        let above = self.has_older && oldest.is_some_and(|oldest| message.id < *oldest);
        let below = self.has_newer && newest.is_some_and(|newest| message.id > *newest);
        if !above && !below {
            self.insert(message);
        }
    }

    /// A message says something else now. What it answers stays.
    pub(crate) fn take_change(&mut self, message: MessageView) {
        if let Some(known) = self.messages.get(&message.id) {
            let answers = known.answers.clone();
            self.insert(MessageView { answers, ..message });
        } else {
            self.quote(message.id, quoted_text(&message));
        }
    }

    /// Messages that answer this one quote it as it is now.
    fn quote(&mut self, id: MessageId, text: Option<&str>) {
        for message in self.messages.values_mut() {
            let quote = message.answers.as_ref().filter(|quote| quote.id == id);
            if quote.is_some_and(|quote| quote.text.as_deref() != text)
                && let Some(quote) = Rc::make_mut(message).answers.as_mut()
            {
                quote.text = text.map(Into::into);
            }
        }
    }

    /// Puts a message where it belongs; if it is ours, its echo goes.
    fn insert(&mut self, message: MessageView) {
        self.quote(message.id, quoted_text(&message));
        let Some(known) = self.messages.get_mut(&message.id) else {
            if message.state.is_some() {
                let echo = self.echoes.iter().position(|echo| {
                    echo.stored.map_or(*echo.text == *message.text, |id| id == message.id)
                });
                if let Some(at) = echo {
                    let token = self.echoes.remove(at).token;
                    self.adopted.insert(message.id, token);
                }
            }
            self.messages.insert(message.id, Rc::new(message));
            return;
        };
        let message = MessageView { state: known.state.max(message.state), ..message };
        if **known != message {
            *known = Rc::new(message);
        }
    }

    /// A message is no longer there.
    pub(crate) fn remove(&mut self, id: MessageId) {
        self.messages.remove(&id);
        self.adopted.remove(&id);
        self.quote(id, None);
    }

    /// Moves our messages on.
    pub(crate) fn take_progress(&mut self, steps: &[Progress]) {
        for message in self.messages.values_mut() {
            if let Some(state) = advance(message, steps) {
                Rc::make_mut(message).state = Some(state);
            }
        }
    }

    /// The file of a message has come further, or stands elsewhere.
    pub(crate) fn take_file_progress(&mut self, id: MessageId, progress: FileProgress) {
        if let Some(message) = self.messages.get_mut(&id)
            && let Form::File(file) = &message.form
            && file.progress != progress
            && let Form::File(file) = &mut Rc::make_mut(message).form
        {
            file.progress = progress;
        }
    }

    /// The engine has stored an echo under this id.
    pub(crate) fn echo_stored(&mut self, token: u64, id: MessageId) {
        if self.messages.contains_key(&id) {
            self.drop_echo(token);
        } else if let Some(echo) = self.echoes.iter_mut().find(|echo| echo.token == token) {
            echo.stored = Some(id);
        }
    }

    /// Removes an echo that will not be stored.
    pub(crate) fn drop_echo(&mut self, token: u64) {
        self.echoes.retain(|echo| echo.token != token);
    }

    /// Forgets the older half: the rows that are left keep their names.
    pub(crate) fn halve(&mut self) {
        self.keep(self.messages.len().div_ceil(2));
    }

    /// Forgets what lies far back, for a conversation that is left.
    pub(crate) fn trim(&mut self) {
        self.adopted.clear();
        if core::mem::take(&mut self.has_newer) {
            // Who comes back finds its end.
            self.messages.clear();
            self.loaded = false;
        }
        self.keep(KEPT_WHEN_LEFT);
    }

    fn keep(&mut self, newest: usize) {
        let excess = self.messages.len().saturating_sub(newest);
        if let Some(first) = self.messages.keys().nth(excess).copied()
            && excess > 0
        {
            self.messages = self.messages.split_off(&first);
            self.adopted = self.adopted.split_off(&first);
            self.has_older = true;
        }
    }

    /// The newest text of ours that can be edited.
    pub(crate) fn newest_ours(&self) -> Option<&Rc<MessageView>> {
        let open = |message: &&Rc<MessageView>| {
            message.state.is_some() && message.shared && message.form == Form::Text
        };
        self.messages.values().rev().find(open).filter(|_| !self.has_newer)
    }

    /// The newest message of theirs.
    pub(crate) fn newest_theirs(&self) -> Option<MessageId> {
        self.messages.values().rev().find(|message| message.state.is_none()).map(|m| m.id)
    }
}

/// What of a message is quoted.
pub(crate) fn quoted_text(message: &MessageView) -> Option<&str> {
    match &message.form {
        Form::Text => Some(&message.text),
        Form::File(file) => Some(&file.name),
        Form::Deleted | Form::Timer(_) | Form::Newer => None,
    }
}

/// The state these steps bring a message to, if that is another one than it has.
pub(crate) fn advance(message: &MessageView, steps: &[Progress]) -> Option<MessageState> {
    message.state?;
    let sequence = message.id.sequence;
    let state = steps
        .iter()
        .filter(|step| (step.first..=step.last).contains(&sequence))
        .fold(message.state, |state, step| state.max(Some(step.state)));
    state.filter(|_| state != message.state)
}

#[cfg(test)]
mod tests;
