//! Brings connections that were made outside into the node, as if they had been dialled or accepted.
//!
//! Connections between browsers are negotiated over a signaling stream ([`super::webrtc`]); what
//! comes out of that is a peer, known from the stream, and a multiplexer. Here they become the
//! connection to `/webrtc/p2p/<peer>`: the one who offered dials that, the other accepts.
//!
//! Invariant: a multiplexer is handed over once, or dropped after [`MAX_WAITING`] others.

use std::{
    collections::VecDeque,
    future::{Ready, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{
        muxing::StreamMuxerBox,
        transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent},
    },
    multiaddr::Protocol,
};

/// Multiplexers that wait for their dial, and as many for the node to accept them; both happen at
/// once, so more means that something is wrong.
const MAX_WAITING: usize = 16;

/// Who, and what.
type Connection = (PeerId, StreamMuxerBox);

#[derive(Default)]
struct Shared {
    offered: VecDeque<Connection>,
    accepted: VecDeque<Connection>,
    waker: Option<Waker>,
}

/// Where connections are put in. All copies are one.
#[derive(Clone, Default)]
pub(super) struct Handoff(Arc<Mutex<Shared>>);

/// The address of a connection that was made outside.
pub(super) fn address(peer: PeerId) -> Multiaddr {
    Multiaddr::empty().with(Protocol::WebRTC).with(Protocol::P2p(peer))
}

/// Whether a connection with this address was made outside.
pub(super) fn is_direct(address: &Multiaddr) -> bool {
    address.iter().next() == Some(Protocol::WebRTC)
}

impl Handoff {
    /// The transport that hands out what was put in.
    pub(super) fn transport(&self) -> HandoffTransport {
        HandoffTransport(self.clone())
    }

    /// For whoever dials [`address`] next.
    pub(super) fn offer(&self, peer: PeerId, muxer: StreamMuxerBox) {
        let mut shared = self.lock();
        shared.offered.truncate(MAX_WAITING - 1);
        shared.offered.push_front((peer, muxer));
    }

    /// For the node to accept.
    pub(super) fn accept(&self, peer: PeerId, muxer: StreamMuxerBox) {
        let mut shared = self.lock();
        shared.accepted.truncate(MAX_WAITING - 1);
        shared.accepted.push_front((peer, muxer));
        if let Some(waker) = shared.waker.take() {
            waker.wake();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Handoff::transport`].
pub(super) struct HandoffTransport(Handoff);

impl Transport for HandoffTransport {
    type Output = Connection;
    type Error = io::Error;
    type ListenerUpgrade = Ready<io::Result<Connection>>;
    type Dial = Ready<io::Result<Connection>>;

    fn listen_on(
        &mut self,
        _: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        let mut parts = address.iter();
        let (Some(Protocol::WebRTC), Some(Protocol::P2p(peer)), None) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let offered = &mut self.0.lock().offered;
        let place = offered.iter().position(|(offered, _)| *offered == peer);
        let connection = place.and_then(|place| offered.remove(place));
        Ok(ready(connection.ok_or_else(|| io::ErrorKind::NotConnected.into())))
    }

    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        let mut shared = self.0.lock();
        let Some(connection) = shared.accepted.pop_back() else {
            shared.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        Poll::Ready(TransportEvent::Incoming {
            // The node does not look for a listener that it does not know.
            listener_id: ListenerId::next(),
            local_addr: Multiaddr::empty().with(Protocol::WebRTC),
            send_back_addr: address(connection.0),
            upgrade: ready(Ok(connection)),
        })
    }
}
