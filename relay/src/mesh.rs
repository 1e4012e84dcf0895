//! The other relays (protocol.md §14): who is there, who keeps what, and what is handed on to whom.
//!
//! ```text
//!  session ── a client's write ──► writer here ─────────────────► answered when all have it
//!                └─ hand_on ──► outbound ══ /volly/replica/1 ══► inbound ──► writer there
//!  sync: what one has and another should have is offered when they meet, and now and then
//! ```
//!
//! Invariant: a relay keeps what its own clients bring and what is at the addresses to which it is
//! among the [`REPLICAS`] closest of those that are there, so *done* means: durable at all of these.
//! It believes another relay nothing that a client has not signed. Relays have a swarm of their own:
//! no browser comes into it.

pub mod announced;
pub mod closest;
pub mod inbound;
pub mod known;
pub mod node;
pub mod outbound;
pub mod swarm;
pub mod sync;

use std::sync::{Arc, PoisonError, RwLock};

use libp2p::{Multiaddr, PeerId};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use volly_core::{
    limits::{MAX_OTHER_RELAYS, REPLICAS},
    wire::{
        mailbox::{Address, Op, Status},
        replica::Ask,
    },
};

use self::closest::{Place, closest};
use crate::mailbox::{Change, answer::Answer};

/// Another relay, for a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Who it is.
    pub peer: PeerId,
    /// Where a browser finds it; each can stand in a policy.
    pub addresses: Vec<Multiaddr>,
}

/// The relays that are there. Clones share it.
#[derive(Clone, Debug)]
pub struct Mesh(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    local: PeerId,
    place: Place,
    peers: RwLock<Vec<Peer>>,
    /// How often one has come.
    arrivals: watch::Sender<u64>,
    others: watch::Sender<Vec<Other>>,
}

/// A relay to which things can be handed on.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Who it is.
    pub id: PeerId,
    place: Place,
    queue: mpsc::Sender<Outgoing>,
}

/// Something on its way to another relay.
#[derive(Debug)]
pub struct Outgoing {
    /// What is asked.
    pub what: What,
    /// What becomes of the reply.
    pub settle: Settle,
}

/// What is asked of another relay.
#[derive(Debug)]
pub enum What {
    /// Keep or delete this.
    HandOn(Arc<Change>),
    /// Something else. Its request id is set when it is sent.
    Ask(Box<Ask>),
}

/// What becomes of a reply. Dropped without one when the other relay is gone.
#[derive(Debug)]
pub enum Settle {
    /// Nobody waits.
    Nobody,
    /// A client waits.
    Answer(Arc<Answer>),
    /// Another task waits.
    Reply(oneshot::Sender<(Status, Vec<u8>)>),
    /// There is room for one more.
    Permit(#[allow(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit),
}

impl Settle {
    /// The reply has come.
    pub fn settle(self, status: Status, payload: Vec<u8>) {
        match self {
            Self::Answer(answer) => answer.elsewhere(status),
            Self::Reply(waiting) => drop(waiting.send((status, payload))),
            Self::Nobody | Self::Permit(_) => {}
        }
    }
}

impl Peer {
    /// Queues something; waits while the queue is full. False when the relay is gone.
    pub async fn send(&self, what: What, settle: Settle) -> bool {
        self.queue.send(Outgoing { what, settle }).await.is_ok()
    }

    /// Queues something if there is room. False when nothing will come of it.
    pub fn try_send(&self, what: What, settle: Settle) -> bool {
        self.queue.try_send(Outgoing { what, settle }).is_ok()
    }
}

impl Mesh {
    /// Of the relay with this name, which knows no other yet.
    #[must_use]
    pub fn new(local: PeerId) -> Self {
        let (arrivals, others) = (watch::Sender::default(), watch::Sender::default());
        let (place, peers) = (Place::of(&local), RwLock::default());
        Self(Arc::new(Shared { local, place, peers, arrivals, others }))
    }

