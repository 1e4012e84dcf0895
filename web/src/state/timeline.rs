//! One conversation as far as it is on the screen.
//!
//! Messages lie in the order of their ids, which is the order on the screen. A text that was just
//! sent shows as an [`Echo`] until the engine's own message takes its place, exactly once:
//! whichever of the event and the reply comes first.

use std::{collections::BTreeMap, rc::Rc};

use volly_core::{
    api::{MessageId, MessageState, MessageView, Progress, TimelinePage},
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
    /// The messages we know, without gaps up to the newest.
    pub(crate) messages: BTreeMap<MessageId, Rc<MessageView>>,
    /// There is something older.
    pub(crate) has_older: bool,
    /// The newest page is in.
    pub(crate) loaded: bool,
    /// Texts on their way into the store.
    pub(crate) echoes: Vec<Echo>,
    /// Tokens of the echoes that messages took the place of: the row on the screen stays the same.
    pub(crate) adopted: BTreeMap<MessageId, u64>,
}

impl Timeline {
    /// Takes the newest page in, or with `before` the one that ends there.
    pub(crate) fn take_page(&mut self, before: Option<MessageId>, page: TimelinePage) {
        let first = page.messages.first().map(|message| message.id);
        if before.is_none() {
            self.loaded = true;
            let newest = self.messages.last_key_value().map(|(id, _)| *id);
            // Nothing joins what we had to the new page: what lies between is not known.
            if page.has_older && first > newest {
                self.messages.clear();
            }
        }
        let oldest = self.messages.first_key_value().map(|(id, _)| *id);
        if oldest.is_none() || first.is_none() || first < oldest || before == oldest {
            self.has_older = page.has_older;
        }
        for message in page.messages {
            self.take_message(message);
        }
    }

    /// Takes a stored message in; if it is ours, its echo goes.
    pub(crate) fn take_message(&mut self, message: MessageView) {
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
        let state = later(known.state, message.state);
        if known.state != state || known.text != message.text {
            *known = Rc::new(MessageView { state, ..message });
        }
    }

    /// Moves our messages on.
    pub(crate) fn take_progress(&mut self, steps: &[Progress]) {
        for message in self.messages.values_mut() {
            if let Some(state) = advance(message, steps) {
                Rc::make_mut(message).state = Some(state);
            }
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

    /// The newest message of theirs.
    pub(crate) fn newest_theirs(&self) -> Option<MessageId> {
        self.messages.values().rev().find(|message| message.state.is_none()).map(|m| m.id)
    }
}

/// The state these steps bring a message to, if that is another one than it has.
pub(crate) fn advance(message: &MessageView, steps: &[Progress]) -> Option<MessageState> {
    message.state?;
    let sequence = message.id.sequence;
    let state = steps
        .iter()
        .filter(|step| (step.first..=step.last).contains(&sequence))
        .fold(message.state, |state, step| later(state, Some(step.state)));
    state.filter(|_| state != message.state)
}

/// The state after another one was told: never back, but between `Failed` and `Queued`.
fn later(known: Option<MessageState>, told: Option<MessageState>) -> Option<MessageState> {
    use MessageState::{Failed, Queued};
    match (known, told) {
        (Some(Failed | Queued), Some(Failed | Queued)) => told,
        _ => known.max(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples::{ours, theirs};

    fn page(ids: core::ops::RangeInclusive<u64>, has_older: bool) -> TimelinePage {
        TimelinePage { messages: ids.map(|n| theirs(n, n)).collect(), has_older }
    }

    fn ids(timeline: &Timeline) -> Vec<u64> {
        timeline.messages.keys().map(|id| id.lamport).collect()
    }

    #[test]
    fn an_echo_gives_way_once_whatever_comes_first() {
        for event_first in [true, false] {
            let mut timeline = Timeline::default();
            timeline.echoes.push(Echo::new(1, " 7 ", 0));
            let message = ours(7, 0);
            if event_first {
                timeline.take_message(message.clone());
                timeline.echo_stored(1, message.id);
            } else {
                timeline.echo_stored(1, message.id);
                assert_eq!(timeline.echoes.len(), 1, "shown until the message is there");
                timeline.take_message(message.clone());
            }
            timeline.take_message(message);
            assert!(timeline.echoes.is_empty());
            assert_eq!(timeline.messages.len(), 1);
            assert_eq!(timeline.adopted.values().collect::<Vec<_>>(), [&1]);
        }
    }

    #[test]
    fn the_same_text_twice_keeps_the_second_echo() {
        let mut timeline = Timeline::default();
        timeline.echoes.push(Echo::new(1, "7", 0));
        timeline.echoes.push(Echo::new(2, "7", 0));
        let message = ours(7, 0);
        timeline.take_message(message.clone());
        timeline.take_message(message.clone());
        timeline.echo_stored(1, message.id);
        assert_eq!(timeline.echoes.iter().map(|echo| echo.token).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_message_of_theirs_leaves_echoes_alone() {
        let mut timeline = Timeline::default();
        timeline.echoes.push(Echo::new(1, "7", 0));
        timeline.take_message(theirs(7, 0));
        assert_eq!(timeline.echoes.len(), 1);
    }

    #[test]
    fn states_never_go_back() {
        use MessageState::{Deposited, Failed, Queued, Read, Sent};
        for (known, told, after) in [
            (Queued, Sent, Sent),
            (Read, Deposited, Read),
            (Queued, Failed, Failed),
            (Failed, Queued, Queued),
            (Sent, Failed, Sent),
        ] {
            assert_eq!(later(Some(known), Some(told)), Some(after), "{known:?} {told:?}");
        }
    }

    #[test]
    fn pages_join_upwards() {
        let mut timeline = Timeline::default();
        timeline.take_page(None, page(5..=8, true));
        assert!(timeline.loaded && timeline.has_older);
        let before = timeline.messages.keys().next().copied();
        timeline.take_page(before, page(1..=4, false));
        assert_eq!(ids(&timeline), (1..=8).collect::<Vec<_>>());
        assert!(!timeline.has_older);
        timeline.take_page(None, page(5..=8, true));
        assert!(!timeline.has_older, "an overlapping newest page says nothing about the start");
    }

    #[test]
    fn a_newest_page_that_does_not_join_replaces() {
        let mut timeline = Timeline::default();
        timeline.take_page(None, page(1..=4, false));
        timeline.take_page(None, page(9..=12, true));
        assert_eq!(ids(&timeline), (9..=12).collect::<Vec<_>>());
        assert!(timeline.has_older);
    }

    #[test]
    fn the_newer_half_keeps_its_rows_and_what_is_older_comes_back() {
        let mut timeline = Timeline::default();
        timeline.take_page(None, page(1..=6, false));
        timeline.echoes.push(Echo::new(1, "7", 0));
        timeline.take_message(ours(7, 0));
        let token = timeline.adopted.clone();
        timeline.halve();
        assert_eq!((ids(&timeline), &timeline.adopted), (vec![4, 5, 6, 7], &token));
        assert!(timeline.has_older);
        let before = timeline.messages.keys().next().copied();
        timeline.take_page(before, page(1..=3, false));
        assert_eq!(ids(&timeline), (1..=7).collect::<Vec<_>>());
        assert!(!timeline.has_older);
    }

    #[test]
    fn what_is_left_is_trimmed_to_its_newest() {
        let mut timeline = Timeline::default();
        timeline.take_page(None, page(1..=500, false));
        timeline.trim();
        assert_eq!(timeline.messages.len(), KEPT_WHEN_LEFT);
        assert_eq!(ids(&timeline).last(), Some(&500));
        assert!(timeline.has_older);
    }
}
