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
    said::Way,
};
use crate::{
    api::{ContactId, Event, MessageState, Progress},
    session::{Opened, SessionId},
    wire::Content,
};

/// What an envelope of a contact brought.
enum Opening {
    Content(SessionId, Box<Content>),
    /// Nothing for us.
    Nothing,
    /// No session opens it.
    Unreadable,
}

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
        match self.mailboxes.owner(&address) {
            // A push that crossed our unsubscription. It comes again if we ever listen again.
            None => {}
            Some(Owner::Contact(contact, _, day)) => {
                self.mailboxes.on_mail(day, now);
                let way = Way::Mailbox { address, id, contact: Some(contact) };
                self.receive(contact, way, envelope, now, rng, transaction);
            }
            Some(Owner::Invite(invite)) => {
                self.receive_guest(invite, envelope, now, rng, &mut transaction);
                let way = Way::Mailbox { address, id, contact: None };
                self.finish_arrival(way, transaction, now, rng);
            }
        }
    }

    pub(super) fn on_direct_arrived(
        &mut self,
        contact: ContactId,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        // Not acknowledged yet: the contact keeps it until our receipt, whose commit is strict.
        self.receive(contact, Way::Direct, envelope, now, rng, Transaction::relaxed());
    }

    /// Commits what an envelope brought, and then does what its way demands.
    pub(super) fn finish_arrival(
        &mut self,
        way: Way,
        mut transaction: Transaction,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Way::Mailbox { address, id, contact } = way else {
            self.commit(transaction);
            self.fetch_announced(now);
            return self.pump(now);
        };
        let acknowledge = NetAction::Acknowledge { address, id };
        // Before the events, so that the relay's window opens early; after the commit in any case.
        transaction.then.insert(0, Effect::Net(acknowledge));
        self.commit(transaction);
        self.fetch_announced(now);
        match contact {
            None => self.welcome(now, rng),
            Some(contact) => {
                self.seek(contact, now);
                // The contact may have moved to another session.
                if self.is_online() {
                    self.announce(now, rng);
                }
            }
        }
        self.pump(now);
    }

    /// Opens an envelope of a contact and takes in what it brings; `false` when it does not open.
    fn receive(
        &mut self,
        id: ContactId,
        way: Way,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
        mut transaction: Transaction,
    ) {
        match self.open(id, envelope, now, &mut transaction) {
            Opening::Content(session, content) => {
                self.take_content(id, way, (session, *content), now, rng, transaction);
            }
            Opening::Nothing => self.finish_arrival(way, transaction, now, rng),
            Opening::Unreadable => self.on_unreadable(id, way, envelope, now, rng, transaction),
        }
    }

    /// What no session opens may ask for a new one.
    fn on_unreadable(
        &mut self,
        id: ContactId,
        way: Way,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
        mut transaction: Transaction,
    ) {
        let owner = match &way {
            Way::Mailbox { address, .. } => self.mailboxes.owner(address),
            Way::Direct => None,
        };
        let Some(Owner::Contact(_, session, _)) = owner else {
            return self.finish_arrival(way, transaction, now, rng);
        };
        let waits = self.is_without_session(id);
        let reunited = self.on_reunion(id, session, envelope, now, rng, &mut transaction);
        if waits && !reunited {
            // Not for us: the device that the backup is of may still read it.
            return;
        }
        self.finish_arrival(way, transaction, now, rng);
        if reunited && self.is_online() {
            self.listen(now);
        }
    }

    /// Opens an envelope.
    fn open(
        &mut self,
        id: ContactId,
        envelope: &[u8],
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Opening {
        let Some(contact) = self.contacts.get_mut(&id) else { return Opening::Unreadable };
        let opened = contact.with_sessions(|sessions| sessions.open(envelope, now.seconds()));
        let Some(Ok(Opened { content, session })) = opened else { return Opening::Unreadable };
        contact.save_session(id, transaction);
        if contact.row.standing == Standing::Leaving {
            return Opening::Nothing;
        }
        if contact.row.standing == Standing::Connecting {
            contact.row.standing = Standing::Established;
            contact.save(id, transaction);
            self.tell_contact(id, transaction);
        }
        // What a newer version sends may not decode. The session has moved on all the same.
        Content::decode(&content)
            .map_or(Opening::Nothing, |content| Opening::Content(session, content.into()))
    }

    fn take_content(
        &mut self,
        id: ContactId,
        way: Way,
        (session, content): (SessionId, Content),
        now: Timestamp,
        rng: &mut impl CryptoRng,
        mut transaction: Transaction,
    ) {
        match content {
            Content::Hello { name, answers_read, history, first_sequence } => {
                let (person, theirs) = ((name, answers_read), Memory { history, first_sequence });
                if self.on_hello(id, session, person, theirs, &mut transaction) {
                    self.say_hello(id, now, rng, &mut transaction);
                }
            }
            Content::Receipt { delivered_up_to, read_up_to, ranges } => {
                let delivered = Ranges::from_parts(delivered_up_to, &ranges);
                self.on_receipt(id, &delivered, read_up_to, &mut transaction);
            }
            Content::Goodbye => self.on_goodbye(id, &mut transaction),
            Content::Moved { certificate } => {
                self.on_moved(id, *certificate, now, &mut transaction);
            }
            Content::Typing(is_typing) => {
                self.on_typing(id, &way, is_typing, now, &mut transaction);
            }
            Content::Numbered(stamp, said) => {
                let arrived = self.on_said(id, way, (stamp, said), now, transaction);
                if let Some((way, transaction)) = arrived {
                    self.finish_arrival(way, transaction, now, rng);
                }
                return;
            }
        }
        self.finish_arrival(way, transaction, now, rng);
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
        let (up_to, read) = (row.delivered.up_to(), row.read_by_them);
        for &(first, last) in [(1, up_to)].iter().chain(row.delivered.beyond()) {
            add(first, last, MessageState::Delivered);
            add(first, last.min(read), MessageState::Read);
        }
        contact.save(id, transaction);
        self.settle(id, transaction);
        transaction.then.push(self.event(Event::Progress(id, stretches)));
        self.tell_contact(id, transaction);
    }

    fn on_goodbye(&mut self, id: ContactId, transaction: &mut Transaction) {
        self.drop_outbox(id, transaction);
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        contact.row.standing = Standing::Gone;
        contact.row.receipt_due = false;
        contact.receipt_at = None;
        contact.save(id, transaction);
        self.tell_failed(id, transaction);
        self.tell_contact(id, transaction);
    }

    /// Tells which texts of ours will not arrive any more, of those that have not.
    pub(super) fn tell_failed(&mut self, id: ContactId, transaction: &mut Transaction) {
        let Some(row) = self.contacts.get(&id).map(|contact| &contact.row) else { return };
        let gone = matches!(row.standing, Standing::Gone | Standing::Moved);
        let end = if gone { row.next_sequence } else { row.first_sequence };
        let failed = |(first, last)| Progress { first, last, state: MessageState::Failed };
        let stretches = row.delivered.missing_below(end).into_iter().map(failed).collect();
        transaction.then.push(self.event(Event::Progress(id, stretches)));
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
        let answers_read = self.account.as_ref().is_some_and(|account| account.answers_read);
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        contact.receipt_at = None;
        // A direct stream keeps no copy: the receipt stays due, and is sent again when the stream
        // ends. Until then nothing is lost that was written to it.
        contact.row.receipt_due = contact.reach.is_some();
        if answers_read {
            contact.row.read_told = contact.row.read_sequence;
        }
        let content = Content::Receipt {
            delivered_up_to: contact.row.received.up_to(),
            read_up_to: contact.row.read_told,
            ranges: contact.row.received.beyond().to_vec(),
        };
        let mut transaction = Transaction::default();
        contact.save(id, &mut transaction);
        if contact.reach.is_some() {
            if let Some((_, envelope)) = contact.seal(&content, now, rng) {
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
