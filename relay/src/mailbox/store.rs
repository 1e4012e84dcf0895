//! Records and mailboxes in redb: the tables, their rows, transactions. Says nothing about rights
//! and limits, and has no clock.
//!
//! Invariant: keys hold an address, an order and a time of expiry in minutes; values hold what the
//! writer has given. Nothing in one address's rows occurs in another's.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | records | address (32) | u32 expires ‖ u64 sequence ‖ proof (132) ‖ value |
//! | envelopes | address (32) ‖ u32 position | id (16) ‖ u32 expires ‖ proof (132) ‖ envelope |
//! | positions | address (32) ‖ id (16) | u32 position |
//! | meters | address (32) | u32 next position ‖ u16 units |
//! | expiries | u32 expires ‖ address (32) ‖ u32 position (a record: all ones) | |
//! | total | | u64 bytes charged for everything |

pub mod rows;

use std::{
    io::ErrorKind,
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction, backends::InMemoryBackend,
};
use volly_core::wire::{
    mailbox::{Address, EnvelopeId, Op, Record},
    replica::Item,
};

use self::rows::{EnvelopeRow, Proof, RecordRow, envelope_key, position_key};
use super::Change;
use crate::defaults;

const RECORDS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("records");
const ENVELOPES: TableDefinition<'_, &[u8; 36], &[u8]> = TableDefinition::new("envelopes");
const POSITIONS: TableDefinition<'_, &[u8; 48], u32> = TableDefinition::new("positions");
const METERS: TableDefinition<'_, &[u8; 32], &[u8; 6]> = TableDefinition::new("meters");
const EXPIRIES: TableDefinition<'_, &[u8; 40], ()> = TableDefinition::new("expiries");
const TOTAL: TableDefinition<'_, (), u64> = TableDefinition::new("total");

/// The store failed; what was asked for has not happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database or the disk.
    #[error("the store failed: {0}")]
    Redb(#[from] redb::Error),
    /// It failed before, and could not be opened again.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the disk has no room left.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Redb(redb::Error::Io(error)) if error.kind() == ErrorKind::StorageFull)
    }
}

macro_rules! from_redb {
    ($($error:ident),*) => {
        $(impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                Self::Redb(error.into())
            }
        })*
    };
}
from_redb!(CommitError, DatabaseError, StorageError, TableError, TransactionError);
from_redb!(SetDurabilityError);

/// Table, key, value.
#[cfg(test)]
pub(crate) type Row = (&'static str, Vec<u8>, Vec<u8>);

/// The database. Clones share it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None` while it is closed. Every use holds the lock, so that nothing of an old database is
    /// left when a new one is opened.
    database: RwLock<Option<Database>>,
    /// `None` for one in memory.
    path: Option<PathBuf>,
}

