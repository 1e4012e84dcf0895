//! From a session to a contact: somebody new, or somebody known once more.
//!
//! Invariant: the numbers of our texts to a person never start again, so that a state once shown
//! stays with its text; what the contact has forgotten is told apart by `first_sequence`.

use alloc::string::String;

use rand_core::CryptoRng;

use super::{
    Engine,
    contacts::Contact,
    input::Timestamp,
    ranges::Ranges,
    rows::{ContactRow, Standing},
};
use crate::{
    api::ContactId,
    identity::Fingerprint,
    session::{AddError, SessionRecord, SessionState},
};

/// What we say that we remember of a conversation, when we introduce ourselves.
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
            Some(row) if row.standing != Standing::Gone => {
                Memory { history: row.history, first_sequence: row.first_sequence }
            }
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
                contact.with_sessions(|sessions| sessions.add(session, now.seconds()))?;
                if contact.row.standing == Standing::Connecting {
                    contact.row.standing = standing;
                }
            }
            Some(contact) => {
                contact.row.begin_anew();
                contact.row.standing = standing;
                contact.row.history = memory.history;
                contact.row.their_history = None;
                contact.sessions = SessionRecord::new(session, now.seconds());
                contact.announced = None;
                self.mailboxes.forget(id);
            }
            None => {
                let row = ContactRow::new(fingerprint, standing, memory, now);
                let sessions = SessionRecord::new(session, now.seconds());
                self.contacts.insert(id, Contact::new(row, sessions));
            }
        }
        Ok(id)
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
            received: Ranges::default(),
            read_sequence: 0,
            read_up_to: None,
            newest_theirs: None,
            last: None,
            receipt_due: false,
        }
    }

    /// The same person, who has forgotten us: what is ours stays, and its texts count from the
    /// beginning.
    pub(super) fn begin_anew(&mut self) {
        self.first_sequence = self.next_sequence;
        self.lamport_floor = self.lamport;
        self.received = Ranges::default();
        self.read_sequence = 0;
        self.newest_theirs = None;
        self.receipt_due = false;
    }
}
