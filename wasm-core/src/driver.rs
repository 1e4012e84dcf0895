//! The loop that ties engine, store and network together, and the tab that runs it.
//!
//! ```text
//!            ┌────── effects ──────┐
//!  calls ──► │ Machine             │ ──► store.commit ──► then: network, events, replies
//!  events ─► │  (Engine)           │
//!  timer ──► └─────────────────────┘
//! ```
//!
//! Finish local work, then write, then accept something new. Invariant: nothing that follows from
//! a change leaves before the store has said that the change is durable, and effects are done in
//! the engine's order. Does not know: what any input or effect means.

use core::{future::Future, pin::pin, task::Poll, time::Duration};
use std::collections::VecDeque;

use futures::{
    Stream, StreamExt,
    channel::mpsc,
    future::{Either, poll_fn, select},
};
use rand_core::CryptoRng;

use crate::{
    api::{ApiError, CallId, Request, StartFailure},
    engine::{
        Engine, LoadError,
        effect::{ChangeSet, CommitId, Effect, NetAction, Row, Scan},
        input::{Input, NetEvent, Timestamp},
    },
    limits::{DRIVER_QUEUE, MAX_WAITING_ACTIONS, ROOM_ASKED_EVERY, STORE_PATIENCE},
    platform::{
        entropy::{SystemRng, system_rng},
        time,
    },
    rpc::{ToServer, server::Server},
    store::{Store, StoreError},
};

mod archive;
mod batch;
pub mod lead;
#[cfg(all(target_arch = "wasm32", feature = "idb"))]
mod page;
mod room;

#[cfg(all(target_arch = "wasm32", feature = "idb"))]
pub use self::page::{Core, serve_as_worker};

/// The state machine that is driven: the engine, or a script in a test.
pub trait Machine: Sized {
    /// Builds the state from every row but the messages.
    ///
    /// # Errors
    ///
    /// When the rows were not written by this machine.
    fn load(rows: Vec<Row>, now: Timestamp) -> Result<Self, StartFailure>;
    /// Takes one input.
    fn handle(&mut self, input: Input, now: Timestamp, rng: &mut impl CryptoRng);
    /// The next thing to do, in order.
    fn poll_effect(&mut self) -> Option<Effect>;
    /// When [`Input::Tick`] is due at the latest.
    fn poll_timeout(&self) -> Option<Timestamp>;
}

impl Machine for Engine {
    fn load(rows: Vec<Row>, now: Timestamp) -> Result<Self, StartFailure> {
        Self::load(rows, now).map_err(|error| match error {
            LoadError::Newer { .. } => StartFailure::NewerDatabase,
            LoadError::Damaged(_) => StartFailure::DatabaseUnreadable,
        })
    }

    fn handle(&mut self, input: Input, now: Timestamp, rng: &mut impl CryptoRng) {
        self.handle(input, now, rng);
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        self.poll_effect()
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.poll_timeout()
    }
}

/// The clock, so that tests have their own.
pub trait Clock {
    /// The time by this device's clock.
    fn now(&self) -> Timestamp;
    /// Waits at most for `duration`.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()>;
}

/// The device's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(time::now())
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        time::sleep(duration)
    }
}

/// The two ends of the network layer that the driver holds; dropping them stops it.
#[derive(Debug)]
pub struct Network {
    /// To it. The driver reads events also while there is no room here, else the two could wait for
    /// each other.
    pub actions: mpsc::Sender<NetAction>,
    /// From it.
    pub events: mpsc::Receiver<NetEvent>,
}

/// Why a run of the engine is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The store refused a transaction.
    Refused(StoreError),
    /// A backup was restored: the store holds another state than the engine.
    Restored,
    /// The network layer has stopped.
    NetworkGone,
    /// Nobody can ask any more.
    Closed,
}

/// One thing that the driver does next.
enum Step {
    Do(Effect),
    Tell(CommitId),
}

/// What ended a wait.
enum Woken {
    Event(NetEvent),
    Message(ToServer),
    /// Time has passed, or the network layer has room again.
    Due,
}

