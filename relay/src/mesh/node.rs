//! The swarm in which relays meet: QUIC and TCP, Kademlia to find each other, one stream each way.
//!
//! Browsers are not here: they have a swarm of their own, [`crate::node`]. Whoever comes and speaks
//! no Kademlia and opens no stream is closed after a while.
use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm,
    core::ConnectedPoint,
    identify,
    identity::Keypair,
    multiaddr::Protocol,
    ping,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use libp2p_stream::{Control, IncomingStreams, OpenStreamError};
use tokio::{
    net::lookup_host,
    sync::{mpsc, watch},
    task::JoinSet,
    time,
};
use volly_core::wire::replica::PROTOCOL;

use super::{
    Mesh,
    announced::{self, Announced},
    inbound,
    known::{Known, Target},
    outbound::{self, End},
    swarm::{Behaviour, BehaviourEvent, KAD, MeshError, bind, swarm},
    sync::sync,
};
use crate::{defaults, mailbox::session::Service};

const REPLICA: StreamProtocol = StreamProtocol::new(PROTOCOL);

/// How a stream to another relay ended.
type Ended = (PeerId, End);

/// See the module.
#[expect(missing_debug_implementations, reason = "the parts have none")]
pub struct Node {
    swarm: Swarm<Behaviour>,
    service: Service,
    announced: Announced,
    known: Known,
    incoming: IncomingStreams,
    /// Whom we have dialled without knowing its name.
    unnamed: HashMap<ConnectionId, usize>,
    /// To whom a stream is open, or being opened.
    reached: HashSet<PeerId>,
    outbound: JoinSet<Ended>,
    inbound: JoinSet<()>,
    resolving: JoinSet<Target>,
    /// How often to look for others soon: who has just come may not know them yet either.
    looks: u32,
    /// Counts the relays that were lost for good.
    losses: watch::Sender<u64>,
    lost: JoinSet<PeerId>,
}

impl Node {
    /// Listens at `address`, TCP and UDP, and answers where it is dialled.
    ///
    /// # Errors
    /// See [`MeshError`].
    pub async fn listen(
        key: &Keypair,
        address: SocketAddr,
        named: &[Multiaddr],
        told: impl FnOnce(u16) -> Vec<Multiaddr>,
        service: Service,
        announced: Announced,
    ) -> Result<(Self, Vec<Multiaddr>), MeshError> {
        let mut swarm = swarm(key)?;
        let mut control = swarm.behaviour().streams.new_control();
        let Ok(incoming) = control.accept(REPLICA) else { return Err(MeshError::Bound) };
        let (bound, port) = bind(&mut swarm, address).await?;
        for address in told(port) {
            swarm.add_external_address(address);
        }
        let node = Self {
            swarm,
            service,
            announced,
            known: Known::named(named.iter().cloned()),
            incoming,
            unnamed: HashMap::new(),
            reached: HashSet::new(),
            outbound: JoinSet::new(),
            inbound: JoinSet::new(),
            resolving: JoinSet::new(),
            looks: 0,
            losses: watch::Sender::new(0),
            lost: JoinSet::new(),
        };
        Ok((node, bound))
    }

