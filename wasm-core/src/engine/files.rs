//! Files: a message says what it is, and its chunks come apart from it (protocol.md §7.1).
//!
//! ```text
//!  view ── import ──► chunks, sealed, in the store ── pieces (small), or asked for (serve) ──► contact
//!  view ◄── read ──── chunks, as they came         ◄─ pieces, or fetched (fetch) ───────────── contact
//! ```
//!
//! Invariant: a chunk is stored together with the row that counts it, and a file is *here* once the hash
//! of all its chunks is the one that was announced. No more than one part of a file is in memory.
//!
//! Does not know: where a view takes bytes from or puts them, and what a file is.

mod chain;
mod fetch;
mod import;
mod serve;

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};

pub(super) use self::chain::Chain;
use self::{
    chain::{chunk_count, sealed_len},
    fetch::Fetching,
};
use super::{
    Engine, Transaction,
    effect::Table,
    input::Timestamp,
    rows::{Body, FileBody, FilePhase, FileRow, chunk_key, contact_key, file_key},
};
use crate::{
    api::{ContactId, Event, FileId, FileProgress, FileState, FileView, Form, MessageId},
    crypto::secret::Secret,
    limits::{
        CHUNK_BYTES, FILE_RESERVE_BYTES, MAX_AWAITED_FILES, MAX_FILE_NAME_BYTES, MAX_PUSHED_BYTES,
        MAX_SEALED_CHUNK_BYTES, MAX_UNASKED_BYTES, PUSHED_PATIENCE,
    },
    wire::FileInfo,
};

/// The files of all conversations, without their chunks.
#[derive(Default)]
pub(super) struct Files {
    rows: BTreeMap<(ContactId, FileId), FileRow>,
    /// What is being fetched, one of each contact.
    fetching: BTreeMap<ContactId, Fetching>,
    /// Whose file was announced a moment ago.
    announced: Option<ContactId>,
    /// Bytes for which the disk has room; `None` as long as nobody knows.
    room: Option<u64>,
}

impl Files {
    pub(super) fn load(&mut self, contact: ContactId, file: FileId, row: FileRow) {
        self.rows.insert((contact, file), row);
    }

    fn of(&self, contact: ContactId) -> impl Iterator<Item = (FileId, &FileRow)> {
        let range = (contact, FileId(0))..=(contact, FileId(u64::MAX));
        self.rows.range(range).map(|(&(_, file), row)| (file, row))
    }

    fn by_digest(&self, contact: ContactId, digest: &[u8; 32]) -> Option<FileId> {
        let mut of = self.of(contact);
        of.find(|(_, row)| row.digest == *digest && row.phase != FilePhase::Unsent)
            .map(|(id, _)| id)
    }

    fn has_room(&self, bytes: u64) -> bool {
        self.room.is_none_or(|room| room >= bytes.saturating_add(FILE_RESERVE_BYTES))
    }

    fn progress(&self, row: &FileRow) -> FileProgress {
        let bytes =
            |chunks: u32| u64::from(chunks).saturating_mul(CHUNK_BYTES as u64).min(row.size);
        let (have, given) = (bytes(row.chain.next()), bytes(row.given));
        let state = match row.phase {
            FilePhase::Whole => FileState::Here,
            FilePhase::Offered => FileState::Offered,
            FilePhase::Wanted if !self.has_room(row.size.saturating_sub(have)) => FileState::NoRoom,
            FilePhase::Wanted | FilePhase::Unsent | FilePhase::Awaited => FileState::Coming,
            FilePhase::Paused => FileState::Paused,
            FilePhase::Damaged => FileState::Damaged,
            FilePhase::Missing => FileState::Missing,
        };
        FileProgress { have, given, state }
    }
}

impl FileRow {
    const fn new(phase: FilePhase, size: u64, key: Box<[u8; 32]>, digest: [u8; 32]) -> Self {
        let chain = Chain::new();
        Self { phase, message: None, key, digest, size, chain, given: 0, asked_from: 0 }
    }

    fn secret(&self) -> Secret<32> {
        Secret::new(*self.key)
    }

    fn save(&self, contact: ContactId, file: FileId, transaction: &mut Transaction) {
        transaction.changes.put(Table::Files, file_key(contact, file), self);
    }
}

/// The name of a file of theirs on this device.
fn id_of(digest: &[u8; 32]) -> FileId {
    FileId(digest.first_chunk().map_or(0, |id| u64::from_be_bytes(*id)))
}

/// Chunks after which one tells how far a file is: a hundred steps are what a person sees.
fn step(size: u64) -> u32 {
    u32::try_from(size.div_ceil(100 * CHUNK_BYTES as u64)).unwrap_or(u32::MAX)
}

