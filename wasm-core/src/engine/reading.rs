//! What has to be read from the store before the engine can go on.
//!
//! Invariant: while a reading is open nothing else is taken in, so what was read is as it was stored
//! until what follows from it is.

use alloc::{boxed::Box, vec::Vec};

use rand_core::CryptoRng;

use super::{
    Engine,
    actions::Action,
    effect::{Effect, Row, Scan},
    input::{Input, Timestamp},
    messages::{Rows, message_rows},
    reply::ReplyTo,
    said::Arrival,
    timeline::Page,
};
use crate::api::{
    ApiError, ContactId, FileId, GetTimeline, MessageId, ReadFile, Search, SendFile, SendText,
};

/// What is read, and so what it is for.
pub(super) enum Reading {
    /// A stretch of history for a view.
    Page(ReplyTo<GetTimeline>, GetTimeline),
    /// What messages of the stretch answer, and is not in it.
    Quotes(ReplyTo<GetTimeline>, Page),
    /// The message that a text of ours answers.
    Answer(ReplyTo<SendText>, SendText),
    /// The message that a file of ours answers, and the chunks of a small one.
    File(ReplyTo<SendFile>, SendFile),
    /// A stretch of a file for a view.
    Part(ReplyTo<ReadFile>, ReadFile),
    /// Chunks that a contact has asked for.
    Asked(ContactId, FileId),
    /// The message that something is done to.
    Action(Action),
    /// More of the history, to search it.
    Corpus(ReplyTo<Search>, Search),
    /// The messages that a search found.
    Found(ReplyTo<Search>),
    /// The newest messages, of which these have to go.
    Expired(ContactId, Vec<MessageId>),
    /// The messages that something of a contact is about.
    Arrival(Box<Arrival>),
}

impl Engine {
    /// Asks for rows. Nothing is taken in before they are there.
    pub(super) fn read(&mut self, scans: Vec<Scan>, reading: Reading) {
        debug_assert!(self.reading.is_none(), "one after the other");
        self.reading = Some(reading);
        self.effects.push_back(Effect::Scan(scans));
    }

    /// Takes one input in, and then what has waited for it.
    pub(super) fn take_in_order(&mut self, input: Input, now: Timestamp, rng: &mut impl CryptoRng) {
        if self.reading.is_some() && !matches!(input, Input::Scanned(_)) {
            return self.waiting.push_back(input);
        }
        self.take_in(input, now, rng);
        while self.reading.is_none() {
            let Some(input) = self.waiting.pop_front() else { return };
            self.take_in(input, now, rng);
        }
    }

    pub(super) fn on_scanned(
        &mut self,
        rows: Option<Vec<Row>>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Some(reading) = self.reading.take() else { return };
        let readable = rows.is_some();
        let stored = rows.unwrap_or_default();
        let rows = match reading {
            Reading::Corpus(..) | Reading::Found(_) | Reading::Part(..) | Reading::Asked(..) => {
                Rows::new()
            }
            _ => message_rows(&stored),
        };
        match reading {
            Reading::Page(reply, _) if !readable => {
                self.effects.push_back(reply.with(Err(ApiError::Unreadable)));
            }
            Reading::Corpus(reply, _) | Reading::Found(reply) if !readable => {
                self.effects.push_back(reply.with(Err(ApiError::Unreadable)));
            }
            Reading::Corpus(reply, call) => self.on_corpus(reply, &call, &stored),
            Reading::Found(reply) => self.on_found(reply, &stored),
            Reading::Page(reply, call) => self.on_page(reply, &call, rows),
            Reading::Quotes(reply, page) => self.on_quotes(reply, page, rows),
            Reading::Answer(reply, call) => self.send_answer(reply, &call, &rows, now, rng),
            Reading::File(reply, call) if readable => {
                self.send_file(reply, &call, (&rows, &stored), now, rng);
            }
            Reading::File(reply, _) => {
                self.effects.push_back(reply.with(Err(ApiError::Unreadable)));
            }
            Reading::Part(reply, call) => self.on_part(reply, &call, &stored),
            Reading::Asked(contact, file) => self.on_asked_read(contact, file, stored),
            Reading::Action(action) => self.act(action, rows, now, rng),
            Reading::Expired(contact, ids) => self.on_expired(contact, &ids, rows),
            Reading::Arrival(arrival) => self.on_arrival_read(*arrival, rows, now, rng),
        }
    }
}
