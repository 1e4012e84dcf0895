//! Files of ours: taken in part by part, and sent.

use alloc::{boxed::Box, vec::Vec};

use rand_core::CryptoRng;

use super::{
    FileRow,
    chain::{chunk_count, plain_len, seal_chunk},
    harmless,
};
use crate::{
    api::{AddToFile, ApiError, BeginFile, ContactId, DropFile, FileId, MessageId, SendFile},
    crypto::secret::Secret,
    engine::{
        Engine, Transaction,
        account::within,
        effect::{Bound, Row, Scan, Table},
        input::Timestamp,
        messages::{Rows, one},
        reading::Reading,
        reply::ReplyTo,
        rows::{
            Body, FileBody, FilePhase, MessageRow, Standing, bytes, chunk_index, chunk_key,
            file_key,
        },
    },
    limits::{
        CHUNK_BYTES, FILE_PART_CHUNKS, MAX_FILE_BYTES, MAX_MEDIA_TYPE_BYTES, MAX_PREVIEW_BYTES,
        MAX_PUSHED_BYTES, MAX_UNSENT_FILES,
    },
    wire::{FileInfo, Said},
};

/// A limit as an answer gives it.
fn limit(max: usize) -> ApiError {
    ApiError::Limit { max: u32::try_from(max).unwrap_or(u32::MAX) }
}

impl Engine {
    pub(in crate::engine) fn begin_file(
        &mut self,
        reply: ReplyTo<BeginFile>,
        call: &BeginFile,
        rng: &mut impl CryptoRng,
    ) {
        if let Err(error) = self.check_file(call) {
            return self.effects.push_back(reply.with(Err(error)));
        }
        let file = FileId(rand_core::Rng::next_u64(rng));
        let key = Box::new(*Secret::<32>::generate(rng).expose());
        let row = FileRow::new(FilePhase::Unsent, call.size, key, [0; 32]);
        let mut transaction = Transaction::relaxed();
        row.save(call.contact, file, &mut transaction);
        self.files.rows.insert((call.contact, file), row);
        transaction.then.push(reply.with(Ok(file)));
        self.commit(transaction);
    }

    fn check_file(&mut self, call: &BeginFile) -> Result<(), ApiError> {
        match self.present(call.contact)?.row.standing {
            Standing::Gone => return Err(ApiError::Gone),
            Standing::Moved => return Err(ApiError::Moved),
            Standing::Connecting | Standing::Established | Standing::Leaving => {}
        }
        let unsent = self.files.rows.values().filter(|row| row.phase == FilePhase::Unsent);
        if unsent.count() >= MAX_UNSENT_FILES {
            return Err(limit(MAX_UNSENT_FILES));
        }
        match call.size {
            0 => Err(ApiError::Empty),
            size if size > MAX_FILE_BYTES => Err(ApiError::FileTooLarge),
            size if !self.files.has_room(size) => Err(ApiError::NoRoom),
            _ => Ok(()),
        }
    }

    pub(in crate::engine) fn add_to_file(&mut self, reply: ReplyTo<AddToFile>, call: &AddToFile) {
        // Undone, the file is not whole, and the view begins again.
        let mut transaction = Transaction::relaxed();
        let added = self.seal_part(call, &mut transaction);
        transaction.then.push(reply.with(added));
        self.commit(transaction);
    }

    fn seal_part(
        &mut self,
        call: &AddToFile,
        transaction: &mut Transaction,
    ) -> Result<(), ApiError> {
        let row = self.unsent(call.contact, call.file)?;
        if call.bytes.len() > FILE_PART_CHUNKS as usize * CHUNK_BYTES {
            return Err(limit(FILE_PART_CHUNKS as usize * CHUNK_BYTES));
        }
        let (key, first, size) = (row.secret(), row.chain.next(), row.size);
        let sealed: Option<Vec<(u32, Vec<u8>)>> = (first..)
            .zip(call.bytes.chunks(CHUNK_BYTES))
            .map(|(index, chunk)| {
                let fits = chunk.len() == plain_len(size, index);
                fits.then(|| (index, seal_chunk(&key, index, chunk)))
            })
            .collect();
        for chunk in sealed.ok_or(ApiError::FileChanged)? {
            self.take_chunk(call.contact, call.file, chunk, transaction);
        }
        Ok(())
    }

    fn unsent(&self, contact: ContactId, file: FileId) -> Result<&FileRow, ApiError> {
        let row = self.files.rows.get(&(contact, file));
        row.filter(|row| row.phase == FilePhase::Unsent).ok_or(ApiError::NotFound)
    }

    /// Reads what the file answers, and its chunks if they go as pieces.
    pub(in crate::engine) fn begin_sending_file(
        &mut self,
        reply: ReplyTo<SendFile>,
        call: SendFile,
    ) {
        let size = match self.check_sending(&call) {
            Ok(size) => size,
            Err(error) => return self.effects.push_back(reply.with(Err(error))),
        };
        let mut scans: Vec<Scan> =
            call.answers.into_iter().map(|target| one(call.contact, target)).collect();
        if size <= MAX_PUSHED_BYTES {
            scans.push(chunks(call.contact, call.file, 0, chunk_count(size)));
        }
        self.read(scans, Reading::File(reply, call));
    }

