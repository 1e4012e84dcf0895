//! The user, the contacts, the invites and the way out: all but the conversations themselves.

use std::rc::Rc;

use volly_core::api::{
    Connection, ContactId, ContactView, Event, InviteId, InviteView, Notice, Profile, Snapshot,
    StartFailure,
};

use super::timeline::advance;

/// Invites whose end is remembered, so that a page that shows one can follow it to the chat.
/// Lower: a page may miss the end. Higher: nothing is gained, a page shows one invite.
const REMEMBERED_ENDS: usize = 8;

/// How far the engine has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It starts, or moves to another tab.
    Starting,
    /// It answers.
    Ready,
    /// It does not run.
    Failed(StartFailure),
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Roster {
    /// How far the engine has come.
    pub(crate) phase: Phase,
    /// A snapshot has arrived once: what is below is true or was.
    pub(crate) known: bool,
    /// The user, once there is one.
    pub(crate) profile: Option<Rc<Profile>>,
    /// Those that are pinned first, then newest activity first.
    pub(crate) contacts: Vec<Rc<ContactView>>,
    /// Newest first.
    pub(crate) invites: Vec<Rc<InviteView>>,
    /// How this device was connected when the engine last said so.
    connection: Connection,
    /// The relays that answered then, by their hosts.
    relays: Rc<[String]>,
    /// The store does not take changes.
    pub(crate) storage_failing: bool,
    ends: Vec<(InviteId, Option<ContactId>)>,
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            phase: Phase::Starting,
            known: false,
            profile: None,
            contacts: Vec::new(),
            invites: Vec::new(),
            connection: Connection::Connecting,
            relays: Rc::default(),
            storage_failing: false,
            ends: Vec::new(),
        }
    }
}

impl Roster {
    /// Takes a notice in.
    pub(crate) fn apply(&mut self, notice: Notice) {
        match notice {
            // Who is locked sees that until an engine is there: the first of several tabs tries to be one.
            Notice::Starting if self.phase == Phase::Failed(StartFailure::Locked) => {}
            Notice::Starting => self.phase = Phase::Starting,
            Notice::Failed(failure) => self.phase = Phase::Failed(failure),
            Notice::Ready(snapshot) => self.replace(*snapshot),
            Notice::Event(event) => self.apply_event(event),
        }
    }

    fn replace(&mut self, snapshot: Snapshot) {
        self.phase = Phase::Ready;
        self.known = true;
        self.profile = snapshot.profile.map(Rc::new);
        self.contacts = snapshot.contacts.into_iter().map(Rc::new).collect();
        self.invites = snapshot.invites.into_iter().map(Rc::new).collect();
        self.connection = snapshot.connection;
        self.relays = snapshot.relays.into();
        self.sort();
    }

    fn apply_event(&mut self, event: Event) {
        match event {
            Event::Profile(profile) => self.profile = Some(Rc::new(profile)),
            Event::Contact(contact) => {
                self.contacts.retain(|known| known.id != contact.id);
                self.contacts.push(Rc::from(contact));
                self.sort();
            }
            Event::ContactDeleted(id) => self.contacts.retain(|known| known.id != id),
            Event::Invite(invite) => {
                self.invites.retain(|known| known.id != invite.id);
                self.invites.push(Rc::new(invite));
                self.sort();
            }
            Event::InviteClosed(id, contact) => {
                self.invites.retain(|known| known.id != id);
                self.ends.retain(|(known, _)| *known != id);
                self.ends.push((id, contact));
                let excess = self.ends.len().saturating_sub(REMEMBERED_ENDS);
                self.ends.drain(..excess);
            }
            Event::Progress(id, steps) => {
                let Some(contact) = self.contacts.iter_mut().find(|known| known.id == id) else {
                    return;
                };
                let Some(last) = contact.last.as_ref() else { return };
                if let Some(state) = advance(last, &steps)
                    && let Some(last) = Rc::make_mut(contact).last.as_mut()
                {
                    last.state = Some(state);
                }
            }
            Event::Connection(connection) => self.connection = connection,
            Event::Relays(relays) => self.relays = relays.into(),
            Event::StorageFailing(failing) => self.storage_failing = failing,
            Event::Message(..)
            | Event::MessageChanged(..)
            | Event::MessageDeleted(..)
            | Event::File(..) => {}
        }
    }

