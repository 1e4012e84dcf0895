//! Envelopes that arrive, by mailbox or directly.
//!
//! Invariant: an envelope is acknowledged to the relay in what follows the commit of everything
//! that it brought. One that does not open, or opened before, brings nothing and is acknowledged
//! at once: it will not open later either.

use rand_core::CryptoRng;

use super::{
    Contact, Engine, Transaction,
    acquaintance::Memory,
    effect::{Effect, EnvelopeId, NetAction},
    input::Timestamp,
    mailboxes::Owner,
    ranges::Ranges,
    rows::{Parcel, Standing},
};
use crate::{
    api::{ContactId, Event, MessageId, MessageState, MessageView, Progress},
    limits::{MAX_LAMPORT_LEAP, RECEIPT_DELAY},
    session::Opened,
    wire::Content,
};

/// How far ahead of our clock a sender's time may be and still be shown: five minutes.
const SHOWN_SKEW_MS: u64 = 300_000;

impl Engine {
    pub(super) fn on_arrived(
        &mut self,
        address: [u8; 32],
        id: EnvelopeId,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let mut transaction = Transaction::default();
        let owner = self.mailboxes.owner(&address);
        match owner {
            // A push that crossed our unsubscription. It comes again if we ever listen again.
            None => return,
            Some(Owner::Contact(contact, _, day)) => {
                self.mailboxes.on_mail(day, now);
                self.receive(contact, envelope, now, rng, &mut transaction);
                self.seek(contact, now);
            }
            Some(Owner::Invite(invite)) => {
                self.receive_guest(invite, envelope, now, rng, &mut transaction);
            }
        }
        let acknowledge = NetAction::Acknowledge { address, ids: alloc::vec![id] };
        // Before the events, so that the relay's window opens early; after the commit in any case.
        transaction.then.insert(0, Effect::Net(acknowledge));
        self.commit(transaction);
        match owner {
            Some(Owner::Invite(_)) => self.welcome(now, rng),
            // The contact may have moved to another session.
            Some(Owner::Contact(..)) if self.is_online() => self.announce(now, rng),
            _ => {}
        }
        self.pump(now);
    }

    pub(super) fn on_direct_arrived(
        &mut self,
        contact: ContactId,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        // Not acknowledged yet: the contact keeps it until our receipt, whose commit is strict.
        let mut transaction = Transaction::relaxed();
        self.receive(contact, envelope, now, rng, &mut transaction);
        self.commit(transaction);
        self.pump(now);
    }

    /// Opens an envelope of a contact and takes in what it brings.
    fn receive(
        &mut self,
        id: ContactId,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let opened = contact.with_sessions(|sessions| sessions.open(envelope, now.seconds()));
        let Ok(Opened { content, session }) = opened else { return };
        contact.save_session(id, transaction);
        if contact.row.standing == Standing::Leaving {
            return;
        }
        if contact.row.standing == Standing::Connecting {
            contact.row.standing = Standing::Established;
            contact.save(id, transaction);
            self.tell_contact(id, transaction);
        }
        match Content::decode(&content) {
            Ok(Content::Hello { name, history, first_sequence, .. }) => {
                let theirs = Memory { history, first_sequence };
                if self.on_hello(id, session, name, theirs, transaction) {
                    self.say_hello(id, now, rng, transaction);
                }
            }
            Ok(Content::Text { sequence, lamport, sent_at_ms, text }) => {
                let view = self.incoming(id, sequence, lamport, sent_at_ms, text, now);
                self.on_text(id, view, now, transaction);
            }
            Ok(Content::Receipt { delivered_up_to, read_up_to, ranges }) => {
                let delivered = Ranges::from_parts(delivered_up_to, &ranges);
                self.on_receipt(id, &delivered, read_up_to, transaction);
            }
            Ok(Content::Goodbye) => self.on_goodbye(id, transaction),
            // A kind that a newer version sends. The session has moved on, so it must be stored.
            Err(_) => {}
        }
    }

