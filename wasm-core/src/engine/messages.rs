//! What becomes of a message after it was said: edits, reactions, its end.
//!
//! Invariant: of each kind the one with the highest sequence of its sender counts, and a deletion is
//! final, so both sides end alike whatever the order of arrival. Only the author's own edits and
//! deletions reach a row: they cannot name the message of somebody else (protocol.md §7).

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use super::{
    Engine, Transaction,
    contacts::Contact,
    effect::{Bound, Row, Scan, Table},
    input::Timestamp,
    rows::{Body, ContactRow, MessageRow, Reaction, Timer, decode, message_id, message_key},
};
use crate::{
    api::{ContactId, Event, Form, MessageId, MessageState, MessageView, Quote},
    limits::MAX_QUOTE_BYTES,
    wire::{Author, Original, Reference},
};

/// Messages of one conversation that were read from the store.
pub(super) type Rows = BTreeMap<MessageId, MessageRow>;

/// Decodes messages; what does not decode is not there.
pub(super) fn message_rows(rows: &[Row]) -> Rows {
    rows.iter().filter_map(|row| Some((message_id(&row.key)?, decode(row).ok()?))).collect()
}

/// Reads one message.
pub(super) fn one(contact: ContactId, id: MessageId) -> Scan {
    let prefix = message_key(contact, id);
    Scan { table: Table::Messages, prefix, from: Bound::End, limit: 1 }
}

impl MessageRow {
    /// A message as it was said.
    pub(super) fn new(body: Body, lamport: u64, sent_at: u64, now: Timestamp, mine: bool) -> Self {
        Self {
            arrived: true,
            body,
            edit: 0,
            our_reaction: Reaction::default(),
            their_reaction: Reaction::default(),
            answers: None,
            lifetime: 0,
            lamport,
            sent_at,
            stored_at: now.0,
            mine,
        }
    }

    /// The place of a message of theirs that something is about before it is here.
    pub(super) fn awaited(now: Timestamp) -> Self {
        let text = Body::Text(String::new());
        Self { arrived: false, ..Self::new(text, 0, 0, now, false) }
    }

    /// The message is here: what was about it before takes effect.
    pub(super) fn take_over(&mut self, awaited: Self) {
        let Self { body, edit, our_reaction, their_reaction, .. } = awaited;
        match body {
            Body::Deleted => self.delete(),
            Body::Text(text) if edit > 0 => {
                self.edit(edit, text);
            }
            Body::Text(_) | Body::File(_) | Body::Timer(_) | Body::Newer(_) => {}
        }
        if self.body != Body::Deleted {
            self.our_reaction = our_reaction;
            self.their_reaction = their_reaction;
        }
    }

    /// Takes a reaction in; `false` when it changes nothing.
    pub(super) fn react(&mut self, ours: bool, sequence: u64, emoji: Option<String>) -> bool {
        let known = if ours { &mut self.our_reaction } else { &mut self.their_reaction };
        if self.body == Body::Deleted || sequence <= known.sequence {
            return false;
        }
        *known = Reaction { sequence, emoji };
        true
    }

    /// Takes another text in; `false` when it changes nothing.
    pub(super) fn edit(&mut self, sequence: u64, text: String) -> bool {
        let Body::Text(known) = &mut self.body else { return false };
        if sequence <= self.edit {
            return false;
        }
        (*known, self.edit) = (text, sequence);
        true
    }

    /// Leaves nothing but the place.
    pub(super) fn delete(&mut self) {
        self.body = Body::Deleted;
        self.edit = 0;
        self.our_reaction = Reaction::default();
        self.their_reaction = Reaction::default();
        self.answers = None;
    }

    /// The text, as long as there is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Body::Text(text) = &self.body { Some(text) } else { None }
    }

    /// The words by which one finds and recognises it: the text, or the name of the file.
    pub(super) fn words(&self) -> Option<&str> {
        if let Body::File(file) = &self.body { Some(&file.name) } else { self.text() }
    }
}

/// The beginning of a text, without breaking a character.
fn beginning(text: &str) -> &str {
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= MAX_QUOTE_BYTES;
    let end = text.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8());
    text.get(..end).unwrap_or_default()
}

