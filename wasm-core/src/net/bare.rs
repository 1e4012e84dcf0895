//! The node by itself: the transports and protocols of the app, and in the place of contacts and mailboxes
//! whoever holds [`Bare`]. Other implementations are tested against it (`e2e/interop`).
//!
//! It differs from the app in what stands above the node: it answers every offer of a connection, for here
//! nobody is a contact, and goes where it is told to.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol, Swarm, identify,
    identity::Keypair,
    ping, relay,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use libp2p_stream::{Control, IncomingStreams};

use super::{
    Config, Negotiate, Role,
    breaker::Breaker,
    handoff::{self, Handoff},
    race::Race,
    swarm::{self, Behaviour, BehaviourEvent, SIGNALING, Ways},
};
use crate::{api::Path, platform::executor};

/// What is known of a peer.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The addresses of its connections.
    pub connections: BTreeMap<ConnectionId, Multiaddr>,
    /// What it says it is; empty until it has.
    pub agent: String,
    /// What it says it speaks.
    pub protocols: Vec<String>,
    /// How often it has answered a ping, and how long the last took.
    pub pings: Vec<Duration>,
    /// How often it has not, and why the last time.
    pub unanswered: Vec<String>,
}

struct Shared {
    node: Swarm<Behaviour>,
    known: BTreeMap<PeerId, Known>,
    /// Why connections were not made.
    failed: BTreeMap<ConnectionId, String>,
    /// Relays that have taken us.
    reserved: Vec<PeerId>,
    /// Of the task that drives the node.
    driver: Option<Waker>,
    /// Of whoever waits for something to happen.
    waiting: Vec<Waker>,
}

/// See the module. Clones are the same node.
#[derive(Clone)]
pub struct Bare {
    shared: Rc<RefCell<Shared>>,
    negotiate: Rc<Negotiate>,
    handoff: Handoff,
    relayed: Control,
    direct: Control,
}

impl core::fmt::Debug for Bare {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Bare").finish_non_exhaustive()
    }
}

impl Bare {
    /// Starts one with a fresh key; `None` when `config` knows no way from browser to browser. It runs
    /// until the page is gone.
    #[must_use]
    pub fn start(config: Config) -> Option<Self> {
        let Config { sockets, sessions, negotiate, .. } = config;
        let (handoff, breaker, race) = (Handoff::default(), Breaker::default(), Race::default());
        let ways = Ways { sockets, sessions, breaker, race };
        let node = swarm::build(&Keypair::generate_ed25519(), ways, &handoff);
        let (relayed, direct) =
            (node.behaviour().relayed_streams(), node.behaviour().direct_streams());
        let shared = Shared {
            node,
            known: BTreeMap::new(),
            failed: BTreeMap::new(),
            reserved: Vec::new(),
            driver: None,
            waiting: Vec::new(),
        };
        let shared = Rc::new(RefCell::new(shared));
        let bare = Self { shared, negotiate: Rc::new(negotiate?), handoff, relayed, direct };
        executor::spawn(Drive(Rc::clone(&bare.shared)));
        executor::spawn(bare.clone().answer());
        Some(bare)
    }

