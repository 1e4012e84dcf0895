//! One engine after another on one store, for as long as this tab leads.
//!
//! A refused transaction ends an engine (its state is ahead of the store); the next one is loaded
//! from the store, after a pause that grows while the store keeps refusing.

use core::time::Duration;
use std::rc::Rc;

use futures::channel::mpsc;
use rand_core::Rng;

use super::{Clock, Driver, Ended, Machine, Network};
use crate::{
    api::{Event, StartFailure},
    engine::effect::{Row, Table},
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
        let rows = self.store.load().await.map_err(failure)?;
        let is_account = |row: &Row| row.table == Table::Account;
        match (rows.iter().any(is_account), self.witness.knows_identity()) {
            (true, false) => self.witness.identity_exists(),
            (false, true) => return Err(StartFailure::DatabaseVanished),
            _ => {}
        }
        M::load(rows, self.clock.now())
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
        StoreError::Key | StoreError::Row(_) => StartFailure::DatabaseUnreadable,
        StoreError::Replaced => StartFailure::DatabaseVanished,
        StoreError::Unavailable | StoreError::Refused | StoreError::KeyTooLong(_) => {
            StartFailure::StorageUnavailable
        }
    }
}

#[cfg(test)]
mod tests;
