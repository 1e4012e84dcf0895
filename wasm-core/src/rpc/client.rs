//! A view's end: keeps calls until they are answered, and events in one order without gaps.
//!
//! ```text
//!  Waiting ──Up──► Fetching ──snapshot──► Following ──gap──► Fetching
//!     ▲               │                      │
//!     └── Starting ───┴──────────────────────┘          Up of another run: Fetching, from anywhere
//! ```
//!
//! Does not know: how messages travel, and which tab runs the engine.

use std::collections::{BTreeMap, VecDeque};

use futures::channel::oneshot;

use super::{PortId, RunId, ToClients, ToServer};
use crate::{
    api::{
        ApiError, CallId, Event, GetSnapshot, Notice, Numbered, Request, Snapshot, StartFailure,
    },
    limits::MAX_CALLS_OF_VIEW,
};

/// What comes back for a call: postcard of `Result<C::Reply, ApiError>`.
pub type Answer = oneshot::Receiver<Result<Vec<u8>, ApiError>>;

/// What the client wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Send it.
    Send(ToServer),
    /// Tell the view.
    Notice(Notice),
}

/// A call that waits.
#[derive(Debug)]
struct Pending {
    request: Request,
    sent: bool,
    answer: oneshot::Sender<Result<Vec<u8>, ApiError>>,
}

impl Pending {
    /// Asking twice does nothing twice.
    const fn is_safe_to_repeat(&self) -> bool {
        let is_safe = match &self.request {
            Request::GetSnapshot(_) | Request::GetTimeline(_) => true,
            Request::SendText(text) => text.token != 0,
            _ => false,
        };
        is_safe || !self.sent
    }
}

/// Where the view stands in the order of events.
#[derive(Debug, PartialEq, Eq)]
enum Order {
    /// No engine is known.
    Waiting,
    /// The snapshot was asked for; what happens before it comes is in it.
    Fetching(CallId),
    /// The next event has this number.
    Following(u64),
}

/// One view.
#[derive(Debug)]
pub struct Client {
    port: PortId,
    run: Option<RunId>,
    order: Order,
    failure: Option<StartFailure>,
    storage_failing: bool,
    told_failing: bool,
    next_call: u64,
    pending: BTreeMap<CallId, Pending>,
    outputs: VecDeque<Output>,
}

impl Client {
    /// Connects: asks whether an engine runs.
    #[must_use]
    pub fn connect(port: PortId) -> Self {
        let outputs = [Output::Notice(Notice::Starting), Output::Send(ToServer::Hello)].into();
        Self {
            port,
            run: None,
            order: Order::Waiting,
            failure: None,
            storage_failing: false,
            told_failing: false,
            next_call: 0,
            pending: BTreeMap::new(),
            outputs,
        }
    }

    /// The page woke: it may have missed messages, and the engine may have lost its connection.
    pub fn wake(&mut self) {
        self.outputs.extend([Output::Send(ToServer::Hello), Output::Send(ToServer::Wake)]);
    }

    /// Makes a call. While no engine runs it waits for one.
    ///
    /// # Errors
    ///
    /// [`ApiError::Limit`] when [`MAX_CALLS_OF_VIEW`] calls wait.
    pub fn call(&mut self, request: Request) -> Result<Answer, ApiError> {
        self.pending.retain(|_, call| !call.answer.is_canceled());
        if self.pending.len() >= MAX_CALLS_OF_VIEW {
            let max = u32::try_from(MAX_CALLS_OF_VIEW).unwrap_or(u32::MAX);
            return Err(ApiError::Limit { max });
        }
        let (answer, receiver) = oneshot::channel();
        let call = self.next_call();
        let sent = self.send(call, request.clone());
        self.pending.insert(call, Pending { request, sent, answer });
        Ok(receiver)
    }

