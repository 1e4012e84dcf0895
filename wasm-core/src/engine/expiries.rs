//! Messages that disappear: ours so long after they were sent, theirs after they were read.
//!
//! Invariant: a message with a lifetime has a row in the table of expiries until it goes, so that a
//! restart forgets none.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::time::Duration;

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    effect::{Bound, Scan, Table},
    input::Timestamp,
    messages::Rows,
    reading::Reading,
    reply::ReplyTo,
    rows::{Body, ExpiryRow, MessageRow, contact_key, message_key},
};
use crate::{
    api::{ApiError, ContactId, MessageId, SetTimer},
    limits::{MAX_AWAITED, MAX_EXPIRED, MAX_LIFETIME_SECONDS},
    wire::Said,
};

/// The messages that will disappear.
#[derive(Default)]
pub(super) struct Expiries {
    lives: BTreeMap<(ContactId, MessageId), ExpiryRow>,
    due: BTreeSet<(u64, ContactId, MessageId)>,
}

impl Expiries {
    pub(super) fn load(&mut self, contact: ContactId, id: MessageId, row: ExpiryRow) {
        self.remove(contact, id);
        self.lives.insert((contact, id), row);
        self.due.extend(row.at.map(|at| (at, contact, id)));
    }

    fn remove(&mut self, contact: ContactId, id: MessageId) -> bool {
        let known = self.lives.remove(&(contact, id));
        if let Some(at) = known.and_then(|row| row.at) {
            self.due.remove(&(at, contact, id));
        }
        known.is_some()
    }

    /// Forgets what is known of a conversation.
    pub(super) fn forget(&mut self, contact: ContactId) {
        self.lives.retain(|(of, _), _| *of != contact);
        self.due.retain(|(_, of, _)| *of != contact);
    }

    pub(super) fn timeout(&self) -> Option<Timestamp> {
        self.due.first().map(|&(at, ..)| Timestamp(at))
    }

    /// The first conversation in which something is due, and what.
    fn take_due(&self, now: Timestamp) -> Option<(ContactId, Vec<MessageId>)> {
        let &(_, contact, _) = self.due.first().filter(|(at, ..)| *at <= now.0)?;
        let due = self.due.iter().take_while(|(at, ..)| *at <= now.0);
        let ids = due.filter(|(_, of, _)| *of == contact).map(|&(.., id)| id);
        Some((contact, ids.take(MAX_EXPIRED).collect()))
    }
}

/// When a life that begins now ends.
fn end_of(lifetime: u32, now: Timestamp) -> u64 {
    now.after(Duration::from_secs(u64::from(lifetime))).0
}

impl Engine {
    pub(super) fn set_timer(
        &mut self,
        reply: ReplyTo<SetTimer>,
        call: &SetTimer,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        match self.say_timer(call, now, rng) {
            Ok(mut transaction) => {
                transaction.then.push(reply.with(Ok(())));
                self.commit(transaction);
                self.pump(now);
            }
            Err(error) => self.effects.push_back(reply.with(Err(error))),
        }
    }

    fn say_timer(
        &mut self,
        call: &SetTimer,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Transaction, ApiError> {
        let (id, lifetime) = (call.contact, call.lifetime);
        if lifetime > MAX_LIFETIME_SECONDS {
            return Err(ApiError::Limit { max: MAX_LIFETIME_SECONDS });
        }
        if self.present(id)?.row.timer.lifetime == lifetime {
            return Ok(Transaction::relaxed());
        }
        let mut transaction = Transaction::default();
        let message = self.say(id, Said::Timer { lifetime }, now, rng, &mut transaction)?;
        let row = MessageRow::new(Body::Timer(lifetime), message.lamport, now.0, now, true);
        self.store_message(id, message, &row, &Rows::new(), &mut transaction);
        Ok(transaction)
    }

    /// A message is stored: ours lives from now on, theirs from when it is read.
    pub(super) fn expect_end(
        &mut self,
        contact: ContactId,
        id: MessageId,
        row: &MessageRow,
        transaction: &mut Transaction,
    ) {
        if row.lifetime == 0 {
            return;
        }
        let at = row.mine.then(|| end_of(row.lifetime, Timestamp(row.stored_at)));
        let expiry = ExpiryRow { lifetime: row.lifetime, at };
        transaction.changes.put(Table::Expiries, message_key(contact, id), &expiry);
        self.expiries.load(contact, id, expiry);
    }

    /// Theirs up to this sequence are read.
    pub(super) fn count_down(
        &mut self,
        contact: ContactId,
        read: u64,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        let Some(side) = self.contacts.get(&contact).map(|known| self.side(known, false)) else {
            return;
        };
        let range = (contact, MessageId { lamport: 0, side: 0, sequence: 0 })..;
        let of = self.expiries.lives.range(range).take_while(|((of, _), _)| *of == contact);
        let begin = |((_, id), row): (&(ContactId, MessageId), &ExpiryRow)| {
            let counts = row.at.is_none() && id.side == side && id.sequence <= read;
            counts.then(|| (*id, ExpiryRow { at: Some(end_of(row.lifetime, now)), ..*row }))
        };
        let begun: Vec<(MessageId, ExpiryRow)> = of.filter_map(begin).collect();
        for (id, row) in begun {
            transaction.changes.put(Table::Expiries, message_key(contact, id), &row);
            self.expiries.load(contact, id, row);
        }
    }

    /// A message goes, for whatever reason.
    pub(super) fn end(&mut self, contact: ContactId, id: MessageId, transaction: &mut Transaction) {
        if self.expiries.remove(contact, id) {
            let key = message_key(contact, id);
            transaction.changes.puts.retain(|row| row.table != Table::Expiries || row.key != key);
            transaction.changes.delete(Table::Expiries, key);
        }
    }

    /// Begins to remove what is due, one conversation at a time.
    pub(super) fn expire_messages(&mut self, now: Timestamp) {
        let Some((contact, ids)) = self.expiries.take_due(now) else { return };
        let limit = ids.len() + 1 + MAX_AWAITED as usize;
        let (table, prefix) = (Table::Messages, contact_key(contact));
        let newest = Scan { table, prefix, from: Bound::End, limit };
        self.read(alloc::vec![newest], Reading::Expired(contact, ids));
    }

    /// The newest messages are read, among them the one that is the newest then.
    pub(super) fn on_expired(&mut self, contact: ContactId, ids: &[MessageId], mut newest: Rows) {
        ids.iter().for_each(|id| drop(newest.remove(id)));
        // Undone, it is done again after the restart.
        let mut transaction = Transaction::relaxed();
        for &id in ids {
            self.remove_message(contact, id, &newest, &mut transaction);
            let Some(known) = self.contacts.get(&contact) else { continue };
            if id.side == self.side(known, false)
                && let Some(known) = self.contacts.get_mut(&contact)
            {
                known.row.unread.remove(id.sequence);
            }
        }
        if let Some(known) = self.contacts.get(&contact) {
            known.save(contact, &mut transaction);
        }
        self.tell_contact(contact, &mut transaction);
        self.commit(transaction);
    }
}
