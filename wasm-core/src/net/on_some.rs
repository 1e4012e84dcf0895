//! A behaviour for some of the connections: on the others it has no handler, and does not hear of
//! them.
//!
//! Streams are opened on any connection to a peer, whichever comes first. While traffic moves from
//! one to the other that has to be the right one.

use std::{
    collections::HashSet,
    task::{Context, Poll},
};

use either::Either;
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};

/// See the module.
pub(super) struct OnSome<B> {
    inner: B,
    /// Told the address of the other side.
    wanted: fn(&Multiaddr) -> bool,
    connections: HashSet<ConnectionId>,
}

impl<B> OnSome<B> {
    pub(super) fn new(inner: B, wanted: fn(&Multiaddr) -> bool) -> Self {
        Self { inner, wanted, connections: HashSet::new() }
    }

    pub(super) const fn inner(&self) -> &B {
        &self.inner
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for OnSome<B> {
    type ConnectionHandler = Either<THandler<B>, dummy::ConnectionHandler>;
    type ToSwarm = B::ToSwarm;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !(self.wanted)(local) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.connections.insert(connection);
        let inner = &mut self.inner;
        inner
            .handle_established_inbound_connection(connection, peer, local, remote)
            .map(Either::Left)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !(self.wanted)(address) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.connections.insert(connection);
        let inner = &mut self.inner;
        inner
            .handle_established_outbound_connection(connection, peer, address, role, port)
            .map(Either::Left)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let wanted = match &event {
            FromSwarm::ConnectionEstablished(event) => {
                self.connections.contains(&event.connection_id)
            }
            FromSwarm::ConnectionClosed(event) => self.connections.remove(&event.connection_id),
            FromSwarm::AddressChange(event) => self.connections.contains(&event.connection_id),
            _ => true,
        };
        if wanted {
            self.inner.on_swarm_event(event);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {
            Either::Left(event) => {
                self.inner.on_connection_handler_event(peer, connection, event);
            }
            Either::Right(event) => match event {},
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.inner.poll(cx).map(|event| event.map_in(Either::Left))
    }
}