/// A name without signs that lead elsewhere or turn the text around, shortened before its ending.
fn harmless(name: &str) -> String {
    let misleads = |c: char| {
        c.is_control()
            || matches!(c, '/' | '\\' | '\u{61c}' | '\u{200e}' | '\u{200f}')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    let name: String = name.trim().chars().map(|c| if misleads(c) { '_' } else { c }).collect();
    let ending = name.rfind('.').filter(|at| (1..=16).contains(&name.len().saturating_sub(*at)));
    let (stem, ending) = name.split_at(ending.unwrap_or(name.len()));
    let room = MAX_FILE_NAME_BYTES.saturating_sub(ending.len());
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= room;
    let end = stem.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8());
    [stem.get(..end).unwrap_or_default(), ending].concat()
}

impl FileBody {
    fn new(file: FileId, info: &FileInfo) -> Self {
        Self {
            file,
            name: harmless(&info.name),
            media_type: info.media_type.clone(),
            size: info.size,
            width: info.width,
            height: info.height,
            duration: info.duration,
            preview: info.preview.clone(),
        }
    }
}

/// What a message of theirs says of its file, to be stored.
pub(super) fn body_of(info: &FileInfo) -> Body {
    Body::File(Box::new(FileBody::new(id_of(&info.digest), info)))
}

impl Engine {
    /// What a message is, for a view.
    pub(super) fn form(&self, contact: ContactId, body: &Body) -> Form {
        match body {
            Body::Text(_) => Form::Text,
            Body::Timer(lifetime) => Form::Timer(*lifetime),
            Body::Deleted => Form::Deleted,
            Body::Newer(_) => Form::Newer,
            Body::File(file) => Form::File(Box::new(self.file_view(contact, file))),
        }
    }

    fn file_view(&self, contact: ContactId, body: &FileBody) -> FileView {
        let row = self.files.rows.get(&(contact, body.file));
        let missing = FileProgress { have: 0, given: 0, state: FileState::Missing };
        FileView {
            id: body.file,
            name: body.name.clone(),
            media_type: body.media_type.clone(),
            size: body.size,
            width: body.width,
            height: body.height,
            duration: body.duration,
            preview: body.preview.clone(),
            progress: row.map_or(missing, |row| self.files.progress(row)),
        }
    }

    /// A message of theirs with a file is here, perhaps behind some of its pieces.
    pub(super) fn expect_file(
        &mut self,
        contact: ContactId,
        message: MessageId,
        info: &FileInfo,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        let file = id_of(&info.digest);
        let known = self.files.rows.get(&(contact, file));
        if known.is_some_and(|row| row.phase != FilePhase::Awaited) {
            // The sender names one file twice.
            return;
        }
        let chain = known.map_or(Chain::new(), |row| row.chain.clone());
        let unasked = info.size <= MAX_UNASKED_BYTES;
        let phase = if unasked { FilePhase::Wanted } else { FilePhase::Offered };
        let mut row = FileRow::new(phase, info.size, Box::new(*info.key.expose()), info.digest);
        (row.message, row.chain) = (Some(message), chain);
        if info.size <= MAX_PUSHED_BYTES {
            row.asked_from = now.after(PUSHED_PATIENCE).0;
        }
        self.files.rows.insert((contact, file), row);
        self.files.announced = Some(contact);
        self.settle_file(contact, file, transaction);
    }

    /// A piece of a file has come by itself.
    pub(super) fn take_piece(
        &mut self,
        contact: ContactId,
        (digest, index): ([u8; 32], u32),
        chunk: Vec<u8>,
        transaction: &mut Transaction,
    ) {
        let file = id_of(&digest);
        let row = match self.files.rows.get(&(contact, file)) {
            Some(row) => row,
            None if self.awaited_files(contact) >= MAX_AWAITED_FILES => return,
            None => {
                let row =
                    FileRow::new(FilePhase::Awaited, MAX_PUSHED_BYTES, Box::default(), digest);
                self.files.rows.entry((contact, file)).or_insert(row)
            }
        };
        if row.digest == digest && !matches!(row.phase, FilePhase::Unsent | FilePhase::Damaged) {
            self.take_chunk(contact, file, (index, chunk), transaction);
        }
    }

    fn awaited_files(&self, contact: ContactId) -> usize {
        self.files.of(contact).filter(|(_, row)| row.phase == FilePhase::Awaited).count()
    }