    fn sort(&mut self) {
        self.contacts.sort_by_key(|contact| {
            core::cmp::Reverse((contact.arrangement.pinned, activity(contact), contact.id))
        });
        self.invites.sort_by_key(|invite| core::cmp::Reverse((invite.created_at, invite.id)));
    }

    /// The contact of this id.
    pub(crate) fn contact(&self, id: ContactId) -> Option<&Rc<ContactView>> {
        self.contacts.iter().find(|contact| contact.id == id)
    }

    /// The invite of this id, as long as it waits.
    pub(crate) fn invite(&self, id: InviteId) -> Option<&Rc<InviteView>> {
        self.invites.iter().find(|invite| invite.id == id)
    }

    /// Who used an invite that is gone from the list.
    pub(crate) fn guest_of(&self, id: InviteId) -> Option<ContactId> {
        self.ends.iter().find_map(|(known, contact)| (*known == id).then_some(*contact)).flatten()
    }

    /// How we are connected as far as anybody can know: an engine that starts is not connected.
    pub(crate) fn connection(&self) -> Connection {
        if self.phase == Phase::Starting { Connection::Connecting } else { self.connection }
    }

    /// The relays that answer, by their hosts.
    pub(crate) fn relays(&self) -> &[String] {
        if self.phase == Phase::Starting { &[] } else { &self.relays }
    }

    /// Messages nobody has seen yet, and which call for attention.
    pub(crate) fn unread(&self) -> u32 {
        let felt = self.contacts.iter().filter(|contact| !contact.arrangement.muted);
        felt.map(|contact| contact.unread.max(u32::from(contact.arrangement.unread))).sum()
    }

    /// The contact above or below this one in the list, without turning around at its ends. What is
    /// archived is not in it.
    pub(crate) fn neighbour(&self, id: Option<ContactId>, step: Step) -> Option<ContactId> {
        let listed: Vec<_> =
            self.contacts.iter().filter(|contact| !contact.arrangement.archived).collect();
        let at = id.and_then(|id| listed.iter().position(|contact| contact.id == id));
        let next = match (at, step) {
            (None, _) => Some(0),
            (Some(at), Step::Down) => at.checked_add(1),
            (Some(at), Step::Up) => at.checked_sub(1),
        };
        next.and_then(|at| listed.get(at)).map(|contact| contact.id)
    }
}

/// A direction in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the one above.
    Up,
    /// To the one below.
    Down,
}

/// When something last happened with a contact, milliseconds since the Unix epoch.
pub(crate) fn activity(contact: &ContactView) -> u64 {
    contact.last.as_ref().map_or(contact.added_at, |last| last.stored_at.max(contact.added_at))
}

#[cfg(test)]
mod tests {
    use volly_core::api::{Arrangement, InviteState, MessageState, Progress};

    use super::*;
    use crate::state::samples::{contact, ours};

    fn event(roster: &mut Roster, event: Event) {
        roster.apply(Notice::Event(event.clone()));
        let once = roster.clone();
        roster.apply(Notice::Event(event));
        assert_eq!(*roster, once, "an event applied twice does no harm");
    }

    fn invite(id: u64) -> InviteView {
        InviteView {
            id: InviteId(id),
            fragment: "AQ".into(),
            state: InviteState::Open,
            created_at: id,
            expires_at: 9,
        }
    }

    #[test]
    fn the_newest_activity_comes_first() {
        let mut roster = Roster::default();
        event(&mut roster, Event::Contact(contact(1, 10).into()));
        event(&mut roster, Event::Contact(contact(2, 20).into()));
        assert_eq!(roster.contacts[0].id, ContactId(2));
        let mut busy = contact(1, 10);
        busy.last = Some(ours(5, 30));
        event(&mut roster, Event::Contact(busy.into()));
        assert_eq!(roster.contacts[0].id, ContactId(1));
        assert_eq!(roster.contacts.len(), 2);
    }

