//! What we do to messages: react, edit, delete.

use alloc::string::ToString;

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    account::within,
    effect::{Bound, Effect, Scan, Table},
    input::Timestamp,
    messages::{Rows, one},
    reading::Reading,
    reply::ReplyTo,
    rows::{Body, MessageRow, Parcel, Standing, contact_key},
};
use crate::{
    api::{ApiError, ContactId, DeleteMessage, EditText, MessageId, MessageState, React},
    limits::{MAX_AWAITED, MAX_OUTBOX, MAX_TEXT_BYTES},
    wire::{Content, Original, Said, Stamp, is_emoji},
};

/// Rows among which is the newest message beside one that goes.
const NEWEST_ROWS: usize = 2 + MAX_AWAITED as usize;

/// One of the calls that do something to a message.
pub(super) enum Action {
    React(ReplyTo<React>, React),
    Edit(ReplyTo<EditText>, EditText),
    Delete(ReplyTo<DeleteMessage>, DeleteMessage),
}

impl Action {
    const fn about(&self) -> (ContactId, MessageId) {
        match self {
            Self::React(_, call) => (call.contact, call.message),
            Self::Edit(_, call) => (call.contact, call.message),
            Self::Delete(_, call) => (call.contact, call.message),
        }
    }

    fn answer(&self, result: Result<(), ApiError>) -> Effect {
        match self {
            Self::React(reply, _) => reply.with(result),
            Self::Edit(reply, _) => reply.with(result),
            Self::Delete(reply, _) => reply.with(result),
        }
    }

    /// What can be said before the message is read.
    fn checked(&self) -> Result<(), ApiError> {
        match self {
            Self::React(_, call) => match &call.emoji {
                Some(emoji) if !is_emoji(emoji) => Err(ApiError::NotAnEmoji),
                _ => Ok(()),
            },
            Self::Edit(_, call) if call.text.trim().is_empty() => Err(ApiError::Empty),
            Self::Edit(_, call) => within(call.text.trim(), MAX_TEXT_BYTES),
            Self::Delete(..) => Ok(()),
        }
    }
}

impl Engine {
    /// Reads the message that something is done to.
    pub(super) fn begin_action(&mut self, action: Action) {
        let (id, message) = action.about();
        let checked = action.checked().and_then(|()| self.present(id).map(|_| ()));
        if let Err(error) = checked {
            return self.effects.push_back(action.answer(Err(error)));
        }
        let mut scans = alloc::vec![one(id, message)];
        if matches!(&action, Action::Delete(_, call) if !call.for_both) {
            let (table, prefix) = (Table::Messages, contact_key(id));
            scans.push(Scan { table, prefix, from: Bound::End, limit: NEWEST_ROWS });
        }
        self.read(scans, Reading::Action(action));
    }

    /// The message is read.
    pub(super) fn act(
        &mut self,
        action: Action,
        mut rows: Rows,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let (id, message) = action.about();
        let row = rows.remove(&message).filter(|row| row.arrived).ok_or(ApiError::NotFound);
        let done = row.and_then(|row| match &action {
            Action::React(_, call) => self.react(call, row, now, rng),
            Action::Edit(_, call) => self.edit(call, row, now, rng),
            Action::Delete(_, call) if call.for_both => self.delete_for_both(call, row, now, rng),
            Action::Delete(..) => Ok(self.delete_here(id, message, &row, &rows)),
        });
        match done {
            Ok(mut transaction) => {
                if let Some(contact) = self.contacts.get(&id) {
                    contact.save(id, &mut transaction);
                }
                self.tell_contact(id, &mut transaction);
                transaction.then.push(action.answer(Ok(())));
                self.commit(transaction);
                self.pump(now);
            }
            Err(error) => self.effects.push_back(action.answer(Err(error))),
        }
    }

