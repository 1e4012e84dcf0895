//! Searching all history. The texts are read once and kept in memory, folded, as long as somebody
//! searches: nothing about them is stored in another form than they are.
//!
//! Invariant: what is kept says what is stored, for all that was read.

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};

use super::{
    Engine,
    effect::{Bound, Row, Scan, Table},
    input::Timestamp,
    messages::{Rows, message_rows, one},
    reading::Reading,
    reply::ReplyTo,
    rows::{MessageRow, decode, leading_id, message_id},
};
use crate::{
    api::{ApiError, ContactId, Found, MessageId, Search, SearchPage},
    limits::{MAX_FOUND, MAX_QUERY_BYTES, MAX_SEARCH_BYTES, SEARCH_CHUNK, SEARCH_KEPT},
};

/// The texts of all conversations, as far as they were read.
pub(super) struct Corpus {
    texts: BTreeMap<(ContactId, MessageId), Kept>,
    bytes: usize,
    /// The key up to which the table was read; `None` when all of it was.
    read_up_to: Option<Vec<u8>>,
    used_at: Timestamp,
}

struct Kept {
    folded: Box<str>,
    stored_at: u64,
}

/// A text as it is compared: what differs in case alone is the same.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl Corpus {
    const fn new(now: Timestamp) -> Self {
        let read_up_to = Some(Vec::new());
        Self { texts: BTreeMap::new(), bytes: 0, read_up_to, used_at: now }
    }

    fn put(&mut self, contact: ContactId, id: MessageId, row: &MessageRow) {
        self.remove(contact, id);
        let Some(text) = row.words().filter(|_| row.arrived) else { return };
        let folded = fold(text).into_boxed_str();
        if self.bytes + folded.len() <= MAX_SEARCH_BYTES {
            self.bytes += folded.len();
            self.texts.insert((contact, id), Kept { folded, stored_at: row.stored_at });
        }
    }

    fn remove(&mut self, contact: ContactId, id: MessageId) {
        if let Some(kept) = self.texts.remove(&(contact, id)) {
            self.bytes -= kept.folded.len();
        }
    }

    fn take(&mut self, rows: &[Row]) {
        self.read_up_to =
            rows.last().filter(|_| rows.len() == SEARCH_CHUNK).map(|row| row.key.clone());
        for row in rows {
            let named = leading_id(&row.key).zip(message_id(&row.key));
            if let (Some(((contact, _), id)), Ok(message)) = (named, decode(row)) {
                self.put(ContactId(contact), id, &message);
            }
        }
    }

    /// The newest messages whose text holds all words of the query.
    fn find(&self, query: &str) -> Vec<(ContactId, MessageId)> {
        let query = fold(query);
        let words: Vec<&str> = query.split_whitespace().collect();
        let holds = |kept: &Kept| words.iter().all(|word| kept.folded.contains(word));
        let found = self.texts.iter().filter(|(_, kept)| holds(kept));
        let mut found: Vec<_> = found.map(|(&at, kept)| (kept.stored_at, at)).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.into_iter().take(MAX_FOUND).map(|(_, at)| at).collect()
    }
}

impl Engine {
    /// Searches what is kept, after reading more of it if there is more.
    pub(super) fn search(&mut self, reply: ReplyTo<Search>, call: Search, now: Timestamp) {
        if call.query.trim().is_empty() {
            return self.effects.push_back(reply.with(Err(ApiError::Empty)));
        }
        if let Err(error) = super::account::within(&call.query, MAX_QUERY_BYTES) {
            return self.effects.push_back(reply.with(Err(error)));
        }
        let corpus = self.corpus.get_or_insert_with(|| Corpus::new(now));
        corpus.used_at = now;
        match &corpus.read_up_to {
            None => self.find(reply, &call),
            Some(key) => {
                let (table, from) = (Table::Messages, Bound::Above(key.clone()));
                let scan = Scan { table, prefix: Vec::new(), from, limit: SEARCH_CHUNK };
                self.read(alloc::vec![scan], Reading::Corpus(reply, call));
            }
        }
    }

    /// More of the history is read.
    pub(super) fn on_corpus(&mut self, reply: ReplyTo<Search>, call: &Search, rows: &[Row]) {
        if let Some(corpus) = &mut self.corpus {
            corpus.take(rows);
        }
        self.find(reply, call);
    }

