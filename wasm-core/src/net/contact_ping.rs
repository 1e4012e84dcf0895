//! Pings contacts, and answers everybody.
//!
//! A node answers one ping stream a connection and drops the one before, so whatever else pings on
//! a connection ends this, and the other way round. Invariant: on the connection to the relay
//! [`super::probe`] is the only one that asks; this opens a stream once, before it, and is silent.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    multiaddr::Protocol,
    ping,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm,
    },
};

use super::handoff::is_direct;

/// Between two pings of a contact. The relay is probed more often, see [`super::probe`]; a contact
/// that is gone costs no more than a detour, because what has no receipt goes to the mailbox.
const INTERVAL: Duration = Duration::from_secs(15);

/// For the answer. Higher: a dead stream is kept longer. Lower: a throttled page counts as dead.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than any connection lasts; timers of browsers count milliseconds in 31 bits.
const NEVER: Duration = Duration::from_secs(24 * 24 * 3_600);

/// See the module.
pub(super) struct ContactPing {
    contacts: ping::Behaviour,
    /// Makes handlers that answer; has no events of its own.
    relay: ping::Behaviour,
}

impl ContactPing {
    /// Pings every contact at the interval of this module.
    pub(super) fn new() -> Self {
        let config = |interval| ping::Config::new().with_interval(interval).with_timeout(TIMEOUT);
        Self {
            contacts: ping::Behaviour::new(config(INTERVAL)),
            relay: ping::Behaviour::new(config(NEVER)),
        }
    }

    /// Contacts are reached through a circuit or without a relay.
    fn side(&mut self, address: &Multiaddr) -> &mut ping::Behaviour {
        let is_circuit = address.iter().any(|part| part == Protocol::P2pCircuit);
        if is_circuit || is_direct(address) { &mut self.contacts } else { &mut self.relay }
    }
}

impl NetworkBehaviour for ContactPing {
    type ConnectionHandler = THandler<ping::Behaviour>;
    type ToSwarm = ping::Event;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.side(local).handle_established_inbound_connection(connection, peer, local, remote)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.side(address)
            .handle_established_outbound_connection(connection, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        self.contacts.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.contacts.on_connection_handler_event(peer, connection, event);
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.contacts.poll(cx)
    }
}
