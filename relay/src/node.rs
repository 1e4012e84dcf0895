//! The libp2p node that browsers come to: circuits, mailbox streams.
//!
//! Looks at no event but failed pings: who connects is nobody's business, and is not logged.
#![allow(missing_docs, reason = "the derived event has none")]

use core::{num::NonZeroU32, time::Duration};

use futures::{StreamExt, future::Either};
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    connection_limits::{self, ConnectionLimits},
    core::{muxing::StreamMuxerBox, transport::Boxed, upgrade},
    identify,
    identity::Keypair,
    ping, relay,
    swarm::{NetworkBehaviour, SwarmEvent},
    yamux,
};
use tokio::sync::mpsc;

use crate::{
    arrivals::{Arrivals, Connected},
    defaults,
    mailbox_streams::{self, MailboxStream},
    noise,
    slim::Slim,
    web_socket_transport::{Accepted, WebSocketTransport},
};

/// Where clients come in.
#[derive(Debug)]
pub struct Entrances {
    /// WebSockets that the HTTP server has upgraded.
    pub accepted: mpsc::Receiver<Accepted>,
    /// Connections over WebTransport and WebRTC-direct that have shown who they are.
    pub connected: mpsc::Receiver<Connected>,
    /// Where these listen.
    pub listening: Vec<Multiaddr>,
}

/// What the node speaks.
#[derive(NetworkBehaviour)]
#[expect(missing_debug_implementations, reason = "the parts have none")]
pub struct Behaviour {
    limits: connection_limits::Behaviour,
    relay: relay::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    mailbox: mailbox_streams::Behaviour,
}

/// Why there is no node.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The identity key does not fit the encryption.
    #[error("the identity key cannot be used: {0}")]
    Noise(#[from] noise::NoiseError),
    /// The transport refuses its address.
    #[error("the node cannot listen: {0}")]
    Listen(#[from] libp2p::TransportError<std::io::Error>),
}

/// Makes a node that listens at `entrances` and tells the world `addresses`.
///
/// # Errors
/// See [`NodeError`].
pub fn build(
    key: &Keypair,
    entrances: Entrances,
    addresses: &[Multiaddr],
    streams: mpsc::Sender<MailboxStream>,
) -> Result<Swarm<Slim<Behaviour>>, NodeError> {
    let config = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(defaults::IDLE_TIMEOUT);
    let listening = entrances.listening.clone();
    let transport = transport(key, entrances)?;
    let peer = key.public().to_peer_id();
    let mut swarm = Swarm::new(transport, Slim(behaviour(key, streams)), peer, config);
    if let Some(address) = addresses.first() {
        swarm.listen_on(address.clone())?;
    }
    for address in listening {
        swarm.listen_on(address)?;
    }
    for address in addresses {
        // A reservation without an address of the relay is of no use to a client.
        swarm.add_external_address(address.clone());
    }
    Ok(swarm)
}

fn transport(
    key: &Keypair,
    Entrances { accepted, connected, .. }: Entrances,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, NodeError> {
    let mut multiplexer = yamux::Config::default();
    multiplexer.set_max_num_streams(defaults::STREAMS);
    let web_sockets = WebSocketTransport::new(accepted)
        .upgrade(upgrade::Version::V1)
        .authenticate(noise::Config::new(key)?)
        .multiplex(multiplexer)
        .timeout(defaults::HANDSHAKE_TIMEOUT)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    // It comes first: the other one takes any address for its own.
    let either = Arrivals::new(connected).or_transport(web_sockets);
    Ok(either
        .map(|connection, _| match connection {
            Either::Left(connection) | Either::Right(connection) => connection,
        })
        .boxed())
}

fn behaviour(key: &Keypair, streams: mpsc::Sender<MailboxStream>) -> Behaviour {
    let peer = key.public().to_peer_id();
    let mut relay = relay::Behaviour::new(peer, relay_config());
    relay.set_status(Some(relay::Status::Enable));
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(defaults::PENDING_CONNECTIONS))
        .with_max_established_per_peer(Some(defaults::CONNECTIONS_A_PEER));
    let identify = identify::Config::new("volly/1".to_owned(), key.public())
        .with_agent_version("volly-relay".to_owned())
        .with_cache_size(0)
        .with_hide_listen_addrs(true);
    Behaviour {
        limits: connection_limits::Behaviour::new(limits),
        relay,
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(defaults::PING_INTERVAL)),
        mailbox: mailbox_streams::Behaviour::new(streams),
    }
}

fn relay_config() -> relay::Config {
    let a_minute = Duration::from_secs(60);
    let rate = NonZeroU32::new(defaults::CIRCUIT_REQUESTS_A_MINUTE).unwrap_or(NonZeroU32::MIN);
    relay::Config {
        max_reservations: defaults::RESERVATIONS,
        max_reservations_per_peer: 4,
        reservation_duration: defaults::RESERVATION_DURATION,
        reservation_rate_limiters: Vec::new(),
        max_circuits: defaults::CIRCUITS,
        max_circuits_per_peer: defaults::CIRCUITS_A_PEER,
        max_circuit_duration: defaults::CIRCUIT_DURATION,
        max_circuit_bytes: defaults::CIRCUIT_BYTES,
        circuit_src_rate_limiters: Vec::new(),
    }
    .reservation_rate_per_ip(rate, a_minute)
    .circuit_src_per_ip(rate, a_minute)
}

/// Drives the node until it is dropped.
pub async fn run(mut swarm: Swarm<Slim<Behaviour>>) {
    loop {
        if let SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
            connection,
            result: Err(ping::Failure::Timeout),
            ..
        })) = swarm.select_next_some().await
        {
            swarm.close_connection(connection);
        }
    }
}
