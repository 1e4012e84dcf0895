//! The conversations that were opened lately.

use std::rc::Rc;

use volly_core::api::{ContactId, Event, MessageId, Notice, Stretch, TimelinePage};

use super::timeline::{Echo, Timeline};

/// Conversations kept. Lower: going back to one loads again. Higher: memory for nothing.
const KEPT: usize = 8;

/// What can happen to a conversation on the screen.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// The engine says something.
    Notice(Notice),
    /// It is opened: from now on its events count.
    Opened(ContactId),
    /// More of it is loaded than its end needs.
    Long(ContactId),
    /// It is left.
    Left(ContactId),
    /// A page was loaded.
    Page(ContactId, Stretch, TimelinePage),
    /// A text was sent.
    Sent(ContactId, Echo),
    /// A sent text is stored.
    Stored(ContactId, u64, MessageId),
    /// A sent text was refused.
    Refused(ContactId, u64),
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timelines {
    /// Most recently opened last.
    kept: Vec<(ContactId, Rc<Timeline>)>,
}

impl Timelines {
    /// The conversation with this contact, if it was opened.
    pub(crate) fn get(&self, id: ContactId) -> Option<&Rc<Timeline>> {
        self.kept.iter().find_map(|(known, timeline)| (*known == id).then_some(timeline))
    }

    fn get_mut(&mut self, id: ContactId) -> Option<&mut Timeline> {
        let (_, timeline) = self.kept.iter_mut().find(|(known, _)| *known == id)?;
        Some(Rc::make_mut(timeline))
    }

    /// Takes a change in.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Notice(notice) => self.apply_notice(notice),
            Change::Opened(id) => self.open(id),
            Change::Long(id) => self.edit(id, Timeline::halve),
            Change::Left(id) => self.edit(id, Timeline::trim),
            Change::Page(id, stretch, page) => self.edit(id, |line| line.take_page(stretch, page)),
            Change::Sent(id, echo) => self.edit(id, |line| line.echoes.push(echo)),
            Change::Stored(id, token, stored) => {
                self.edit(id, |line| line.echo_stored(token, stored));
            }
            Change::Refused(id, token) => self.edit(id, |line| line.drop_echo(token)),
        }
    }

    fn edit(&mut self, id: ContactId, edit: impl FnOnce(&mut Timeline)) {
        if let Some(timeline) = self.get_mut(id) {
            edit(timeline);
        }
    }

    fn open(&mut self, id: ContactId) {
        let at = self.kept.iter().position(|(known, _)| *known == id);
        let entry = at.map_or_else(|| (id, Rc::default()), |at| self.kept.remove(at));
        self.kept.push(entry);
        let excess = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..excess);
    }

    fn apply_notice(&mut self, notice: Notice) {
        match notice {
            // Events may have been missed: every newest page is asked for again.
            Notice::Ready(_) => {
                for (_, timeline) in &mut self.kept {
                    Rc::make_mut(timeline).loaded = false;
                }
            }
            Notice::Event(Event::Message(id, message)) => {
                self.edit(id, |line| line.take_message(message));
            }
            Notice::Event(Event::MessageChanged(id, message)) => {
                self.edit(id, |line| line.take_change(message));
            }
            Notice::Event(Event::Progress(id, steps)) => {
                self.edit(id, |line| line.take_progress(&steps));
            }
            Notice::Event(Event::File(id, message, progress)) => {
                self.edit(id, |line| line.take_file_progress(message, progress));
            }
            Notice::Event(Event::MessageDeleted(id, message)) => {
                self.edit(id, |line| line.remove(message));
            }
            Notice::Event(Event::ContactDeleted(id)) => self.kept.retain(|(known, _)| *known != id),
            Notice::Event(_) | Notice::Starting | Notice::Failed(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use volly_core::api::{Connection, MessageState, MessageView, Progress, Snapshot};

    use super::*;
    use crate::state::samples::{ours, theirs};

    const MARA: ContactId = ContactId(1);

    fn page() -> TimelinePage {
        TimelinePage { messages: vec![theirs(1, 1)], has_older: false, has_newer: false }
    }

    fn event(timelines: &mut Timelines, event: Event) {
        timelines.apply(Change::Notice(Notice::Event(event.clone())));
        let once = timelines.clone();
        timelines.apply(Change::Notice(Notice::Event(event)));
        assert_eq!(*timelines, once, "an event applied twice does no harm");
    }

    #[test]
    fn a_message_that_comes_while_the_page_loads_is_kept() {
        let mut timelines = Timelines::default();
        timelines.apply(Change::Opened(MARA));
        event(&mut timelines, Event::Message(MARA, theirs(2, 2)));
        timelines.apply(Change::Page(MARA, Stretch::Newest, page()));
        assert_eq!(timelines.get(MARA).unwrap().messages.len(), 2);
    }

    #[test]
    fn a_message_that_is_deleted_leaves_the_screen() {
        let mut timelines = Timelines::default();
        timelines.apply(Change::Opened(MARA));
        event(&mut timelines, Event::Message(MARA, ours(1, 1)));
        event(&mut timelines, Event::Message(MARA, ours(2, 2)));
        event(&mut timelines, Event::MessageDeleted(MARA, ours(1, 1).id));
        let left: Vec<_> = timelines.get(MARA).unwrap().messages.keys().copied().collect();
        assert_eq!(left, [ours(2, 2).id]);
    }

    #[test]
    fn progress_moves_a_range_of_ours() {
        let mut timelines = Timelines::default();
        timelines.apply(Change::Opened(MARA));
        for message in [ours(1, 1), theirs(2, 2), ours(3, 3), ours(4, 4)] {
            event(&mut timelines, Event::Message(MARA, message));
        }
        let step = Progress { first: 1, last: 3, state: MessageState::Read };
        event(&mut timelines, Event::Progress(MARA, vec![step]));
        let states: Vec<_> =
            timelines.get(MARA).unwrap().messages.values().map(|m| m.state).collect();
        let (read, queued) = (Some(MessageState::Read), Some(MessageState::Queued));
        assert_eq!(states, [read, None, read, queued]);
        let edited = MessageView { text: "!".into(), edited: true, ..ours(1, 1) };
        event(&mut timelines, Event::MessageChanged(MARA, edited));
        let first = timelines.get(MARA).unwrap().messages.values().next().unwrap();
        assert_eq!((first.text.as_str(), first.state), ("!", read), "a change sets nothing back");
    }

    #[test]
    fn a_snapshot_asks_for_the_newest_page_again() {
        let mut timelines = Timelines::default();
        timelines.apply(Change::Opened(MARA));
        timelines.apply(Change::Page(MARA, Stretch::Newest, page()));
        timelines.apply(Change::Notice(Notice::Ready(Box::new(Snapshot {
            number: 0,
            profile: None,
            contacts: Vec::new(),
            invites: Vec::new(),
            connection: Connection::Offline,
            relays: vec![],
        }))));
        let timeline = timelines.get(MARA).unwrap();
        assert!(!timeline.loaded);
        assert_eq!(timeline.messages.len(), 1, "what is on the screen stays there");
    }

    #[test]
    fn few_conversations_are_kept_and_deleted_ones_go() {
        let mut timelines = Timelines::default();
        for id in 0..20 {
            timelines.apply(Change::Opened(ContactId(id)));
        }
        assert_eq!(timelines.kept.len(), KEPT);
        event(&mut timelines, Event::ContactDeleted(ContactId(19)));
        assert_eq!(timelines.kept.len(), KEPT - 1);
    }
}
