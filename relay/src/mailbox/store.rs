//! Records and mailboxes in redb: the tables, their rows, transactions. Says nothing about rights
//! and limits, and has no clock.
//!
//! Invariant: keys hold an address, an order and a time of expiry in minutes; values hold what the
//! writer has given. Nothing in one address's rows occurs in another's.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | records | address (32) | u32 expires ‖ u64 sequence ‖ value |
//! | envelopes | address (32) ‖ u32 position | id (16) ‖ u32 expires ‖ envelope |
//! | positions | address (32) ‖ id (16) | u32 position |
//! | meters | address (32) | u32 next position ‖ u16 units |
//! | expiries | u32 expires ‖ address (32) ‖ u32 position (a record: all ones) | |
//! | total | | u64 bytes charged for everything |

use std::{path::Path, sync::Arc};

use redb::{
    Database, Durability, ReadableDatabase, Table, TableDefinition, WriteTransaction,
    backends::InMemoryBackend,
};
use volly_core::wire::mailbox::{Address, EnvelopeId, Record};

use crate::defaults;

const RECORDS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("records");
const ENVELOPES: TableDefinition<'_, &[u8; 36], &[u8]> = TableDefinition::new("envelopes");
const POSITIONS: TableDefinition<'_, &[u8; 48], u32> = TableDefinition::new("positions");
const METERS: TableDefinition<'_, &[u8; 32], &[u8; 6]> = TableDefinition::new("meters");
const EXPIRIES: TableDefinition<'_, &[u8; 40], ()> = TableDefinition::new("expiries");
const TOTAL: TableDefinition<'_, (), u64> = TableDefinition::new("total");

/// Stands in a key of `expiries` where an envelope has its position.
pub const RECORD_POSITION: u32 = u32::MAX;

/// The store failed; what was asked for has not happened.
#[derive(Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(#[from] redb::Error);

macro_rules! from_redb {
    ($($error:ident),*) => {
        $(impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                Self(error.into())
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
pub struct Store(Arc<Database>);

impl Store {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// When the file cannot be opened, is locked by another process, or is no database.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::with_tables(builder().create(path)?)
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// None that has been seen.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with_tables(builder().create_with_backend(InMemoryBackend::new())?)
    }

    fn with_tables(database: Database) -> Result<Self, StoreError> {
        let store = Self(Arc::new(database));
        store.commit(|_| Ok(()))?;
        Ok(store)
    }

    /// Runs `change` in one transaction, durable when this returns `Ok`.
    ///
    /// # Errors
    /// Those of `change` and of the database; nothing of `change` has happened then.
    pub fn commit<T>(
        &self,
        change: impl FnOnce(&mut Tables<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut transaction = self.0.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        // A crash must not cost a walk through the whole file at the next start.
        transaction.set_quick_repair(true);
        let value = change(&mut Tables::open(&transaction)?)?;
        transaction.commit()?;
        Ok(value)
    }

    /// The record at `address`, if it lives at `minute`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record(&self, address: &Address, minute: u32) -> Result<Option<Record>, StoreError> {
        let table = self.0.begin_read()?.open_table(RECORDS)?;
        let row = table.get(address)?;
        Ok(row
            .as_ref()
            .and_then(|row| RecordRow::read(row.value()))
            .filter(|row| row.expires > minute)
            .map(|row| Record { sequence: row.sequence, value: row.value.to_vec() }))
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
        let table = self.0.begin_read()?.open_table(ENVELOPES)?;
        let (first, last) = (envelope_key(address, 0), envelope_key(address, u32::MAX));
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
    }

    /// Every key and value, for the test that looks for what two addresses have in common.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg(test)]
    pub(crate) fn rows(&self) -> Result<Vec<Row>, StoreError> {
        use redb::ReadableTable;
        let read = self.0.begin_read()?;
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
            rows.push(("positions", key.value().to_vec(), value.value().to_be_bytes().to_vec()));
        }
        for row in read.open_table(METERS)?.iter()? {
            let (key, value) = row?;
            rows.push(("meters", key.value().to_vec(), value.value().to_vec()));
        }
        for row in read.open_table(EXPIRIES)?.iter()? {
            rows.push(("expiries", row?.0.value().to_vec(), Vec::new()));
        }
        Ok(rows)
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
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            envelopes: transaction.open_table(ENVELOPES)?,
            positions: transaction.open_table(POSITIONS)?,
            meters: transaction.open_table(METERS)?,
            expiries: transaction.open_table(EXPIRIES)?,
            total: transaction.open_table(TOTAL)?,
        })
    }

    /// Bytes charged for everything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn total(&self) -> Result<u64, StoreError> {
        use redb::ReadableTable;
        Ok(self.total.get(())?.map_or(0, |row| row.value()))
    }

    /// Sets [`Self::total`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_total(&mut self, bytes: u64) -> Result<(), StoreError> {
        self.total.insert((), bytes)?;
        Ok(())
    }
}