    /// Meets other relays until it is dropped.
    pub async fn run(mut self) {
        let mut dial = time::interval(defaults::RELAY_DIAL_INTERVAL);
        dial.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some((peer, stream)) = self.incoming.next() => self.accept(peer, stream),
                Some(ended) = self.outbound.join_next() => self.on_ended(ended.ok()),
                Some(_) = self.inbound.join_next() => {}
                Some(Ok(target)) = self.resolving.join_next() => self.dial(target),
                Some(lost) = self.lost.join_next() => self.on_lost(lost.ok()),
                _ = dial.tick() => {
                    self.resolve();
                    self.look();
                }
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                if let Some(index) = self.unnamed.remove(&connection_id) {
                    self.known.found(index, peer_id);
                }
                let dialled = matches!(endpoint, ConnectedPoint::Dialer { .. });
                if dialled || self.reached.len() < defaults::RELAYS {
                    self.reach(peer_id, Duration::ZERO);
                } else {
                    self.swarm.close_connection(connection_id);
                }
            }
            SwarmEvent::OutgoingConnectionError { connection_id, .. } => {
                self.unnamed.remove(&connection_id);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) if info.protocols.contains(&KAD) => {
                self.known.learn(peer_id, info.listen_addrs.iter().cloned());
                let kad = &mut self.swarm.behaviour_mut().kad;
                for address in info.listen_addrs.into_iter().take(defaults::RELAY_ADDRESSES) {
                    kad.add_address(&peer_id, address);
                }
                // It may know others, at once or a little later.
                let _ = kad.bootstrap();
                self.looks = defaults::RELAY_LOOKS;
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(_),
                ..
            })) => {
                self.swarm.close_connection(connection);
            }
            _ => {}
        }
    }

    /// Opens a stream to a relay, unless there is one.
    fn reach(&mut self, peer: PeerId, pause: Duration) {
        if !self.reached.insert(peer) {
            return;
        }
        let control = self.swarm.behaviour().streams.new_control();
        let (service, losses) = (self.service.clone(), self.losses.subscribe());
        self.outbound.spawn(async move {
            time::sleep(pause).await;
            (peer, reach(control, peer, service, losses).await)
        });
    }

    fn on_ended(&mut self, ended: Option<Ended>) {
        // A task that panicked has said nothing; its relay is reached again when it reconnects.
        let Some((peer, end)) = ended else { return };
        self.reached.remove(&peer);
        self.service.mesh.remove(&peer);
        if end == End::Broken {
            let _ = self.swarm.disconnect_peer_id(peer);
        } else if self.swarm.is_connected(&peer) {
            self.reach(peer, defaults::RELAY_DIAL_INTERVAL);
        }
        self.lost.spawn(async move {
            time::sleep(defaults::REPLICATE_AFTER).await;
            peer
        });
    }

    /// Somebody else may have to keep what it kept.
    fn on_lost(&mut self, lost: Option<PeerId>) {
        if lost.is_some_and(|peer| self.service.mesh.peer(&peer).is_none()) {
            self.losses.send_modify(|losses| *losses += 1);
        }
    }

    fn accept(&mut self, peer: PeerId, stream: libp2p::Stream) {
        if self.inbound.len() < 2 * defaults::RELAYS {
            let (service, announced) = (self.service.clone(), self.announced.clone());
            self.inbound.spawn(async move {
                if inbound::serve(stream, peer, service, announced).await.is_err() {
                    tracing::debug!("a stream of another relay ended with an error");
                }
            });
        }
    }

    /// Looks up where those are who are not here.
    fn resolve(&mut self) {
        let Self { swarm, known, .. } = self;
        let local = *swarm.local_peer_id();
        for target in known.due(|peer| *peer == local || swarm.is_connected(peer)) {
            self.resolving.spawn(resolve(target));
        }
    }

    fn look(&mut self) {
        if let Some(looks) = self.looks.checked_sub(1) {
            self.looks = looks;
            let _ = self.swarm.behaviour_mut().kad.bootstrap();
        }
    }

    fn dial(&mut self, Target { index, peer, addresses }: Target) {
        let opts = match peer {
            Some(peer) => DialOpts::peer_id(peer)
                .addresses(addresses)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .build(),
            None => match addresses.into_iter().next() {
                Some(address) => DialOpts::unknown_peer_id().address(address).build(),
                None => return,
            },
        };
        let connection = opts.connection_id();
        if self.swarm.dial(opts).is_ok() && peer.is_none() {
            self.unnamed.insert(connection, index);
        }
    }
}

/// Makes a relay one of those that are there, for as long as a stream to it is open.
async fn reach(
    mut control: Control,
    peer: PeerId,
    service: Service,
    losses: watch::Receiver<u64>,
) -> End {
    let opened = time::timeout(defaults::HANDSHAKE_TIMEOUT, control.open_stream(peer, REPLICA));
    let stream = match opened.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(OpenStreamError::UnsupportedProtocol(_))) => return End::Broken,
        Ok(Err(_)) | Err(_) => return End::Closed,
    };
    let (queue, queued) = mpsc::channel(defaults::REPLICA_QUEUE);
    let relay = service.mesh.add(peer, queue);
    let mesh = service.mesh.clone();
    let running = outbound::run(stream, queued, |hello| tell(&mesh, peer, &hello));
    tokio::select! {
        end = running => end,
        () = keep_in_sync(service, relay, losses) => End::Closed,
    }
}

fn tell(mesh: &Mesh, peer: PeerId, hello: &volly_core::wire::replica::Hello) {
    mesh.tell(peer, announced::usable(hello));
}

async fn keep_in_sync(service: Service, relay: super::Peer, mut losses: watch::Receiver<u64>) {
    loop {
        if sync(&service, &relay).await.is_none() {
            tracing::debug!("another relay did not take everything");
        }
        let pause = time::timeout(defaults::SYNC_INTERVAL, losses.changed());
        if matches!(pause.await, Ok(Err(_))) {
            return;
        }
    }
}

/// Replaces a name by the addresses behind it. Who cannot be looked up is not dialled.
async fn resolve(target: Target) -> Target {
    let mut addresses = Vec::new();
    for address in &target.addresses {
        let mut parts = address.iter();
        let (first, rest) = (parts.next(), parts.collect::<Multiaddr>());
        let (name, wanted): (_, fn(&SocketAddr) -> bool) = match first {
            Some(Protocol::Dns(name)) => (name, |_| true),
            Some(Protocol::Dns4(name)) => (name, SocketAddr::is_ipv4),
            Some(Protocol::Dns6(name)) => (name, SocketAddr::is_ipv6),
            _ => {
                addresses.push(address.clone());
                continue;
            }
        };
        let Ok(found) = lookup_host((name.as_ref(), 0)).await else { continue };
        let found = found.filter(wanted).map(|found| Multiaddr::from(found.ip()));
        addresses.extend(found.map(|host| host.iter().chain(rest.iter()).collect::<Multiaddr>()));
    }
    Target { addresses, ..target }
}
