//! Who listens at which address.
//!
//! Invariant: an address stands in the switchboard for as long as a stream is subscribed to it.
//! Holds no envelope: a subscriber is told where to look, and reads the store at its own speed, so
//! one that does not read holds nobody up and fills no memory.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use volly_core::{
    limits::PUSH_WINDOW,
    wire::mailbox::{Address, EnvelopeId, Frame},
};

use super::store::{Store, StoreError};
use crate::defaults;

/// Every subscription of the relay.
#[derive(Debug, Default)]
pub struct Switchboard {
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
    at: HashMap<Address, Vec<Arc<Subscriber>>>,
    count: usize,
}

/// The subscriptions of one stream.
#[derive(Debug, Default)]
pub struct Subscriber {
    state: Mutex<State>,
    /// There is something to look at.
    pub wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    subscriptions: HashMap<Address, Subscription>,
    /// Where to look, each once. Taken from the front, so no mailbox keeps the others waiting.
    to_look_at: VecDeque<Address>,
}

#[derive(Debug, Default)]
struct Subscription {
    /// Pushed and not yet deleted, oldest first, at most [`PUSH_WINDOW`].
    in_flight: Vec<EnvelopeId>,
    queued: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every section under these locks leaves the maps whole, wherever it stops.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Switchboard {
    /// Adds a subscription; `false` when a bound is reached. A second one to the same address
    /// changes nothing.
    pub fn subscribe(&self, subscriber: &Arc<Subscriber>, address: Address) -> bool {
        let mut listeners = lock(&self.listeners);
        let mut state = lock(&subscriber.state);
        let held = state.subscriptions.len();
        match state.subscriptions.entry(address) {
            Entry::Occupied(_) => true,
            Entry::Vacant(entry) => {
                if held >= defaults::STREAM_SUBSCRIPTIONS
                    || listeners.count >= defaults::TOTAL_SUBSCRIPTIONS
                {
                    return false;
                }
                entry.insert(Subscription::default());
                listeners.count += 1;
                listeners.at.entry(address).or_default().push(Arc::clone(subscriber));
                true
            }
        }
    }

    /// Ends a subscription, if there is one.
    pub fn unsubscribe(&self, subscriber: &Arc<Subscriber>, address: &Address) {
        let mut listeners = lock(&self.listeners);
        if lock(&subscriber.state).subscriptions.remove(address).is_some() {
            listeners.remove(subscriber, address);
        }
    }

    /// Ends all subscriptions of a stream.
    pub fn leave(&self, subscriber: &Arc<Subscriber>) {
        let mut listeners = lock(&self.listeners);
        let subscriptions = core::mem::take(&mut *lock(&subscriber.state)).subscriptions;
        for address in subscriptions.keys() {
            listeners.remove(subscriber, address);
        }
    }

    /// Tells everyone at `address` to look.
    pub fn notify(&self, address: &Address) {
        let listeners = lock(&self.listeners);
        for subscriber in listeners.at.get(address).into_iter().flatten() {
            subscriber.look_at(address);
        }
    }
}

impl Listeners {
    fn remove(&mut self, subscriber: &Arc<Subscriber>, address: &Address) {
        self.count -= 1;
        if let Entry::Occupied(mut entry) = self.at.entry(*address) {
            entry.get_mut().retain(|other| !Arc::ptr_eq(other, subscriber));
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

impl Subscriber {
    /// Whether this stream is subscribed to `address`.
    #[must_use]
    pub fn listens_at(&self, address: &Address) -> bool {
        lock(&self.state).subscriptions.contains_key(address)
    }

    /// Has [`Self::next_push`] look at `address`.
    pub fn look_at(&self, address: &Address) {
        let mut state = lock(&self.state);
        let State { subscriptions, to_look_at } = &mut *state;
        if let Some(subscription) = subscriptions.get_mut(address)
            && !subscription.queued
        {
            subscription.queued = true;
            to_look_at.push_back(*address);
            self.wake.notify_one();
        }
    }

    /// The next envelope to push. Nothing is left to push when this is `None`.
    ///
    /// An address is taken from the queue before the store is read: what is deposited after the
    /// reading queues it again, so nothing is missed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_push(&self, store: &Store, minute: u32) -> Result<Option<Frame>, StoreError> {
        while let Some((address, in_flight)) = self.take() {
            let mut still = Vec::with_capacity(in_flight.len());
            let push = store.find_envelope(&address, minute, |id, envelope| {
                if still.len() == PUSH_WINDOW {
                    return Some(None);
                }
                still.push(*id);
                let new = !in_flight.contains(id);
                new.then(|| Some(Frame::Push { address, id: *id, envelope: envelope.to_vec() }))
            })?;
            if let Some(subscription) = lock(&self.state).subscriptions.get_mut(&address) {
                subscription.in_flight = still;
            } else {
                continue;
            }
            if let Some(push) = push.flatten() {
                self.look_at(&address);
                return Ok(Some(push));
            }
        }
        Ok(None)
    }

    fn take(&self) -> Option<(Address, Vec<EnvelopeId>)> {
        let mut state = lock(&self.state);
        loop {
            let address = state.to_look_at.pop_front()?;
            if let Some(subscription) = state.subscriptions.get_mut(&address) {
                subscription.queued = false;
                return Some((address, subscription.in_flight.clone()));
            }
        }
    }
}