    /// Stores a chunk that is not here, and counts it. `false` when it brings nothing.
    fn take_chunk(
        &mut self,
        contact: ContactId,
        file: FileId,
        (index, chunk): (u32, Vec<u8>),
        transaction: &mut Transaction,
    ) -> bool {
        let Some(row) = self.files.rows.get_mut(&(contact, file)) else { return false };
        let length = match row.phase {
            FilePhase::Whole => return false,
            FilePhase::Awaited => chunk.len().min(MAX_SEALED_CHUNK_BYTES),
            _ => sealed_len(row.size, index),
        };
        if index >= chunk_count(row.size) || chunk.len() != length || !row.chain.add(index, &chunk)
        {
            return false;
        }
        let stored = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.files.room = self.files.room.map(|room| room.saturating_sub(stored));
        transaction.changes.put_bytes(Table::Chunks, chunk_key(contact, file, index), &chunk);
        self.settle_file(contact, file, transaction);
        true
    }

    /// Stores how far a file is, and tells it where a person can see the difference.
    fn settle_file(&mut self, contact: ContactId, file: FileId, transaction: &mut Transaction) {
        let Some(row) = self.files.rows.get_mut(&(contact, file)) else { return };
        let is_open =
            !matches!(row.phase, FilePhase::Awaited | FilePhase::Unsent | FilePhase::Whole);
        if is_open && row.chain.next() == chunk_count(row.size) {
            row.phase = if row.chain.digest() == row.digest {
                FilePhase::Whole
            } else {
                transaction.remove_chunks(contact, file);
                row.chain = Chain::new();
                FilePhase::Damaged
            };
            row.asked_from = 0;
        }
        row.save(contact, file, transaction);
        if row.phase != FilePhase::Wanted || row.chain.next().is_multiple_of(step(row.size)) {
            self.tell_file(contact, file, transaction);
        }
    }

    fn tell_file(&mut self, contact: ContactId, file: FileId, transaction: &mut Transaction) {
        let Some(row) = self.files.rows.get(&(contact, file)) else { return };
        let Some(message) = row.message else { return };
        let event = Event::File(contact, message, self.files.progress(row));
        transaction.then.push(self.event(event));
    }

    /// A message goes, and its file with it.
    pub(super) fn remove_file_of(
        &mut self,
        contact: ContactId,
        message: MessageId,
        transaction: &mut Transaction,
    ) {
        let of = self.files.of(contact).find(|(_, row)| row.message == Some(message));
        if let Some((file, _)) = of {
            self.remove_file(contact, file, transaction);
        }
    }

    fn remove_file(&mut self, contact: ContactId, file: FileId, transaction: &mut Transaction) {
        self.files.rows.remove(&(contact, file));
        if self.files.fetching.get(&contact).is_some_and(|fetching| fetching.is_of(file)) {
            self.files.fetching.remove(&contact);
        }
        transaction.remove_chunks(contact, file);
        transaction.changes.delete(Table::Files, file_key(contact, file));
    }

    /// A conversation goes, and all its files.
    pub(super) fn forget_files(&mut self, contact: ContactId, transaction: &mut Transaction) {
        self.files.rows.retain(|(of, _), _| *of != contact);
        self.files.fetching.remove(&contact);
        let prefix = contact_key(contact);
        transaction.changes.delete_prefixes.push((Table::Files, prefix.clone()));
        transaction.changes.delete_prefixes.push((Table::Chunks, prefix));
    }

    /// So much has room on the disk.
    pub(super) fn on_room(&mut self, bytes: u64, now: Timestamp) {
        let before = self.files.room.replace(bytes);
        if before.is_none_or(|before| before < bytes) {
            let contacts: Vec<ContactId> = self.contacts.keys().copied().collect();
            contacts.into_iter().for_each(|contact| self.fetch_next(contact, now));
        }
    }
}

impl Transaction {
    fn remove_chunks(&mut self, contact: ContactId, file: FileId) {
        let prefix = file_key(contact, file);
        let of_file =
            |row: &super::effect::Row| row.table == Table::Chunks && row.key.starts_with(&prefix);
        self.changes.puts.retain(|row| !of_file(row));
        self.changes.delete_prefixes.push((Table::Chunks, prefix));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_keeps_its_ending() {
        assert_eq!(harmless(" ../etc/passwd\n"), ".._etc_passwd");
        assert_eq!(harmless("photo\u{202e}gpj.exe"), "photo_gpj.exe");
        let long = alloc::format!("{}.jpeg", "ü".repeat(200));
        let short = harmless(&long);
        assert!(short.ends_with("ü.jpeg") && short.len() <= MAX_FILE_NAME_BYTES);
        assert_eq!(harmless(&"x".repeat(300)).len(), MAX_FILE_NAME_BYTES);
    }
}
