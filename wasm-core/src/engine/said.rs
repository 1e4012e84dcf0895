//! What a contact says in numbered contents: messages, and what is about them.
//!
//! Invariant: each is taken in once. One that comes before the message it is about takes effect when
//! that comes; one about a message that is not, or no longer, here does nothing.

use alloc::{boxed::Box, string::String, vec::Vec};

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    effect::{EnvelopeId, Scan},
    files,
    input::Timestamp,
    messages::{Rows, one},
    reading::Reading,
    rows::{Body, MessageRow},
};
use crate::{
    api::{ContactId, MessageId},
    limits::{MAX_AWAITED, MAX_LAMPORT_LEAP, RECEIPT_DELAY},
    wire::{Author, Content, FileInfo, Original, Reference, Said, Stamp},
};

/// How far ahead of our clock a sender's time may be and still be shown: five minutes.
const SHOWN_SKEW_MS: u64 = 300_000;

/// Which way an envelope came.
pub(super) enum Way {
    /// It is acknowledged there; a mailbox is a contact's, or an invite's.
    Mailbox {
        address: [u8; 32],
        id: EnvelopeId,
        contact: Option<ContactId>,
    },
    Direct,
}

/// An envelope that is opened, and what it brought so far.
pub(super) struct Arrival {
    pub(super) contact: ContactId,
    pub(super) way: Way,
    pub(super) transaction: Transaction,
    pub(super) news: News,
}

/// What a contact said, with the places that it names.
pub(super) enum News {
    /// A message at this place; it answers another one.
    Message(MessageId, MessageRow),
    /// Something about the message at this place.
    About(MessageId, u64, Change),
    /// A message with a file.
    File(MessageId, MessageRow, Box<FileInfo>),
    /// A chunk of a file: its digest, its number, and itself.
    Piece([u8; 32], u32, Vec<u8>),
}

/// What becomes of a message.
pub(super) enum Change {
    Reaction(Option<String>),
    Edit(String),
    Deletion,
}

impl News {
    /// What has to be read first. A text that nothing overtook is alone at its place.
    fn needs(&self, contact: ContactId, late: bool) -> Vec<Scan> {
        match self {
            Self::Message(id, row) | Self::File(id, row, _) => {
                let place = late.then_some(*id);
                place.into_iter().chain(row.answers).map(|id| one(contact, id)).collect()
            }
            Self::About(id, ..) => alloc::vec![one(contact, *id)],
            Self::Piece(..) => Vec::new(),
        }
    }
}

