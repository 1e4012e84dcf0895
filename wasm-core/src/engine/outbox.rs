//! Envelopes that are sealed and stored, and not yet where they cannot be lost.
//!
//! Invariant: an entry leaves the outbox when a relay keeps its envelope durably, or when the
//! contact's receipt covers it. The envelope of an entry never changes once it is sealed, so that
//! sending it again is the same message.

use alloc::{collections::BTreeMap, vec::Vec};

use rand_core::CryptoRng;

use super::{
    Engine, Question, Transaction,
    contacts::direction_of,
    effect::{EnvelopeId, NetAction, Table},
    input::{RelayError, Timestamp},
    rows::{OutboxRow, Parcel, Standing, outbox_key},
};
use crate::{
    address::{AddressKeys, Direction, Purpose},
    api::{ContactId, Event, MessageState, Progress},
    crypto::secret::Secret,
    limits::{
        DIRECT_RECEIPT_TIMEOUT, MAILBOX_LIFETIME, MAX_OUTBOX, MAX_QUESTIONS, REFUSED_RETRY,
        RELAY_RETRY,
    },
    session::SessionId,
    wire::Content,
};

/// The envelopes that wait, in the order in which they were sealed.
#[derive(Default)]
pub(super) struct Outbox {
    entries: BTreeMap<(ContactId, u64), Entry>,
    /// Higher than any order in use.
    next: u64,
}

struct Entry {
    row: OutboxRow,
    flight: Flight,
    /// It was handed to the network at least once in this run.
    sent: bool,
}

/// Where an entry is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flight {
    Waiting,
    RetryAt(Timestamp),
    Depositing,
    /// Given to the direct stream; deposited as well when there is no receipt by then.
    Direct(Timestamp),
}

impl OutboxRow {
    /// It is a content that nothing has sealed yet.
    fn waits_for_session(&self) -> bool {
        self.session.is_none() && matches!(self.parcel, Parcel::Numbered(_))
    }
}

impl Outbox {
    pub(super) fn load(&mut self, contact: ContactId, order: u64, row: OutboxRow) {
        self.next = self.next.max(order.saturating_add(1));
        self.entries.insert((contact, order), Entry { row, flight: Flight::Waiting, sent: false });
    }

    /// Nothing is under way any more; the network answers every deposit that was.
    pub(super) fn disconnect(&mut self) {
        for entry in self.entries.values_mut() {
            if matches!(entry.flight, Flight::RetryAt(_)) {
                entry.flight = Flight::Waiting;
            }
        }
    }

    pub(super) fn timeout(&self) -> Option<Timestamp> {
        let due = |entry: &Entry| match entry.flight {
            Flight::RetryAt(at) | Flight::Direct(at) => Some(at),
            Flight::Waiting | Flight::Depositing => None,
        };
        self.entries.values().filter_map(due).min()
    }

    fn of(&self, contact: ContactId) -> impl Iterator<Item = (u64, &Entry)> {
        let range = (contact, 0)..=(contact, u64::MAX);
        self.entries.range(range).map(|(&(_, order), entry)| (order, entry))
    }

    pub(super) fn has_room(&self, contact: ContactId, more: usize) -> bool {
        self.of(contact).count().saturating_add(more) < MAX_OUTBOX
    }

    /// How far the content with this sequence has come, when it is still here.
    pub(super) fn state(&self, contact: ContactId, sequence: u64) -> Option<MessageState> {
        let (_, entry) = self.of(contact).find(
            |(_, entry)| matches!(entry.row.parcel, Parcel::Numbered(it) if it == sequence),
        )?;
        Some(if entry.sent { MessageState::Sent } else { MessageState::Queued })
    }

    /// Removes the entries for which `covered` holds.
    fn take(
        &mut self,
        contact: ContactId,
        transaction: &mut Transaction,
        covered: impl Fn(&OutboxRow, Flight) -> bool,
    ) {
        let entries = self.of(contact);
        let covered = entries.filter(|(_, entry)| covered(&entry.row, entry.flight));
        let taken: Vec<u64> = covered.map(|(order, _)| order).collect();
        for order in taken {
            self.remove(contact, order);
            let key = outbox_key(contact, order);
            let puts = &mut transaction.changes.puts;
            puts.retain(|row| row.table != Table::Outbox || row.key != key);
            transaction.changes.delete(Table::Outbox, key);
        }
    }

    fn remove(&mut self, contact: ContactId, order: u64) -> Option<Entry> {
        self.entries.remove(&(contact, order))
    }
}

