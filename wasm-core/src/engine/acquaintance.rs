//! From a session to a contact: somebody new, or somebody known once more; and what the two say of
//! themselves when they meet.
//!
//! Invariant: the numbers of our texts to a person never start again, so that a state once shown
//! stays with its text; what the contact has forgotten is told apart by `first_sequence`.

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    contacts::Contact,
    effect::Durability,
    input::Timestamp,
    ranges::Ranges,
    rows::{ContactRow, Parcel, Standing, Timer},
    unread::Unread,
};
use crate::{
    api::{Arrangement, ContactId},
    identity::Fingerprint,
    session::{AddError, SessionId, SessionRecord, SessionState},
    wire::AnswersRead,
};

/// What one of the two says that it remembers of their conversation (protocol.md §7).
#[derive(Clone, Copy)]
pub(super) struct Memory {
    pub(super) history: u64,
    pub(super) first_sequence: u64,
}

impl Engine {
    /// The contact who is this person, unless it is being deleted.
    pub(super) fn contact_of(&self, fingerprint: Fingerprint) -> Option<(ContactId, &Contact)> {
        let is = |contact: &Contact| {
            contact.row.fingerprint == fingerprint.0 && contact.row.standing != Standing::Leaving
        };
        self.contacts.iter().find_map(|(&id, contact)| is(contact).then_some((id, contact)))
    }

    /// What we remember of the conversation with a person. Who has deleted us begins anew, and so
    /// do we.
    pub(super) fn memory(&self, fingerprint: Fingerprint, rng: &mut impl CryptoRng) -> Memory {
        match self.contact_of(fingerprint).map(|(_, contact)| &contact.row) {
            Some(row) if row.standing != Standing::Gone => row.memory(),
            gone => Memory {
                history: rng.next_u64(),
                first_sequence: gone.map_or(1, |row| row.next_sequence),
            },
        }
    }

    /// Makes a contact of a session, or gives the contact that we have already one more session.
    ///
    /// # Errors
    ///
    /// [`AddError`]; nothing has changed.
    pub(super) fn adopt(
        &mut self,
        fingerprint: Fingerprint,
        session: SessionState,
        standing: Standing,
        memory: Memory,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<ContactId, AddError> {
        let known = self.contact_of(fingerprint).map(|(id, _)| id);
        let id = known.unwrap_or_else(|| ContactId(rng.next_u64()));
        match self.contacts.get_mut(&id) {
            Some(contact) if contact.row.standing != Standing::Gone => {
                if contact.sessions.is_none() {
                    contact.sessions = Some(SessionRecord::new(session, now.seconds()));
                    self.mailboxes.forget(id);
                } else if let Some(added) =
                    contact.with_sessions(|sessions| sessions.add(session, now.seconds()))
                {
                    added?;
                }
                if matches!(contact.row.standing, Standing::Connecting | Standing::Moved) {
                    contact.row.standing = standing;
                }
            }
            Some(contact) => {
                contact.row.begin_anew();
                contact.row.standing = standing;
                contact.row.history = memory.history;
                contact.row.their_history = None;
                contact.sessions = Some(SessionRecord::new(session, now.seconds()));
                contact.announced = None;
                self.mailboxes.forget(id);
            }
            None => {
                let row = ContactRow::new(fingerprint, standing, memory, now);
                let sessions = SessionRecord::new(session, now.seconds());
                self.contacts.insert(id, Contact::new(row, Some(sessions)));
            }
        }
        Ok(id)
    }

    /// Takes an introduction in. Says whether the contact has begun anew, and so needs ours.
    pub(super) fn on_hello(
        &mut self,
        id: ContactId,
        session: SessionId,
        (name, answers_read): (String, AnswersRead),
        theirs: Memory,
        transaction: &mut Transaction,
    ) -> bool {
        let Some(contact) = self.contacts.get_mut(&id) else { return false };
        contact.row.own_name = name;
        contact.row.answers_read = answers_read == AnswersRead::Yes;
        let known = contact.row.their_history.replace(theirs.history);
        let began_anew = known.is_some_and(|known| known != theirs.history);
        if began_anew {
            contact.row.begin_anew();
            contact.with_sessions(|sessions| sessions.retain_only(session));
            contact.save_session(id, transaction);
        }
        let row = &mut contact.row;
        let before = theirs.first_sequence.saturating_sub(1);
        row.received.merge(&Ranges::from_parts(before, &[]));
        row.read_sequence = row.read_sequence.max(before);
        row.unread.read_up_to(before);
        contact.save(id, transaction);
        if began_anew {
            self.tell_failed(id, transaction);
        }
        self.tell_contact(id, transaction);
        began_anew
    }

    /// Introduces us. Whoever calls commits, then pumps.
    pub(super) fn say_hello(
        &mut self,
        id: ContactId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) {
        let (Some(account), Some(contact)) = (&self.account, self.contacts.get(&id)) else {
            return;
        };
        let hello = account.introduction(contact.row.memory());
        transaction.changes.durability = Durability::Strict;
        self.post(transaction, id, Parcel::Hello, &hello, now, rng);
    }
}

impl ContactRow {
    fn new(fingerprint: Fingerprint, standing: Standing, memory: Memory, now: Timestamp) -> Self {
        Self {
            fingerprint: fingerprint.0,
            own_name: String::new(),
            given_name: String::new(),
            standing,
            verified: false,
            history: memory.history,
            first_sequence: memory.first_sequence,
            their_history: None,
            lamport_floor: 0,
            added_at: now.0,
            next_sequence: 1,
            lamport: 0,
            delivered: Ranges::default(),
            read_by_them: 0,
            answers_read: true,
            received: Ranges::default(),
            read_sequence: 0,
            read_told: 0,
            unread: Unread::default(),
            awaited: 0,
            read_up_to: None,
            newest_theirs: None,
            last: None,
            receipt_due: false,
            pairs: Vec::new(),
            timer: Timer::default(),
            arrangement: Arrangement::default(),
            named: Vec::new(),
        }
    }

    pub(super) const fn memory(&self) -> Memory {
        Memory { history: self.history, first_sequence: self.first_sequence }
    }

    /// The same person, who has forgotten us: what is ours stays, and its texts count from the
    /// beginning.
    pub(super) fn begin_anew(&mut self) {
        self.first_sequence = self.next_sequence;
        self.lamport_floor = self.lamport;
        self.received = Ranges::default();
        self.read_sequence = 0;
        self.read_told = 0;
        self.unread = Unread::default();
        self.timer = Timer::default();
        self.newest_theirs = None;
        self.receipt_due = false;
    }
}