/// The list shows neither quotes nor previews; kept in its row, a quote would outlive what it quotes.
fn for_list(view: &MessageView) -> MessageView {
    let mut view = MessageView { answers: None, ..view.clone() };
    if let Form::File(file) = &mut view.form {
        file.preview = Vec::new();
    }
    view
}

impl ContactRow {
    /// Whether the contact remembers a message, by where it lies.
    pub(super) const fn shares(&self, id: MessageId, mine: bool) -> bool {
        if mine { id.sequence >= self.first_sequence } else { id.lamport > self.lamport_floor }
    }

    /// The Lamport time of a message of theirs on this device.
    pub(super) fn lamport_here(&self, lamport: u64) -> u64 {
        lamport.max(self.lamport_floor.saturating_add(1))
    }
}

impl Engine {
    /// On which side messages are stored: 0 for the smaller fingerprint.
    pub(super) fn side(&self, contact: &Contact, ours: bool) -> u8 {
        let own = self.account.as_ref().map_or([0; 32], |account| account.fingerprint.0);
        u8::from((own > contact.row.fingerprint) == ours)
    }

    /// How the contact will know a message of the conversation.
    pub(super) const fn reference(id: MessageId, row: &MessageRow) -> Reference {
        let author = if row.mine { Author::Sender } else { Author::Receiver };
        let original = Original { sequence: id.sequence, lamport: row.lamport };
        Reference { author, original }
    }

    /// Which message a contact means; `None` for one that we cannot have shared.
    pub(super) fn resolve(&self, contact: ContactId, to: &Reference) -> Option<MessageId> {
        let contact = self.contacts.get(&contact)?;
        let (ours, Original { sequence, lamport }) = (to.author == Author::Receiver, to.original);
        let row = &contact.row;
        if ours && !(row.first_sequence..row.next_sequence).contains(&sequence) {
            return None;
        }
        let lamport = if ours { lamport } else { row.lamport_here(lamport) };
        Some(MessageId { lamport, side: self.side(contact, ours), sequence })
    }

    /// A message as a view sees it. `others` holds the message that it answers, if that is here.
    pub(super) fn message_view(
        &self,
        contact: ContactId,
        id: MessageId,
        row: &MessageRow,
        others: &Rows,
    ) -> MessageView {
        let quote = |target: MessageId| Quote {
            id: target,
            mine: (target.side == id.side) == row.mine,
            text: others
                .get(&target)
                .filter(|other| other.arrived)
                .and_then(MessageRow::words)
                .map(|text| beginning(text).into()),
        };
        let state = row.mine.then(|| self.message_state(contact, id.sequence));
        let known = self.contacts.get(&contact);
        MessageView {
            id,
            form: self.form(contact, &row.body),
            text: row.text().unwrap_or_default().into(),
            edited: row.edit > 0,
            answers: row.answers.map(quote),
            our_reaction: row.our_reaction.emoji.clone(),
            their_reaction: row.their_reaction.emoji.clone(),
            lifetime: row.lifetime,
            sent_at: row.sent_at,
            stored_at: row.stored_at,
            state,
            shared: known.is_some_and(|known| known.row.shares(id, row.mine))
                && state != Some(MessageState::Failed),
        }
    }

    /// Adds a message to the history, and says so behind the transaction.
    pub(super) fn store_message(
        &mut self,
        contact: ContactId,
        id: MessageId,
        row: &MessageRow,
        others: &Rows,
        transaction: &mut Transaction,
    ) {
        transaction.changes.put(Table::Messages, message_key(contact, id), row);
        let view = self.message_view(contact, id, row, others);
        self.expect_end(contact, id, row, transaction);
        self.keep_text(contact, id, row);
        let Some(known) = self.contacts.get_mut(&contact) else { return };
        if known.row.last.as_ref().is_none_or(|last| last.id < id) {
            known.row.last = Some(for_list(&view));
        }
        if let Body::Timer(lifetime) = row.body
            && known.row.timer.said < Some(id)
        {
            known.row.timer = Timer { lifetime, said: Some(id) };
        }
        if row.mine {
            known.typing_told = None;
        } else {
            known.typing_until = None;
        }
        let arrangement = &mut known.row.arrangement;
        arrangement.archived &= arrangement.muted && !row.mine;
        known.save(contact, transaction);
        transaction.then.push(self.event(Event::Message(contact, view)));
        self.tell_contact(contact, transaction);
    }

