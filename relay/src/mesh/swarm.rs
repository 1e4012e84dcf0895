//! What relays speak among themselves, and over what: QUIC and TCP, Kademlia, streams.
#![allow(missing_docs, reason = "the derived event has none")]

use std::net::SocketAddr;

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder,
    connection_limits::{self, ConnectionLimits},
    identify,
    identity::Keypair,
    kad::{self, store::MemoryStore},
    multiaddr::Protocol,
    noise, ping,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use tokio::time;

use crate::defaults;

/// The table of relays.
pub const KAD: StreamProtocol = StreamProtocol::new("/volly/kad/1");

/// What relays speak among themselves.
#[derive(NetworkBehaviour)]
#[expect(missing_debug_implementations, reason = "the parts have none")]
pub struct Behaviour {
    pub(super) limits: connection_limits::Behaviour,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) kad: kad::Behaviour<MemoryStore>,
    pub(super) streams: libp2p_stream::Behaviour,
}

/// Why relays do not meet here.
#[derive(Debug, thiserror::Error)]
pub enum MeshError {
    /// The identity key does not fit the encryption.
    #[error("the identity key cannot be used between relays: {0}")]
    Noise(#[from] noise::Error),
    /// The port is taken.
    #[error("the port for other relays: {0}")]
    Listen(#[from] libp2p::TransportError<std::io::Error>),
    /// It did not listen in time.
    #[error("the port for other relays could not be bound")]
    Bound,
}

/// Makes the swarm. It listens nowhere yet.
///
/// # Errors
/// See [`MeshError`].
pub fn swarm(key: &Keypair) -> Result<Swarm<Behaviour>, MeshError> {
    let peer = key.public().to_peer_id();
    let swarm = SwarmBuilder::with_existing_identity(key.clone())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)?
        .with_quic()
        .with_behaviour(|key| behaviour(key, peer));
    let Ok(swarm) = swarm;
    let swarm = swarm.with_swarm_config(|config| {
        config.with_idle_connection_timeout(defaults::HANDSHAKE_TIMEOUT)
    });
    Ok(swarm.build())
}

fn behaviour(key: &Keypair, peer: PeerId) -> Behaviour {
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(defaults::PENDING_RELAYS))
        .with_max_pending_outgoing(Some(defaults::PENDING_RELAYS))
        .with_max_established_incoming(Some(defaults::RELAY_CONNECTIONS))
        .with_max_established_per_peer(Some(defaults::CONNECTIONS_A_PEER));
    let identify = identify::Config::new("volly-relays/1".to_owned(), key.public())
        .with_agent_version("volly-relay".to_owned())
        .with_cache_size(0);
    let ping = ping::Config::new()
        .with_interval(defaults::RELAY_PING_INTERVAL)
        .with_timeout(defaults::RELAY_PING_INTERVAL);
    Behaviour {
        limits: connection_limits::Behaviour::new(limits),
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(ping),
        kad: kad(peer),
        streams: libp2p_stream::Behaviour::new(),
    }
}

/// The table of relays. Stores nothing: records live behind their own protocol, with signatures.
fn kad(peer: PeerId) -> kad::Behaviour<MemoryStore> {
    let mut config = kad::Config::new(KAD);
    config
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_provider_publication_interval(None)
        .set_periodic_bootstrap_interval(Some(defaults::RELAY_LOOK_INTERVAL));
    let mut kad = kad::Behaviour::with_config(peer, MemoryStore::new(peer), config);
    kad.set_mode(Some(kad::Mode::Server));
    kad
}

/// Listens with both transports; the port that the system has chosen for one is asked for the other.
///
/// # Errors
/// See [`MeshError`].
pub async fn bind(
    swarm: &mut Swarm<Behaviour>,
    address: SocketAddr,
) -> Result<(Vec<Multiaddr>, u16), MeshError> {
    let host = Multiaddr::from(address.ip());
    swarm.listen_on(host.clone().with(Protocol::Tcp(address.port())))?;
    let tcp = next_address(swarm).await?;
    let port = tcp.iter().find_map(|part| match part {
        Protocol::Tcp(port) => Some(port),
        _ => None,
    });
    let port = port.unwrap_or(address.port());
    let udp = |port| host.clone().with(Protocol::Udp(port)).with(Protocol::QuicV1);
    if swarm.listen_on(udp(port)).is_err() {
        swarm.listen_on(udp(address.port()))?;
    }
    let quic = next_address(swarm).await?;
    Ok((vec![tcp, quic], port))
}

async fn next_address(swarm: &mut Swarm<Behaviour>) -> Result<Multiaddr, MeshError> {
    let listens = async {
        loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                return address;
            }
        }
    };
    time::timeout(defaults::HANDSHAKE_TIMEOUT, listens).await.map_err(|_| MeshError::Bound)
}
