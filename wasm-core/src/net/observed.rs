//! Identify, which tells the other side under which address it is seen, where there is one to tell.
//!
//! A circuit or a data channel that comes in has only a PeerId. Told that as an address, others believe
//! nothing else either that we say of ourselves (js-libp2p gives the whole message up), so they are told
//! none.

use std::task::{Context, Poll};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    identify,
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm,
    },
};

/// See the module.
pub(super) struct Observed(pub(super) identify::Behaviour);

/// An address that somebody could be seen at, or an empty one.
fn observed(address: &Multiaddr) -> Multiaddr {
    match address.iter().next() {
        Some(Protocol::P2p(_) | Protocol::WebRTC) => Multiaddr::empty(),
        _ => address.clone(),
    }
}

impl NetworkBehaviour for Observed {
    type ConnectionHandler = THandler<identify::Behaviour>;
    type ToSwarm = identify::Event;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let remote = observed(remote);
        self.0.handle_established_inbound_connection(connection, peer, local, &remote)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let address = observed(address);
        self.0.handle_established_outbound_connection(connection, peer, &address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        self.0.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.0.on_connection_handler_event(peer, connection, event);
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.0.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_only_a_name_is_told_no_address() {
        let peer = PeerId::random();
        for nowhere in [format!("/p2p/{peer}"), format!("/webrtc/p2p/{peer}"), "/webrtc".into()] {
            assert_eq!(observed(&nowhere.parse().unwrap()), Multiaddr::empty(), "{nowhere}");
        }
        let somewhere = "/ip4/192.0.2.1/tcp/80/ws".parse().unwrap();
        assert_eq!(observed(&somewhere), somewhere);
    }
}
