//! The libp2p node: which protocols it speaks, over which transports, and its bounds.
//!
//! The order of transports has a meaning: the relay client comes first, because a transport that
//! looks at the beginning of an address alone would take `…/ws/p2p/R/p2p-circuit/…` for its own.
//! Which way to a relay is tried when, is for [`super::race`].
//! Connections that were negotiated outside come in through [`super::handoff`].
//! Not here: Kademlia, which is between relays; one is told of others by those that it knows.

use std::time::Duration;

use futures::future::Either;
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, Transport, connection_limits,
    connection_limits::ConnectionLimits,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, OptionalTransport, timeout::TransportTimeout},
        upgrade::Version,
    },
    identify,
    identity::{Keypair, PublicKey},
    noise, ping, relay,
    swarm::{self, NetworkBehaviour},
    yamux,
};

use libp2p_stream::Control;

use super::{
    Sessions, Socket,
    breaker::Breaker,
    contact_ping::ContactPing,
    handoff::{Handoff, is_direct},
    observed::Observed,
    on_some::OnSome,
    race::Race,
};
use crate::limits::MAX_CONTACTS;

/// Records and mailboxes of a relay (protocol.md §10).
pub(super) const MAILBOX: StreamProtocol = StreamProtocol::new("/volly/mailbox/1");

/// Between two contacts (protocol.md §12).
pub(super) const DIRECT: StreamProtocol = StreamProtocol::new("/volly/direct/1");

/// Where two browsers negotiate a connection of their own (libp2p specification webrtc/webrtc.md).
pub(super) const SIGNALING: StreamProtocol = StreamProtocol::new("/webrtc-signaling/0.0.1");

/// For [`super::probe`].
pub(super) const PING: StreamProtocol = ping::PROTOCOL_NAME;

/// From the first packet of a connection to its multiplexer.
///
/// Lower: fails on slow lines. Higher: an address that swallows packets holds an attempt that long.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection without a stream of ours is closed after this: an unknown peer does not stay, and
/// the stream that makes a connection worth keeping has this long to be opened.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections that others are making to us at the same time.
const MAX_PENDING_INCOMING: u32 = 32;

/// Connections to one peer: a circuit, the direct one in use, and one that replaces either.
const MAX_PER_PEER: u32 = 3;

/// What the node speaks.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    limits: connection_limits::Behaviour,
    relay: relay::client::Behaviour,
    identify: Observed,
    ping: ContactPing,
    /// With the relay, and with contacts through it.
    relayed_streams: OnSome<libp2p_stream::Behaviour>,
    /// With contacts, without a relay in between.
    direct_streams: OnSome<libp2p_stream::Behaviour>,
}

impl Behaviour {
    /// Streams with the relay, and with contacts through it.
    pub(super) fn relayed_streams(&self) -> Control {
        self.relayed_streams.inner().new_control()
    }

    /// Streams with contacts, without a relay in between.
    pub(super) fn direct_streams(&self) -> Control {
        self.direct_streams.inner().new_control()
    }
}

/// How relays are reached.
pub(super) struct Ways {
    /// By a stream of bytes.
    pub(super) sockets: Boxed<Socket>,
    /// By what has encryption and streams of its own.
    pub(super) sessions: Option<Sessions>,
    /// Ends both.
    pub(super) breaker: Breaker,
    /// Has one go before the other.
    pub(super) race: Race,
}

/// Makes the node. `handoff` brings in connections that were negotiated outside.
pub(super) fn build(key: &Keypair, ways: Ways, handoff: &Handoff) -> Swarm<Behaviour> {
    let peer = key.public().to_peer_id();
    let (circuits, relay) = relay::client::new(peer);
    let behaviour = Behaviour {
        limits: connection_limits::Behaviour::new(limits()),
        relay,
        identify: Observed(identify::Behaviour::new(identity(key.public()))),
        ping: ContactPing::new(),
        relayed_streams: streams(|address| !is_direct(address)),
        direct_streams: streams(is_direct),
    };
    let Ways { sockets, sessions, breaker, race } = ways;
    let guard = breaker.clone();
    let transport = circuits.or_transport(
        sockets.map(move |socket, point| guard.guard(socket, point.get_remote_address())),
    );
    let transport = either(secured(key, transport).or_transport(guarded(key, sessions, breaker)));
    // Without an executor connections are polled by the node itself: one task does it all.
    let config = swarm::Config::without_executor().with_idle_connection_timeout(IDLE_TIMEOUT);
    let transport = either(handoff.transport().or_transport(race.transport(transport)));
    Swarm::new(transport, behaviour, peer, config)
}

/// Of two transports for the same, one.
pub(super) fn either<T>(transport: T) -> Boxed<(PeerId, StreamMuxerBox)>
where
    T: Transport<Output = Either<(PeerId, StreamMuxerBox), (PeerId, StreamMuxerBox)>>,
    T: Send + Unpin + 'static,
    T::Error: Send + Sync + 'static,
    T::Dial: Send + 'static,
    T::ListenerUpgrade: Send + 'static,
{
    let same = transport.map(|either, _| match either {
        Either::Left(connection) | Either::Right(connection) => connection,
    });
    same.boxed()
}

fn guarded(
    key: &Keypair,
    sessions: Option<Sessions>,
    breaker: Breaker,
) -> Boxed<(PeerId, StreamMuxerBox)> {
    let Some(sessions) = sessions else {
        return OptionalTransport::<Boxed<_>>::none().boxed();
    };
    let guarded = sessions(key).map(move |(peer, muxer), point| {
        (peer, StreamMuxerBox::new(breaker.guard(muxer, point.get_remote_address())))
    });
    TransportTimeout::new(guarded, DIAL_TIMEOUT).boxed()
}

fn streams(wanted: fn(&Multiaddr) -> bool) -> OnSome<libp2p_stream::Behaviour> {
    OnSome::new(libp2p_stream::Behaviour::new(), wanted)
}

fn secured<T>(key: &Keypair, transport: T) -> Boxed<(PeerId, StreamMuxerBox)>
where
    T: Transport + Send + Unpin + 'static,
    T::Output: futures::AsyncRead + futures::AsyncWrite + Send + Unpin + 'static,
    T::Error: Send + Sync + 'static,
    T::Dial: Send + 'static,
    T::ListenerUpgrade: Send + 'static,
{
    let noise = noise::Config::new(key).expect("an Ed25519 key signs");
    let upgraded = transport
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    TransportTimeout::new(upgraded, DIAL_TIMEOUT).boxed()
}

fn limits() -> ConnectionLimits {
    let contacts = u32::try_from(MAX_CONTACTS).unwrap_or(u32::MAX);
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(MAX_PENDING_INCOMING))
        .with_max_established_incoming(Some(contacts))
        .with_max_established_per_peer(Some(MAX_PER_PEER))
}

/// What every node says of itself; the same for all, so that it tells nobody apart.
fn identity(key: PublicKey) -> identify::Config {
    identify::Config::new("/volly/1".into(), key)
        .with_agent_version("volly".into())
        .with_hide_listen_addrs(true)
        .with_cache_size(0)
}
