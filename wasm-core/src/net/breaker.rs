//! Ends sockets that are still open and no longer lead anywhere.
//!
//! A graceful close waits for a peer, and a dead path makes it wait for minutes. Tripping the
//! breaker makes every socket fail at its next poll, and wakes whoever waits for it.

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

#[derive(Default)]
struct Fuse {
    blown: AtomicBool,
    /// One task polls both directions of a socket, so one waker is enough.
    waker: AtomicWaker,
}

/// Trips all sockets that went through [`Self::guard`]. Clones are the same breaker.
#[derive(Clone, Default)]
pub(super) struct Breaker(Arc<Mutex<Vec<Weak<Fuse>>>>);

impl Breaker {
    /// Puts a fuse on a socket.
    pub(super) fn guard<S>(&self, socket: S) -> Fused<S> {
        let fuse = Arc::new(Fuse::default());
        let mut fuses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Sockets that are gone leave; so there are as many entries as there are sockets.
        fuses.retain(|fuse| fuse.strong_count() > 0);
        fuses.push(Arc::downgrade(&fuse));
        Fused { fuse, socket }
    }

    /// Fails every socket there is now. Later ones are not touched.
    pub(super) fn trip(&self) {
        let fuses = core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for fuse in fuses.iter().filter_map(Weak::upgrade) {
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

#[cfg(test)]
mod tests {
    use futures::{AsyncReadExt, FutureExt, executor::block_on};

    use super::{super::pipe::pipe, *};

    #[test]
    fn a_trip_ends_a_read_that_waits_and_spares_later_sockets() {
        let breaker = Breaker::default();
        let (near, _far) = pipe(8);
        let (later, _far_later) = pipe(8);
        let mut near = breaker.guard(near);
        let mut buffer = [0; 1];
        let mut read = near.read(&mut buffer);
        assert!((&mut read).now_or_never().is_none());
        breaker.trip();
        assert_eq!(block_on(read).unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        let mut later = breaker.guard(later);
        assert!(later.read(&mut [0; 1]).now_or_never().is_none());
    }
}
