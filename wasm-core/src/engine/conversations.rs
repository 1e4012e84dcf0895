//! Talking: texts out, read marks, drafts.

use alloc::string::ToString;

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    account::within,
    effect::Table,
    input::Timestamp,
    messages::{Rows, one},
    reading::Reading,
    reply::ReplyTo,
    rows::{Body, MessageRow, Standing, contact_key},
};
use crate::{
    api::{ApiError, ContactId, MarkRead, MessageId, MessageState, ResendText, SendText, SetDraft},
    limits::{MAX_DRAFT_BYTES, MAX_NAMED_TEXTS, MAX_TEXT_BYTES, RECEIPT_DELAY},
    wire::Said,
};

impl Engine {
    pub(super) fn send_text(
        &mut self,
        reply: ReplyTo<SendText>,
        call: SendText,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        match call.answers {
            Some(target) => {
                let scans = alloc::vec![one(call.contact, target)];
                self.read(scans, Reading::Answer(reply, call));
            }
            None => self.send_answer(reply, &call, &Rows::new(), now, rng),
        }
    }

    /// What the text answers is read.
    pub(super) fn send_answer(
        &mut self,
        reply: ReplyTo<SendText>,
        call: &SendText,
        rows: &Rows,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        match self.write_text(call, rows, now, rng) {
            Ok((id, mut transaction)) => {
                transaction.then.push(reply.with(Ok(id)));
                self.commit(transaction);
                self.pump(now);
            }
            Err(error) => self.effects.push_back(reply.with(Err(error))),
        }
    }

    pub(super) fn resend_text(
        &mut self,
        reply: ReplyTo<ResendText>,
        call: ResendText,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let ResendText { contact, failed, text } = call;
        // What it answered may be from before the contact forgot us.
        let again = SendText { contact, text, answers: None, token: 0 };
        let written = self
            .failed(contact, failed)
            .and_then(|()| self.write_text(&again, &Rows::new(), now, rng));
        match written {
            Ok((id, mut transaction)) => {
                self.remove_message(contact, failed, &Rows::new(), &mut transaction);
                transaction.then.push(reply.with(Ok(id)));
                if let Some(contact) = self.contacts.get_mut(&contact) {
                    contact.resent.push(failed);
                }
                self.commit(transaction);
                self.pump(now);
            }
            Err(error) => self.effects.push_back(reply.with(Err(error))),
        }
    }

    /// Whether this is a text of ours that failed, and has not been sent again.
    fn failed(&mut self, id: ContactId, message: MessageId) -> Result<(), ApiError> {
        let failed = self.message_state(id, message.sequence) == MessageState::Failed;
        self.account.as_ref().ok_or(ApiError::NotStarted)?;
        self.present(id)?;
        let contact = self.contacts.get(&id).ok_or(ApiError::NotFound)?;
        let ours = message.side == self.side(contact, true);
        let known = ours && message.sequence < contact.row.next_sequence;
        let open = known && failed && !contact.resent.contains(&message);
        if open { Ok(()) } else { Err(ApiError::NotFound) }
    }

    fn write_text(
        &mut self,
        call: &SendText,
        rows: &Rows,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(MessageId, Transaction), ApiError> {
        let id = call.contact;
        let text = call.text.trim();
        if text.is_empty() {
            return Err(ApiError::Empty);
        }
        within(text, MAX_TEXT_BYTES)?;
        let contact = &self.present(id)?.row;
        if let Some(&(_, sent)) = contact.named.iter().find(|(token, _)| *token == call.token) {
            // Its answer did not reach the view: the tab that sent it is gone.
            return Ok((sent, Transaction::relaxed()));
        }
        let answers = call.answers.and_then(|target| {
            let row = rows.get(&target).filter(|row| row.arrived)?;
            contact.shares(target, row.mine).then(|| (target, Self::reference(target, row)))
        });
        let (answers, reference) = answers.unzip();
        let lifetime = contact.timer.lifetime;
        let said = Said::Text { answers: reference, lifetime, text: text.to_string() };
        let mut transaction = Transaction::default();
        let message = self.say(id, said, now, rng, &mut transaction)?;
        let body = Body::Text(text.to_string());
        let row = MessageRow::new(body, message.lamport, now.0, now, true);
        let row = MessageRow { answers, lifetime, ..row };
        if call.token != 0 {
            let named = &mut self.present(id)?.row.named;
            named.drain(..(named.len() + 1).saturating_sub(MAX_NAMED_TEXTS));
            named.push((call.token, message));
        }
        self.store_message(id, message, &row, rows, &mut transaction);
        Ok((message, transaction))
    }

    pub(super) fn mark_read(&mut self, reply: ReplyTo<MarkRead>, call: &MarkRead, now: Timestamp) {
        let answers_read = self.account.as_ref().is_some_and(|account| account.answers_read);
        let contact = match self.present(call.contact) {
            Ok(contact) => contact,
            Err(error) => return self.effects.push_back(reply.with(Err(error))),
        };
        let row = &mut contact.row;
        let read = match row.newest_theirs {
            Some(newest) if call.up_to >= newest => row.received.max(),
            Some(newest) if call.up_to.side == newest.side => {
                call.up_to.sequence.min(row.received.max())
            }
            _ => 0,
        };
        let is_news = read > row.read_sequence;
        if !is_news && !row.arrangement.unread && !row.unread.has_up_to(read) {
            return self.effects.push_back(reply.with(Ok(())));
        }
        row.arrangement.unread = false;
        row.unread.read_up_to(read);
        row.read_up_to = row.read_up_to.max(Some(call.up_to));
        row.read_sequence = row.read_sequence.max(read);
        let is_heard = !matches!(row.standing, Standing::Gone | Standing::Moved);
        if is_news && answers_read && is_heard {
            row.receipt_due = true;
            contact.receipt_at = Some(now.after(RECEIPT_DELAY));
        }
        // The receipt that tells the contact has a commit of its own.
        let mut transaction = Transaction::relaxed();
        contact.save(call.contact, &mut transaction);
        self.count_down(call.contact, read, now, &mut transaction);
        self.tell_contact(call.contact, &mut transaction);
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
    }

    pub(super) fn set_draft(&mut self, reply: ReplyTo<SetDraft>, call: SetDraft) {
        let checked = within(&call.text, MAX_DRAFT_BYTES);
        let contact = match checked.and_then(|()| self.present(call.contact)) {
            Ok(contact) => contact,
            Err(error) => return self.effects.push_back(reply.with(Err(error))),
        };
        let mut transaction = Transaction::relaxed();
        if contact.draft != call.text {
            let key = contact_key(call.contact);
            if call.text.is_empty() {
                transaction.changes.delete(Table::Drafts, key);
            } else {
                transaction.changes.put(Table::Drafts, key, &call.text);
            }
            contact.draft = call.text;
            self.tell_contact(call.contact, &mut transaction);
        }
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
    }
}