impl Store {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// When the file cannot be opened, is locked by another process, or is no database.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::with_tables(builder().create(path)?, Some(path.to_owned()))
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// None that has been seen.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with_tables(builder().create_with_backend(InMemoryBackend::new())?, None)
    }

    fn with_tables(database: Database, path: Option<PathBuf>) -> Result<Self, StoreError> {
        let store = Self(Arc::new(Shared { database: RwLock::new(Some(database)), path }));
        store.commit(|_| Ok(()))?;
        Ok(store)
    }

    /// Closes the file and opens it again, for after a failed write redb takes no other.
    ///
    /// # Errors
    /// When it cannot be opened; the store is closed then until this is tried again.
    pub fn reopen(&self) -> Result<(), StoreError> {
        let Some(path) = &self.0.path else { return Ok(()) };
        let mut database = self.0.database.write().unwrap_or_else(PoisonError::into_inner);
        *database = None;
        *database = Some(builder().create(path)?);
        Ok(())
    }

    fn with_database<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self.0.database.read().unwrap_or_else(PoisonError::into_inner);
        work(database.as_ref().ok_or(StoreError::Closed)?)
    }

    /// Runs `change` in one transaction, durable when this returns `Ok`.
    ///
    /// # Errors
    /// Those of `change` and of the database; nothing of `change` has happened then.
    pub fn commit<T>(
        &self,
        change: impl FnOnce(&mut Tables<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_database(|database| {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            // A crash must not cost a walk through the whole file at the next start. This doubles
            // the time of a commit, which everyone who waits shares.
            transaction.set_quick_repair(true);
            let mut tables = Tables::open(&transaction)?;
            let value = change(&mut tables)?;
            tables.close()?;
            transaction.commit()?;
            Ok(value)
        })
    }

    /// The record at `address`, if it lives at `minute`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record(&self, address: &Address, minute: u32) -> Result<Option<Record>, StoreError> {
        self.with_database(|database| {
            let row = database.begin_read()?.open_table(RECORDS)?.get(address)?;
            Ok(row
                .as_ref()
                .and_then(|row| RecordRow::read(row.value()))
                .filter(|row| row.expires > minute)
                .map(|row| Record { sequence: row.sequence, value: row.value.to_vec() }))
        })
    }

    /// Shows `visit` the envelopes at `address` that live at `minute`, in the order of their
    /// deposit, until it answers with something.
    ///
    /// # Errors
    /// When the database fails.
    pub fn find_envelope<T>(
        &self,
        address: &Address,
        minute: u32,
        mut visit: impl FnMut(&EnvelopeId, &[u8]) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let (first, last) = (envelope_key(address, 0), envelope_key(address, u32::MAX));
        self.with_database(|database| {
            let table = database.begin_read()?.open_table(ENVELOPES)?;
            for row in table.range::<&[u8; 36]>(&first..=&last)? {
                let (_, value) = row?;
                let Some(row) = EnvelopeRow::read(value.value()) else { continue };
                if row.expires > minute
                    && let Some(found) = visit(row.id, row.envelope)
                {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }

    /// A page of the envelopes behind `after` in the order of their keys, each with its position.
    ///
    /// # Errors
    /// When the database fails.
    pub fn positions(
        &self,
        after: &[u8; 48],
        at_most: usize,
    ) -> Result<Vec<([u8; 48], u32)>, StoreError> {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        self.with_database(|database| {
            let table = database.begin_read()?.open_table(POSITIONS)?;
            let rows = table.range::<&[u8; 48]>(behind)?.take(at_most);
            rows.map(|row| row.map(|(key, row)| (*key.value(), row.value())))
                .collect::<Result<_, _>>()
                .map_err(Into::into)
        })
    }

    /// A page of the records behind `after`: their addresses and sequences.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sequences(
        &self,
        after: &Address,
        at_most: usize,
    ) -> Result<Vec<(Address, u64)>, StoreError> {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        self.with_database(|database| {
            let table = database.begin_read()?.open_table(RECORDS)?;
            let mut page = Vec::new();
            for row in table.range::<&[u8; 32]>(behind)?.take(at_most) {
                let (key, value) = row?;
                let sequence = RecordRow::read(value.value()).map_or(0, |row| row.sequence);
                page.push((*key.value(), sequence));
            }
            Ok(page)
        })
    }

    /// Which of `items` are not here, or older than those.
    ///
    /// # Errors
    /// When the database fails.
    pub fn missing(&self, items: &[Item], minute: u32) -> Result<Vec<bool>, StoreError> {
        self.with_database(|database| {
            let read = database.begin_read()?;
            let (positions, records) = (read.open_table(POSITIONS)?, read.open_table(RECORDS)?);
            let mut missing = Vec::with_capacity(items.len());
            for item in items {
                missing.push(match item {
                    Item::Envelope(address, id) => {
                        positions.get(&position_key(address, id))?.is_none()
                    }
                    Item::Record(address, sequence) => {
                        let row = records.get(address)?;
                        let row = row.as_ref().and_then(|row| RecordRow::read(row.value()));
                        row.is_none_or(|row| row.sequence < *sequence || row.expires <= minute)
                    }
                });
            }
            Ok(missing)
        })
    }

    /// An envelope as its writer has deposited it, if it lives at `minute`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn envelope_change(
        &self,
        address: &Address,
        id: &EnvelopeId,
        minute: u32,
    ) -> Result<Option<Change>, StoreError> {
        self.with_database(|database| {
            let read = database.begin_read()?;
            let position = read.open_table(POSITIONS)?.get(&position_key(address, id))?;
            let Some(position) = position.map(|row| row.value()) else { return Ok(None) };
            let row = read.open_table(ENVELOPES)?.get(&envelope_key(address, position))?;
            let row = row.as_ref().and_then(|row| EnvelopeRow::read(row.value()));
            Ok(row.filter(|row| row.expires > minute).map(|row| {
                let Proof { keys, lifetime, signature } = row.proof;
                let (id, envelope) = (*row.id, row.envelope.to_vec());
                let op = Op::Deposit { keys, id, lifetime, envelope, signature };
                Change { op, until: row.expires }
            }))
        })
    }

    /// A record as its writer has put it, if it lives at `minute`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record_change(
        &self,
        address: &Address,
        minute: u32,
    ) -> Result<Option<Change>, StoreError> {
        self.with_database(|database| {
            let row = database.begin_read()?.open_table(RECORDS)?.get(address)?;
            let row = row.as_ref().and_then(|row| RecordRow::read(row.value()));
            Ok(row.filter(|row| row.expires > minute).map(|row| {
                let Proof { keys, lifetime, signature } = row.proof;
                let (sequence, value) = (row.sequence, row.value.to_vec());
                let op = Op::PutRecord { keys, sequence, lifetime, value, signature };
                Change { op, until: row.expires }
            }))
        })
    }

    /// Every key and value, for the test that looks for what two addresses have in common.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg(test)]
    pub(crate) fn rows(&self) -> Result<Vec<Row>, StoreError> {
        self.with_database(|database| {
            let read = database.begin_read()?;
            let mut rows = Vec::new();
            for row in read.open_table(RECORDS)?.iter()? {
                let (key, value) = row?;
                rows.push(("records", key.value().to_vec(), value.value().to_vec()));
            }
            for row in read.open_table(ENVELOPES)?.iter()? {
                let (key, value) = row?;
                rows.push(("envelopes", key.value().to_vec(), value.value().to_vec()));
            }
            for row in read.open_table(POSITIONS)?.iter()? {
                let (key, value) = row?;
                rows.push((
                    "positions",
                    key.value().to_vec(),
                    value.value().to_be_bytes().to_vec(),
                ));
            }
            for row in read.open_table(METERS)?.iter()? {
                let (key, value) = row?;
                rows.push(("meters", key.value().to_vec(), value.value().to_vec()));
            }
            for row in read.open_table(EXPIRIES)?.iter()? {
                rows.push(("expiries", row?.0.value().to_vec(), Vec::new()));
            }
            Ok(rows)
        })
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(defaults::STORE_CACHE_BYTES);
    builder
}

/// The tables of one transaction.
#[derive(Debug)]
pub struct Tables<'t> {
    /// See the table of the module, as for the others.
    pub records: Table<'t, &'static [u8; 32], &'static [u8]>,
    /// Mail.
    pub envelopes: Table<'t, &'static [u8; 36], &'static [u8]>,
    /// Where an id is.
    pub positions: Table<'t, &'static [u8; 48], u32>,
    /// What is used of a mailbox.
    pub meters: Table<'t, &'static [u8; 32], &'static [u8; 6]>,
    /// What ends when.
    pub expiries: Table<'t, &'static [u8; 40], ()>,
    total: Table<'t, (), u64>,
    /// What is in `total` when the transaction ends. Every change asks for it and sets it.
    total_bytes: u64,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        let total = transaction.open_table(TOTAL)?;
        let total_bytes = total.get(())?.map_or(0, |row| row.value());
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            envelopes: transaction.open_table(ENVELOPES)?,
            positions: transaction.open_table(POSITIONS)?,
            meters: transaction.open_table(METERS)?,
            expiries: transaction.open_table(EXPIRIES)?,
            total,
            total_bytes,
        })
    }

    fn close(mut self) -> Result<(), StoreError> {
        self.total.insert((), self.total_bytes)?;
        Ok(())
    }

    /// Bytes charged for everything.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total_bytes
    }

    /// Sets [`Self::total`].
    pub const fn set_total(&mut self, bytes: u64) {
        self.total_bytes = bytes;
    }
}