    fn react(
        &mut self,
        call: &React,
        mut row: MessageRow,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Transaction, ApiError> {
        self.check_shared(call.contact, call.message, &row)?;
        if row.our_reaction.emoji == call.emoji {
            return Ok(Transaction::relaxed());
        }
        let to = Self::reference(call.message, &row);
        let said = Said::Reaction { to, emoji: call.emoji.clone() };
        let mut transaction = Transaction::default();
        let said = self.say(call.contact, said, now, rng, &mut transaction)?;
        row.react(true, said.sequence, call.emoji.clone());
        self.change_message(call.contact, call.message, &row, &mut transaction);
        Ok(transaction)
    }

    fn edit(
        &mut self,
        call: &EditText,
        mut row: MessageRow,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Transaction, ApiError> {
        let of = self.own(call.contact, call.message, &row)?;
        let text = call.text.trim();
        if row.text() == Some(text) {
            return Ok(Transaction::relaxed());
        }
        let said = Said::Edit { of, text: text.to_string() };
        let mut transaction = Transaction::default();
        let said = self.say(call.contact, said, now, rng, &mut transaction)?;
        row.edit(said.sequence, text.to_string());
        self.change_message(call.contact, call.message, &row, &mut transaction);
        Ok(transaction)
    }

    fn delete_for_both(
        &mut self,
        call: &DeleteMessage,
        mut row: MessageRow,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Transaction, ApiError> {
        let of = self.own(call.contact, call.message, &row)?;
        let mut transaction = Transaction::default();
        self.say(call.contact, Said::Deletion { of }, now, rng, &mut transaction)?;
        row.delete();
        self.change_message(call.contact, call.message, &row, &mut transaction);
        Ok(transaction)
    }

    fn delete_here(
        &mut self,
        id: ContactId,
        message: MessageId,
        row: &MessageRow,
        newest: &Rows,
    ) -> Transaction {
        let mut transaction = Transaction::default();
        if !row.mine
            && let Some(contact) = self.contacts.get_mut(&id)
        {
            contact.row.unread.remove(message.sequence);
        }
        self.remove_message(id, message, newest, &mut transaction);
        transaction
    }

    /// Whether something can be said about a message.
    fn check_shared(
        &self,
        id: ContactId,
        message: MessageId,
        row: &MessageRow,
    ) -> Result<(), ApiError> {
        let contact = self.contacts.get(&id).ok_or(ApiError::NotFound)?;
        let failed = row.mine && self.message_state(id, message.sequence) == MessageState::Failed;
        let shared = contact.row.shares(message, row.mine) && !failed;
        if shared && row.body != Body::Deleted { Ok(()) } else { Err(ApiError::NotFound) }
    }

    /// How a message of ours is named, if it can still be changed.
    fn own(
        &self,
        id: ContactId,
        message: MessageId,
        row: &MessageRow,
    ) -> Result<Original, ApiError> {
        self.check_shared(id, message, row)?;
        if row.mine { Ok(Self::reference(message, row).original) } else { Err(ApiError::NotFound) }
    }

    /// Whether a content more, and so many others, fit into the outbox.
    pub(super) fn check_outbox(&self, id: ContactId, more: usize) -> Result<(), ApiError> {
        let full = ApiError::Limit { max: u32::try_from(MAX_OUTBOX).unwrap_or(u32::MAX) };
        if self.outbox.has_room(id, more) { Ok(()) } else { Err(full) }
    }

    /// Numbers, seals and stores what we say. Whoever calls saves the contact.
    pub(super) fn say(
        &mut self,
        id: ContactId,
        said: Said,
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) -> Result<MessageId, ApiError> {
        self.check_outbox(id, 0)?;
        if self.account.is_none() {
            return Err(ApiError::NotStarted);
        }
        let contact = self.present(id)?;
        match contact.row.standing {
            Standing::Gone => return Err(ApiError::Gone),
            Standing::Moved => return Err(ApiError::Moved),
            Standing::Connecting | Standing::Established | Standing::Leaving => {}
        }
        let (sequence, lamport) =
            (contact.row.next_sequence, contact.row.lamport.saturating_add(1));
        let stamp = Stamp { sequence, lamport, sent_at_ms: now.0 };
        let content = Content::Numbered(stamp, said);
        if !self.post(transaction, id, Parcel::Numbered(sequence), &content, now, rng) {
            return Err(ApiError::Gone);
        }
        let contact = self.present(id)?;
        contact.row.lamport = lamport;
        contact.row.next_sequence = sequence.saturating_add(1);
        let contact = self.contacts.get(&id).ok_or(ApiError::NotFound)?;
        Ok(MessageId { lamport, side: self.side(contact, true), sequence })
    }
}
