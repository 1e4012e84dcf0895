//! One engine after another on one store, for as long as this tab leads.
//!
//! A refused transaction ends an engine (its state is ahead of the store); the next one is loaded
//! from the store, after a pause that grows while the store keeps refusing.

use core::time::Duration;
use std::rc::Rc;

use futures::channel::mpsc;
use rand_core::Rng;

use super::{Clock, Driver, Ended, Machine, Network, archive};
use crate::{
    api::{Event, StartFailure},
    engine::{
        ACCOUNT_KEY, EPOCH_KEY, RESTORED_KEY, RESTORING_KEY,
        effect::{ChangeSet, Row, Table},
    },
    limits::{RESTART_PAUSE_MAX, RESTART_PAUSE_MIN},
    platform::entropy::system_rng,
    rpc::{
        RunId, ToClients, ToServer,
        server::{Publish, Server},
    },
    store::{Store, StoreError},
};

/// A witness outside of the database that there was an identity, so that a database that vanished
/// is not taken for a first start.
pub trait Witness {
    /// Whether it was said before.
    fn knows_identity(&self) -> bool;
    /// Says that there is an identity, durably stored.
    fn identity_exists(&self);
    /// The number of the last start that it was told of.
    fn epoch(&self) -> u64;
    /// Tells it of a start, which is durably counted.
    fn started(&self, epoch: u64);
    /// Whether somebody has said to go on with an older database.
    fn takes_older(&self) -> bool;
}

/// What a leader needs.
#[derive(Debug)]
pub struct Leader<'a, S, C, W> {
    /// The opened store.
    pub store: &'a S,
    /// The clock.
    pub clock: &'a C,
    /// See [`Witness`].
    pub witness: Rc<W>,
    /// What views ask, at most [`crate::limits::MAX_CALLS`] messages.
    pub calls: &'a mut mpsc::Receiver<ToServer>,
}

impl<S: Store, C: Clock, W: Witness + 'static> Leader<'_, S, C, W> {
    /// Loads an engine and drives it, again and again. Returns when none can be loaded.
    ///
    /// `start_network` is asked for a fresh network layer for each engine.
    pub async fn lead<M: Machine>(
        self,
        publish: &Publish,
        mut start_network: impl FnMut() -> Network,
    ) -> StartFailure {
        let mut pause = RESTART_PAUSE_MIN;
        let mut refused = false;
        loop {
            let started = self.clock.now();
            let machine = match self.load::<M>().await {
                Ok(machine) => machine,
                Err(failure) => return failure,
            };
            let run = RunId(system_rng().next_u64());
            let server = Server::start(run, refused, self.watch(Rc::clone(publish)));
            let (store, clock) = (self.store, self.clock);
            let driver = Driver::new(machine, store, clock, start_network(), self.calls, server);
            match driver.run().await {
                Ended::Refused(StoreError::Replaced) => return StartFailure::DatabaseVanished,
                Ended::Restored => {
                    refused = false;
                    continue;
                }
                Ended::Refused(_) => refused = true,
                Ended::NetworkGone => refused = false,
                Ended::Closed => return StartFailure::StorageUnavailable,
            }
            let lasted = Duration::from_millis(self.clock.now().0.saturating_sub(started.0));
            if lasted > RESTART_PAUSE_MAX {
                pause = RESTART_PAUSE_MIN;
            }
            self.clock.sleep(pause).await;
            pause = (pause * 2).min(RESTART_PAUSE_MAX);
        }
    }

    async fn load<M: Machine>(&self) -> Result<M, StartFailure> {
        let mut rows = self.store.load().await.map_err(failure)?;
        let is_unfinished = |row: &Row| row.table == Table::Account && row.key == RESTORING_KEY;
        if rows.iter().any(is_unfinished) {
            self.store.commit(&archive::cleared()).await.map_err(failure)?;
            rows.clear();
        }
        let is_account = |row: &Row| row.table == Table::Account && row.key == ACCOUNT_KEY;
        match (rows.iter().any(is_account), self.witness.knows_identity()) {
            (true, false) => self.witness.identity_exists(),
            (false, true) => return Err(StartFailure::DatabaseVanished),
            (false, false) => return M::load(rows, self.clock.now()),
            (true, true) => {}
        }
        if let Some(mark) = self.count_start(&rows).await? {
            rows.push(mark);
        }
        M::load(rows, self.clock.now())
    }

    /// Counts this start, in the store and then outside of it. A store that has not counted what is known
    /// outside is an older one: its sessions were used since, and their keys must not be again. Who goes on
    /// with it does so as after a backup, by the mark that is given.
    async fn count_start(&self, rows: &[Row]) -> Result<Option<Row>, StartFailure> {
        let is_epoch = |row: &&Row| row.table == Table::Account && row.key == EPOCH_KEY;
        let stored = rows.iter().find(is_epoch);
        let stored = stored.and_then(|row| row.value.as_slice().try_into().ok());
        let (stored, known) = (stored.map_or(0, u64::from_be_bytes), self.witness.epoch());
        let is_older = stored < known;
        if is_older && !self.witness.takes_older() {
            return Err(StartFailure::DatabaseOlder);
        }
        let epoch = stored.max(known).saturating_add(1);
        let mut changes = ChangeSet::default();
        let value = epoch.to_be_bytes().to_vec().into();
        changes.puts.push(Row { table: Table::Account, key: EPOCH_KEY.to_vec(), value });
        let mark = is_older.then(|| archive::mark(RESTORED_KEY));
        changes.puts.extend(mark.clone());
        self.store.commit(&changes).await.map_err(failure)?;
        self.witness.started(epoch);
        Ok(mark)
    }

    /// Tells the witness when an identity is there: its event comes after its transaction.
    fn watch(&self, publish: Publish) -> Publish {
        let witness = Rc::clone(&self.witness);
        Rc::new(move |message| {
            if let ToClients::Event { event, .. } = &message
                && matches!(event.event, Event::Profile(_))
            {
                witness.identity_exists();
            }
            publish(message);
        })
    }
}

/// Why a store that does not open or load keeps the engine from starting.
#[must_use]
pub const fn failure(error: StoreError) -> StartFailure {
    match error {
        StoreError::Newer => StartFailure::NewerDatabase,
        StoreError::Locked => StartFailure::Locked,
        StoreError::Key | StoreError::Row(_) => StartFailure::DatabaseUnreadable,
        StoreError::Replaced => StartFailure::DatabaseVanished,
        StoreError::Unavailable | StoreError::Refused | StoreError::KeyTooLong(_) => {
            StartFailure::StorageUnavailable
        }
    }
}

#[cfg(test)]
mod tests;
