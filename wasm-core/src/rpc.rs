//! Calls and events between a view and the engine, which may run in another tab.
//!
//! ```text
//!  view ── Client ── ToServer ──►  port  ──► Server ── driver
//!                 ◄─ ToClients ──        ◄──
//! ```
//!
//! Both ends are plain state machines; a port is a queue inside the leader's own page and a
//! BroadcastChannel (`volly`) elsewhere. Invariant: a call is answered once, or not at all and then
//! the engine has moved, which the client knows from the next run's `Up`.

pub mod client;
pub mod frame;
pub mod server;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::api::{CallId, Numbered, Request, StartFailure};

/// Names a view, drawn at random when it connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortId(pub u64);

/// Names one life of an engine, drawn at random when it starts. Numbers of events and open calls
/// mean something within one run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// What a view sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToServer {
    /// Is there an engine? Answered by [`ToClients::Up`] when there is.
    Hello,
    /// Let the engine go, and the key of the database with it.
    Lock,
    /// The page woke or the network may have changed: look after the connection now.
    Wake,
    /// A call.
    Call {
        /// To whom; another run does not take it, because its caller was told that the engine moved.
        run: RunId,
        /// Who asks.
        port: PortId,
        /// Unique to the port.
        call: CallId,
        /// What.
        request: Request,
    },
}

/// What every view hears; each takes what is for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToClients {
    /// The engine that ran, if any, has ended; another one starts.
    Starting,
    /// For the tab that leads next, while the database is under a passphrase that was typed.
    Key(DatabaseKey),
    /// The tab that was to run it could not; another one may try.
    Failed(StartFailure),
    /// An engine runs.
    Up {
        /// Its name.
        run: RunId,
        /// The number of its last event, 0 when there was none.
        number: u64,
        /// The store has refused a change and has not taken one since.
        storage_failing: bool,
    },
    /// The answer to a call.
    Reply {
        /// By whom.
        run: RunId,
        /// To whom.
        port: PortId,
        /// To which call.
        call: CallId,
        /// Postcard of `Result<C::Reply, ApiError>`.
        reply: Vec<u8>,
    },
    /// Something happened.
    Event {
        /// By whom.
        run: RunId,
        /// What.
        event: Numbered,
    },
}

/// The key of the database. It crosses to other tabs of the same page, which could ask for it anyway.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseKey(pub [u8; 32]);

impl core::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DatabaseKey(..)")
    }
}

impl Drop for DatabaseKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
