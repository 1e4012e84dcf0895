//! Backups: the rows of the store into a file, and back.
//!
//! Invariant: while a backup is written nothing else happens here, so that its rows are of one moment;
//! while one is restored the store says of itself that it is not whole, and a start clears it.
//!
//! Does not know: where the file is. Views take it, and bring it, in parts.

use futures::{
    StreamExt,
    future::{Either, select},
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Clock, Driver, Ended, Machine, NetAction};
use crate::{
    api::{ApiError, BackupPart, CallId, Request},
    backup::{Header, Reader, Rejected, Writer, is_kept},
    crypto::{
        passphrase::{Argon2Parameters, Passphrase},
        secret::Secret,
    },
    engine::{
        ACCOUNT_KEY, RESTORED_KEY, RESTORING_KEY,
        effect::{Archive, ArchiveKey, Bound, ChangeSet, Row, Scan, Table},
    },
    identity::AccountSeed,
    key_wrap::WrappedKey,
    limits::{BACKUP_CHUNKS, BACKUP_PAGE, BACKUP_PART_BYTES, BACKUP_PATIENCE},
    rpc::{ToServer, server::refusal},
    store::{Store, StoreError},
    wire::codec::DecodeError,
};

/// Rows that come in from a file.
#[derive(Debug)]
pub(super) struct Restoring {
    /// `None` once the file has turned out to be damaged.
    reader: Option<Reader>,
    has_account: bool,
}

/// Removes every row there is.
pub(super) fn cleared() -> ChangeSet {
    let delete_prefixes = Table::ALL.map(|table| (table, Vec::new())).into();
    ChangeSet { delete_prefixes, ..ChangeSet::default() }
}

pub(super) fn mark(key: &[u8]) -> Row {
    Row { table: Table::Account, key: key.to_vec(), value: Zeroizing::default() }
}

/// Postcard of an answer to a call.
fn reply<T: Serialize>(result: Result<T, ApiError>) -> Vec<u8> {
    postcard::to_allocvec(&result).expect("plain data serialises")
}

/// What the words of an account are as a passphrase: in lower case, one space between two.
#[must_use]
pub(super) fn phrase(words: &[String]) -> Zeroizing<String> {
    Zeroizing::new(words.join(" "))
}

/// Nobody guesses 256 bits, so stretching them would only cost time.
fn for_words() -> Argon2Parameters {
    Argon2Parameters::new(8, 1, 1).expect("RFC 9106 §3.1 allows one pass over 8 KiB")
}

/// The rows that a backup holds, read a page at a time.
struct Rows {
    /// Those that an engine begins with, last first.
    small: Vec<Row>,
    /// The tables that are left, each with the rows of a page.
    left: Vec<(Table, usize)>,
    /// Where the next page of the last of them ends.
    from: Bound,
    of: u64,
}

impl Rows {
    async fn begin<S: Store>(store: &S) -> Result<Self, StoreError> {
        let mut small = store.load().await?;
        // What the store says of itself is not of the account.
        small.retain(|row| {
            is_kept(row.table) && (row.table != Table::Account || row.key == ACCOUNT_KEY)
        });
        small.reverse();
        let left = vec![(Table::Chunks, BACKUP_CHUNKS), (Table::Messages, BACKUP_PAGE)];
        let mut of = u64::try_from(small.len()).unwrap_or(u64::MAX);
        for (table, _) in &left {
            of = of.saturating_add(store.count(*table).await?);
        }
        Ok(Self { small, left, from: Bound::End, of })
    }

    /// The next rows; none when all were read.
    async fn next<S: Store>(&mut self, store: &S) -> Result<Vec<Row>, StoreError> {
        if !self.small.is_empty() {
            let from = self.small.len().saturating_sub(BACKUP_PAGE);
            return Ok(self.small.split_off(from));
        }
        while let Some(&(table, limit)) = self.left.last() {
            let from = core::mem::replace(&mut self.from, Bound::End);
            let page = store.scan(&Scan { table, prefix: Vec::new(), from, limit }).await?;
            match page.last().filter(|_| page.len() == limit) {
                Some(last) => self.from = Bound::Below(last.key.clone()),
                None => drop(self.left.pop()),
            }
            if !page.is_empty() {
                return Ok(page);
            }
        }
        Ok(Vec::new())
    }
}

