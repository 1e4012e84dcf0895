//! The store: rows in tables, changed in transactions (docs/storage.md).
//!
//! Invariant: when [`Store::commit`] returns `Ok` the change survives what its [`Durability`] says;
//! when it returns an error nothing of it has happened, or it will have happened whole.
//!
//! [`Durability`]: crate::engine::effect::Durability
//! Does not know: what is in a row.

use core::future::Future;

use crate::{
    engine::effect::{ChangeSet, Row, Scan, Table},
    limits::MAX_ROW_KEY_BYTES,
};

pub mod at_rest;
pub mod conformance;
#[cfg(all(target_arch = "wasm32", feature = "idb"))]
pub mod indexed_db;
pub mod memory;

/// Where rows live. Its futures belong to one thread.
pub trait Store {
    /// Reads every row of every table that [`Table::is_loaded`], in the order of tables and keys.
    fn load(&self) -> impl Future<Output = Result<Vec<Row>, StoreError>>;

    /// Reads a stretch of a table, highest key first.
    fn scan(&self, scan: &Scan) -> impl Future<Output = Result<Vec<Row>, StoreError>>;

    /// Counts the rows of a table.
    fn count(&self, table: Table) -> impl Future<Output = Result<u64, StoreError>>;

    /// Bytes for which the disk has room, about; `None` when nobody knows.
    fn room(&self) -> impl Future<Output = Option<u64>> {
        core::future::ready(None)
    }

    /// Makes changes durable in one transaction: prefixes are removed first, then single keys, then
    /// rows are written.
    fn commit(&self, changes: &ChangeSet) -> impl Future<Output = Result<(), StoreError>>;
}

/// Why the store did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no database, or the browser refuses it.
    #[error("storage is unavailable")]
    Unavailable,
    /// The transaction failed, for want of room most likely.
    #[error("the transaction was refused")]
    Refused,
    /// The database was written by a newer schema than [`at_rest::SCHEMA_VERSION`].
    #[error("the schema is newer than {}", at_rest::SCHEMA_VERSION)]
    Newer,
    /// The database that was open is gone, or another one is in its place.
    #[error("the database was replaced")]
    Replaced,
    /// The database's key is under a passphrase.
    #[error("the database is locked")]
    Locked,
    /// The database's key is gone or does not open.
    #[error("the database key does not open")]
    Key,
    /// A row does not open: it was changed, moved, or sealed under another key.
    #[error("a row of table {} does not open", *.0 as u8)]
    Row(Table),
    /// A key is longer than [`MAX_ROW_KEY_BYTES`].
    #[error("a key of {0} bytes")]
    KeyTooLong(usize),
}

/// Checks every key of a transaction.
fn check_keys(changes: &ChangeSet) -> Result<(), StoreError> {
    let keys = changes.puts.iter().map(|row| &row.key);
    let removed = changes.deletes.iter().chain(&changes.delete_prefixes).map(|(_, key)| key);
    match keys.chain(removed).map(Vec::len).find(|bytes| *bytes > MAX_ROW_KEY_BYTES) {
        Some(bytes) => Err(StoreError::KeyTooLong(bytes)),
        None => Ok(()),
    }
}

/// The lowest key above every key that begins with `prefix`; `None` when there is none.
#[cfg_attr(not(all(target_arch = "wasm32", feature = "idb")), allow(dead_code))]
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != 0xFF)?;
    let mut after: Vec<u8> = prefix.iter().take(kept + 1).copied().collect();
    if let Some(last) = after.last_mut() {
        *last += 1;
    }
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_after_a_prefix_is_the_next_one_of_its_length_or_shorter() {
        assert_eq!(after_prefix(&[]), None);
        assert_eq!(after_prefix(&[0xFF, 0xFF]), None);
        assert_eq!(after_prefix(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after_prefix(&[1, 0xFF]), Some(vec![2]));
    }
}