    /// Who we are.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        *self.shared.borrow().node.local_peer_id()
    }

    /// What is known of a peer.
    #[must_use]
    pub fn known(&self, peer: &PeerId) -> Known {
        self.shared.borrow().known.get(peer).cloned().unwrap_or_default()
    }

    /// Dials an address that ends with a PeerId.
    ///
    /// # Errors
    ///
    /// What the transport or the other side said.
    pub async fn dial(&self, address: Multiaddr) -> Result<(), String> {
        self.connect(DialOpts::unknown_peer_id().address(address).build()).await
    }

    async fn connect(&self, opts: DialOpts) -> Result<(), String> {
        let id = opts.connection_id();
        self.tell(|node| node.dial(opts)).map_err(|error| error.to_string())?;
        self.until(|shared| {
            if let Some(why) = shared.failed.remove(&id) {
                return Some(Err(why));
            }
            let there = shared.known.values().any(|known| known.connections.contains_key(&id));
            there.then_some(Ok(()))
        })
        .await
    }

    /// Takes a place at a relay that is connected: `circuit` is its address and `/p2p-circuit`.
    ///
    /// # Errors
    ///
    /// When the address is none of a relay.
    pub async fn reserve(&self, relay: PeerId, circuit: Multiaddr) -> Result<(), String> {
        self.tell(|node| node.listen_on(circuit)).map_err(|error| error.to_string())?;
        self.until(|shared| shared.reserved.contains(&relay).then_some(Ok(()))).await
    }

    /// Offers a connection of our own to a peer that is reached over a circuit.
    ///
    /// # Errors
    ///
    /// When it does not come to one.
    pub async fn offer(&self, peer: PeerId) -> Result<(), String> {
        let stream = self.open(peer, Path::Relayed, SIGNALING).await?;
        let muxer = (self.negotiate)(Role::Offerer, stream).await;
        self.handoff.offer(peer, muxer.map_err(|error| error.to_string())?);
        let opts = DialOpts::peer_id(peer).addresses(vec![handoff::address(peer)]);
        self.connect(opts.condition(PeerCondition::Always).build()).await
    }

    /// Opens a stream.
    ///
    /// # Errors
    ///
    /// When there is no such connection, or the peer does not speak that.
    pub async fn open(
        &self,
        peer: PeerId,
        path: Path,
        protocol: StreamProtocol,
    ) -> Result<Stream, String> {
        let opened = self.streams(path).open_stream(peer, protocol).await;
        opened.map_err(|error| error.to_string())
    }

    /// Takes the streams that others open; `None` when somebody does already.
    #[must_use]
    pub fn accept(&self, path: Path, protocol: StreamProtocol) -> Option<IncomingStreams> {
        self.streams(path).accept(protocol).ok()
    }

    /// Closes all connections to a peer.
    pub fn close(&self, peer: PeerId) {
        let _ = self.tell(|node| node.disconnect_peer_id(peer));
    }

    fn streams(&self, path: Path) -> Control {
        match path {
            Path::Relayed => self.relayed.clone(),
            Path::Direct => self.direct.clone(),
        }
    }

    /// Does something with the node, which is then looked at again.
    fn tell<T>(&self, act: impl FnOnce(&mut Swarm<Behaviour>) -> T) -> T {
        let mut shared = self.shared.borrow_mut();
        let done = act(&mut shared.node);
        if let Some(driver) = shared.driver.take() {
            driver.wake();
        }
        done
    }

    async fn until<T>(&self, mut holds: impl FnMut(&mut Shared) -> Option<T>) -> T {
        poll_fn(|cx| {
            let mut shared = self.shared.borrow_mut();
            if let Some(value) = holds(&mut shared) {
                return Poll::Ready(value);
            }
            shared.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Answers whoever offers a connection.
    async fn answer(self) {
        let Some(mut offers) = self.accept(Path::Relayed, SIGNALING) else { return };
        while let Some((peer, stream)) = offers.next().await {
            let (negotiation, handoff) =
                ((self.negotiate)(Role::Answerer, stream), self.handoff.clone());
            executor::spawn(async move {
                if let Ok(muxer) = negotiation.await {
                    handoff.accept(peer, muxer);
                }
            });
        }
    }
}

impl Shared {
    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let address = endpoint.get_remote_address().clone();
                self.of(peer_id).connections.insert(connection_id, address);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                self.of(peer_id).connections.remove(&connection_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.failed.insert(connection_id, error.to_string());
            }
            SwarmEvent::Behaviour(BehaviourEvent::Relay(
                relay::client::Event::ReservationReqAccepted { relay_peer_id, .. },
            )) => self.reserved.push(relay_peer_id),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) => {
                let known = self.of(peer_id);
                known.agent = info.agent_version;
                known.protocols = info.protocols.iter().map(ToString::to_string).collect();
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping)) => self.on_ping(ping),
            _ => {}
        }
    }

    /// As the app does: who does not answer is left.
    fn on_ping(&mut self, ping: ping::Event) {
        match ping.result {
            Ok(round_trip) => self.of(ping.peer).pings.push(round_trip),
            Err(why) => {
                if matches!(why, ping::Failure::Timeout) {
                    self.node.close_connection(ping.connection);
                }
                self.of(ping.peer).unanswered.push(why.to_string());
            }
        }
    }

    fn of(&mut self, peer: PeerId) -> &mut Known {
        self.known.entry(peer).or_default()
    }
}

/// Polls the node.
struct Drive(Rc<RefCell<Shared>>);

impl Future for Drive {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.borrow_mut();
        shared.driver = Some(cx.waker().clone());
        while let Poll::Ready(Some(event)) = shared.node.poll_next_unpin(cx) {
            shared.on_event(event);
            shared.waiting.drain(..).for_each(Waker::wake);
        }
        Poll::Pending
    }
}
