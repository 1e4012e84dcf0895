//! What a user's browser has on its disk: a map that takes a commit whole.

use std::collections::BTreeMap;

use volly_core::engine::effect::{ChangeSet, Durability, Row, Scan, Table};

type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// The rows, by table and key.
#[derive(Default)]
pub struct Store {
    rows: Rows,
    /// What a loss of power leaves: the rows after the last strict commit.
    durable: Rows,
}

fn row(((table, key), value): (&(Table, Vec<u8>), &Vec<u8>)) -> Row {
    Row { table: *table, key: key.clone(), value: value.clone().into() }
}

impl Store {
    pub fn load(&self) -> Vec<Row> {
        self.all().filter(|row| row.table != Table::Messages).collect()
    }

    pub fn all(&self) -> impl Iterator<Item = Row> {
        self.rows.iter().map(row)
    }

    pub fn commit(&mut self, changes: ChangeSet) {
        for (table, prefix) in changes.delete_prefixes {
            self.rows.retain(|(t, key), _| *t != table || !key.starts_with(&prefix));
        }
        for (table, key) in changes.deletes {
            self.rows.remove(&(table, key));
        }
        for row in changes.puts {
            self.rows.insert((row.table, row.key), row.value.to_vec());
        }
        if changes.durability == Durability::Strict {
            self.durable.clone_from(&self.rows);
        }
    }

    pub fn lose_power(&mut self) {
        self.rows.clone_from(&self.durable);
    }

    pub fn scan(&self, scan: &Scan) -> Vec<Row> {
        let matches = |table: &Table, key: &[u8]| {
            *table == scan.table
                && key.starts_with(&scan.prefix)
                && scan.before.as_ref().is_none_or(|before| key < before.as_slice())
        };
        let found = self.rows.iter().rev().filter(|((table, key), _)| matches(table, key));
        found.take(scan.limit).map(row).collect()
    }
}
