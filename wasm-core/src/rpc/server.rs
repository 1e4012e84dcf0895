//! The engine's end: gives calls one numbering and finds the view again that waits for the answer.
//!
//! Does not know: how messages travel, and what is in a reply.

use std::{collections::BTreeMap, rc::Rc};

use super::{PortId, RunId, ToClients, ToServer};
use crate::{
    api::{ApiError, CallId, Numbered, Request},
    limits::MAX_CALLS,
};

/// Where the server's messages go.
pub type Publish = Rc<dyn Fn(ToClients)>;

/// One run's calls and events.
pub struct Server {
    run: RunId,
    number: u64,
    storage_failing: bool,
    next: u64,
    open: BTreeMap<CallId, (PortId, CallId)>,
    publish: Publish,
}

impl core::fmt::Debug for Server {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Server").field("run", &self.run).field("open", &self.open.len()).finish()
    }
}

/// Postcard of `Err(error)`: the same bytes for every type of reply.
///
/// # Panics
///
/// Never: plain data serialises.
#[must_use]
pub fn refusal(error: ApiError) -> Vec<u8> {
    postcard::to_allocvec(&Err::<(), _>(error)).expect("plain data serialises")
}

impl Server {
    /// Starts a run and says so to every view, and whether the one before ended because the store
    /// refused a change.
    #[must_use]
    pub fn start(run: RunId, storage_failing: bool, publish: Publish) -> Self {
        let open = BTreeMap::new();
        let server = Self { run, number: 0, storage_failing, next: 0, open, publish };
        server.say_up();
        server
    }

    fn say_up(&self) {
        let Self { run, number, storage_failing, .. } = *self;
        (self.publish)(ToClients::Up { run, number, storage_failing });
    }

    /// Takes a message; returns the call for the engine, if it is one.
    ///
    /// Refuses a call itself when [`MAX_CALLS`] wait.
    pub fn accept(&mut self, message: ToServer) -> Option<(CallId, Request)> {
        match message {
            ToServer::Hello => {
                self.say_up();
                None
            }
            ToServer::Wake | ToServer::Lock => None,
            ToServer::Call { run, .. } if run != self.run => None,
            ToServer::Call { port, call, .. } if self.open.len() >= MAX_CALLS => {
                let max = u32::try_from(MAX_CALLS).unwrap_or(u32::MAX);
                let reply = refusal(ApiError::Limit { max });
                (self.publish)(ToClients::Reply { run: self.run, port, call, reply });
                None
            }
            ToServer::Call { port, call, request, .. } => {
                let ours = CallId(self.next);
                self.next += 1;
                self.open.insert(ours, (port, call));
                Some((ours, request))
            }
        }
    }

    /// Answers a call. One that is not open is ignored.
    pub fn reply(&mut self, call: CallId, reply: Vec<u8>) {
        if let Some((port, call)) = self.open.remove(&call) {
            (self.publish)(ToClients::Reply { run: self.run, port, call, reply });
        }
    }

    /// The store takes long about a change.
    pub fn stuck(&mut self) {
        self.storage_failing = true;
        self.say_up();
    }

    /// The store has taken a change.
    pub fn stored(&mut self) {
        if core::mem::take(&mut self.storage_failing) {
            self.say_up();
        }
    }

    /// Tells every view.
    pub fn emit(&mut self, event: Numbered) {
        self.number = event.number;
        (self.publish)(ToClients::Event { run: self.run, event });
    }

    /// Ends the run: answers every open call with `error`, then says that another run starts.
    pub fn end(mut self, error: ApiError) {
        while let Some((_, (port, call))) = self.open.pop_first() {
            let reply = refusal(error);
            (self.publish)(ToClients::Reply { run: self.run, port, call, reply });
        }
        (self.publish)(ToClients::Starting);
    }
}