/// One run of an engine.
#[derive(Debug)]
pub struct Driver<'a, M, S, C> {
    machine: M,
    store: &'a S,
    clock: &'a C,
    rng: SystemRng,
    network: Network,
    calls: &'a mut mpsc::Receiver<ToServer>,
    server: Server,
    steps: VecDeque<Step>,
    /// Actions that the network layer has no room for yet.
    waiting: VecDeque<NetAction>,
    /// Calls that came while a backup was written.
    deferred: VecDeque<(CallId, Request)>,
    /// The backup that is being restored.
    restoring: Option<archive::Restoring>,
    /// Bytes of files that were stored since the store was asked for its room.
    stored: u64,
}

impl core::fmt::Debug for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Step")
    }
}

impl<'a, M: Machine, S: Store, C: Clock> Driver<'a, M, S, C> {
    /// Ties the parts together.
    #[must_use]
    pub const fn new(
        machine: M,
        store: &'a S,
        clock: &'a C,
        network: Network,
        calls: &'a mut mpsc::Receiver<ToServer>,
        server: Server,
    ) -> Self {
        Self {
            machine,
            store,
            clock,
            rng: system_rng(),
            network,
            calls,
            server,
            steps: VecDeque::new(),
            waiting: VecDeque::new(),
            deferred: VecDeque::new(),
            restoring: None,
            stored: ROOM_ASKED_EVERY,
        }
    }

    /// Runs until the engine is over. Calls that are open then are answered.
    pub async fn run(mut self) -> Ended {
        let ended = loop {
            if let Err(ended) = self.turn().await {
                break ended;
            }
        };
        self.server.end(match ended {
            Ended::Refused(_) => ApiError::NotStored,
            Ended::NetworkGone | Ended::Closed | Ended::Restored => ApiError::EngineMoved,
        });
        ended
    }

    async fn turn(&mut self) -> Result<(), Ended> {
        self.pass_on_actions()?;
        // A network layer that takes nothing holds back the engine's effects, never its events.
        let step = if self.has_room() { self.next_step() } else { None };
        match step {
            Some(Step::Tell(id)) => self.handle(Input::Committed(id)),
            Some(Step::Do(effect)) => self.perform(effect).await?,
            None => {
                self.look_for_room().await;
                self.accept().await?;
            }
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.waiting.len() < MAX_WAITING_ACTIONS
    }

    fn next_step(&mut self) -> Option<Step> {
        self.steps.pop_front().or_else(|| self.machine.poll_effect().map(Step::Do))
    }

    fn handle(&mut self, input: Input) {
        self.machine.handle(input, self.clock.now(), &mut self.rng);
    }

    async fn perform(&mut self, effect: Effect) -> Result<(), Ended> {
        match effect {
            Effect::Commit { .. } => return self.commit(effect).await,
            Effect::Net(action) => self.waiting.push_back(action),
            Effect::Emit(event) => self.server.emit(*event),
            Effect::Reply(call, reply) => self.server.reply(call, reply),
            Effect::Archive(call, step) => return self.archive(call, step).await,
            Effect::Scan(scans) => {
                let rows = self.scan(&scans).await?;
                self.handle(Input::Scanned(rows));
            }
        }
        Ok(())
    }

    /// Reads what the engine needs; `None` when a row does not open, now or ever.
    async fn scan(&self, scans: &[Scan]) -> Result<Option<Vec<Row>>, Ended> {
        let mut rows = Vec::new();
        for scan in scans {
            match self.store.scan(scan).await {
                Ok(found) => rows.extend(found),
                Err(StoreError::Row(_)) => return Ok(None),
                Err(error) => return Err(Ended::Refused(error)),
            }
        }
        Ok(Some(rows))
    }

    /// Stores a transaction, and with it those that stand directly behind it: a burst of messages
    /// costs one write.
    ///
    /// Of what follows, the network comes first: the other side waits for it, and the views are
    /// slow to draw. The network's actions keep their order, and so does all the rest.
    async fn commit(&mut self, first: Effect) -> Result<(), Ended> {
        let mut batch = batch::Batch::default();
        let mut next = Some(Step::Do(first));
        while let Some(Step::Do(Effect::Commit { id, changes, then })) = next {
            batch.add(changes);
            batch.then.extend(then.into_iter().map(Step::Do));
            batch.then.push_back(Step::Tell(id));
            next = self.next_step();
        }
        self.store_batch(&batch.changes).await?;
        self.count_files(&batch.changes);
        self.server.stored();
        while let Some(step) = next.take().or_else(|| self.next_step()) {
            if matches!(step, Step::Do(Effect::Commit { .. })) {
                next = Some(step);
                break;
            }
            batch.then.push_back(step);
        }
        let is_action = |step: &Step| matches!(step, Step::Do(Effect::Net(_)));
        let (actions, rest): (Vec<_>, Vec<_>) = batch.then.into_iter().partition(is_action);
        debug_assert!(self.steps.is_empty(), "every step was taken");
        self.steps.extend(actions.into_iter().chain(rest).chain(next));
        Ok(())
    }

    /// Stores a transaction, and tells the views when the browser takes long about it: it may hang.
    async fn store_batch(&mut self, changes: &ChangeSet) -> Result<(), Ended> {
        let mut stored = pin!(self.store.commit(changes));
        let patience = pin!(self.clock.sleep(STORE_PATIENCE));
        let result = match select(stored.as_mut(), patience).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => {
                self.server.stuck();
                stored.await
            }
        };
        result.map_err(Ended::Refused)
    }