    /// The message as it will be shown, with what a hostile sender could distort brought to bounds.
    fn incoming(
        &self,
        id: ContactId,
        sequence: u64,
        lamport: u64,
        sent_at_ms: u64,
        text: String,
        now: Timestamp,
    ) -> MessageView {
        let (known, floor, theirs) =
            self.contacts.get(&id).map_or((0, 0, [0; 32]), |Contact { row, .. }| {
                (row.lamport, row.lamport_floor, row.fingerprint)
            });
        let ours = self.account.as_ref().map_or([0; 32], |account| account.fingerprint.0);
        let too_late = sent_at_ms > now.0.saturating_add(SHOWN_SKEW_MS);
        MessageView {
            id: MessageId {
                lamport: lamport
                    .max(floor.saturating_add(1))
                    .min(known.saturating_add(MAX_LAMPORT_LEAP)),
                side: u8::from(theirs > ours),
                sequence,
            },
            text,
            sent_at: if too_late { now.0 } else { sent_at_ms },
            stored_at: now.0,
            state: None,
        }
    }

    fn on_text(
        &mut self,
        id: ContactId,
        view: MessageView,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        contact.row.receipt_due = true;
        contact.receipt_at.get_or_insert(now.after(RECEIPT_DELAY));
        if view.id.sequence == 0 || !contact.row.received.insert(view.id.sequence) {
            // It was here before, so its sender has missed our receipt.
            return contact.save(id, transaction);
        }
        contact.row.lamport = contact.row.lamport.max(view.id.lamport);
        contact.row.newest_theirs = contact.row.newest_theirs.max(Some(view.id));
        self.store_message(id, &view, transaction);
    }

    fn on_receipt(
        &mut self,
        id: ContactId,
        delivered: &Ranges,
        read_up_to: u64,
        transaction: &mut Transaction,
    ) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let row = &mut contact.row;
        // A receipt for what was never sent is no news.
        let sent = row.next_sequence.saturating_sub(1);
        if delivered.max() > sent || read_up_to > sent {
            return;
        }
        // The contact counts what came before its present history as there; it is not.
        row.delivered.merge(&delivered.from(row.first_sequence));
        if read_up_to >= row.first_sequence {
            row.read_by_them = row.read_by_them.max(read_up_to.min(row.delivered.max()));
        }
        let mut stretches = Vec::new();
        let mut add = |first, last, state| {
            if first <= last {
                stretches.push(Progress { first, last, state });
            }
        };
        add(1, row.delivered.up_to(), MessageState::Delivered);
        for &(first, last) in row.delivered.beyond() {
            add(first, last, MessageState::Delivered);
        }
        add(1, row.read_by_them, MessageState::Read);
        contact.save(id, transaction);
        self.settle(id, transaction);
        transaction.then.push(self.event(Event::Progress(id, stretches)));
        self.tell_contact(id, transaction);
    }

    fn on_goodbye(&mut self, id: ContactId, transaction: &mut Transaction) {
        let failed = self.drop_outbox(id, transaction);
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        contact.row.standing = Standing::Gone;
        contact.row.receipt_due = false;
        contact.receipt_at = None;
        contact.save(id, transaction);
        let stretch =
            |sequence| Progress { first: sequence, last: sequence, state: MessageState::Failed };
        let stretches = failed.into_iter().map(stretch).collect();
        transaction.then.push(self.event(Event::Progress(id, stretches)));
        self.tell_contact(id, transaction);
    }

    /// Sends the receipts whose time has come. One answers all that arrived before it.
    pub(super) fn send_due_receipts(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        let due = |contact: &Contact| contact.receipt_at.is_some_and(|at| at <= now);
        let ids: Vec<ContactId> =
            self.contacts.iter().filter_map(|(&id, contact)| due(contact).then_some(id)).collect();
        for id in ids {
            self.send_receipt(id, now, rng);
        }
    }

    fn send_receipt(&mut self, id: ContactId, now: Timestamp, rng: &mut impl CryptoRng) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        contact.receipt_at = None;
        // A direct stream keeps no copy: the receipt stays due, and is sent again when the stream
        // ends. Until then nothing is lost that was written to it.
        contact.row.receipt_due = contact.direct;
        let content = Content::Receipt {
            delivered_up_to: contact.row.received.up_to(),
            read_up_to: contact.row.read_sequence,
            ranges: contact.row.received.beyond().to_vec(),
        };
        let mut transaction = Transaction::default();
        contact.save(id, &mut transaction);
        if contact.direct {
            if let Ok(envelope) = contact.sessions.seal(&content.encode(), now.seconds(), rng) {
                contact.save_session(id, &mut transaction);
                let action =
                    NetAction::SendDirect { contact: id, id: EnvelopeId([0; 16]), envelope };
                transaction.then.push(Effect::Net(action));
            }
        } else {
            self.post(&mut transaction, id, Parcel::Receipt, &content, now, rng);
        }
        self.commit(transaction);
        self.pump(now);
    }
}
