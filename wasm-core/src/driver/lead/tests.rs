use core::{cell::Cell, future::Future};
use std::{cell::RefCell, collections::VecDeque};

use futures::{FutureExt, executor::LocalPool, future::ready};
use rand_core::CryptoRng;

use super::*;
use crate::{
    api::{ApiError, CallId, Numbered, Profile, Reconnect},
    engine::{
        effect::{ChangeSet, CommitId, Effect, Scan},
        input::{Input, Timestamp},
    },
    limits::STORE_PATIENCE,
    rpc::{PortId, server::refusal},
    store::memory::Memory,
};

/// Makes an identity at the first call; fails to load a row that says so.
struct Identity(VecDeque<Effect>);

impl Machine for Identity {
    fn load(rows: Vec<Row>, _: Timestamp) -> Result<Self, StartFailure> {
        if rows.iter().any(|row| row.value.as_slice() == b"damaged") {
            Err(StartFailure::DatabaseUnreadable)
        } else {
            Ok(Self(VecDeque::new()))
        }
    }

    fn handle(&mut self, input: Input, _: Timestamp, _: &mut impl CryptoRng) {
        let Input::Call(call, _) = input else { return };
        let (name, fingerprint, phrase_seen, relay_only) = (String::new(), [0; 32], false, false);
        let (answers_read, shows_typing) = (true, true);
        let event = Event::Profile(Profile {
            name,
            fingerprint,
            phrase_seen,
            relay_only,
            answers_read,
            shows_typing,
        });
        let event = Effect::Emit(Box::new(Numbered { number: 1, event }));
        let then = vec![event, Effect::Reply(call, vec![0])];
        self.0.push_back(Effect::Commit { id: CommitId(1), changes: account(b"me"), then });
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        self.0.pop_front()
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}

fn account(value: &[u8]) -> ChangeSet {
    let key = ACCOUNT_KEY.to_vec();
    let row = Row { table: Table::Account, key, value: value.to_vec().into() };
    ChangeSet { puts: vec![row], ..ChangeSet::default() }
}

/// Refuses the first transactions.
#[derive(Default)]
struct Refusing {
    memory: Memory,
    refusals: RefCell<VecDeque<StoreError>>,
}

impl Store for Refusing {
    async fn load(&self) -> Result<Vec<Row>, StoreError> {
        self.memory.load().await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StoreError> {
        self.memory.scan(scan).await
    }

    async fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.memory.count(table).await
    }

    async fn commit(&self, changes: &ChangeSet) -> Result<(), StoreError> {
        let refusal = self.refusals.borrow_mut().pop_front();
        match refusal {
            Some(error) => Err(error),
            None => self.memory.commit(changes).await,
        }
    }
}

/// A clock on which every pause is over at once; it says how long they were.
#[derive(Default)]
struct Pauses(RefCell<Vec<Duration>>);

impl Clock for Pauses {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        self.0.borrow_mut().push(duration);
        ready(())
    }
}

#[derive(Default)]
struct Canary {
    identity: Cell<bool>,
    epoch: Cell<u64>,
    takes_older: Cell<bool>,
}

impl Witness for Canary {
    fn knows_identity(&self) -> bool {
        self.identity.get()
    }

    fn identity_exists(&self) {
        self.identity.set(true);
    }

    fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    fn started(&self, epoch: u64) {
        self.epoch.set(epoch);
        self.takes_older.set(false);
    }

    fn takes_older(&self) -> bool {
        self.takes_older.get()
    }
}

#[derive(Default)]
struct World {
    store: Refusing,
    clock: Pauses,
    witness: Rc<Canary>,
    networks: Cell<usize>,
}

impl World {
    /// Leads until nothing happens any more. So many calls are made, one to each engine.
    fn lead(&self, calls: u64) -> (Option<StartFailure>, Vec<ToClients>) {
        let (mut sender, mut receiver) = mpsc::channel(8);
        let mut left = 0..calls;
        let call = move |run| {
            if let Some(call) = left.next().map(CallId) {
                let (port, request) = (PortId(0), Reconnect {}.into());
                sender.try_send(ToServer::Call { run, port, call, request }).unwrap();
            }
        };
        let call = RefCell::new(call);
        let told = Rc::new(RefCell::new(Vec::new()));
        let publish: Publish = {
            let told = Rc::clone(&told);
            Rc::new(move |message| {
                if let ToClients::Up { run, .. } = message
                    && !told.borrow().contains(&message)
                {
                    call.borrow_mut()(run);
                }
                told.borrow_mut().push(message);
            })
        };
        let mut ends = Vec::new();
        let start_network = || {
            self.networks.set(self.networks.get() + 1);
            let (actions, layer_actions) = mpsc::channel(1);
            let (layer_events, events) = mpsc::channel(1);
            ends.push((layer_actions, layer_events));
            Network { actions, events }
        };
        let (store, clock, witness) = (&self.store, &self.clock, Rc::clone(&self.witness));
        let leader = Leader { store, clock, witness, calls: &mut receiver };
        let failure = leader.lead::<Identity>(&publish, start_network).now_or_never();
        (failure, told.take())
    }
}