    fn pass_on_actions(&mut self) -> Result<(), Ended> {
        while let Some(action) = self.waiting.pop_front() {
            if let Err(error) = self.network.actions.try_send(action) {
                if error.is_disconnected() {
                    return Err(Ended::NetworkGone);
                }
                self.waiting.push_front(error.into_inner());
                break;
            }
        }
        Ok(())
    }

    /// Waits for something to happen, and takes with it what has happened already.
    async fn accept(&mut self) -> Result<(), Ended> {
        if let Some((call, request)) = self.deferred.pop_front() {
            self.handle(Input::Call(call, request));
            return Ok(());
        }
        match self.wait().await? {
            Woken::Event(event) => self.handle(Input::Net(event)),
            Woken::Message(message) => self.accept_message(message),
            Woken::Due => {}
        }
        for _ in 0..DRIVER_QUEUE {
            let Some(event) = ready(&mut self.network.events).await else { break };
            self.handle(Input::Net(event));
        }
        if !self.has_room() {
            return Ok(());
        }
        for _ in 0..DRIVER_QUEUE {
            let Some(message) = ready(self.calls).await else { break };
            self.accept_message(message);
        }
        if self.machine.poll_timeout().is_some_and(|due| due <= self.clock.now()) {
            self.handle(Input::Tick);
        }
        Ok(())
    }

    fn accept_message(&mut self, message: ToServer) {
        if message == ToServer::Wake {
            self.waiting.push_back(NetAction::Reconnect);
        } else if let Some((call, request)) = self.server.accept(message) {
            self.handle(Input::Call(call, request));
        }
    }

    async fn wait(&mut self) -> Result<Woken, Ended> {
        let has_room = self.has_room();
        let Network { actions, events } = &mut self.network;
        let (calls, waiting, clock) = (&mut *self.calls, &self.waiting, self.clock);
        let due = self.machine.poll_timeout();
        let mut timer = Box::pin(async {
            let Some(due) = due else { return core::future::pending().await };
            clock.sleep(Duration::from_millis(due.0.saturating_sub(clock.now().0))).await;
        });
        poll_fn(|context| {
            if let Poll::Ready(event) = events.poll_next_unpin(context) {
                return Poll::Ready(event.map(Woken::Event).ok_or(Ended::NetworkGone));
            }
            if !waiting.is_empty() && actions.poll_ready(context).is_ready() {
                return Poll::Ready(Ok(Woken::Due));
            }
            if !has_room {
                return Poll::Pending;
            }
            if let Poll::Ready(message) = calls.poll_next_unpin(context) {
                return Poll::Ready(message.map(Woken::Message).ok_or(Ended::Closed));
            }
            timer.as_mut().poll(context).map(|()| Ok(Woken::Due))
        })
        .await
    }
}

/// The next item, if it is there already. The end of the stream is left for the next wait.
async fn ready<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> Option<T> {
    poll_fn(|context| match stream.poll_next_unpin(context) {
        Poll::Ready(item) => Poll::Ready(item),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[cfg(test)]
mod tests;
