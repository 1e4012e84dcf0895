//! Contacts: what is known of each, and what one can do with it besides talking.

use alloc::{
    borrow::ToOwned,
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    effect::{NetAction, Table},
    input::Timestamp,
    presence::Announced,
    reply::ReplyTo,
    rows::{ContactRow, Pair, Parcel, Standing, contact_key},
};
use crate::{
    address::{AddressKeys, Direction, Purpose},
    api::{
        ApiError, Arrange, ContactId, ContactState, ContactView, DeleteContact, Event,
        GetSafetyNumber, MessageId, Reach, RenameContact, Trust,
    },
    crypto::secret::Secret,
    identity::{Fingerprint, safety_number},
    session::{SessionId, SessionRecord, SessionState},
    wire::Content,
};

/// A contact in memory.
pub(super) struct Contact {
    pub(super) row: ContactRow,
    /// `None` after a backup was restored, until the contact has answered.
    pub(super) sessions: Option<SessionRecord>,
    pub(super) draft: String,
    /// The direct stream, if there is one.
    pub(super) reach: Option<Reach>,
    /// When the receipt that is due goes out.
    pub(super) receipt_at: Option<Timestamp>,
    /// When the contact's presence was last asked for.
    pub(super) sought_at: Option<Timestamp>,
    /// When it is looked up again, because there was a sign of life during the pause.
    pub(super) seek_at: Option<Timestamp>,
    /// What the contact was told of where we are.
    pub(super) announced: Option<Announced>,
    /// The contact does not know yet that we have come online.
    pub(super) knock: bool,
    /// Until when it is shown as typing.
    pub(super) typing_until: Option<Timestamp>,
    /// When it was last told that we are typing.
    pub(super) typing_told: Option<Timestamp>,
    /// Failed texts that were sent again in this run.
    pub(super) resent: Vec<MessageId>,
    /// No step is taken for its own sake before.
    pub(super) step_after: Timestamp,
    /// The keys of the mailbox that we write to, of the session and day they were last used.
    pub(super) writing: Option<(SessionId, u32, AddressKeys)>,
}

impl Contact {
    pub(super) const fn new(row: ContactRow, sessions: Option<SessionRecord>) -> Self {
        Self {
            row,
            sessions,
            draft: String::new(),
            reach: None,
            receipt_at: None,
            sought_at: None,
            seek_at: None,
            announced: None,
            knock: false,
            typing_until: None,
            typing_told: None,
            resent: Vec::new(),
            step_after: Timestamp(0),
            writing: None,
        }
    }

    /// The session that seals.
    pub(super) fn current(&self) -> Option<&SessionState> {
        self.sessions.as_ref().map(SessionRecord::current)
    }

    /// The secret of the current session, for presence and direct streams, and the direction in
    /// which we write.
    pub(super) fn pair(&self) -> Option<(Secret<32>, Direction)> {
        let session = self.current()?;
        Some((session.pair_secret().clone(), direction(session)))
    }

