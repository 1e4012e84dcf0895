//! Talking: texts out, history, read marks, drafts.

use alloc::string::ToString;

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    account::within,
    effect::{Effect, Row, Scan, Table},
    input::Timestamp,
    reply::ReplyTo,
    rows::{MessageRow, Parcel, Standing, contact_key, decode, message_id, message_key},
};
use crate::{
    api::{
        ApiError, CallId, ContactId, Event, GetTimeline, MarkRead, MessageId, MessageState,
        MessageView, SendText, SetDraft, TimelinePage,
    },
    limits::{MAX_DRAFT_BYTES, MAX_OUTBOX, MAX_TEXT_BYTES, RECEIPT_DELAY, TIMELINE_PAGE},
    wire::Content,
};

impl Engine {
    pub(super) fn send_text(
        &mut self,
        reply: ReplyTo<SendText>,
        call: &SendText,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        match self.write_text(call, now, rng) {
            Ok((id, mut transaction)) => {
                transaction.then.push(reply.with(Ok(id)));
                self.commit(transaction);
                self.pump(now);
            }
            Err(error) => self.effects.push_back(reply.with(Err(error))),
        }
    }

    fn write_text(
        &mut self,
        call: &SendText,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(MessageId, Transaction), ApiError> {
        let id = call.contact;
        let text = call.text.trim();
        if text.is_empty() {
            return Err(ApiError::Empty);
        }
        within(text, MAX_TEXT_BYTES)?;
        if self.outbox.is_full(id) {
            return Err(ApiError::Limit { max: u32::try_from(MAX_OUTBOX).unwrap_or(u32::MAX) });
        }
        let ours = self.account.as_ref().ok_or(ApiError::NotStarted)?.fingerprint;
        let contact = self.present(id)?;
        if contact.row.standing == Standing::Gone {
            return Err(ApiError::Gone);
        }
        let row = &contact.row;
        let message = MessageId {
            lamport: row.lamport.saturating_add(1),
            side: u8::from(ours.0 > row.fingerprint),
            sequence: row.next_sequence,
        };
        let content = Content::Text {
            sequence: message.sequence,
            lamport: message.lamport,
            sent_at_ms: now.0,
            text: text.to_string(),
        };
        let mut transaction = Transaction::default();
        if !self.post(&mut transaction, id, Parcel::Text(message), &content, now, rng) {
            return Err(ApiError::Gone);
        }
        let view = MessageView {
            id: message,
            text: text.to_string(),
            sent_at: now.0,
            stored_at: now.0,
            state: Some(MessageState::Queued),
        };
        let contact = self.present(id)?;
        contact.row.lamport = message.lamport;
        contact.row.next_sequence = message.sequence.saturating_add(1);
        self.store_message(id, &view, &mut transaction);
        Ok((message, transaction))
    }

    /// Adds a message to the history, and says so behind the transaction.
    pub(super) fn store_message(
        &mut self,
        id: ContactId,
        view: &MessageView,
        transaction: &mut Transaction,
    ) {
        let row = MessageRow {
            text: view.text.clone(),
            sent_at: view.sent_at,
            stored_at: view.stored_at,
            mine: view.state.is_some(),
        };
        transaction.changes.put(Table::Messages, message_key(id, view.id), &row);
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        if contact.row.last.as_ref().is_none_or(|last| last.id < view.id) {
            contact.row.last = Some(view.clone());
        }
        contact.save(id, transaction);
        transaction.then.push(self.event(Event::Message(id, view.clone())));
        self.tell_contact(id, transaction);
    }

    pub(super) fn timeline(&mut self, call: CallId, request: &GetTimeline) {
        let id = request.contact;
        if let Err(error) = self.present(id).map(|_| ()) {
            return self.effects.push_back(ReplyTo::<GetTimeline>::new(call).with(Err(error)));
        }
        self.scans.insert(call, id);
        let scan = Scan {
            table: Table::Messages,
            prefix: contact_key(id),
            before: request.before.map(|before| message_key(id, before)),
            limit: TIMELINE_PAGE + 1,
        };
        self.effects.push_back(Effect::Scan(call, scan));
    }

    pub(super) fn on_scanned(&mut self, call: CallId, rows: &[Row]) {
        let Some(contact) = self.scans.remove(&call) else { return };
        let newest = rows.iter().take(TIMELINE_PAGE).rev();
        let messages = newest.filter_map(|row| self.message_view(contact, row)).collect();
        let page = TimelinePage { messages, has_older: rows.len() > TIMELINE_PAGE };
        self.effects.push_back(ReplyTo::<GetTimeline>::new(call).with(Ok(page)));
    }

    fn message_view(&self, contact: ContactId, row: &Row) -> Option<MessageView> {
        let id = message_id(&row.key)?;
        let MessageRow { text, sent_at, stored_at, mine } = decode(row).ok()?;
        let state = mine.then(|| self.message_state(contact, id.sequence));
        Some(MessageView { id, text, sent_at, stored_at, state })
    }

    pub(super) fn mark_read(&mut self, reply: ReplyTo<MarkRead>, call: &MarkRead, now: Timestamp) {
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
        if read <= row.read_sequence {
            return self.effects.push_back(reply.with(Ok(())));
        }
        row.read_sequence = read;
        row.read_up_to = row.read_up_to.max(Some(call.up_to));
        row.receipt_due = row.standing != Standing::Gone;
        contact.receipt_at = row.receipt_due.then(|| now.after(RECEIPT_DELAY));
        // The receipt that tells the contact has a commit of its own.
        let mut transaction = Transaction::relaxed();
        contact.save(call.contact, &mut transaction);
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