    fn check_sending(&self, call: &SendFile) -> Result<u64, ApiError> {
        let row = self.unsent(call.contact, call.file)?;
        if row.chain.next() != chunk_count(row.size) {
            return Err(ApiError::FileChanged);
        }
        if harmless(&call.description.name).is_empty() {
            return Err(ApiError::Empty);
        }
        within(&call.description.media_type, MAX_MEDIA_TYPE_BYTES)?;
        if call.description.preview.len() > MAX_PREVIEW_BYTES {
            return Err(ApiError::TooLong {
                max: u32::try_from(MAX_PREVIEW_BYTES).unwrap_or(u32::MAX),
            });
        }
        Ok(row.size)
    }

    /// What the file answers is read, and what goes with it.
    pub(in crate::engine) fn send_file(
        &mut self,
        reply: ReplyTo<SendFile>,
        call: &SendFile,
        (rows, stored): (&Rows, &[Row]),
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let mut transaction = Transaction::default();
        match self.write_file(call, (rows, stored), now, rng, &mut transaction) {
            Ok(message) => {
                transaction.then.push(reply.with(Ok(message)));
                self.commit(transaction);
                self.pump(now);
            }
            Err(error) => self.effects.push_back(reply.with(Err(error))),
        }
    }

    fn write_file(
        &mut self,
        call: &SendFile,
        (rows, stored): (&Rows, &[Row]),
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) -> Result<MessageId, ApiError> {
        let contact = call.contact;
        self.check_sending(call)?;
        let pieces = stored.iter().filter(|row| row.table == Table::Chunks);
        self.check_outbox(contact, pieces.clone().count())?;
        let info = self.info(call)?;
        let known = &self.present(contact)?.row;
        let answers = call.answers.and_then(|target| {
            let row = rows.get(&target).filter(|row| row.arrived)?;
            known.shares(target, row.mine).then(|| (target, Self::reference(target, row)))
        });
        let (answers, reference) = answers.unzip();
        let (lifetime, digest) = (known.timer.lifetime, info.digest);
        let body = Body::File(Box::new(FileBody::new(call.file, &info)));
        // The pieces first: who has the message has the file, and a state of the message is one of both.
        for row in pieces {
            let piece = chunk_index(&row.key).zip(bytes(row));
            let (index, chunk) = piece.ok_or(ApiError::Unreadable)?;
            let said = Said::Piece { digest, index, chunk: chunk.to_vec() };
            self.say(contact, said, now, rng, transaction)?;
        }
        let said = Said::File { answers: reference, lifetime, info: Box::new(info) };
        let message = self.say(contact, said, now, rng, transaction)?;
        if let Some(row) = self.files.rows.get_mut(&(contact, call.file)) {
            (row.phase, row.digest, row.message) = (FilePhase::Whole, digest, Some(message));
            row.given = if row.size <= MAX_PUSHED_BYTES { row.chain.next() } else { 0 };
            row.save(contact, call.file, transaction);
        }
        let row = MessageRow::new(body, message.lamport, now.0, now, true);
        let row = MessageRow { answers, lifetime, ..row };
        self.store_message(contact, message, &row, rows, transaction);
        Ok(message)
    }

    fn info(&self, call: &SendFile) -> Result<FileInfo, ApiError> {
        let row = self.unsent(call.contact, call.file)?;
        let said = &call.description;
        Ok(FileInfo {
            key: row.secret(),
            digest: row.chain.digest(),
            size: row.size,
            name: harmless(&said.name),
            media_type: said.media_type.clone(),
            width: said.width,
            height: said.height,
            duration: said.duration,
            preview: said.preview.clone(),
        })
    }

    pub(in crate::engine) fn drop_unsent_file(
        &mut self,
        reply: ReplyTo<DropFile>,
        call: &DropFile,
    ) {
        let mut transaction = Transaction::relaxed();
        let unsent = self.unsent(call.contact, call.file).map(|_| ());
        if unsent.is_ok() {
            self.remove_file(call.contact, call.file, &mut transaction);
        }
        transaction.then.push(reply.with(unsent));
        self.commit(transaction);
    }

    /// Removes what a run before has left of files that were not sent.
    pub(in crate::engine) fn drop_unsent_files(&mut self) {
        let unsent = self.files.rows.iter().filter(|(_, row)| row.phase == FilePhase::Unsent);
        let unsent: Vec<(ContactId, FileId)> = unsent.map(|(&key, _)| key).collect();
        if unsent.is_empty() {
            return;
        }
        let mut transaction = Transaction::relaxed();
        for (contact, file) in unsent {
            self.remove_file(contact, file, &mut transaction);
        }
        self.commit(transaction);
    }
}

/// Reads so many chunks of a file from one on.
pub(super) fn chunks(contact: ContactId, file: FileId, first: u32, count: u32) -> Scan {
    let prefix = file_key(contact, file);
    let before = first.checked_sub(1).map(|before| chunk_key(contact, file, before));
    let from = Bound::Above(before.unwrap_or_else(|| prefix.clone()));
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    Scan { table: Table::Chunks, prefix, from, limit }
}
