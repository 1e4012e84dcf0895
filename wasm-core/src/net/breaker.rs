//! Ends sockets and sessions that are still open and no longer lead anywhere.
//!
//! A graceful close waits for a peer, and a dead path makes it wait for minutes. Tripping the
//! breaker makes each of them fail at its next poll, and wakes whoever waits for it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures::{
    io::{AsyncRead, AsyncWrite},
    task::AtomicWaker,
};
use libp2p::{
    Multiaddr,
    core::muxing::{StreamMuxer, StreamMuxerEvent},
    multiaddr::Protocol,
};

use super::woken::Woken;

struct Fuse {
    /// Where the socket leads, without `/p2p`.
    address: Multiaddr,
    blown: AtomicBool,
    /// One task polls both directions of a socket, so one waker is enough.
    waker: AtomicWaker,
}

/// Trips sockets that went through [`Self::guard`]. Clones are the same breaker.
#[derive(Clone, Default)]
pub(super) struct Breaker(Arc<Mutex<Vec<Weak<Fuse>>>>);

impl Breaker {
    /// Puts a fuse on a socket that leads to `address`.
    pub(super) fn guard<S>(&self, socket: S, address: &Multiaddr) -> Fused<S> {
        let mut address = address.clone();
        if let Some(Protocol::P2p(_)) = address.iter().last() {
            address.pop();
        }
        let (blown, waker) = (AtomicBool::default(), AtomicWaker::default());
        let fuse = Arc::new(Fuse { address, blown, waker });
        let mut fuses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Sockets that are gone leave; so there are as many entries as there are sockets.
        fuses.retain(|fuse| fuse.strong_count() > 0);
        fuses.push(Arc::downgrade(&fuse));
        Fused { fuse, socket }
    }

    /// Fails every socket there is now to one of `addresses`. Later ones are not touched.
    pub(super) fn trip(&self, addresses: &[Multiaddr]) {
        let fuses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let leads_there = |fuse: &Arc<Fuse>| addresses.contains(&fuse.address);
        for fuse in fuses.iter().filter_map(Weak::upgrade).filter(leads_there) {
            fuse.blown.store(true, Ordering::Release);
            fuse.waker.wake();
        }
    }
}

/// A socket with a fuse.
pub(super) struct Fused<S> {
    fuse: Arc<Fuse>,
    socket: S,
}

impl<S: Unpin> Fused<S> {
    fn socket(&mut self, cx: &Context<'_>) -> io::Result<Pin<&mut S>> {
        // Registered before the check: a trip in between is not missed.
        self.fuse.waker.register(cx.waker());
        if self.fuse.blown.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(Pin::new(&mut self.socket))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Fused<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.socket(cx)?.poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Fused<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.socket(cx)?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket(cx)?.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket(cx)?.poll_close(cx)
    }
}

/// The streams end with the multiplexer, and are [`Woken`].
impl<M> StreamMuxer for Fused<M>
where
    M: StreamMuxer<Error = io::Error> + Unpin,
    M::Substream: Unpin,
{
    type Substream = Woken<M::Substream>;
    type Error = io::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        self.socket(cx)?.poll_inbound(cx).map_ok(Woken::new)
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        self.socket(cx)?.poll_outbound(cx).map_ok(Woken::new)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket(cx)?.poll_close(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        self.socket(cx)?.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::{AsyncReadExt, FutureExt, executor::block_on, future::poll_fn};
    use libp2p::core::muxing::StreamMuxerExt;

    use super::{
        super::pipe::{Pipe, pipe},
        *,
    };

    /// A session on which nothing happens.
    struct Silent;

    impl StreamMuxer for Silent {
        type Substream = Pipe;
        type Error = io::Error;

        fn poll_inbound(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<Pipe>> {
            Poll::Pending
        }

        fn poll_outbound(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<Pipe>> {
            Poll::Pending
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
            Poll::Pending
        }
    }

    fn there() -> Multiaddr {
        "/ip4/10.0.0.1/tcp/1/ws".parse().unwrap()
    }

    #[test]
    fn a_trip_ends_a_session() {
        let breaker = Breaker::default();
        let mut session = breaker.guard(Silent, &there());
        let mut ended = poll_fn(|cx| session.poll_unpin(cx));
        assert!((&mut ended).now_or_never().is_none());
        breaker.trip(&[there()]);
        assert_eq!(block_on(ended).unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        assert!(
            block_on(poll_fn(|cx| session.poll_close_unpin(cx))).is_err(),
            "it waits for nobody"
        );
    }

    #[test]
    fn a_trip_ends_a_read_that_waits_and_spares_later_sockets_and_those_to_elsewhere() {
        let breaker = Breaker::default();
        let (near, _far) = pipe(8);
        let (later, _far_later) = pipe(8);
        let (other, _far_other) = pipe(8);
        let elsewhere: Multiaddr = "/ip4/10.0.0.2/tcp/1/ws".parse().unwrap();
        let mut near = breaker.guard(near, &there());
        let mut other = breaker.guard(other, &elsewhere);
        let mut buffer = [0; 1];
        let mut read = near.read(&mut buffer);
        assert!((&mut read).now_or_never().is_none());
        breaker.trip(&[there()]);
        assert_eq!(block_on(read).unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        let mut later = breaker.guard(later, &there());
        assert!(later.read(&mut [0; 1]).now_or_never().is_none());
        assert!(other.read(&mut [0; 1]).now_or_never().is_none());
    }
}
