//! Streams that wake their task once more when something was sent.
//!
//! A handler of libp2p that has answered (ping is one) begins its next read when it is polled again.
//! Yamux wakes it with whatever arrives on the connection; where each stream wakes for itself, as over
//! WebTransport and data channels, nothing would.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures::io::{AsyncRead, AsyncWrite};

/// See the module.
pub(super) struct Woken<S> {
    stream: S,
    /// Since the last wake.
    sent: bool,
}

impl<S> Woken<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, sent: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Woken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Woken<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.sent = true;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures::ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if core::mem::take(&mut self.sent) {
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures::{
        AsyncWriteExt, FutureExt,
        task::{ArcWake, waker},
    };

    use super::{super::pipe::pipe, *};

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl ArcWake for Wakes {
        fn wake_by_ref(this: &Arc<Self>) {
            this.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_was_sent_wakes_once() {
        let wakes = Arc::<Wakes>::default();
        let waker = waker(Arc::clone(&wakes));
        let mut cx = Context::from_waker(&waker);
        let (near, _far) = pipe(8);
        let mut near = Woken::new(near);
        let flush = |near: &mut Woken<_>, cx: &mut Context<'_>| {
            assert!(near.flush().poll_unpin(cx).is_ready());
            wakes.0.load(Ordering::Relaxed)
        };
        assert_eq!(flush(&mut near, &mut cx), 0, "nothing was sent");
        assert!(near.write(&[1]).poll_unpin(&mut cx).is_ready());
        assert_eq!(flush(&mut near, &mut cx), 1);
        assert_eq!(flush(&mut near, &mut cx), 1, "a task that looks again is not kept busy");
    }
}
