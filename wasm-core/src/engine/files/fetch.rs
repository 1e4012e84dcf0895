//! Files of theirs: asked for, chunk by chunk, as long as a direct stream is there.
//!
//! Invariant: of each contact one file is fetched at a time, and no more chunks are under way than the
//! window says, so what a break costs is bounded by it.

use alloc::vec::Vec;
use core::time::Duration;

use super::{Chain, FileRow, Files, chain::chunk_count};
use crate::{
    api::{ApiError, ContactId, Fetch, FetchFile, FileId},
    engine::{
        Engine, Transaction,
        effect::{FileFrame, NetAction},
        input::Timestamp,
        reply::ReplyTo,
        rows::FilePhase,
    },
    limits::{FETCH_PATIENCE, MAX_ASKED_CHUNKS, MAX_FETCH_WINDOW, MIN_FETCH_WINDOW},
};

/// A window that came within this time is too small for the line.
const FAST: Duration = Duration::from_millis(400);

/// A window that took longer keeps texts waiting.
const SLOW: Duration = Duration::from_secs(2);

/// A file that is being fetched.
pub(super) struct Fetching {
    file: FileId,
    /// Chunks before this one were asked for.
    asked_to: u32,
    window: u32,
    /// When something was asked for last.
    asked_at: Option<Timestamp>,
    heard_at: Timestamp,
}

impl Fetching {
    const fn new(file: FileId, now: Timestamp) -> Self {
        Self { file, asked_to: 0, window: MIN_FETCH_WINDOW, asked_at: None, heard_at: now }
    }

    pub(super) fn is_of(&self, file: FileId) -> bool {
        self.file == file
    }

    /// The next question: its first chunk and how many. There is one whenever half of the window is here.
    fn ask(&mut self, next: u32, end: u32, now: Timestamp) -> Option<(u32, u32)> {
        let first = self.asked_to.max(next);
        let under_way = first - next;
        if under_way > self.window / 2 || first >= end {
            return None;
        }
        if let Some(before) = self.asked_at.replace(now) {
            self.adapt(Duration::from_millis(now.0.saturating_sub(before.0)));
        }
        let count =
            self.window.saturating_sub(under_way).clamp(1, MAX_ASKED_CHUNKS).min(end - first);
        self.asked_to = first.saturating_add(count);
        Some((first, count))
    }

    /// Half of the window took so long.
    fn adapt(&mut self, took: Duration) {
        if took < FAST {
            self.window = (self.window * 2).min(MAX_FETCH_WINDOW);
        } else if took > SLOW {
            self.window = (self.window / 2).max(MIN_FETCH_WINDOW);
        }
    }
}

impl Files {
    pub(in crate::engine) fn timeout(&self) -> Option<Timestamp> {
        let patience = self.fetching.values().map(|it| it.heard_at.after(FETCH_PATIENCE));
        let pieces = self.rows.values().filter(|row| row.asked_from > 0);
        patience.chain(pieces.map(|row| Timestamp(row.asked_from))).min()
    }

    /// The oldest file of a contact that is to come and may.
    fn wanted(&self, contact: ContactId) -> Option<FileId> {
        let may_come = |row: &FileRow| {
            row.phase == FilePhase::Wanted && row.asked_from == 0 && self.has_room(row.size)
        };
        let wanted = self.of(contact).filter(|(_, row)| may_come(row));
        wanted.min_by_key(|(_, row)| row.message).map(|(file, _)| file)
    }
}

impl Engine {
    /// Begins to fetch what is to come of a contact who is here, one file after the other.
    pub(in crate::engine) fn fetch_next(&mut self, contact: ContactId, now: Timestamp) {
        if self.contacts.get(&contact).is_none_or(|known| known.reach.is_none()) {
            self.files.fetching.remove(&contact);
            return;
        }
        if self.files.fetching.contains_key(&contact) {
            return;
        }
        if let Some(file) = self.files.wanted(contact) {
            self.files.fetching.insert(contact, Fetching::new(file, now));
            self.ask_for_chunks(contact, now);
        }
    }

    /// Begins with what was announced, once that is committed.
    pub(in crate::engine) fn fetch_announced(&mut self, now: Timestamp) {
        if let Some(contact) = self.files.announced.take() {
            self.fetch_next(contact, now);
        }
    }

    fn ask_for_chunks(&mut self, contact: ContactId, now: Timestamp) {
        let Some(fetching) = self.files.fetching.get_mut(&contact) else { return };
        let Some(row) = self.files.rows.get(&(contact, fetching.file)) else { return };
        let digest = row.digest;
        if let Some((first, count)) = fetching.ask(row.chain.next(), chunk_count(row.size), now) {
            let ask = FileFrame::Ask { digest, first, count };
            self.net(NetAction::SendFileFrame(contact, ask));
        }
    }

    /// Something about a file has come over the direct stream.
    pub(in crate::engine) fn on_file_frame(
        &mut self,
        contact: ContactId,
        frame: FileFrame,
        now: Timestamp,
    ) {
        match frame {
            FileFrame::Ask { digest, first, count } => self.on_asked(contact, digest, first, count),
            FileFrame::Chunk { digest, index, chunk } => {
                if let Some(file) = self.being_fetched(contact, &digest) {
                    self.on_chunk(contact, file, (index, chunk), now);
                }
            }
            FileFrame::Missing { digest } => {
                if let Some(file) = self.being_fetched(contact, &digest) {
                    self.end_fetching(contact, file, Some(FilePhase::Missing), now);
                }
            }
        }
    }