impl Engine {
    /// Counts what a contact said; `None` when it was here before, or there is nothing to keep.
    fn count_said(
        &mut self,
        id: ContactId,
        stamp: &Stamp,
        said: Said,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Option<(News, bool)> {
        let contact = self.contacts.get_mut(&id)?;
        contact.row.receipt_due = true;
        contact.receipt_at.get_or_insert(now.after(RECEIPT_DELAY));
        let late = stamp.sequence < contact.row.received.max();
        if !contact.row.received.insert(stamp.sequence) {
            // It was here before, so its sender has missed our receipt.
            contact.save(id, transaction);
            return None;
        }
        let known = contact.row.lamport;
        let lamport = contact.row.lamport_here(stamp.lamport);
        let lamport = lamport.min(known.saturating_add(MAX_LAMPORT_LEAP));
        contact.row.lamport = known.max(lamport);
        if said.is_message() {
            contact.row.unread.insert(stamp.sequence);
        }
        contact.save(id, transaction);
        let side = self.side(self.contacts.get(&id)?, false);
        let place = MessageId { lamport, side, sequence: stamp.sequence };
        self.news(id, place, stamp, said, now).map(|news| (news, late))
    }

    fn news(
        &self,
        id: ContactId,
        place: MessageId,
        stamp: &Stamp,
        said: Said,
        now: Timestamp,
    ) -> Option<News> {
        let about = |to: &Reference, change| {
            let target = self.resolve(id, to)?;
            // Nobody can have said something about what was said later.
            let later = to.author == Author::Sender && target.sequence >= stamp.sequence;
            (!later).then_some(News::About(target, stamp.sequence, change))
        };
        let own = |original: Original| Reference { author: Author::Sender, original };
        let answers = match &said {
            Said::Text { answers: Some(to), .. } | Said::File { answers: Some(to), .. } => {
                self.resolve(id, to)
            }
            _ => None,
        };
        let lifetime = match said {
            Said::Text { lifetime, .. } | Said::File { lifetime, .. } => lifetime,
            _ => 0,
        };
        let mut file = None;
        let body = match said {
            Said::Piece { digest, index, chunk } => return Some(News::Piece(digest, index, chunk)),
            Said::File { info, .. } => files::body_of(file.insert(info)),
            Said::Reaction { to, emoji } => return about(&to, Change::Reaction(emoji)),
            Said::Edit { of, text } => return about(&own(of), Change::Edit(text)),
            Said::Deletion { of } => return about(&own(of), Change::Deletion),
            Said::Text { text, .. } => Body::Text(text),
            Said::Timer { lifetime } => Body::Timer(lifetime),
            unknown @ Said::Unknown { .. } if unknown.is_message() => {
                Body::Newer(Content::Numbered(*stamp, unknown).encode())
            }
            Said::Unknown { .. } => return None,
        };
        let too_late = stamp.sent_at_ms > now.0.saturating_add(SHOWN_SKEW_MS);
        let sent_at = if too_late { now.0 } else { stamp.sent_at_ms };
        let row = MessageRow::new(body, stamp.lamport, sent_at, now, false);
        let row = MessageRow { answers, lifetime, ..row };
        Some(match file {
            Some(info) => News::File(place, row, info),
            None => News::Message(place, row),
        })
    }

    /// Takes a numbered content in. Gives the arrival back when it is all there.
    pub(super) fn on_said(
        &mut self,
        contact: ContactId,
        way: Way,
        (stamp, said): (Stamp, Said),
        now: Timestamp,
        mut transaction: Transaction,
    ) -> Option<(Way, Transaction)> {
        let counted = self.count_said(contact, &stamp, said, now, &mut transaction);
        let Some((news, late)) = counted else { return Some((way, transaction)) };
        let scans = news.needs(contact, late);
        if scans.is_empty() {
            self.take_news(contact, news, Rows::new(), now, &mut transaction);
            return Some((way, transaction));
        }
        let arrival = Arrival { contact, way, transaction, news };
        self.read(scans, Reading::Arrival(arrival.into()));
        None
    }

    /// What an arrival needs is read.
    pub(super) fn on_arrival_read(
        &mut self,
        arrival: Arrival,
        rows: Rows,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Arrival { contact, way, mut transaction, news } = arrival;
        self.take_news(contact, news, rows, now, &mut transaction);
        self.finish_arrival(way, transaction, now, rng);
    }

    fn take_news(
        &mut self,
        contact: ContactId,
        news: News,
        mut rows: Rows,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        match news {
            News::Message(id, row) => {
                self.take_message(contact, (id, row), rows, transaction);
            }
            News::File(id, row, info) => {
                let was_deleted = self.take_message(contact, (id, row), rows, transaction);
                if !was_deleted {
                    self.expect_file(contact, id, &info, now, transaction);
                }
            }
            News::Piece(digest, index, chunk) => {
                self.take_piece(contact, (digest, index), chunk, transaction);
            }
            News::About(id, sequence, change) => {
                let row = rows.remove(&id).or_else(|| self.await_message(contact, id, now));
                let Some(mut row) = row else { return };
                let changed = match change {
                    Change::Reaction(emoji) => row.react(false, sequence, emoji),
                    Change::Edit(text) => row.edit(sequence, text),
                    Change::Deletion => {
                        row.delete();
                        true
                    }
                };
                if !changed {
                    return;
                }
                if row.body == Body::Deleted
                    && !row.mine
                    && let Some(known) = self.contacts.get_mut(&contact)
                {
                    known.row.unread.remove(id.sequence);
                }
                self.change_message(contact, id, &row, transaction);
                if let Some(known) = self.contacts.get(&contact) {
                    known.save(contact, transaction);
                }
                self.tell_contact(contact, transaction);
            }
        }
    }

    /// Stores a message of theirs; true when it was deleted before it came.
    fn take_message(
        &mut self,
        contact: ContactId,
        (id, mut row): (MessageId, MessageRow),
        mut rows: Rows,
        transaction: &mut Transaction,
    ) -> bool {
        let awaited = rows.remove(&id).filter(|row| !row.arrived);
        let Some(known) = self.contacts.get_mut(&contact) else { return true };
        if let Some(awaited) = awaited {
            known.row.awaited = known.row.awaited.saturating_sub(1);
            row.take_over(awaited);
        }
        let is_deleted = row.body == Body::Deleted;
        if is_deleted {
            known.row.unread.remove(id.sequence);
        }
        known.row.newest_theirs = known.row.newest_theirs.max(Some(id));
        self.store_message(contact, id, &row, &rows, transaction);
        is_deleted
    }

    /// Keeps a place for a message of theirs that is still to come.
    fn await_message(
        &mut self,
        contact: ContactId,
        id: MessageId,
        now: Timestamp,
    ) -> Option<MessageRow> {
        let known = self.contacts.get(&contact)?;
        let theirs = id.side == self.side(known, false);
        let to_come = theirs && !known.row.received.contains(id.sequence);
        if !to_come || known.row.awaited >= MAX_AWAITED {
            return None;
        }
        self.contacts.get_mut(&contact)?.row.awaited += 1;
        Some(MessageRow::awaited(now))
    }
}