    fn find(&mut self, reply: ReplyTo<Search>, call: &Search) {
        let found = self.corpus.as_ref().map(|corpus| corpus.find(&call.query)).unwrap_or_default();
        if found.is_empty() {
            return self.on_found(reply, &[]);
        }
        let scans = found.into_iter().map(|(contact, id)| one(contact, id)).collect();
        self.read(scans, Reading::Found(reply));
    }

    /// What was found is read.
    pub(super) fn on_found(&mut self, reply: ReplyTo<Search>, rows: &[Row]) {
        let view = |row: &Row| {
            let contact = ContactId(leading_id(&row.key)?.0);
            let rows: Rows = message_rows(core::slice::from_ref(row));
            let (&id, message) = rows.first_key_value()?;
            Some(Found { contact, message: self.message_view(contact, id, message, &Rows::new()) })
        };
        let found = rows.iter().filter_map(view).collect();
        let whole = self.corpus.as_ref().is_none_or(|corpus| corpus.read_up_to.is_none());
        self.effects.push_back(reply.with(Ok(SearchPage { found, whole })));
    }

    /// What is kept follows what is stored.
    pub(super) fn keep_text(&mut self, contact: ContactId, id: MessageId, row: &MessageRow) {
        if let Some(corpus) = &mut self.corpus {
            corpus.put(contact, id, row);
        }
    }

    /// A message goes.
    pub(super) fn forget_text(&mut self, contact: ContactId, id: MessageId) {
        if let Some(corpus) = &mut self.corpus {
            corpus.remove(contact, id);
        }
    }

    /// A conversation goes.
    pub(super) fn forget_texts(&mut self, contact: ContactId) {
        let Some(corpus) = &mut self.corpus else { return };
        let of = corpus.texts.keys().filter(|(of, _)| *of == contact);
        let ids: Vec<MessageId> = of.map(|(_, id)| *id).collect();
        ids.into_iter().for_each(|id| corpus.remove(contact, id));
    }

    /// When what is kept is given up, if nobody searches again.
    pub(super) fn search_timeout(&self) -> Option<Timestamp> {
        self.corpus.as_ref().map(|corpus| corpus.used_at.after(SEARCH_KEPT))
    }

    /// Gives it up when it is time.
    pub(super) fn end_search(&mut self, now: Timestamp) {
        if self.search_timeout().is_some_and(|at| at <= now) {
            self.corpus = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rows::Body;

    fn row(text: &str, at: u64) -> MessageRow {
        MessageRow::new(Body::Text(text.into()), 1, 0, Timestamp(at), true)
    }

    const fn id(lamport: u64) -> MessageId {
        MessageId { lamport, side: 0, sequence: lamport }
    }

    #[test]
    fn every_word_counts_and_case_does_not() {
        let mut corpus = Corpus::new(Timestamp(0));
        for (n, text) in
            ["Grüße aus Köln", "Köln grüßt", "nichts", "KÖLN, GRÜSSE"].iter().enumerate()
        {
            corpus.put(ContactId(n as u64), id(1), &row(text, n as u64));
        }
        let find = |query: &str| {
            corpus.find(query).into_iter().map(|(contact, _)| contact.0).collect::<Vec<_>>()
        };
        assert_eq!(find("köln"), [3, 1, 0], "the newest first");
        assert_eq!(find("grüß Köln"), [1, 0]);
        assert_eq!(find("aus köln grüße"), [0]);
        assert_eq!(find("mond"), []);
    }

    #[test]
    fn what_is_kept_follows_and_its_bytes_are_counted() {
        let mut corpus = Corpus::new(Timestamp(0));
        corpus.put(ContactId(1), id(1), &row("first", 1));
        corpus.put(ContactId(1), id(1), &row("second", 1));
        assert_eq!((corpus.find("first").len(), corpus.find("second").len()), (0, 1));
        assert_eq!(corpus.bytes, 6);
        let mut gone = row("second", 1);
        gone.delete();
        corpus.put(ContactId(1), id(1), &gone);
        assert_eq!((corpus.bytes, corpus.texts.len()), (0, 0));
    }
}
