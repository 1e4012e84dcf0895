//! The way to one relay: found, dialled, kept, and made again, to this or another one, when it is lost.
//!
//! ```text
//!  Pausing ─► Fetching ─► Dialing ─► Opening ─► Online
//!     ▲           │          │          │          │
//!     └───────────┴──────────┴──────────┴──────────┘  any failure
//!  Idle: there is no relay for this link; the other one has the only one
//! ```
//!
//! Invariant: what is said of a link is so, at most a probe later (see [`super::probe`]). Requests are
//! made only while it is online, and none is made again.

mod parts;
mod slept;
mod steps;

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    io, mem,
    num::NonZeroU8,
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, channel::mpsc, future::LocalBoxFuture};
use futures_timer::Delay;
use libp2p::{
    Multiaddr, PeerId, Stream,
    core::ConnectedPoint,
    relay,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use libp2p_stream::Control;

use self::parts::Route;
pub(super) use self::parts::{Online, Surroundings};
use super::{
    Connectivity,
    bootstrap::{Bootstrap, BootstrapError, Relay},
    breaker::Breaker,
    directory::circuit,
    links::Fetches,
    mailbox_client::MailboxClient,
    probe::Nudge,
    race::Race,
    reservation::Reservation,
    swarm::BehaviourEvent,
    timer::doubled,
};

/// Pause after the first failure; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Longest pause. Lower: more dials at a relay that is away. Higher: back later when it returns.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Longest pause while the other link is there, which is enough. Lower: more dials in vain at relays
/// that are away. Higher: nobody steps in for longer when that one goes as well.
const LONGEST_SPARE_PAUSE: Duration = Duration::from_secs(60);

/// Between two looks for a relay when there is none for this link. Lower: more requests to the only one.
/// Higher: a relay that has come is used later.
const IDLE_PAUSE: Duration = Duration::from_secs(600);

/// Dials that were given up and may still come through.
const MAX_GIVEN_UP: usize = 16;

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
    Idle(Delay),
}

/// A connection to a relay.
pub(super) struct Link {
    /// Its number in the directory.
    place: usize,
    fetch: Fetches,
    breaker: Breaker,
    race: Race,
    control: Control,
    state: State,
    /// Where the relay may be to which a connection is made, or is there.
    addresses: Vec<Multiaddr>,
    /// It knows where a relay was.
    has_dialled: bool,
    /// In a row.
    failures: u32,
    connectivity: Connectivity,
    hidden: bool,
    given_up: VecDeque<ConnectionId>,
}

impl Link {
    /// Begins at once, the first one with the relay of the page.
    pub(super) fn new(
        place: usize,
        fetch: Fetches,
        breaker: Breaker,
        race: Race,
        control: Control,
    ) -> Self {
        let mut link = Self {
            place,
            fetch,
            breaker,
            race,
            control,
            state: State::Idle(Delay::new(IDLE_PAUSE)),
            addresses: Vec::new(),
            has_dialled: false,
            failures: 0,
            connectivity: Connectivity::Online,
            hidden: false,
            given_up: VecDeque::new(),
        };
        if place == 0 {
            link.fetch_now();
        }
        link
    }

