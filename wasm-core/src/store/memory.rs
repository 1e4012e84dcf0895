//! A store that lives as long as its value: for tests of everything above it.
//!
//! Does not seal its rows; the sealing is tested with the store that needs it.

use core::cell::RefCell;
use std::collections::BTreeMap;

use super::{Store, StoreError, check_keys};
use crate::engine::effect::{ChangeSet, Row, Scan, Table};

/// Where a row is.
type Place = (Table, Vec<u8>);

/// Rows in memory. A second engine can be loaded from it as after a restart.
#[derive(Debug, Default)]
pub struct Memory {
    rows: RefCell<BTreeMap<Place, Vec<u8>>>,
}

fn row((key, value): (&Place, &Vec<u8>)) -> Row {
    Row { table: key.0, key: key.1.clone(), value: value.clone().into() }
}

impl Store for Memory {
    async fn load(&self) -> Result<Vec<Row>, StoreError> {
        let rows = self.rows.borrow();
        Ok(rows.iter().filter(|((table, _), _)| table.is_loaded()).map(row).collect())
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StoreError> {
        let rows = self.rows.borrow();
        let found = rows.iter().filter(|((table, key), _)| scan.wants(*table, key)).map(row);
        Ok(if scan.is_upwards() {
            found.take(scan.limit).collect()
        } else {
            found.rev().take(scan.limit).collect()
        })
    }

    async fn count(&self, table: Table) -> Result<u64, StoreError> {
        let rows = self.rows.borrow();
        let rows = rows.keys().filter(|(of, _)| *of == table).count();
        Ok(u64::try_from(rows).unwrap_or(u64::MAX))
    }

    async fn commit(&self, changes: &ChangeSet) -> Result<(), StoreError> {
        check_keys(changes)?;
        let mut rows = self.rows.borrow_mut();
        for (table, prefix) in &changes.delete_prefixes {
            rows.retain(|(of, key), _| of != table || !key.starts_with(prefix));
        }
        for (table, key) in &changes.deletes {
            rows.remove(&(*table, key.clone()));
        }
        for row in &changes.puts {
            rows.insert((row.table, row.key.clone()), row.value.to_vec());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[test]
    fn conforms() {
        futures::executor::block_on(conformance::check(&Memory::default())).unwrap();
    }
}
