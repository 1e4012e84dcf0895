//! The network: [`NetAction`]s in, [`NetEvent`]s out.
//!
//! One task holds the libp2p node and everything that rides on it: the links to two relays with their
//! mailbox clients, and the direct streams to contacts. It polls them all itself, so
//! nothing here waits for anything else here. What differs between a browser and a test is in
//! [`Config`]: the sockets, the bootstrap document, how two browsers come to a connection of their own,
//! and what the system says of its network.
//!
//! Does not do: repeat a request, decide what to send, or keep anything after the page is closed.
//! Says nothing to any log: all it could name is addresses and PeerIds.

mod bootstrap;
mod breaker;
mod contact_ping;
mod direct;
mod directory;
mod event_loop;
mod frames;
mod handoff;
mod link;
mod links;
mod mailbox_client;
mod observed;
mod on_some;
#[cfg(test)]
mod pipe;
mod probe;
mod race;
mod reservation;
#[cfg(any(test, target_arch = "wasm32"))]
mod sleep;
#[cfg(any(test, target_arch = "wasm32"))]
mod stun;
mod swarm;
mod timer;
mod told;
#[cfg(any(test, target_arch = "wasm32"))]
mod url;
mod woken;

#[cfg(all(feature = "interop", target_arch = "wasm32"))]
pub mod bare;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod web_socket;
#[cfg(any(test, target_arch = "wasm32"))]
mod webrtc;

use std::{collections::VecDeque, io, time::Duration};

use futures::{
    AsyncRead, AsyncWrite, FutureExt, channel::mpsc, future::LocalBoxFuture, stream::LocalBoxStream,
};
use libp2p::{
    PeerId, Stream,
    core::{muxing::StreamMuxerBox, transport::Boxed},
    identity::Keypair,
};

pub use self::bootstrap::{Bootstrap, BootstrapError, Relay};
use crate::engine::{effect::NetAction, input::NetEvent};

/// Actions that wait for the network, and events that wait for the driver.
///
/// Lower: the two take turns more often. Higher: more memory when one is slow.
const CHANNEL_LENGTH: usize = 64;

/// Events that wait for the channel before no more is read from the network.
const MAX_UNDELIVERED: usize = 64;

/// Events that wait for the channel before no more actions are taken.
///
/// Above [`MAX_UNDELIVERED`] by what is in flight, so that a driver that sends a lot without
/// listening is stopped only when it does nothing else.
const MAX_UNANSWERED: usize = 1_024;

/// A byte stream to a relay, before it is secured.
pub type Socket = Box<dyn Duplex>;

/// What a [`Socket`] can do.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// Makes the transport that dials relays in a way with encryption and streams of its own, for a node
/// with this key.
pub type Sessions = Box<dyn FnOnce(&Keypair) -> Boxed<(PeerId, StreamMuxerBox)>>;

/// Gets the bootstrap document.
pub type Fetch = Box<dyn FnMut() -> LocalBoxFuture<'static, Result<Bootstrap, BootstrapError>>>;

/// Keeps the relays that are known for the next run.
pub type Remember = Box<dyn FnMut(&[Relay])>;

/// Which part a node has in a negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Opened the signaling stream, and speaks first.
    Offerer,
    /// Accepted it.
    Answerer,
}

/// Negotiates a connection of its own with the peer at the other end of a signaling stream.
pub type Negotiate =
    Box<dyn Fn(Role, Stream) -> LocalBoxFuture<'static, io::Result<StreamMuxerBox>>>;

/// Whether the system has a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// It says so, or nothing.
    Online,
    /// It says that there is none.
    Offline,
}

/// What the system tells without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The network came or went.
    Connectivity(Connectivity),
    /// Somebody looks at the page again.
    Visible,
    /// Nobody looks at the page.
    Hidden,
    /// The page did not run for so long.
    Slept(Duration),
}

/// What differs between a browser and a test.
pub struct Config {
    /// Dials relays.
    pub sockets: Boxed<Socket>,
    /// Dials relays too, and is tried before; `None`: there is nothing of that kind.
    pub sessions: Option<Sessions>,
    /// Gets the bootstrap document.
    pub fetch: Fetch,
    /// The relays that were known in the run before.
    pub known: Vec<Relay>,
    /// Keeps those of this run.
    pub remember: Remember,
    /// Makes connections between contacts without a relay in between; `None`: there are none.
    pub negotiate: Option<Negotiate>,
    /// What the system tells.
    pub signals: LocalBoxStream<'static, Signal>,
}

impl core::fmt::Debug for Config {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

/// The two ends that the driver holds. The network ends when either is dropped.
///
/// The driver reads `events` also while it waits for room in `actions`: the network stops taking
/// actions while too many events wait.
#[derive(Debug)]
pub struct Handle {
    /// Taken in order.
    pub actions: mpsc::Sender<NetAction>,
    /// Told in order.
    pub events: mpsc::Receiver<NetEvent>,
}

/// Starts the node with a fresh key, and connects. `spawn` runs the one task.
pub fn start(config: Config, spawn: impl FnOnce(LocalBoxFuture<'static, ()>)) -> Handle {
    let (actions, take_actions) = mpsc::channel(CHANNEL_LENGTH);
    let (give_events, events) = mpsc::channel(CHANNEL_LENGTH);
    spawn(event_loop::EventLoop::new(config, take_actions, give_events).boxed_local());
    Handle { actions, events }
}

/// Events on their way to the driver.
#[derive(Default)]
struct Events(VecDeque<NetEvent>);

impl Events {
    fn push(&mut self, event: NetEvent) {
        self.0.push_back(event);
    }

    fn extend(&mut self, events: impl IntoIterator<Item = NetEvent>) {
        self.0.extend(events);
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether more may be read from the network.
    fn has_room(&self) -> bool {
        self.0.len() < MAX_UNDELIVERED
    }
}

#[cfg(test)]
mod tests;