    /// Does what can be done now; true when something was.
    pub(super) fn poll(&mut self, around: &mut Surroundings<'_>, cx: &mut Context<'_>) -> bool {
        match &mut self.state {
            State::Idle(delay) => {
                if around.directory.has_fresh() {
                    self.dial(None, around);
                } else if delay.poll_unpin(cx).is_ready() {
                    self.fetch_now();
                } else {
                    return false;
                }
            }
            State::Pausing(delay) => {
                if delay.poll_unpin(cx).is_pending() {
                    return false;
                }
                self.fetch_now();
            }
            State::Fetching(fetch) => {
                let Poll::Ready(result) = fetch.poll_unpin(cx) else { return false };
                self.dial(result.ok(), around);
            }
            State::Dialing(_) => return false,
            State::Opening(route, opening) => {
                let Poll::Ready(result) = opening.poll_unpin(cx) else { return false };
                match result {
                    Ok(mailbox) => {
                        let route = route.clone();
                        self.go_online(route, mailbox);
                        around.directory.worked(self.place);
                    }
                    Err(_) => self.fail(around),
                }
            }
            State::Online(online) => {
                online.reservation.poll(&online.route.circuit, around.node, cx);
                if online.probe.poll_unpin(cx).is_ready() {
                    self.fail(around);
                } else if around.events.has_room() {
                    match online.mailbox.poll(cx) {
                        Poll::Ready(Ok(event)) => around.events.push(event),
                        Poll::Ready(Err(_)) => self.fail(around),
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
        let may_do = self.has_dialled && self.failures <= 1;
        let timeout = if may_do { steps::AGAIN_TIMEOUT } else { steps::FETCH_TIMEOUT };
        self.state = State::Fetching(steps::fetch(&self.fetch, timeout));
    }

    fn dial(&mut self, fetched: Option<Bootstrap>, around: &mut Surroundings<'_>) {
        // While the system says that there is no network, a document that came over it is the only
        // proof of the contrary; otherwise what is known of before will do.
        if self.connectivity == Connectivity::Offline && fetched.is_none() {
            return self.fail(around);
        }
        if let Some(document) = fetched {
            around.directory.learn(document);
        }
        let Some(Relay { peer, addresses }) = around.directory.choose(self.place) else {
            if around.spare {
                self.state = State::Idle(Delay::new(IDLE_PAUSE));
                return;
            }
            return self.fail(around);
        };
        self.has_dialled = true;
        self.addresses = addresses.clone();
        // All at once for libp2p; the race has each of them wait for its turn.
        let opts = DialOpts::peer_id(peer)
            .addresses(self.race.begin(addresses))
            .override_dial_concurrency_factor(NonZeroU8::MAX)
            .condition(PeerCondition::Always)
            .build();
        let connection = opts.connection_id();
        match around.node.dial(opts) {
            Ok(()) => self.state = State::Dialing(connection),
            Err(_) => self.fail(around),
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
    fn fail(&mut self, around: &mut Surroundings<'_>) {
        self.breaker.trip(&mem::take(&mut self.addresses));
        around.directory.failed(self.place);
        if matches!(self.state, State::Opening(..)) {
            self.race.lost();
        }
        if let State::Dialing(connection) = self.state {
            self.given_up.truncate(MAX_GIVEN_UP - 1);
            self.given_up.push_front(connection);
        }
        let pause = self.pause(*around.node.local_peer_id(), around.spare);
        self.failures = self.failures.saturating_add(1);
        if let State::Online(online) = mem::replace(&mut self.state, State::Pausing(pause)) {
            online.reservation.end(around.node);
            around.events.extend(online.mailbox.abandon());
        }
    }

    /// Between a half and the whole of the doubled pause. All clients of a relay that was away come
    /// back; the PeerId of a run is random, and spreads them.
    fn pause(&self, peer: PeerId, spare: bool) -> Delay {
        let longest = if spare { LONGEST_SPARE_PAUSE } else { LONGEST_PAUSE };
        let whole = match self.connectivity {
            Connectivity::Online => doubled(FIRST_PAUSE, self.failures, longest),
            Connectivity::Offline => LONGEST_PAUSE,
        };
        let mut hasher = DefaultHasher::new();
        (peer, self.place, self.failures).hash(&mut hasher);
        let part = u32::try_from(hasher.finish() % 128).unwrap_or_default();
        Delay::new(whole * (128 + part) / 256)
    }

    /// What there is while it is online.
    pub(super) fn online(&self) -> Option<&Online> {
        if let State::Online(online) = &self.state { Some(online) } else { None }
    }

    /// What there is while it is online.
    pub(super) fn online_mut(&mut self) -> Option<&mut Online> {
        if let State::Online(online) = &mut self.state { Some(online) } else { None }
    }

    /// Whether nothing is to be expected of it soon.
    pub(super) fn is_hopeless(&self) -> bool {
        match self.state {
            State::Idle(_) => true,
            State::Online(_) => false,
            _ => self.connectivity == Connectivity::Offline || self.failures >= OFFLINE_AFTER,
        }
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
        around: &mut Surroundings<'_>,
    ) {
        self.connectivity = connectivity;
        self.race.forget();
        match (connectivity, &self.state) {
            (Connectivity::Online, _) => self.reconnect(),
            (Connectivity::Offline, State::Opening(..) | State::Online(_)) => self.fail(around),
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
        around: &mut Surroundings<'_>,
    ) {
        match (event, &mut self.state) {
            (SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. }, state) => {
                let ConnectedPoint::Dialer { address, .. } = endpoint else { return };
                if matches!(state, State::Dialing(dialing) if dialing == connection_id) {
                    self.race.won(address);
                    let (connection, relay) = (*connection_id, *peer_id);
                    let (address, circuit) = (address.clone(), circuit(address.clone(), relay));
                    let route = Route { connection, relay, address, circuit };
                    self.state = State::Opening(route, steps::open(self.control.clone(), relay));
                } else if self.given_up.contains(connection_id) {
                    around.node.close_connection(*connection_id);
                }
            }
            (
                SwarmEvent::OutgoingConnectionError { connection_id, .. },
                State::Dialing(dialing),
            ) if connection_id == dialing => self.fail(around),
            (SwarmEvent::ConnectionClosed { connection_id, .. }, State::Opening(route, _))
                if *connection_id == route.connection =>
            {
                self.fail(around);
            }
            (SwarmEvent::ConnectionClosed { connection_id, .. }, State::Online(online))
                if *connection_id == online.route.connection =>
            {
                self.fail(around);
            }
            (
                SwarmEvent::Behaviour(BehaviourEvent::Relay(
                    relay::client::Event::ReservationReqAccepted { relay_peer_id, .. },
                )),
                State::Online(online),
            ) if *relay_peer_id == online.route.relay => online.reservation.on_accepted(),
            (SwarmEvent::ListenerClosed { listener_id, .. }, State::Online(online)) => {
                online.reservation.on_closed(*listener_id);
            }
            _ => {}
        }
    }
}
