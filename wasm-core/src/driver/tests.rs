use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
    task::Waker,
};

use futures::{executor::LocalPool, task::LocalSpawnExt};

use super::*;
use crate::{
    api::{CallId, Connection, ContactId, Event, Numbered, Path, Reconnect},
    engine::effect::{Bound, ChangeSet, Table},
    rpc::{PortId, RunId, ToClients, frame::Frame, server::refusal},
    store::memory::Memory,
};

/// What a script answers to an input. Inputs are named by their `Debug` text, up to a parenthesis.
type Script = fn(&Input) -> Vec<Effect>;

pub(super) struct Scripted {
    script: Script,
    effects: VecDeque<Effect>,
    log: Log,
    timeout: Option<Timestamp>,
}

/// Everything that happened, in order.
type Log = Rc<RefCell<Vec<String>>>;

impl Machine for Scripted {
    fn load(_: Vec<Row>, _: Timestamp) -> Result<Self, StartFailure> {
        Err(StartFailure::DatabaseUnreadable)
    }

    fn handle(&mut self, input: Input, now: Timestamp, _: &mut impl CryptoRng) {
        let name = match &input {
            Input::Call(CallId(call), _) => format!("call {call}"),
            Input::Net(event) => format!("net {event:?}"),
            Input::Committed(CommitId(id)) => format!("committed {id}"),
            Input::Scanned(rows) => format!("scanned {:?}", rows.as_ref().map(Vec::len)),
            Input::Room(bytes) => format!("room {bytes}"),
            Input::Tick => format!("tick at {}", now.0),
        };
        self.log.borrow_mut().push(name);
        if matches!(input, Input::Tick) {
            self.timeout = None;
        }
        self.effects.extend((self.script)(&input));
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.timeout
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Works,
    Fails,
    Hangs,
}

/// A store that logs its transactions, and fails or hangs when it is told to.
struct Faulty {
    memory: Memory,
    mode: Cell<Mode>,
    hanging: RefCell<Option<Waker>>,
    log: Log,
}

impl Faulty {
    fn set(&self, mode: Mode) {
        self.mode.set(mode);
        let _ = self.hanging.take().map(Waker::wake);
    }
}

impl Store for Faulty {
    async fn load(&self) -> Result<Vec<Row>, StoreError> {
        self.memory.load().await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StoreError> {
        if self.mode.get() == Mode::Fails {
            return Err(StoreError::Row(scan.table));
        }
        self.memory.scan(scan).await
    }

    async fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.memory.count(table).await
    }

    async fn commit(&self, changes: &ChangeSet) -> Result<(), StoreError> {
        poll_fn(|context| {
            *self.hanging.borrow_mut() = Some(context.waker().clone());
            if self.mode.get() == Mode::Hangs { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        if self.mode.get() == Mode::Fails {
            return Err(StoreError::Refused);
        }
        self.memory.commit(changes).await?;
        self.log.borrow_mut().push(format!("stored {}", changes.puts.len()));
        Ok(())
    }
}

/// A clock that a test moves.
#[derive(Clone, Default)]
struct Manual {
    now: Rc<Cell<u64>>,
    sleepers: Rc<RefCell<Vec<Waker>>>,
}

impl Manual {
    fn advance(&self, milliseconds: u64) {
        self.now.set(self.now.get() + milliseconds);
        self.sleepers.take().into_iter().for_each(Waker::wake);
    }
}

impl Clock for Manual {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.get())
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let end = self.now.get() + u64::try_from(duration.as_millis()).unwrap();
        poll_fn(move |context| {
            self.sleepers.borrow_mut().push(context.waker().clone());
            if self.now.get() < end { Poll::Pending } else { Poll::Ready(()) }
        })
    }
}

struct World {
    pool: LocalPool,
    log: Log,
    store: &'static Faulty,
    clock: &'static Manual,
    events: mpsc::Sender<NetEvent>,
    actions: mpsc::Receiver<NetAction>,
    calls: mpsc::Sender<ToServer>,
    ended: Rc<Cell<Option<Ended>>>,
}

/// Runs a script. What it needs lives as long as the test program.
fn world(script: Script, timeout: Option<u64>) -> World {
    let log = Log::default();
    let (hanging, memory) = (RefCell::default(), Memory::default());
    let mode = Cell::new(Mode::Works);
    let store: &'static _ = Box::leak(Box::new(Faulty { memory, mode, hanging, log: log.clone() }));
    let clock: &'static Manual = Box::leak(Box::default());
    let (actions, action_receiver) = mpsc::channel(2);
    let (event_sender, events) = mpsc::channel(64);
    let (calls, call_receiver) = mpsc::channel(64);
    let (told, was_up) = (log.clone(), Cell::new(false));
    let publish = move |message: ToClients| {
        let name = match Frame::ToClients(message) {
            Frame::ToClients(ToClients::Reply { call, reply, .. }) => {
                format!("reply {} {reply:?}", call.0)
            }
            Frame::ToClients(ToClients::Event { event, .. }) => format!("event {}", event.number),
            Frame::ToClients(ToClients::Starting) => "starting".to_owned(),
            Frame::ToClients(ToClients::Up { storage_failing: true, .. }) => "failing".to_owned(),
            Frame::ToClients(ToClients::Up { .. }) if was_up.replace(true) => "working".to_owned(),
            _ => return,
        };
        told.borrow_mut().push(name);
    };
    let server = Server::start(RunId(1), false, Rc::new(publish));
    let timeout = timeout.map(Timestamp);
    let machine = Scripted { script, effects: VecDeque::new(), log: log.clone(), timeout };
    let network = Network { actions, events };
    let calls_of_driver: &'static mut _ = Box::leak(Box::new(call_receiver));
    let driver = Driver::new(machine, store, clock, network, calls_of_driver, server);
    let (pool, ended) = (LocalPool::new(), Rc::new(Cell::new(None)));
    let end = Rc::clone(&ended);
    pool.spawner().spawn_local(async move { end.set(Some(driver.run().await)) }).unwrap();
    World { pool, log, store, clock, events: event_sender, actions: action_receiver, calls, ended }
}

impl World {
    fn call(&mut self, call: u64) {
        let request = Reconnect {}.into();
        let message =
            ToServer::Call { run: RunId(1), port: PortId(0), call: CallId(call), request };
        self.calls.try_send(message).unwrap();
    }