impl Engine {
    /// Seals a content for a contact and stores it in the outbox. Whoever calls commits, then
    /// calls [`Self::pump`]. `false` when the session cannot seal.
    pub(super) fn post(
        &mut self,
        transaction: &mut Transaction,
        contact_id: ContactId,
        parcel: Parcel,
        content: &Content,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> bool {
        let Some(contact) = self.contacts.get_mut(&contact_id) else { return false };
        if contact.sessions.is_none() {
            // What is numbered waits for the session; anything else is said anew when there is one.
            let waits = matches!(parcel, Parcel::Numbered(_));
            if waits {
                self.enqueue(transaction, contact_id, parcel, (None, content.encode()), rng);
            }
            return waits;
        }
        let Some((session, envelope)) = contact.seal(content, now, rng) else { return false };
        contact.save_session(contact_id, transaction);
        if parcel == Parcel::Receipt {
            // A receipt is cumulative: the newer one replaces the one that has not left.
            self.outbox.take(contact_id, transaction, |row, flight| {
                row.parcel == Parcel::Receipt && flight != Flight::Depositing
            });
        }
        self.enqueue(transaction, contact_id, parcel, (Some(session), envelope), rng);
        true
    }

    /// Stores an envelope that a session sealed in the outbox, or the content that one shall seal.
    pub(super) fn enqueue(
        &mut self,
        transaction: &mut Transaction,
        contact: ContactId,
        parcel: Parcel,
        (session, envelope): (Option<SessionId>, Vec<u8>),
        rng: &mut impl CryptoRng,
    ) {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let row = OutboxRow { parcel, id: EnvelopeId(id), session, envelope };
        let order = self.outbox.next;
        transaction.changes.put(Table::Outbox, outbox_key(contact, order), &row);
        self.outbox.load(contact, order, row);
    }

    /// Seals what was written while there was no session, in the order in which it was.
    pub(super) fn seal_waiting(
        &mut self,
        id: ContactId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) {
        let entries = self.outbox.of(id).filter(|(_, entry)| entry.row.waits_for_session());
        let orders: Vec<u64> = entries.map(|(order, _)| order).collect();
        for order in orders {
            let Some(entry) = self.outbox.remove(id, order) else { continue };
            transaction.changes.delete(Table::Outbox, outbox_key(id, order));
            let contact = self.contacts.get_mut(&id);
            let sealed = contact.and_then(|it| it.seal_encoded(&entry.row.envelope, now, rng));
            if let Some((session, envelope)) = sealed {
                let sealed = (Some(session), envelope);
                self.enqueue(transaction, id, entry.row.parcel, sealed, rng);
            }
        }
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.save_session(id, transaction);
        }
    }

    /// The first numbered content that waits for a session.
    pub(super) fn first_waiting(&self, id: ContactId) -> Option<u64> {
        let waiting = self.outbox.of(id).filter(|(_, entry)| entry.row.waits_for_session());
        let numbers = waiting.filter_map(|(_, entry)| match entry.row.parcel {
            Parcel::Numbered(sequence) => Some(sequence),
            _ => None,
        });
        numbers.min()
    }

    /// Hands to the network what waits and may go.
    pub(super) fn pump(&mut self, now: Timestamp) {
        let keys: Vec<(ContactId, u64)> = self.outbox.entries.keys().copied().collect();
        for (contact, order) in keys {
            self.transmit(contact, order, now);
        }
    }

    fn transmit(&mut self, id: ContactId, order: u64, now: Timestamp) {
        let online = self.is_online();
        let (Some(contact), Some(entry)) =
            (self.contacts.get_mut(&id), self.outbox.entries.get_mut(&(id, order)))
        else {
            return;
        };
        if entry.row.waits_for_session() {
            return;
        }
        let tried_direct = match entry.flight {
            Flight::Waiting => false,
            Flight::RetryAt(at) if at <= now => false,
            Flight::Direct(deadline) if deadline <= now || contact.reach.is_none() => true,
            _ => return,
        };
        let envelope = entry.row.envelope.clone();
        let envelope_id = entry.row.id;
        if contact.reach.is_some()
            && !tried_direct
            && !matches!(
                entry.row.parcel,
                Parcel::Opening(_) | Parcel::Reunion(_) | Parcel::Moved { .. }
            )
        {
            entry.flight = Flight::Direct(now.after(DIRECT_RECEIPT_TIMEOUT));
            self.net(NetAction::SendDirect { contact: id, id: envelope_id, envelope });
            return self.on_written(id, order);
        }
        if !online || self.tickets.len() >= MAX_QUESTIONS {
            // Not at a time, but when the connection or an answer comes.
            entry.flight = Flight::Waiting;
            return;
        }
        let keys = match entry.row.parcel {
            Parcel::Opening(secret) => AddressKeys::derive(
                &Secret::new(secret),
                Purpose::InviteMailbox,
                Direction::Forth,
                0,
            ),
            Parcel::Moved { secret, initiator } => {
                let ours = direction_of(initiator);
                AddressKeys::derive(&Secret::new(secret), Purpose::Mailbox, ours, now.day())
            }
            Parcel::Reunion(session) => match contact.asking(session, now.day()) {
                Some(keys) => keys,
                None => return self.abandon(id, order),
            },
            _ => match entry.row.session.and_then(|session| contact.writing(session, now.day())) {
                Some(keys) => keys,
                // Nobody has this session any more.
                None => return self.abandon(id, order),
            },
        };
        entry.flight = Flight::Depositing;
        let ticket = self.ask(Question::Deposit(id, order));
        let lifetime = u32::try_from(MAILBOX_LIFETIME.as_secs()).unwrap_or(u32::MAX);
        self.net(NetAction::Deposit { ticket, keys, id: envelope_id, lifetime, envelope });
    }