    #[test]
    fn what_is_pinned_is_above_and_what_is_muted_does_not_count() {
        let mut roster = Roster::default();
        let arranged =
            |id, at, arrangement| ContactView { arrangement, unread: 2, ..contact(id, at) };
        let plain = Arrangement::default();
        let pinned = Arrangement { pinned: true, ..plain };
        let put_away = Arrangement { muted: true, archived: true, ..plain };
        for (id, at, arrangement) in [(1, 30, plain), (2, 10, pinned), (3, 20, put_away)] {
            event(&mut roster, Event::Contact(arranged(id, at, arrangement).into()));
        }
        assert_eq!(roster.contacts.iter().map(|it| it.id.0).collect::<Vec<_>>(), [2, 1, 3]);
        assert_eq!(roster.unread(), 4);
        assert_eq!(roster.neighbour(Some(ContactId(1)), Step::Down), None, "it is not in the list");
        let marked = Arrangement { unread: true, ..plain };
        let read = ContactView { unread: 0, ..arranged(1, 30, marked) };
        event(&mut roster, Event::Contact(read.into()));
        assert_eq!(roster.unread(), 3);
    }

    #[test]
    fn progress_reaches_the_row() {
        let mut roster = Roster::default();
        let mut row = contact(1, 10);
        row.last = Some(ours(5, 30));
        event(&mut roster, Event::Contact(row.into()));
        let step = |state| Progress { first: 1, last: 5, state };
        event(&mut roster, Event::Progress(ContactId(1), vec![step(MessageState::Delivered)]));
        event(&mut roster, Event::Progress(ContactId(1), vec![step(MessageState::Sent)]));
        let state = roster.contacts[0].last.as_ref().unwrap().state;
        assert_eq!(state, Some(MessageState::Delivered));
    }

    #[test]
    fn a_used_invite_leads_to_its_guest_and_a_withdrawn_one_nowhere() {
        let mut roster = Roster::default();
        event(&mut roster, Event::Invite(invite(1)));
        event(&mut roster, Event::Invite(invite(2)));
        event(&mut roster, Event::InviteClosed(InviteId(1), Some(ContactId(7))));
        event(&mut roster, Event::InviteClosed(InviteId(2), None));
        assert!(roster.invites.is_empty());
        assert_eq!(roster.guest_of(InviteId(1)), Some(ContactId(7)));
        assert_eq!(roster.guest_of(InviteId(2)), None);
    }

    #[test]
    fn the_ends_of_invites_are_bounded() {
        let mut roster = Roster::default();
        for id in 0..100 {
            event(&mut roster, Event::InviteClosed(InviteId(id), None));
        }
        assert_eq!(roster.ends.len(), REMEMBERED_ENDS);
    }

    #[test]
    fn a_snapshot_replaces_everything() {
        let mut roster = Roster::default();
        event(&mut roster, Event::Contact(contact(1, 10).into()));
        roster.apply(Notice::Ready(Box::new(Snapshot {
            number: 3,
            profile: None,
            contacts: vec![contact(2, 1), contact(3, 5)],
            invites: vec![invite(1)],
            connection: Connection::Online,
            relays: vec!["relay.example".into()],
        })));
        assert_eq!(roster.phase, Phase::Ready);
        assert_eq!(roster.contacts.iter().map(|row| row.id.0).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(roster.connection(), Connection::Online);
        assert_eq!(roster.relays(), ["relay.example"]);
        roster.apply(Notice::Starting);
        assert_eq!(roster.connection(), Connection::Connecting);
        assert_eq!(roster.contacts.len(), 2, "what is on the screen stays there");
    }

    #[test]
    fn who_is_locked_sees_that_until_an_engine_is_there() {
        let mut roster = Roster::default();
        roster.apply(Notice::Failed(StartFailure::Locked));
        roster.apply(Notice::Starting);
        assert_eq!(roster.phase, Phase::Failed(StartFailure::Locked));
        roster.apply(Notice::Failed(StartFailure::StorageUnavailable));
        roster.apply(Notice::Starting);
        assert_eq!(roster.phase, Phase::Starting);
    }

    #[test]
    fn steps_through_the_list_stop_at_its_ends() {
        let mut roster = Roster::default();
        for id in 1..=3 {
            event(&mut roster, Event::Contact(contact(id, id).into()));
        }
        let step = |id, step| roster.neighbour(id, step).map(|id| id.0);
        assert_eq!(step(None, Step::Down), Some(3));
        assert_eq!(step(Some(ContactId(3)), Step::Down), Some(2));
        assert_eq!(step(Some(ContactId(3)), Step::Up), None);
        assert_eq!(step(Some(ContactId(1)), Step::Down), None);
    }
}
