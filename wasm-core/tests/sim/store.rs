//! What a user's browser has on its disk: a map that takes a commit whole.

use std::collections::BTreeMap;

use volly_core::engine::effect::{ChangeSet, Row, Scan, Table};

/// The rows, by table and key.
pub type Store = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

pub fn rows(store: &Store) -> Vec<Row> {
    let row = |((table, key), value): (&(Table, Vec<u8>), &Vec<u8>)| Row {
        table: *table,
        key: key.clone(),
        value: value.clone(),
    };
    store.iter().filter(|((table, _), _)| *table != Table::Messages).map(row).collect()
}

pub fn commit(store: &mut Store, changes: ChangeSet) {
    for (table, prefix) in changes.delete_prefixes {
        store.retain(|(t, key), _| *t != table || !key.starts_with(&prefix));
    }
    for (table, key) in changes.deletes {
        store.remove(&(table, key));
    }
    for row in changes.puts {
        store.insert((row.table, row.key), row.value);
    }
}

pub fn scanned(store: &Store, scan: &Scan) -> Vec<Row> {
    let matches = |table: &Table, key: &[u8]| {
        *table == scan.table
            && key.starts_with(&scan.prefix)
            && scan.before.as_ref().is_none_or(|before| key < before.as_slice())
    };
    let found = store.iter().rev().filter(|((table, key), _)| matches(table, key));
    let row = |((table, key), value): (&(Table, Vec<u8>), &Vec<u8>)| Row {
        table: *table,
        key: key.clone(),
        value: value.clone(),
    };
    found.take(scan.limit).map(row).collect()
}