/// A value of `records`.
#[derive(Clone, Copy, Debug)]
pub struct RecordRow<'a> {
    /// Minute.
    pub expires: u32,
    /// As it was put.
    pub sequence: u64,
    /// As it was put.
    pub value: &'a [u8],
}

impl<'a> RecordRow<'a> {
    /// Takes the bytes apart.
    #[must_use]
    pub fn read(row: &'a [u8]) -> Option<Self> {
        let (expires, rest) = row.split_first_chunk()?;
        let (sequence, value) = rest.split_first_chunk()?;
        Some(Self {
            expires: u32::from_be_bytes(*expires),
            sequence: u64::from_be_bytes(*sequence),
            value,
        })
    }

    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        [&self.expires.to_be_bytes(), &self.sequence.to_be_bytes()[..], self.value].concat()
    }
}

/// A value of `envelopes`.
#[derive(Clone, Copy, Debug)]
pub struct EnvelopeRow<'a> {
    /// Minute.
    pub expires: u32,
    /// As it was deposited.
    pub id: &'a EnvelopeId,
    /// As it was deposited.
    pub envelope: &'a [u8],
}

impl<'a> EnvelopeRow<'a> {
    /// Takes the bytes apart.
    #[must_use]
    pub fn read(row: &'a [u8]) -> Option<Self> {
        let (id, rest) = row.split_first_chunk()?;
        let (expires, envelope) = rest.split_first_chunk()?;
        Some(Self { expires: u32::from_be_bytes(*expires), id, envelope })
    }

    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        [&self.id[..], &self.expires.to_be_bytes(), self.envelope].concat()
    }
}

/// A value of `meters`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    /// Of the next deposit.
    pub next: u32,
    /// Charged, see [`super::quota::units`].
    pub units: u16,
}

impl Meter {
    /// Takes the bytes apart.
    #[must_use]
    pub const fn read([a, b, c, d, e, f]: &[u8; 6]) -> Self {
        Self { next: u32::from_be_bytes([*a, *b, *c, *d]), units: u16::from_be_bytes([*e, *f]) }
    }

    /// The bytes.
    #[must_use]
    pub const fn write(self) -> [u8; 6] {
        let [a, b, c, d] = self.next.to_be_bytes();
        let [e, f] = self.units.to_be_bytes();
        [a, b, c, d, e, f]
    }
}

/// A key of `envelopes`.
#[must_use]
pub fn envelope_key(address: &Address, position: u32) -> [u8; 36] {
    joined(&[address, &position.to_be_bytes()])
}

/// A key of `positions`.
#[must_use]
pub fn position_key(address: &Address, id: &EnvelopeId) -> [u8; 48] {
    joined(&[address, id])
}

/// A key of `expiries`.
#[must_use]
pub fn expiry_key(expires: u32, address: &Address, position: u32) -> [u8; 40] {
    joined(&[&expires.to_be_bytes(), address, &position.to_be_bytes()])
}

/// Takes a key of `expiries` apart.
#[must_use]
pub fn read_expiry_key(key: &[u8; 40]) -> Option<(u32, Address, u32)> {
    let (expires, rest) = key.split_first_chunk()?;
    let (address, position) = rest.split_first_chunk()?;
    let position = position.first_chunk()?;
    Some((u32::from_be_bytes(*expires), *address, u32::from_be_bytes(*position)))
}

fn joined<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut key = [0; N];
    let bytes = parts.iter().copied().flatten();
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    key
}