    /// Takes what the engine's tab said.
    pub fn receive(&mut self, message: ToClients) {
        match message {
            ToClients::Starting => self.on_starting(),
            ToClients::Key(_) => {}
            ToClients::Failed(failure) => self.fail(failure),
            ToClients::Up { run, number, storage_failing } => {
                self.storage_failing = storage_failing;
                if self.run == Some(run) {
                    self.on_same_run(number);
                } else {
                    self.on_new_run(run);
                }
                self.tell_storage();
            }
            ToClients::Reply { run, port, call, reply } => {
                if self.run == Some(run) && self.port == port {
                    self.on_reply(call, reply);
                }
            }
            ToClients::Event { run, event } => {
                if self.run == Some(run) {
                    self.on_event(event);
                }
            }
        }
    }

    /// The engine cannot run: in this tab, or in another one that this build does not understand.
    pub fn fail(&mut self, failure: StartFailure) {
        self.lose_run();
        if self.failure.replace(failure) == Some(failure) {
            return;
        }
        self.outputs.push_back(Output::Notice(Notice::Failed(failure)));
    }

    /// Whether an engine is known that this view understands.
    #[must_use]
    pub const fn has_engine(&self) -> bool {
        self.run.is_some()
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    const fn next_call(&mut self) -> CallId {
        self.next_call += 1;
        CallId(self.next_call)
    }

    /// Sends a call, if there is an engine.
    fn send(&mut self, call: CallId, request: Request) -> bool {
        let Some(run) = self.run else { return false };
        let message = ToServer::Call { run, port: self.port, call, request };
        self.outputs.push_back(Output::Send(message));
        true
    }

    fn lose_run(&mut self) {
        self.run = None;
        self.order = Order::Waiting;
        for (call, mut pending) in core::mem::take(&mut self.pending) {
            if pending.is_safe_to_repeat() {
                pending.sent = false;
                self.pending.insert(call, pending);
            } else {
                // A caller that has gone away needs no answer.
                let _ = pending.answer.send(Err(ApiError::EngineMoved));
            }
        }
    }

    fn on_starting(&mut self) {
        self.lose_run();
        self.failure = None;
        self.outputs.push_back(Output::Notice(Notice::Starting));
    }

    fn on_new_run(&mut self, run: RunId) {
        self.lose_run();
        self.failure = None;
        self.run = Some(run);
        let mut waiting = Vec::new();
        for (call, pending) in &mut self.pending {
            pending.sent = true;
            waiting.push((*call, pending.request.clone()));
        }
        self.fetch();
        for (call, request) in waiting {
            self.send(call, request);
        }
    }

    /// Tells a view that follows whether the store works, when it knows otherwise.
    fn tell_storage(&mut self) {
        if matches!(self.order, Order::Following(_)) && self.told_failing != self.storage_failing {
            self.told_failing = self.storage_failing;
            let event = Event::StorageFailing(self.storage_failing);
            self.outputs.push_back(Output::Notice(Notice::Event(event)));
        }
    }

    fn on_same_run(&mut self, number: u64) {
        if matches!(self.order, Order::Following(next) if next != number.saturating_add(1)) {
            self.fetch();
        }
    }

    fn fetch(&mut self) {
        let call = self.next_call();
        self.order = Order::Fetching(call);
        self.send(call, GetSnapshot {}.into());
    }

    fn on_reply(&mut self, call: CallId, reply: Vec<u8>) {
        if self.order != Order::Fetching(call) {
            if let Some(pending) = self.pending.remove(&call) {
                let _ = pending.answer.send(Ok(reply));
            }
            return;
        }
        match postcard::from_bytes::<Result<Snapshot, ApiError>>(&reply) {
            Ok(Ok(snapshot)) => {
                self.order = Order::Following(snapshot.number.saturating_add(1));
                self.outputs.push_back(Output::Notice(Notice::Ready(Box::new(snapshot))));
                self.tell_storage();
            }
            // The engine had no room for the call, or ends. The next event asks again.
            _ => self.order = Order::Following(u64::MAX),
        }
    }

    fn on_event(&mut self, Numbered { number, event }: Numbered) {
        let Order::Following(next) = self.order else { return };
        if number == next {
            self.order = Order::Following(next.saturating_add(1));
            self.outputs.push_back(Output::Notice(Notice::Event(event)));
        } else if number > next || next == u64::MAX {
            self.fetch();
        }
    }
}

#[cfg(test)]
#[path = "client/tests.rs"]
mod tests;