    /// Seals in the current session, if there is one that can.
    pub(super) fn seal(
        &mut self,
        content: &Content,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<(SessionId, Vec<u8>)> {
        self.seal_encoded(&content.encode(), now, rng)
    }

    pub(super) fn seal_encoded(
        &mut self,
        content: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<(SessionId, Vec<u8>)> {
        let sessions = self.sessions.as_mut()?;
        let id = sessions.current().id();
        let envelope = sessions.seal(content, now.seconds(), rng).ok()?;
        Some((id, envelope))
    }

    /// Keys of the mailbox of a session that may be gone, to ask for another one.
    pub(super) fn asking(&self, session: SessionId, day: u32) -> Option<AddressKeys> {
        let pair = self.row.pairs.iter().find(|pair| pair.session == session)?;
        Some(AddressKeys::derive(&pair.secret(), Purpose::Mailbox, pair.ours(), day))
    }

    /// Keys of the mailbox that we write to in a session; `None` when that is gone.
    pub(super) fn writing(&mut self, session: SessionId, day: u32) -> Option<AddressKeys> {
        if let Some((known_session, known_day, keys)) = &self.writing
            && (*known_session, *known_day) == (session, day)
        {
            return Some(keys.clone());
        }
        let state = self.sessions.as_ref()?.state(session)?;
        let (secret, ours) = (state.pair_secret(), direction(state));
        let keys = AddressKeys::derive(secret, Purpose::Mailbox, ours, day);
        self.writing = Some((session, day, keys.clone()));
        Some(keys)
    }

    /// Does something with the sessions. When that makes another one current, the contact looks for
    /// us elsewhere from now on.
    pub(super) fn with_sessions<T>(
        &mut self,
        act: impl FnOnce(&mut SessionRecord) -> T,
    ) -> Option<T> {
        let sessions = self.sessions.as_mut()?;
        let before = sessions.current().id();
        let result = act(sessions);
        if sessions.current().id() != before {
            self.announced = None;
            self.sought_at = None;
        }
        Some(result)
    }

    pub(super) fn save(&self, contact: ContactId, transaction: &mut Transaction) {
        transaction.changes.put(Table::Contacts, contact_key(contact), &self.row);
    }

    /// Saves the sessions, and in the contact's row what is to be left of them in a backup.
    pub(super) fn save_session(&mut self, contact: ContactId, transaction: &mut Transaction) {
        let Some(sessions) = &self.sessions else { return };
        let encoded = sessions.encode();
        transaction.changes.put(Table::Sessions, contact_key(contact), &encoded.as_slice());
        let known = self.row.pairs.iter().map(|pair| pair.session);
        if !known.eq(sessions.states().map(SessionState::id)) {
            self.row.pairs = sessions.states().map(Pair::of).collect();
            self.save(contact, transaction);
        }
    }

    fn name(&self) -> &str {
        if self.row.given_name.is_empty() { &self.row.own_name } else { &self.row.given_name }
    }
}

/// In which we write in a session (protocol.md §9).
pub(super) const fn direction(session: &SessionState) -> Direction {
    direction_of(session.is_initiator())
}

pub(super) const fn direction_of(initiator: bool) -> Direction {
    if initiator { Direction::Forth } else { Direction::Back }
}

impl Pair {
    fn of(session: &SessionState) -> Self {
        let secret = Box::new(*session.pair_secret().expose());
        Self { secret, session: session.id(), initiator: session.is_initiator() }
    }

    pub(super) fn secret(&self) -> Secret<32> {
        Secret::new(*self.secret)
    }

    /// In which we write.
    pub(super) const fn ours(&self) -> Direction {
        direction_of(self.initiator)
    }
}

impl Engine {
    /// The contact as a view sees it; `None` when there is none, or it is being deleted.
    pub(super) fn contact_view(&self, id: ContactId) -> Option<ContactView> {
        let contact = self.contacts.get(&id)?;
        let row = &contact.row;
        let state = match row.standing {
            Standing::Leaving => return None,
            Standing::Gone => ContactState::Gone,
            Standing::Moved => ContactState::Moved,
            Standing::Established if contact.sessions.is_some() => ContactState::Established,
            Standing::Connecting | Standing::Established => ContactState::Connecting,
        };
        let mut last = row.last.clone();
        if let Some(last) = &mut last {
            last.state = last.state.map(|_| self.message_state(id, last.id.sequence));
        }
        Some(ContactView {
            id,
            name: contact.name().to_owned(),
            fingerprint: row.fingerprint,
            state,
            trust: if row.verified { Trust::Verified } else { Trust::Seen },
            reach: contact.reach,
            last,
            unread: u32::try_from(row.unread.count()).unwrap_or(u32::MAX),
            read_up_to: row.read_up_to,
            draft: contact.draft.clone(),
            added_at: row.added_at,
            is_typing: contact.typing_until.is_some(),
            answers_read: row.answers_read,
            lifetime: row.timer.lifetime,
            arrangement: row.arrangement,
        })
    }

    /// Puts the contact's event into what follows a transaction.
    pub(super) fn tell_contact(&mut self, id: ContactId, transaction: &mut Transaction) {
        if let Some(view) = self.contact_view(id) {
            transaction.then.push(self.event(Event::Contact(Box::new(view))));
        }
    }

    /// The contact, unless it is being deleted.
    pub(super) fn present(&mut self, id: ContactId) -> Result<&mut Contact, ApiError> {
        self.contacts
            .get_mut(&id)
            .filter(|contact| contact.row.standing != Standing::Leaving)
            .ok_or(ApiError::NotFound)
    }

    pub(super) fn rename(&mut self, reply: ReplyTo<RenameContact>, call: &RenameContact) {
        let name = call.name.trim();
        let checked = super::account::within(name, crate::limits::MAX_NAME_BYTES);
        let contact = match checked.and_then(|()| self.present(call.contact)) {
            Ok(contact) => contact,
            Err(error) => return self.effects.push_back(reply.with(Err(error))),
        };
        contact.row.given_name = name.to_string();
        let mut transaction = Transaction::default();
        contact.save(call.contact, &mut transaction);
        self.tell_contact(call.contact, &mut transaction);
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
    }

    pub(super) fn arrange(&mut self, reply: ReplyTo<Arrange>, call: &Arrange) {
        let contact = match self.present(call.contact) {
            Ok(contact) => contact,
            Err(error) => return self.effects.push_back(reply.with(Err(error))),
        };
        contact.row.arrangement = call.arrangement;
        let mut transaction = Transaction::relaxed();
        contact.save(call.contact, &mut transaction);
        self.tell_contact(call.contact, &mut transaction);
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
    }

    pub(super) fn safety_number(
        &mut self,
        reply: ReplyTo<GetSafetyNumber>,
        call: &GetSafetyNumber,
    ) {
        let ours = self.account.as_ref().map(|account| account.fingerprint);
        let (Some(ours), Ok(contact)) = (ours, self.present(call.contact)) else {
            return self.effects.push_back(reply.with(Err(ApiError::NotFound)));
        };
        let digits = safety_number(&ours, &Fingerprint(contact.row.fingerprint));
        let mut transaction = Transaction::default();
        if let Some(verified) = call.verified
            && verified != contact.row.verified
        {
            contact.row.verified = verified;
            contact.save(call.contact, &mut transaction);
            self.tell_contact(call.contact, &mut transaction);
        }
        transaction.then.push(reply.with(Ok(digits)));
        self.commit(transaction);
    }

    /// Deletes a contact. Its row stays, unseen, until the goodbye is deposited.
    pub(super) fn delete_contact(
        &mut self,
        reply: ReplyTo<DeleteContact>,
        call: &DeleteContact,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let id = call.contact;
        if let Err(error) = self.present(id) {
            return self.effects.push_back(reply.with(Err(error)));
        }
        let mut transaction = Transaction::default();
        self.drop_outbox(id, &mut transaction);
        let told = self.post(&mut transaction, id, Parcel::Goodbye, &Content::Goodbye, now, rng);
        let key = contact_key(id);
        transaction.changes.delete_prefixes.push((Table::Messages, key.clone()));
        transaction.changes.delete_prefixes.push((Table::Expiries, key.clone()));
        self.forget_files(id, &mut transaction);
        self.expiries.forget(id);
        self.forget_texts(id);
        transaction.changes.delete(Table::Drafts, key);
        if let Some(contact) = self.contacts.get_mut(&id) {
            let gone = matches!(contact.row.standing, Standing::Gone | Standing::Moved);
            contact.row.standing = Standing::Leaving;
            contact.row.last = None;
            contact.receipt_at = None;
            contact.save(id, &mut transaction);
            if gone || !told {
                self.drop_outbox(id, &mut transaction);
                self.purge(id, &mut transaction);
            }
        }
        self.stop_reuniting(id, &mut transaction);
        let closed = self.mailboxes.forget(id);
        let closed = closed.into_iter().map(NetAction::Unsubscribe);
        transaction.then.extend(closed.map(super::Effect::Net));
        transaction.then.push(super::Effect::Net(NetAction::ForgetDirect(id)));
        transaction.then.push(self.event(Event::ContactDeleted(id)));
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
        self.pump(now);
    }

    /// Removes the last of a contact.
    pub(super) fn purge(&mut self, id: ContactId, transaction: &mut Transaction) {
        self.contacts.remove(&id);
        transaction.changes.puts.retain(|row| !row.key.starts_with(&contact_key(id)));
        transaction.changes.delete(Table::Sessions, contact_key(id));
        transaction.changes.delete(Table::Contacts, contact_key(id));
    }
}