    fn event(&mut self, contact: u64) {
        self.events.try_send(NetEvent::DirectUp(ContactId(contact), Path::Relayed)).unwrap();
    }

    /// Runs until everything waits; returns what happened.
    fn run(&mut self) -> Vec<String> {
        self.pool.run_until_stalled();
        self.log.take()
    }

    fn actions(&mut self) -> Vec<u64> {
        let contacts = std::iter::from_fn(|| self.actions.try_recv().ok());
        contacts
            .map(|action| match action {
                NetAction::ForgetDirect(ContactId(contact)) => contact,
                _ => u64::MAX,
            })
            .collect()
    }
}

fn put(key: u8) -> ChangeSet {
    let row = Row { table: Table::Messages, key: vec![key], value: Vec::new().into() };
    ChangeSet { puts: vec![row], ..ChangeSet::default() }
}

fn emit(number: u64) -> Effect {
    Effect::Emit(Box::new(Numbered { number, event: Event::Connection(Connection::Online) }))
}

fn action(contact: u64) -> Effect {
    Effect::Net(NetAction::ForgetDirect(ContactId(contact)))
}

/// Stores a row for every event and call; the action, the event and the reply stand behind it.
fn stores(input: &Input) -> Vec<Effect> {
    let (id, mut then) = match input {
        Input::Net(NetEvent::DirectUp(ContactId(id), _)) => (*id, Vec::new()),
        Input::Call(call, _) => (90 + call.0, vec![Effect::Reply(*call, vec![7])]),
        _ => return Vec::new(),
    };
    then.extend([action(id), emit(id)]);
    let changes = put(u8::try_from(id).unwrap());
    vec![Effect::Commit { id: CommitId(id), changes, then }]
}

#[test]
fn nothing_leaves_while_the_store_hangs_and_all_of_it_afterwards() {
    let mut world = world(stores, None);
    world.store.set(Mode::Hangs);
    world.call(5);
    assert_eq!(world.run(), ["call 0"]);
    assert_eq!(world.actions(), []);
    world.store.set(Mode::Works);
    assert_eq!(world.run(), ["stored 1", "reply 5 [7]", "event 90", "committed 90"]);
    assert_eq!(world.actions(), [90]);
}

#[test]
fn nothing_leaves_when_the_store_refuses_and_the_engine_is_over() {
    let mut world = world(stores, None);
    world.store.set(Mode::Fails);
    world.call(5);
    world.call(6);
    let not_stored = format!("{:?}", refusal(ApiError::NotStored));
    let replies = [5, 6].map(|call| format!("reply {call} {not_stored}"));
    assert_eq!(world.run(), ["call 0", "call 1", &replies[0], &replies[1], "starting"]);
    assert_eq!(world.actions(), []);
    assert_eq!(world.ended.get(), Some(Ended::Refused(StoreError::Refused)));
}

#[test]
fn a_burst_is_one_transaction_and_keeps_its_order() {
    let mut world = world(stores, None);
    (1..=3).for_each(|contact| world.event(contact));
    let log = world.run();
    let outcome = ["stored 3", "event 1", "committed 1", "event 2", "committed 2", "event 3"];
    assert_eq!(log[3..9], outcome);
    assert_eq!(world.actions(), [1, 2, 3]);
}

#[test]
fn an_effect_between_two_transactions_stays_between_them() {
    let mut world = world(
        |input| match input {
            Input::Call(..) => {
                let commit =
                    |id| Effect::Commit { id: CommitId(id), changes: put(1), then: vec![emit(id)] };
                vec![commit(1), emit(2), commit(3)]
            }
            _ => Vec::new(),
        },
        None,
    );
    world.call(0);
    let outcome =
        ["stored 1", "event 1", "committed 1", "event 2", "stored 1", "event 3", "committed 3"];
    assert_eq!(world.run()[1..], outcome);
}

#[test]
fn a_network_that_takes_nothing_is_still_listened_to_and_loses_nothing() {
    const BURST: u64 = MAX_WAITING_ACTIONS as u64 + 10;
    let mut world = world(
        |input| match input {
            Input::Call(CallId(0), _) => (0..BURST).map(action).chain([emit(1)]).collect(),
            _ => Vec::new(),
        },
        None,
    );
    world.call(0);
    assert_eq!(world.run(), ["call 0"], "the event behind the actions waits with them");
    world.event(4);
    world.call(1);
    assert_eq!(world.run(), ["net DirectUp(ContactId(4), Relayed)"], "calls wait, events do not");
    let mut taken = Vec::new();
    while taken.len() < usize::try_from(BURST).unwrap() {
        taken.extend(world.actions());
        world.pool.run_until_stalled();
    }
    assert!(taken.iter().copied().eq(0..BURST));
    assert_eq!(world.run()[..2], ["event 1", "call 1"]);
}

#[test]
fn calls_are_taken_however_many_events_there_are() {
    let mut world = world(|_| Vec::new(), None);
    (0..64).for_each(|contact| world.event(contact));
    world.call(0);
    let log: BTreeSet<String> = world.run().into_iter().collect();
    assert!(log.contains("call 0"));
    assert_eq!(log.len(), 65);
}

#[test]
fn the_tick_comes_when_it_is_due() {
    let mut world = world(|_| Vec::new(), Some(100));
    world.run();
    world.clock.advance(99);
    assert_eq!(world.run(), Vec::<String>::new());
    world.clock.advance(1);
    assert_eq!(world.run(), ["tick at 100"]);
}

#[test]
fn a_scan_is_answered_and_one_that_does_not_open_is_told_apart() {
    let mut world = world(
        |input| match input {
            Input::Call(..) => {
                let (table, prefix, from, limit) = (Table::Messages, Vec::new(), Bound::End, 9);
                vec![Effect::Scan(vec![Scan { table, prefix, from, limit }; 2])]
            }
            _ => Vec::new(),
        },
        None,
    );
    world.call(0);
    assert_eq!(world.run(), ["call 0", "scanned Some(0)"]);
    world.store.set(Mode::Fails);
    world.call(1);
    assert_eq!(world.run(), ["call 1", "scanned None"]);
    assert_eq!(world.ended.get(), None);
}

#[test]
fn a_transaction_that_hangs_is_told_and_waited_for() {
    let mut world = world(stores, None);
    world.store.set(Mode::Hangs);
    world.call(5);
    assert_eq!(world.run(), ["call 0"]);
    world.clock.advance(4_999);
    assert_eq!(world.run(), Vec::<String>::new());
    world.clock.advance(1);
    assert_eq!(world.run(), ["failing"]);
    world.store.set(Mode::Works);
    let done = ["stored 1", "working", "reply 5 [7]", "event 90", "committed 90"];
    assert_eq!(world.run(), done);
    assert_eq!(world.ended.get(), None);
}

#[test]
fn it_ends_with_the_network() {
    let mut world = world(|_| Vec::new(), None);
    world.events.close_channel();
    assert_eq!(world.run(), ["starting"]);
    assert_eq!(world.ended.get(), Some(Ended::NetworkGone));
}

#[test]
fn a_page_that_wakes_makes_the_network_look_after_its_connection() {
    let mut world = world(|_| Vec::new(), None);
    world.calls.try_send(ToServer::Wake).unwrap();
    world.run();
    assert!(matches!(world.actions.try_recv(), Ok(NetAction::Reconnect)));
}
