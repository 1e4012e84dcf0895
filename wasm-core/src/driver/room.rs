//! How much room the disk has for files: asked for at first, and whenever they have taken or left some.

use super::{Clock, Driver, Input, Machine};
use crate::{
    engine::effect::{ChangeSet, Table},
    limits::ROOM_ASKED_EVERY,
    store::Store,
};

impl<M: Machine, S: Store, C: Clock> Driver<'_, M, S, C> {
    /// Tells the engine how much room there is, if that may have changed.
    pub(super) async fn look_for_room(&mut self) {
        if self.stored < ROOM_ASKED_EVERY {
            return;
        }
        self.stored = 0;
        if let Some(room) = self.store.room().await {
            self.handle(Input::Room(room));
        }
    }

    /// Counts what a transaction has stored of files.
    pub(super) fn count_files(&mut self, changes: &ChangeSet) {
        let chunks = changes.puts.iter().filter(|row| row.table == Table::Chunks);
        let stored: usize = chunks.map(|row| row.value.len()).sum();
        self.stored = self.stored.saturating_add(u64::try_from(stored).unwrap_or(u64::MAX));
        if changes.delete_prefixes.iter().any(|(table, _)| *table == Table::Chunks) {
            self.stored = ROOM_ASKED_EVERY;
        }
    }
}
