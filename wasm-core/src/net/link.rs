//! The way to the relay: found, dialled, kept, and made again when it is lost.
//!
//! ```text
//!  Pausing ─► Fetching ─► Dialing ─► Opening ─► Online
//!     ▲           │          │          │          │
//!     └───────────┴──────────┴──────────┴──────────┘  any failure
//! ```
//!
//! Invariant: what [`RelayStatus`] says is what is so, at most a probe later (see
//! [`super::probe`]). Requests are made only while it is online, and none is made again.

mod steps;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io, mem,
    num::NonZeroU8,
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, channel::mpsc, future::LocalBoxFuture};
use futures_timer::Delay;
use libp2p::{
    Multiaddr, PeerId, Stream, Swarm,
    core::ConnectedPoint,
    multiaddr::Protocol,
    relay,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use libp2p_stream::Control;

use super::{
    Connectivity, Events, Fetch,
    bootstrap::{Bootstrap, BootstrapError},
    breaker::Breaker,
    handoff::is_direct,
    mailbox_client::{self, MailboxClient},
    probe::Nudge,
    reservation::Reservation,
    swarm::{Behaviour, BehaviourEvent},
    timer::doubled,
};
use crate::engine::{
    effect::NetAction,
    input::{NetEvent, RelayError, RelayStatus},
};

/// Pause after the first failure; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Longest pause. Lower: more dials at a relay that is away. Higher: back later when it returns.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Failures in a row after which we call ourselves offline, whatever the system says: some browsers
/// forget with a reload that there is no network. Two seconds, most of it pauses.
/// Lower: a stumble passes for an outage. Higher: *connecting* is said for longer than it is true.
const OFFLINE_AFTER: u32 = 3;

/// Nudges that wait for the probe; one more changes nothing.
const MAX_NUDGES: usize = 4;

/// See the picture above.
enum State {
    Pausing(Delay),
    Fetching(LocalBoxFuture<'static, Result<Bootstrap, BootstrapError>>),
    Dialing(ConnectionId),
    Opening(Route, LocalBoxFuture<'static, io::Result<MailboxClient<Stream>>>),
    Online(Box<Online>),
}

/// The connection in use.
#[derive(Clone)]
struct Route {
    connection: ConnectionId,
    relay: PeerId,
    /// `…/p2p/R/p2p-circuit`
    circuit: Multiaddr,
}

struct Online {
    route: Route,
    mailbox: MailboxClient<Stream>,
    probe: LocalBoxFuture<'static, ()>,
    nudge: mpsc::Sender<Nudge>,
    reservation: Reservation,
}

/// The one connection to a relay.
pub(super) struct Link {
    fetch: Fetch,
    /// The last document that was good.
    known: Option<Bootstrap>,
    breaker: Breaker,
    control: Control,
    state: State,
    /// In a row.
    failures: u32,
    connectivity: Connectivity,
    hidden: bool,
    reported: RelayStatus,
}

impl Link {
    /// Begins at once.
    pub(super) fn new(fetch: Fetch, breaker: Breaker, control: Control) -> Self {
        let mut link = Self {
            fetch,
            known: None,
            breaker,
            control,
            state: State::Pausing(Delay::new(Duration::ZERO)),
            failures: 0,
            connectivity: Connectivity::Online,
            hidden: false,
            reported: RelayStatus::Offline,
        };
        link.fetch_now();
        link
    }

    /// Does what can be done now; true when something was.
    pub(super) fn poll(
        &mut self,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
        cx: &mut Context<'_>,
    ) -> bool {
        let before = events.len();
        let moved = self.advance(node, events, cx);
        self.report(*node.local_peer_id(), events);
        moved || events.len() > before
    }

    fn advance(
        &mut self,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
        cx: &mut Context<'_>,
    ) -> bool {
        match &mut self.state {
            State::Pausing(delay) => {
                if delay.poll_unpin(cx).is_pending() {
                    return false;
                }
                self.fetch_now();
            }
            State::Fetching(fetch) => {
                let Poll::Ready(result) = fetch.poll_unpin(cx) else { return false };
                self.dial(result.ok(), node, events);
            }
            State::Dialing(_) => return false,
            State::Opening(route, opening) => {
                let Poll::Ready(result) = opening.poll_unpin(cx) else { return false };
                match result {
                    Ok(mailbox) => {
                        let route = route.clone();
                        self.go_online(route, mailbox);
                    }
                    Err(_) => self.fail(node, events),
                }
            }
            State::Online(online) => {
                online.reservation.poll(&online.route.circuit, node, cx);
                if online.probe.poll_unpin(cx).is_ready() {
                    self.fail(node, events);
                } else if events.has_room() {
                    match online.mailbox.poll(cx) {
                        Poll::Ready(Ok(event)) => events.push(event),
                        Poll::Ready(Err(_)) => self.fail(node, events),
                        Poll::Pending => return false,
                    }
                } else {
                    return false;
                }
            }
        }
        true
    }

    fn fetch_now(&mut self) {
        self.state = State::Fetching(steps::fetch(&mut self.fetch));
    }

    fn dial(
        &mut self,
        fetched: Option<Bootstrap>,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        // While the system says that there is no network, a document that came over it is the only
        // proof of the contrary; otherwise the one of before will do.
        if fetched.is_some() || self.connectivity == Connectivity::Offline {
            self.known = fetched;
        }
        let Some(Bootstrap { peer, addresses }) = self.known.clone() else {
            return self.fail(node, events);
        };
        // One after the other, in the relay's order: the first is the one the page came from, and
        // the policy of the page may forbid the others.
        let opts = DialOpts::peer_id(peer)
            .addresses(addresses)
            .override_dial_concurrency_factor(NonZeroU8::MIN)
            .condition(PeerCondition::Always)
            .build();
        let connection = opts.connection_id();
        match node.dial(opts) {
            Ok(()) => self.state = State::Dialing(connection),
            Err(_) => self.fail(node, events),
        }
    }

    fn go_online(&mut self, route: Route, mailbox: MailboxClient<Stream>) {
        let (mut nudge, nudges) = mpsc::channel(MAX_NUDGES);
        if self.hidden {
            let _ = nudge.try_send(Nudge::Hidden);
        }
        let probe = steps::probe(self.control.clone(), route.relay, nudges);
        self.failures = 0;
        let reservation = Reservation::default();
        self.state = State::Online(Box::new(Online { route, mailbox, probe, nudge, reservation }));
    }

    /// Ends what there is of a connection, and pauses before the next.
    fn fail(&mut self, node: &mut Swarm<Behaviour>, events: &mut Events) {
        self.breaker.trip();
        let pause = self.pause(*node.local_peer_id());
        self.failures = self.failures.saturating_add(1);
        if let State::Online(online) = mem::replace(&mut self.state, State::Pausing(pause)) {
            online.reservation.end(node);
            events.extend(online.mailbox.abandon());
        }
    }

    /// Between a half and the whole of the doubled pause. All clients of a relay that was away come
    /// back; the PeerId of a run is random, and spreads them.
    fn pause(&self, peer: PeerId) -> Delay {
        let whole = match self.connectivity {
            Connectivity::Online => doubled(FIRST_PAUSE, self.failures, LONGEST_PAUSE),
            Connectivity::Offline => LONGEST_PAUSE,
        };
        let mut hasher = DefaultHasher::new();
        (peer, self.failures).hash(&mut hasher);
        let part = u32::try_from(hasher.finish() % 128).unwrap_or_default();
        Delay::new(whole * (128 + part) / 256)
    }

    fn report(&mut self, local: PeerId, events: &mut Events) {
        let status = match &self.state {
            State::Online(online) => {
                let reserved = online.reservation.is_held();
                RelayStatus::Online { peer: if reserved { local.to_bytes() } else { Vec::new() } }
            }
            _ if self.connectivity == Connectivity::Offline || self.failures >= OFFLINE_AFTER => {
                RelayStatus::Offline
            }
            _ => RelayStatus::Connecting,
        };
        if status != self.reported {
            self.reported = status.clone();
            events.push(NetEvent::Relay(status));
        }
    }

    /// Whether a request would be taken or refused at once.
    pub(super) fn has_room(&self) -> bool {
        if let State::Online(online) = &self.state { online.mailbox.has_room() } else { true }
    }

    /// Makes a request, or refuses it when there is no connection.
    pub(super) fn request(&mut self, action: NetAction, events: &mut Events) {
        match &mut self.state {
            State::Online(online) => online.mailbox.request(action),
            _ => events.extend(mailbox_client::refuse(&action, RelayError::Offline)),
        }
    }

    /// Where circuits begin, while online: `…/p2p/R/p2p-circuit`.
    pub(super) fn circuit(&self) -> Option<&Multiaddr> {
        if let State::Online(online) = &self.state { Some(&online.route.circuit) } else { None }
    }

    /// Skips a pause, and checks a connection.
    pub(super) fn reconnect(&mut self) {
        match &self.state {
            State::Online(_) => self.nudge(Nudge::Now),
            State::Pausing(_) => {
                self.failures = 0;
                self.fetch_now();
            }
            _ => {}
        }
    }

    fn nudge(&mut self, nudge: Nudge) {
        if let State::Online(online) = &mut self.state {
            let _ = online.nudge.try_send(nudge);
        }
    }

    /// The system has lost or found its network.
    pub(super) fn on_connectivity(
        &mut self,
        connectivity: Connectivity,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        self.connectivity = connectivity;
        match (connectivity, &self.state) {
            (Connectivity::Online, _) => self.reconnect(),
            (Connectivity::Offline, State::Opening(..) | State::Online(_)) => {
                self.fail(node, events);
            }
            // What is under way shows whether the system is right: a relay on this machine is there
            // without a network.
            (Connectivity::Offline, _) => {}
        }
    }

    /// Somebody looks at the page, or nobody.
    pub(super) fn on_visibility(&mut self, hidden: bool) {
        self.hidden = hidden;
        if hidden {
            self.nudge(Nudge::Hidden);
        } else {
            self.nudge(Nudge::Visible);
            self.reconnect();
        }
    }

    /// Takes note of what the node tells.
    pub(super) fn on_swarm_event(
        &mut self,
        event: &SwarmEvent<BehaviourEvent>,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        match (event, &mut self.state) {
            (SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. }, state) => {
                let ConnectedPoint::Dialer { address, .. } = endpoint else { return };
                if matches!(state, State::Dialing(dialing) if dialing == connection_id) {
                    let (connection, relay) = (*connection_id, *peer_id);
                    let route =
                        Route { connection, relay, circuit: circuit(address.clone(), relay) };
                    self.state = State::Opening(route, steps::open(self.control.clone(), relay));
                } else if !endpoint.is_relayed() && !is_direct(address) {
                    // A dial that was given up has come through after all.
                    node.close_connection(*connection_id);
                }
            }
            (
                SwarmEvent::OutgoingConnectionError { connection_id, .. },
                State::Dialing(dialing),
            ) if connection_id == dialing => {
                self.fail(node, events);
            }
            (SwarmEvent::ConnectionClosed { connection_id, .. }, State::Opening(route, _))
                if *connection_id == route.connection =>
            {
                self.fail(node, events);
            }
            (SwarmEvent::ConnectionClosed { connection_id, .. }, State::Online(online))
                if *connection_id == online.route.connection =>
            {
                self.fail(node, events);
            }
            (
                SwarmEvent::Behaviour(BehaviourEvent::Relay(
                    relay::client::Event::ReservationReqAccepted { .. },
                )),
                State::Online(online),
            ) => online.reservation.on_accepted(),
            (SwarmEvent::ListenerClosed { listener_id, .. }, State::Online(online)) => {
                online.reservation.on_closed(*listener_id);
            }
            _ => {}
        }
    }
}

fn circuit(mut address: Multiaddr, relay: PeerId) -> Multiaddr {
    if let Some(Protocol::P2p(_)) = address.iter().last() {
        address.pop();
    }
    address.with(Protocol::P2p(relay)).with(Protocol::P2pCircuit)
}
