//! A client as a browser is: identify, circuits, streams, and pings that it answers.

use std::{net::Ipv4Addr, time::Duration};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    core::{muxing::StreamMuxerBox, transport::OrTransport, upgrade},
    identify,
    identity::Keypair,
    noise, ping, relay,
    swarm::{self, NetworkBehaviour, SwarmEvent},
    yamux,
};
use libp2p_stream::Control;
use tokio::task::JoinHandle;

use crate::support::{circuit, web_socket::Dialer};

/// Browsers leave pings to the relay.
const NEVER: Duration = Duration::from_secs(24 * 3_600);

#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    relay: relay::client::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    stream: libp2p_stream::Behaviour,
}

/// One that has not been handed to a task yet.
pub(crate) struct Client(Swarm<Behaviour>);

impl Client {
    /// Each comes from an address of its own, for the relay counts what one asks for.
    pub(crate) fn new(number: u32) -> Self {
        let key = Keypair::generate_ed25519();
        let peer = key.public().to_peer_id();
        let (relayed, relay) = relay::client::new(peer);
        let [_, b, c, d] = (number + 1).to_be_bytes();
        let transport = OrTransport::new(relayed, Dialer(Ipv4Addr::new(127, 64 + b, c, d)))
            .upgrade(upgrade::Version::V1Lazy)
            .authenticate(noise::Config::new(&key).unwrap())
            .multiplex(yamux::Config::default())
            .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
            .boxed();
        let behaviour = Behaviour {
            relay,
            identify: identify::Behaviour::new(
                identify::Config::new("/volly/1".into(), key.public())
                    .with_hide_listen_addrs(true)
                    .with_cache_size(0),
            ),
            ping: ping::Behaviour::new(ping::Config::new().with_interval(NEVER)),
            stream: libp2p_stream::Behaviour::new(),
        };
        let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(NEVER);
        Self(Swarm::new(transport, behaviour, peer, config))
    }

    pub(crate) fn peer(&self) -> PeerId {
        *self.0.local_peer_id()
    }

    pub(crate) fn control(&self) -> Control {
        self.0.behaviour().stream.new_control()
    }

    /// Dials, and answers who is there when the connection stands.
    pub(crate) async fn dial(&mut self, address: Multiaddr) -> PeerId {
        self.0.dial(address).unwrap();
        loop {
            match self.0.select_next_some().await {
                SwarmEvent::ConnectionEstablished { peer_id, .. } => return peer_id,
                SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    }

    /// Waits until the relay has granted a reservation.
    pub(crate) async fn reserve(&mut self, relay: Multiaddr) {
        self.0.listen_on(circuit(relay)).unwrap();
        loop {
            match self.0.select_next_some().await {
                SwarmEvent::Behaviour(BehaviourEvent::Relay(
                    relay::client::Event::ReservationReqAccepted { .. },
                )) => return,
                SwarmEvent::ListenerClosed { reason, .. } => panic!("{reason:?}"),
                _ => {}
            }
        }
    }

    /// Hands it to a task.
    pub(crate) fn run(mut self) -> JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                self.0.select_next_some().await;
            }
        })
    }
}