fn replies(told: &[ToClients]) -> Vec<Vec<u8>> {
    let reply = |message: &ToClients| match message {
        ToClients::Reply { reply, .. } => Some(reply.clone()),
        _ => None,
    };
    told.iter().filter_map(reply).collect()
}

#[test]
fn the_witness_hears_of_an_identity_once_it_is_stored() {
    let world = World::default();
    world.store.refusals.borrow_mut().push_back(StoreError::Refused);
    world.lead(1);
    assert!(!world.witness.knows_identity());
    world.lead(1);
    assert!(world.witness.knows_identity());
}

#[test]
fn the_witness_is_told_of_an_identity_that_it_does_not_know() {
    let world = World::default();
    LocalPool::new().run_until(world.store.commit(&account(b"me"))).unwrap();
    assert_eq!(world.lead(0).0, None);
    assert!(world.witness.knows_identity());
}

#[test]
fn a_database_that_vanished_is_no_first_start() {
    let world = World::default();
    world.witness.identity_exists();
    assert_eq!(world.lead(1), (Some(StartFailure::DatabaseVanished), Vec::new()));
    assert_eq!(world.networks.get(), 0);
}

#[test]
fn rows_that_are_no_state_are_left_alone() {
    let world = World::default();
    LocalPool::new().run_until(world.store.commit(&account(b"damaged"))).unwrap();
    assert_eq!(world.lead(1).0, Some(StartFailure::DatabaseUnreadable));
}

#[test]
fn after_a_refusal_a_new_engine_and_a_new_network_start_after_growing_pauses() {
    let world = World::default();
    world.store.refusals.borrow_mut().extend([StoreError::Refused; 8]);
    let (failure, told) = world.lead(9);
    assert_eq!(failure, None);
    let mut answers = vec![refusal(ApiError::NotStored); 8];
    answers.push(vec![0]);
    assert_eq!(replies(&told), answers);
    let failing = |message: &ToClients| match message {
        ToClients::Up { storage_failing, .. } => Some(*storage_failing),
        _ => None,
    };
    let failing: Vec<bool> = told.iter().filter_map(failing).collect();
    assert_eq!(failing, [false, true, true, true, true, true, true, true, true, false]);
    assert_eq!(world.networks.get(), 9);
    let pauses = world.clock.0.take().into_iter().filter(|pause| *pause != STORE_PATIENCE);
    let pauses: Vec<_> = pauses.map(|pause| pause.as_millis()).collect();
    assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
}

#[test]
fn a_database_that_vanishes_under_the_engine_ends_it() {
    let world = World::default();
    world.store.refusals.borrow_mut().push_back(StoreError::Replaced);
    assert_eq!(world.lead(1).0, Some(StartFailure::DatabaseVanished));
}

#[test]
fn an_older_database_is_no_start_until_somebody_says_so_and_then_it_is_marked() {
    let world = World::default();
    let mut pool = LocalPool::new();
    pool.run_until(world.store.commit(&account(b"me"))).unwrap();
    assert_eq!(world.lead(0).0, None);
    let older: Vec<Row> = pool.run_until(world.store.load()).unwrap();
    assert_eq!(world.lead(0).0, None);
    assert_eq!(world.witness.epoch(), 2, "every start counts");

    let changes = ChangeSet { puts: older, ..ChangeSet::default() };
    pool.run_until(world.store.memory.commit(&changes)).unwrap();
    let networks = world.networks.get();
    assert_eq!(world.lead(0).0, Some(StartFailure::DatabaseOlder));
    assert_eq!(world.lead(0).0, Some(StartFailure::DatabaseOlder), "nothing has changed");
    assert_eq!(world.networks.get(), networks, "and nothing has left");
    let marked = |pool: &mut LocalPool| {
        let rows = pool.run_until(world.store.load()).unwrap();
        rows.iter().any(|row| row.key == RESTORED_KEY)
    };
    assert!(!marked(&mut pool));
    world.witness.takes_older.set(true);
    assert_eq!(world.lead(0).0, None);
    assert!(marked(&mut pool), "the engine draws a new device");
    assert_eq!((world.witness.epoch(), world.witness.takes_older()), (3, false));
    assert_eq!(world.lead(0).0, None, "and from then on it is the newest");
}

#[test]
fn a_start_that_cannot_be_counted_is_none() {
    let world = World::default();
    LocalPool::new().run_until(world.store.commit(&account(b"me"))).unwrap();
    world.store.refusals.borrow_mut().push_back(StoreError::Refused);
    assert_eq!(world.lead(0).0, Some(StartFailure::StorageUnavailable));
    assert_eq!(world.witness.epoch(), 0);
}