    fn being_fetched(&self, contact: ContactId, digest: &[u8; 32]) -> Option<FileId> {
        let file = self.files.fetching.get(&contact)?.file;
        let row = self.files.rows.get(&(contact, file))?;
        (row.digest == *digest).then_some(file)
    }

    fn on_chunk(
        &mut self,
        contact: ContactId,
        file: FileId,
        chunk: (u32, Vec<u8>),
        now: Timestamp,
    ) {
        // Undone, it is asked for again.
        let mut transaction = Transaction::relaxed();
        if !self.take_chunk(contact, file, chunk, &mut transaction) {
            return;
        }
        self.commit(transaction);
        let Some(row) = self.files.rows.get(&(contact, file)) else { return };
        let rest = row.size.saturating_sub(self.files.progress(row).have);
        if row.phase != FilePhase::Wanted || !self.files.has_room(rest) {
            return self.end_fetching(contact, file, None, now);
        }
        if let Some(fetching) = self.files.fetching.get_mut(&contact) {
            fetching.heard_at = now;
        }
        self.ask_for_chunks(contact, now);
    }

    /// A file is not fetched any more, and the next one is.
    fn end_fetching(
        &mut self,
        contact: ContactId,
        file: FileId,
        phase: Option<FilePhase>,
        now: Timestamp,
    ) {
        if self.files.fetching.get(&contact).is_some_and(|fetching| fetching.is_of(file)) {
            self.files.fetching.remove(&contact);
        }
        let mut transaction = Transaction::relaxed();
        if let (Some(phase), Some(row)) = (phase, self.files.rows.get_mut(&(contact, file))) {
            row.phase = phase;
            row.save(contact, file, &mut transaction);
        }
        self.tell_file(contact, file, &mut transaction);
        self.commit(transaction);
        self.fetch_next(contact, now);
    }

    /// Asks again for what has not come in time.
    pub(in crate::engine) fn fetch_due(&mut self, now: Timestamp) {
        let late = |it: &Fetching| it.heard_at.after(FETCH_PATIENCE) <= now;
        let waiting = self.files.fetching.iter().filter(|(_, it)| late(it));
        let late: Vec<ContactId> = waiting.map(|(&contact, _)| contact).collect();
        for contact in late {
            if let Some(fetching) = self.files.fetching.get_mut(&contact) {
                *fetching = Fetching::new(fetching.file, now);
            }
            self.ask_for_chunks(contact, now);
        }
        let due = |row: &FileRow| row.asked_from > 0 && row.asked_from <= now.0;
        let due = self.files.rows.iter_mut().filter(|(_, row)| due(row));
        let begun: Vec<ContactId> = due
            .map(|(&(contact, _), row)| {
                row.asked_from = 0;
                contact
            })
            .collect();
        begun.into_iter().for_each(|contact| self.fetch_next(contact, now));
    }

    pub(in crate::engine) fn fetch_file(
        &mut self,
        reply: ReplyTo<FetchFile>,
        call: &FetchFile,
        now: Timestamp,
    ) {
        let (contact, file) = (call.contact, call.file);
        let mut transaction = Transaction::relaxed();
        let Some(row) = self.files.rows.get_mut(&(contact, file)) else {
            return self.effects.push_back(reply.with(Err(ApiError::NotFound)));
        };
        let is_here =
            matches!(row.phase, FilePhase::Whole | FilePhase::Unsent | FilePhase::Awaited);
        if !is_here {
            row.asked_from = 0;
            row.phase = match call.fetch {
                Fetch::Go => FilePhase::Wanted,
                Fetch::Pause => FilePhase::Paused,
                Fetch::Stop => {
                    row.chain = Chain::new();
                    transaction.remove_chunks(contact, file);
                    FilePhase::Offered
                }
            };
            row.save(contact, file, &mut transaction);
        }
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
        if call.fetch == Fetch::Go {
            let mut told = Transaction::relaxed();
            self.tell_file(contact, file, &mut told);
            self.effects.extend(told.then);
            self.fetch_next(contact, now);
        } else if !is_here {
            self.end_fetching(contact, file, None, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000);

    #[test]
    fn a_fast_line_is_asked_for_more_and_a_slow_one_for_less() {
        let mut fetching = Fetching::new(FileId(1), START);
        let (mut next, mut now, end) = (0, START, 1_000);
        assert_eq!(fetching.ask(next, end, now), Some((0, 2)));
        assert_eq!(fetching.ask(next, end, now), None, "half of it is not here");
        for _ in 0..8 {
            now = now.after(FAST / 2);
            next = fetching.asked_to;
            fetching.ask(next, end, now);
        }
        assert_eq!(fetching.window, MAX_FETCH_WINDOW);
        for _ in 0..8 {
            now = now.after(SLOW * 2);
            next = fetching.asked_to;
            fetching.ask(next, end, now);
        }
        assert_eq!(fetching.window, MIN_FETCH_WINDOW);
    }

    #[test]
    fn nothing_is_asked_for_behind_the_end() {
        let mut fetching = Fetching::new(FileId(1), START);
        assert_eq!(fetching.ask(9, 10, START), Some((9, 1)));
        assert_eq!(fetching.ask(9, 10, START), None);
        assert_eq!(fetching.ask(10, 10, START), None);
    }
}
