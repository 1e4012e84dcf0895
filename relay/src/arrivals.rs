//! The libp2p transport of the listeners that do their own handshakes, WebTransport and WebRTC-direct:
//! connections that have shown who they are come in through a bounded channel.
//!
//! Does not dial: the relay never connects to an address that someone has told it.

use std::{
    collections::VecDeque,
    future::{Ready, ready},
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        muxing::StreamMuxerBox,
        transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    },
};
use tokio::sync::mpsc;

use crate::{webrtc_direct::is_webrtc_direct, webtransport::is_webtransport};

/// A connection, who it is, and where it comes from.
#[derive(Debug)]
pub struct Connected {
    /// Proved by noise.
    pub peer: PeerId,
    /// Its streams.
    pub muxer: StreamMuxerBox,
    /// Where it came in.
    pub local: Multiaddr,
    /// Where its packets come from.
    pub remote: Multiaddr,
}

/// See the module.
#[derive(Debug)]
pub struct Arrivals {
    connected: mpsc::Receiver<Connected>,
    listeners: Vec<(ListenerId, Multiaddr)>,
    events: VecDeque<TransportEvent<<Self as Transport>::ListenerUpgrade, io::Error>>,
}

impl Arrivals {
    /// Listens at `connected` once [`Transport::listen_on`] says at which addresses that is.
    #[must_use]
    pub const fn new(connected: mpsc::Receiver<Connected>) -> Self {
        Self { connected, listeners: Vec::new(), events: VecDeque::new() }
    }
}

impl Transport for Arrivals {
    type Output = (PeerId, StreamMuxerBox);
    type Error = io::Error;
    type ListenerUpgrade = Ready<io::Result<Self::Output>>;
    type Dial = Ready<io::Result<Self::Output>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        if !is_webtransport(&address) && !is_webrtc_direct(&address) {
            return Err(TransportError::MultiaddrNotSupported(address));
        }
        self.listeners.push((id, address.clone()));
        self.events.push_back(TransportEvent::NewAddress { listener_id: id, listen_addr: address });
        Ok(())
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        let before = self.listeners.len();
        self.listeners.retain(|(listener, _)| *listener != id);
        self.listeners.len() < before
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(event);
        }
        while let Some(arrived) = ready!(self.connected.poll_recv(cx)) {
            let Connected { peer, muxer, local, remote } = arrived;
            if let Some((id, _)) = self.listeners.iter().find(|(_, address)| *address == local) {
                return Poll::Ready(TransportEvent::Incoming {
                    listener_id: *id,
                    upgrade: ready(Ok((peer, muxer))),
                    local_addr: local,
                    send_back_addr: remote,
                });
            }
        }
        // Nobody comes any more: the relay is about to end.
        Poll::Pending
    }
}