impl<M: Machine, S: Store, C: Clock> Driver<'_, M, S, C> {
    pub(super) async fn archive(&mut self, call: CallId, step: Archive) -> Result<(), Ended> {
        let done = match step {
            Archive::Save(key) => {
                if let Err((call, error)) = self.save(call, key).await {
                    self.server.reply(call, refusal(error));
                }
                return Ok(());
            }
            Archive::Begin { header, file_key } => self.begin_restore(&header, &file_key).await,
            Archive::Part(bytes) => self.restore_part(&bytes).await,
            Archive::Finish => self.finish_restore().await,
            Archive::Stop => self.stop_restore().await,
        };
        let is_restored = done == Ok(true);
        self.server.reply(call, reply(done.map(|_| ())));
        if is_restored { Err(Ended::Restored) } else { Ok(()) }
    }

    /// Writes a backup, part by part as it is asked for.
    async fn save(&mut self, mut call: CallId, key: ArchiveKey) -> Result<(), (CallId, ApiError)> {
        let begun = self.begin_file(key).map_err(|error| (call, error))?;
        let (mut writer, mut bytes) = (Some(begun.0), begun.1);
        let unreadable = |_| ApiError::Unreadable;
        let rows = Rows::begin(self.store).await.map_err(unreadable);
        let mut rows = rows.map_err(|error| (call, error))?;
        let mut done: u64 = 0;
        loop {
            while let Some(file) = &mut writer
                && bytes.len() < BACKUP_PART_BYTES
            {
                let page = rows.next(self.store).await.map_err(|_| (call, ApiError::Unreadable))?;
                if page.is_empty() {
                    bytes.extend(writer.take().map(Writer::finish).unwrap_or_default());
                    break;
                }
                for row in page {
                    let sealed = file.push(&row).map_err(|_| (call, ApiError::Unreadable))?;
                    bytes.extend(sealed);
                    done = done.saturating_add(1);
                }
            }
            let rest = bytes.split_off(bytes.len().min(BACKUP_PART_BYTES));
            let is_last = writer.is_none() && rest.is_empty();
            let part = BackupPart { bytes, done, of: rows.of, is_last };
            self.server.reply(call, reply(Ok(part)));
            if is_last {
                return Ok(());
            }
            bytes = rest;
            let Some(next) = self.next_asked().await else { return Ok(()) };
            call = next;
        }
    }

    fn begin_file(&mut self, key: ArchiveKey) -> Result<(Writer, Vec<u8>), ApiError> {
        let created_at = self.clock.now().seconds();
        match key {
            ArchiveKey::Phrase(seed) => {
                let words = AccountSeed::from_bytes(*seed.expose()).to_words();
                let passphrase = Passphrase::new(&phrase(&words)).map_err(|_| ApiError::Empty)?;
                let parameters = for_words();
                Writer::with_passphrase(&passphrase, parameters, created_at, &mut self.rng)
                    .map_err(|_| ApiError::Unreadable)
            }
            ArchiveKey::Wrapped(file_key, wrapped) => {
                let wrapped_key =
                    WrappedKey::decode(&wrapped).map_err(|_| ApiError::BackupDamaged)?;
                Ok(Writer::with_key(&file_key, Header { created_at, wrapped_key }))
            }
        }
    }

    /// Waits until the view asks for the next part; `None` when it does not want it any more.
    async fn next_asked(&mut self) -> Option<CallId> {
        let mut patience = Box::pin(self.clock.sleep(BACKUP_PATIENCE));
        loop {
            let message = match select(self.calls.next(), &mut patience).await {
                Either::Left((message, _)) => message?,
                Either::Right(_) => return None,
            };
            if message == ToServer::Wake {
                self.waiting.push_back(NetAction::Reconnect);
                continue;
            }
            match self.server.accept(message) {
                Some((call, Request::NextBackupPart(_))) => return Some(call),
                Some((call, Request::StopBackup(_))) => {
                    self.server.reply(call, reply(Ok(())));
                    return None;
                }
                Some(other) => self.deferred.push_back(other),
                None => {}
            }
        }
    }

    async fn begin_restore(
        &mut self,
        header: &[u8],
        file_key: &Secret<32>,
    ) -> Result<bool, ApiError> {
        let header = Header::decode(header).map_err(|error| match error {
            DecodeError::Version(_) => ApiError::BackupNewer,
            _ => ApiError::BackupDamaged,
        })?;
        let mut changes = cleared();
        changes.puts.push(mark(RESTORING_KEY));
        self.store.commit(&changes).await.map_err(|_| ApiError::NotStored)?;
        let reader = Some(header.read_with(file_key));
        self.restoring = Some(Restoring { reader, has_account: false });
        Ok(false)
    }

    async fn restore_part(&mut self, bytes: &[u8]) -> Result<bool, ApiError> {
        if bytes.len() > BACKUP_PART_BYTES {
            let max = u32::try_from(BACKUP_PART_BYTES).unwrap_or(u32::MAX);
            return Err(ApiError::TooLong { max });
        }
        let restoring = self.restoring.as_mut().ok_or(ApiError::NotFound)?;
        let reader = restoring.reader.as_mut().ok_or(ApiError::BackupDamaged)?;
        let rows = reader.push(bytes);
        self.take_rows(rows, ChangeSet::relaxed()).await
    }

    async fn finish_restore(&mut self) -> Result<bool, ApiError> {
        let restoring = self.restoring.as_mut().ok_or(ApiError::NotFound)?;
        let reader = restoring.reader.take().ok_or(ApiError::BackupDamaged)?;
        let rows = reader.finish();
        let mut changes = ChangeSet::default();
        changes.puts.push(mark(RESTORED_KEY));
        changes.deletes.push((Table::Account, RESTORING_KEY.to_vec()));
        self.take_rows(rows, changes).await?;
        self.restoring = None;
        Ok(true)
    }

    /// Stores rows of the file. What cannot be used, or stored, ends the restoring.
    async fn take_rows(
        &mut self,
        rows: Result<Vec<Row>, Rejected>,
        mut changes: ChangeSet,
    ) -> Result<bool, ApiError> {
        let is_end = !changes.deletes.is_empty();
        let checked = match (rows, &mut self.restoring) {
            (Ok(rows), Some(restoring)) => {
                let accounts = rows.iter().filter(|row| row.table == Table::Account);
                let is_known = accounts.clone().all(|row| row.key == ACCOUNT_KEY);
                restoring.has_account |= accounts.count() > 0;
                changes.puts.extend(rows);
                is_known && (restoring.has_account || !is_end)
            }
            _ => false,
        };
        let stored = match checked {
            false => Err(ApiError::BackupDamaged),
            true => self.store.commit(&changes).await.map_err(|_| ApiError::NotStored),
        };
        if stored.is_err() {
            self.stop_restore().await?;
        }
        stored.map(|()| false)
    }

    async fn stop_restore(&mut self) -> Result<bool, ApiError> {
        if self.restoring.take().is_some() {
            // What is left of it is cleared at the next start in any case.
            let _ = self.store.commit(&cleared()).await;
        }
        Ok(false)
    }
}

/// Whether a text that was typed is the words of an account, and as what they were used.
#[cfg(any(test, all(target_arch = "wasm32", feature = "idb")))]
pub(super) fn as_passphrase(typed: &str) -> Zeroizing<String> {
    match AccountSeed::from_words(typed) {
        Ok(seed) => phrase(&seed.to_words()),
        Err(_) => Zeroizing::new(typed.to_owned()),
    }
}

#[cfg(test)]
mod tests;
