//! Chunks that are here: for a view, and for a contact who asks.

use alloc::vec::Vec;

use super::{
    chain::{chunk_count, open_chunk},
    import::chunks,
    step,
};
use crate::{
    api::{ApiError, ContactId, FileId, FilePart, ReadFile},
    engine::{
        Engine, Transaction,
        effect::{FileFrame, NetAction, Row},
        reading::Reading,
        reply::ReplyTo,
        rows::{FilePhase, bytes, chunk_index},
    },
    limits::{FILE_PART_CHUNKS, MAX_ASKED_CHUNKS},
};

impl Engine {
    pub(in crate::engine) fn read_file(&mut self, reply: ReplyTo<ReadFile>, call: ReadFile) {
        let row = self.files.rows.get(&(call.contact, call.file));
        let is_here = row
            .is_some_and(|row| row.phase == FilePhase::Whole && call.from < chunk_count(row.size));
        if !is_here {
            return self.effects.push_back(reply.with(Err(ApiError::NotFound)));
        }
        let scan = chunks(call.contact, call.file, call.from, FILE_PART_CHUNKS);
        self.read(alloc::vec![scan], Reading::Part(reply, call));
    }

    /// A stretch for a view is read.
    pub(in crate::engine) fn on_part(
        &mut self,
        reply: ReplyTo<ReadFile>,
        call: &ReadFile,
        stored: &[Row],
    ) {
        let part = self.part(call, stored).ok_or(ApiError::Unreadable);
        self.effects.push_back(reply.with(part));
    }

    fn part(&self, call: &ReadFile, stored: &[Row]) -> Option<FilePart> {
        let row = self.files.rows.get(&(call.contact, call.file))?;
        let (key, end) = (row.secret(), chunk_count(row.size));
        let mut opened = Vec::new();
        let mut next = call.from;
        for stored in stored {
            let is_next = chunk_index(&stored.key) == Some(next);
            let chunk = open_chunk(&key, next, bytes(stored).filter(|_| is_next)?)?;
            opened.extend_from_slice(&chunk);
            next = next.saturating_add(1);
        }
        let wanted = end.min(call.from.saturating_add(FILE_PART_CHUNKS));
        (next == wanted).then_some(FilePart { bytes: opened, is_last: next == end })
    }

    /// A contact asks for chunks. Its questions are answered one after the other, and what the stream has
    /// no room for is dropped, so who asks too much costs itself the line.
    pub(super) fn on_asked(
        &mut self,
        contact: ContactId,
        digest: [u8; 32],
        first: u32,
        count: u32,
    ) {
        let file = self.files.by_digest(contact, &digest);
        let here = file.and_then(|file| {
            let row = self.files.rows.get(&(contact, file))?;
            (row.phase == FilePhase::Whole && first < chunk_count(row.size)).then_some(file)
        });
        let Some(file) = here else {
            return self.net(NetAction::SendFileFrame(contact, FileFrame::Missing { digest }));
        };
        let scan = chunks(contact, file, first, count.min(MAX_ASKED_CHUNKS));
        self.read(alloc::vec![scan], Reading::Asked(contact, file));
    }

    /// What a contact has asked for is read.
    pub(in crate::engine) fn on_asked_read(
        &mut self,
        contact: ContactId,
        file: FileId,
        stored: Vec<Row>,
    ) {
        let Some(row) = self.files.rows.get(&(contact, file)) else { return };
        let digest = row.digest;
        let read = |row: &Row| chunk_index(&row.key).zip(bytes(row).map(<[u8]>::to_vec));
        let read: Vec<(u32, Vec<u8>)> = stored.iter().filter_map(read).collect();
        if read.is_empty() {
            return self.net(NetAction::SendFileFrame(contact, FileFrame::Missing { digest }));
        }
        let given = read.last().map_or(0, |(index, _)| index.saturating_add(1));
        self.count_given(contact, file, given);
        for (index, chunk) in read {
            let frame = FileFrame::Chunk { digest, index, chunk };
            self.net(NetAction::SendFileFrame(contact, frame));
        }
    }

    /// Remembers how far the contact has got with a file of ours.
    fn count_given(&mut self, contact: ContactId, file: FileId, given: u32) {
        let Some(row) = self.files.rows.get_mut(&(contact, file)) else { return };
        let before = row.given;
        if given <= before {
            return;
        }
        row.given = given;
        let is_step = given / step(row.size) > before / step(row.size);
        if !is_step && given < chunk_count(row.size) {
            return;
        }
        // Undone, it is counted again when the contact goes on.
        let mut transaction = Transaction::relaxed();
        row.save(contact, file, &mut transaction);
        self.tell_file(contact, file, &mut transaction);
        self.commit(transaction);
    }
}
