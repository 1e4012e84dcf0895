//! What a user's browser has on its disk: a map that takes a commit whole.

use std::collections::BTreeMap;

use volly_core::{
    api::ContactId,
    engine::effect::{ChangeSet, Durability, Row, Scan, Table},
};

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
        self.all().filter(|row| row.table.is_loaded()).collect()
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
        let found = self.rows.iter().filter(|((table, key), _)| scan.wants(*table, key)).map(row);
        if scan.is_upwards() {
            found.take(scan.limit).collect()
        } else {
            found.rev().take(scan.limit).collect()
        }
    }

    /// Many messages of ours from long ago, as an engine stores them.
    pub fn fill(&mut self, contact: ContactId, count: u64) {
        for n in 0..count {
            let id = [&n.to_be_bytes()[..], &[0], &n.to_be_bytes()].concat();
            let key = [&contact.0.to_be_bytes()[..], &id].concat();
            let value = stored_text(&format!("text number {n:06}"));
            self.rows.insert((Table::Messages, key), value);
        }
    }
}

/// A row of a message: postcard of what docs/storage.md calls one, version 1.
fn stored_text(text: &str) -> Vec<u8> {
    // arrived, a text, no edit, no reactions, no answer, no lifetime, Lamport time, times, ours.
    let head = [1, 1, 0, u8::try_from(text.len()).unwrap()];
    let tail = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
    [&head[..], text.as_bytes(), &tail].concat()
}
