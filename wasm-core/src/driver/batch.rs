//! Several transactions as one.

use std::collections::VecDeque;

use super::Step;
use crate::engine::effect::ChangeSet;

/// Transactions that are stored together, and what follows from them in order.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) changes: ChangeSet,
    pub(super) then: VecDeque<Step>,
}

impl Default for Batch {
    /// Empty, and so with nothing that would have to be strict.
    fn default() -> Self {
        Self { changes: ChangeSet::relaxed(), then: VecDeque::new() }
    }
}

impl Batch {
    /// Adds a transaction after those that are there.
    ///
    /// In a transaction removals come before writes, so a row that was written and is removed now
    /// has to go from the writes.
    pub(super) fn add(&mut self, later: ChangeSet) {
        self.changes.durability = self.changes.durability.max(later.durability);
        let puts = &mut self.changes.puts;
        puts.retain(|row| {
            let removed = later.deletes.iter().any(|(of, key)| *of == row.table && *key == row.key);
            let mut prefixes = later.delete_prefixes.iter();
            let replaced =
                later.puts.iter().any(|put| put.table == row.table && put.key == row.key);
            !removed
                && !replaced
                && !prefixes.any(|(of, prefix)| *of == row.table && row.key.starts_with(prefix))
        });
        puts.extend(later.puts);
        self.changes.deletes.extend(later.deletes);
        self.changes.delete_prefixes.extend(later.delete_prefixes);
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        engine::effect::{Bound, Durability, Row, Scan, Table},
        store::{Store, memory::Memory},
    };

    /// Keys of at most two bytes out of two, so that they meet often.
    fn key() -> impl Strategy<Value = (Table, Vec<u8>)> {
        let table = prop_oneof![Just(Table::Messages), Just(Table::Outbox)];
        (table, prop::collection::vec(0_u8..2, 0..3))
    }

    fn changes() -> impl Strategy<Value = ChangeSet> {
        let row = (key(), any::<u8>()).prop_map(|((table, key), value)| Row {
            table,
            key,
            value: vec![value].into(),
        });
        (
            prop::collection::vec(row, 0..4),
            prop::collection::vec(key(), 0..3),
            prop::collection::vec(key(), 0..2),
        )
            .prop_map(|(puts, deletes, delete_prefixes)| ChangeSet {
                puts,
                deletes,
                delete_prefixes,
                ..ChangeSet::default()
            })
    }

    #[test]
    fn one_strict_transaction_makes_all_strict() {
        let mut batch = Batch::default();
        batch.add(ChangeSet::relaxed());
        assert_eq!(batch.changes.durability, Durability::Relaxed);
        batch.add(ChangeSet::default());
        batch.add(ChangeSet::relaxed());
        assert_eq!(batch.changes.durability, Durability::Strict);
    }

    async fn contents(store: &Memory) -> Vec<Row> {
        let (table, prefix, from) = (Table::Messages, Vec::new(), Bound::End);
        let scan = Scan { table, prefix, from, limit: 99 };
        let mut rows = store.scan(&scan).await.unwrap();
        rows.extend(store.load().await.unwrap());
        rows
    }

    proptest! {
        #[test]
        fn one_transaction_leaves_what_several_leave(all in prop::collection::vec(changes(), 1..5)) {
            let (one_by_one, together) = (Memory::default(), Memory::default());
            let mut batch = Batch::default();
            block_on(async {
                for changes in all {
                    one_by_one.commit(&changes).await.unwrap();
                    batch.add(changes);
                }
                together.commit(&batch.changes).await.unwrap();
                assert_eq!(contents(&one_by_one).await, contents(&together).await);
            });
        }
    }
}