    /// Stores what became of a message, and says so behind the transaction.
    pub(super) fn change_message(
        &mut self,
        contact: ContactId,
        id: MessageId,
        row: &MessageRow,
        transaction: &mut Transaction,
    ) {
        transaction.changes.put(Table::Messages, message_key(contact, id), row);
        if row.body == Body::Deleted {
            self.remove_file_of(contact, id, transaction);
        }
        if !row.arrived {
            return;
        }
        self.keep_text(contact, id, row);
        let mut view = self.message_view(contact, id, row, &Rows::new());
        view.answers = None;
        if let Some(known) = self.contacts.get_mut(&contact)
            && known.row.last.as_ref().is_some_and(|last| last.id == id)
        {
            known.row.last = Some(for_list(&view));
        }
        transaction.then.push(self.event(Event::MessageChanged(contact, view)));
    }

    /// Removes a message from this device. `before` holds what may be the newest then.
    pub(super) fn remove_message(
        &mut self,
        contact: ContactId,
        id: MessageId,
        before: &Rows,
        transaction: &mut Transaction,
    ) {
        transaction.changes.delete(Table::Messages, message_key(contact, id));
        self.end(contact, id, transaction);
        self.remove_file_of(contact, id, transaction);
        self.forget_text(contact, id);
        let was_last =
            |known: &&mut Contact| known.row.last.as_ref().is_some_and(|last| last.id == id);
        if self.contacts.get_mut(&contact).as_ref().is_some_and(was_last) {
            let newest = before.iter().rev().find(|(other, row)| **other != id && row.arrived);
            let last = newest
                .map(|(&id, row)| for_list(&self.message_view(contact, id, row, &Rows::new())));
            if let Some(known) = self.contacts.get_mut(&contact) {
                known.row.last = last;
            }
        }
        transaction.then.push(self.event(Event::MessageDeleted(contact, id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> MessageRow {
        MessageRow::new(Body::Text("first".into()), 1, 0, Timestamp(0), false)
    }

    #[test]
    fn the_highest_number_counts_in_whatever_order_it_comes() {
        for order in [[3, 5], [5, 3]] {
            let mut row = row();
            for sequence in order {
                row.edit(sequence, alloc::format!("text {sequence}"));
                row.react(true, sequence, Some(alloc::format!("{sequence}")));
            }
            assert_eq!(row.text(), Some("text 5"));
            assert_eq!(row.our_reaction.emoji.as_deref(), Some("5"));
            assert!(!row.edit(5, "again".into()), "nor twice");
        }
    }

    #[test]
    fn a_deletion_is_final_and_leaves_nothing() {
        let mut row = row();
        row.react(false, 2, Some("x".into()));
        row.answers = Some(MessageId { lamport: 1, side: 0, sequence: 1 });
        row.delete();
        assert!(!row.edit(9, "back".into()));
        assert!(!row.react(true, 9, Some("x".into())));
        let bare = MessageRow { body: Body::Deleted, ..self::row() };
        assert!(row == bare);
    }

    #[test]
    fn what_came_before_the_message_takes_effect() {
        let awaited = |change: &dyn Fn(&mut MessageRow)| {
            let mut awaited = MessageRow::awaited(Timestamp(0));
            change(&mut awaited);
            let mut row = row();
            row.take_over(awaited);
            row
        };
        let edited = awaited(&|row| assert!(row.edit(7, "later".into())));
        assert_eq!((edited.text(), edited.edit), (Some("later"), 7));
        assert!(awaited(&MessageRow::delete).body == Body::Deleted);
        let reacted = awaited(&|row| assert!(row.react(false, 7, Some("x".into()))));
        assert_eq!(reacted.their_reaction.emoji.as_deref(), Some("x"));
        assert_eq!(awaited(&|_| {}).text(), Some("first"));
    }

    #[test]
    fn a_quote_ends_between_two_characters() {
        let text = "ü".repeat(MAX_QUOTE_BYTES);
        assert_eq!(beginning(&text).len(), MAX_QUOTE_BYTES);
        assert_eq!(beginning(&format!("a{text}")).len(), MAX_QUOTE_BYTES - 1);
        assert_eq!(beginning("short"), "short");
    }
}