    fn abandon(&mut self, contact: ContactId, order: u64) {
        if self.outbox.remove(contact, order).is_some() {
            let mut transaction = Transaction::relaxed();
            transaction.changes.delete(Table::Outbox, outbox_key(contact, order));
            self.commit(transaction);
        }
    }

    /// The network has it: it is on its way, though nobody has said that it arrived.
    pub(super) fn on_written(&mut self, contact: ContactId, order: u64) {
        let Some(entry) = self.outbox.entries.get_mut(&(contact, order)) else { return };
        if core::mem::replace(&mut entry.sent, true) {
            return;
        }
        if let Parcel::Numbered(sequence) = entry.row.parcel {
            self.emit(progress(contact, sequence, MessageState::Sent));
        }
    }

    pub(super) fn on_deposited(
        &mut self,
        contact: ContactId,
        order: u64,
        result: Result<(), RelayError>,
        now: Timestamp,
    ) {
        let Some(entry) = self.outbox.entries.get_mut(&(contact, order)) else {
            return self.pump(now);
        };
        entry.flight = Flight::Waiting;
        match result {
            Ok(()) => self.deposited(contact, order),
            // Without the pause a connection that stands and does not answer would make us spin.
            Err(RelayError::Offline | RelayError::Lost | RelayError::Busy | RelayError::Full) => {
                entry.flight = Flight::RetryAt(now.after(RELAY_RETRY));
            }
            Err(RelayError::Refused | RelayError::Malformed | RelayError::Stale) => {
                entry.flight = Flight::RetryAt(now.after(REFUSED_RETRY));
            }
        }
        self.pump(now);
    }

    fn deposited(&mut self, contact: ContactId, order: u64) {
        let Some(entry) = self.outbox.remove(contact, order) else { return };
        // Undone, the entry is deposited once more, under the same name.
        let mut transaction = Transaction::relaxed();
        transaction.changes.delete(Table::Outbox, outbox_key(contact, order));
        match entry.row.parcel {
            Parcel::Numbered(sequence) => {
                let event = self.event(progress(contact, sequence, MessageState::Deposited));
                transaction.then.push(event);
                self.tell_contact(contact, &mut transaction);
            }
            Parcel::Goodbye => self.purge(contact, &mut transaction),
            Parcel::Opening(_)
            | Parcel::Hello
            | Parcel::Receipt
            | Parcel::Reunion(_)
            | Parcel::Moved { .. } => {}
        }
        self.commit(transaction);
    }

    /// Removes what a receipt covers.
    pub(super) fn settle(&mut self, contact: ContactId, transaction: &mut Transaction) {
        let Some(delivered) = self.contacts.get(&contact).map(|c| &c.row.delivered) else { return };
        self.outbox.take(
            contact,
            transaction,
            |row, _| matches!(row.parcel, Parcel::Numbered(it) if delivered.contains(it)),
        );
    }

    /// Removes what asks a contact for a new session.
    pub(super) fn drop_requests(&mut self, contact: ContactId, transaction: &mut Transaction) {
        let is_request = |row: &OutboxRow, _| matches!(row.parcel, Parcel::Reunion(_));
        self.outbox.take(contact, transaction, is_request);
    }

    /// Removes what was sealed for a contact, and what asks it for a new session.
    pub(super) fn drop_sealed(&mut self, contact: ContactId, transaction: &mut Transaction) {
        self.outbox.take(contact, transaction, |row, _| !row.waits_for_session());
    }

    /// Removes everything for a contact.
    pub(super) fn drop_outbox(&mut self, contact: ContactId, transaction: &mut Transaction) {
        self.outbox.take(contact, transaction, |_, _| true);
    }

    /// How far a text of ours has come.
    pub(super) fn message_state(&self, id: ContactId, sequence: u64) -> MessageState {
        let Some(contact) = self.contacts.get(&id) else { return MessageState::Failed };
        let row = &contact.row;
        let known_to_them = row.delivered.contains(sequence);
        if sequence < row.first_sequence && !known_to_them {
            // The contact has begun anew since, and the text is nowhere.
            MessageState::Failed
        } else if known_to_them && sequence <= row.read_by_them {
            MessageState::Read
        } else if known_to_them {
            MessageState::Delivered
        } else if matches!(row.standing, Standing::Gone | Standing::Moved) {
            MessageState::Failed
        } else {
            self.outbox.state(id, sequence).unwrap_or(MessageState::Deposited)
        }
    }
}

/// The event that one text has come further.
fn progress(contact: ContactId, sequence: u64, state: MessageState) -> Event {
    let stretch = Progress { first: sequence, last: sequence, state };
    Event::Progress(contact, alloc::vec![stretch])
}