    /// The name of this relay.
    #[must_use]
    pub fn local(&self) -> PeerId {
        self.0.local
    }

    /// The relays to name to browsers, as they come and go.
    #[must_use]
    pub fn others(&self) -> watch::Receiver<Vec<Other>> {
        self.0.others.subscribe()
    }

    /// A relay that is there.
    #[must_use]
    pub fn peer(&self, id: &PeerId) -> Option<Peer> {
        self.peers().into_iter().find(|peer| peer.id == *id)
    }

    /// Waits until a relay is there.
    pub async fn arrival(&self, id: &PeerId) {
        let mut arrivals = self.0.arrivals.subscribe();
        // The sender lives as long as this.
        while self.peer(id).is_none() && arrivals.changed().await.is_ok() {}
    }

    /// Every relay that is there.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.0.peers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those of the others that keep what is at `address`, and whether this one does.
    #[must_use]
    pub fn keepers(&self, address: &Address) -> (Vec<Peer>, bool) {
        let mut candidates: Vec<_> =
            self.peers().into_iter().map(|peer| (peer.place, Some(peer))).collect();
        candidates.push((self.0.place, None));
        let keepers = closest(address, candidates, REPLICAS);
        let ours = keepers.iter().any(Option::is_none);
        (keepers.into_iter().flatten().collect(), ours)
    }

    /// Whether another relay keeps what is at `address`.
    #[must_use]
    pub fn keeps(&self, id: &PeerId, address: &Address) -> bool {
        self.keepers(address).0.iter().any(|peer| peer.id == *id)
    }

    /// Hands a client's change on to those whom it concerns, and has `answer` wait for them. An
    /// acknowledgement concerns everybody: who has kept the envelope for a client of its own, too.
    pub async fn hand_on(&self, address: &Address, change: &Arc<Change>, answer: &Arc<Answer>) {
        let everybody = matches!(change.op, Op::Acknowledge { .. });
        let peers = if everybody { self.peers() } else { self.keepers(address).0 };
        for peer in peers {
            let settle = Settle::Answer(Arc::clone(answer));
            peer.send(What::HandOn(Arc::clone(change)), settle).await;
        }
    }

    /// Asks those who keep what is at `address` to hand it on, unless this relay is one of them.
    pub fn fetch(
        &self,
        address: &Address,
        ask: impl Fn() -> Ask,
    ) -> Vec<oneshot::Receiver<(Status, Vec<u8>)>> {
        let (keepers, ours) = self.keepers(address);
        let asked = keepers.iter().filter(|_| !ours).filter_map(|peer| {
            let (replied, reply) = oneshot::channel();
            let settle = Settle::Reply(replied);
            // A client that asks for so much at once asks again.
            peer.try_send(What::Ask(Box::new(ask())), settle).then_some(reply)
        });
        asked.collect()
    }

    /// Takes a relay in; what it has had before in its place is forgotten.
    fn add(&self, id: PeerId, queue: mpsc::Sender<Outgoing>) -> Peer {
        let peer = Peer { id, place: Place::of(&id), queue };
        let mut peers = self.0.peers.write().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|known| known.id != id);
        peers.push(peer.clone());
        drop(peers);
        self.0.arrivals.send_modify(|arrivals| *arrivals += 1);
        peer
    }

    /// Lets a relay go.
    fn remove(&self, id: &PeerId) {
        self.0.peers.write().unwrap_or_else(PoisonError::into_inner).retain(|it| it.id != *id);
        self.0.others.send_if_modified(|others| {
            let before = others.len();
            others.retain(|other| other.peer != *id);
            others.len() < before
        });
    }

    /// A relay has said where browsers find it.
    fn tell(&self, peer: PeerId, addresses: Vec<Multiaddr>) {
        self.0.others.send_modify(|others| {
            others.retain(|other| other.peer != peer);
            if !addresses.is_empty() && others.len() < MAX_OTHER_RELAYS {
                others.push(Other { peer, addresses });
            }
        });
    }
}
