//! The part of the swarm that accepts mailbox streams and hands them on through a bounded channel.
//!
//! `libp2p-stream` would do this too, but its channel has room for one stream: when many clients
//! come back at once it drops theirs.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol,
    core::{
        Endpoint,
        transport::PortUse,
        upgrade::{DeniedUpgrade, ReadyUpgrade},
    },
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
        NetworkBehaviour, SubstreamProtocol, THandlerInEvent, ToSwarm,
        handler::{ConnectionEvent, FullyNegotiatedInbound},
    },
};
use tokio::sync::mpsc;
use volly_core::wire::mailbox::PROTOCOL;

use crate::defaults;

/// A mailbox stream. Dropping it makes room for another one of its connection.
#[derive(Debug)]
pub struct MailboxStream {
    /// The bytes.
    pub stream: Stream,
    _place: Arc<()>,
}

/// See the module.
#[derive(Debug)]
pub struct Behaviour {
    streams: mpsc::Sender<MailboxStream>,
}

impl Behaviour {
    /// Hands streams to `streams`; closes those that find it full.
    #[must_use]
    pub const fn new(streams: mpsc::Sender<MailboxStream>) -> Self {
        Self { streams }
    }

    fn handler(&self) -> Handler {
        Handler { streams: self.streams.clone(), places: Arc::new(()) }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Handler, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: Infallible) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

/// Of one connection.
#[derive(Debug)]
pub struct Handler {
    streams: mpsc::Sender<MailboxStream>,
    places: Arc<()>,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Infallible;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = DeniedUpgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(StreamProtocol::new(PROTOCOL)), ())
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Infallible>> {
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        if let ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
            protocol: stream,
            ..
        }) = event
            && Arc::strong_count(&self.places) <= defaults::STREAMS_A_CONNECTION
        {
            let stream = MailboxStream { stream, _place: Arc::clone(&self.places) };
            // Dropping the stream resets it, and the client tries again.
            let _ = self.streams.try_send(stream);
        }
    }
}
