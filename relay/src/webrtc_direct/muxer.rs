//! A connection as a multiplexer: each stream of libp2p is a data channel.
//!
//! The connection is shared with the task that drives it ([`super::driver`]), which is woken when
//! something is to be sent.
//!
//! Invariant: when the multiplexer is dropped the connection ends.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures::{AsyncRead, AsyncWrite, future::poll_fn};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use tokio::sync::Notify;

use super::connection::{Connection, Key};
use crate::clock;

/// A connection with what wakes its driver.
pub(crate) struct Shared {
    connection: Mutex<Connection>,
    changed: Notify,
}

impl Shared {
    pub(crate) fn new(connection: Connection) -> Arc<Self> {
        Arc::new(Self { connection: Mutex::new(connection), changed: Notify::new() })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until something is to be sent.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The certificate of the browser and the stream for noise, once they are there.
    ///
    /// # Errors
    /// When the connection ends.
    pub(crate) async fn noise(self: &Arc<Self>) -> io::Result<([u8; 32], Stream)> {
        let (certificate, key) = poll_fn(|cx| self.lock().poll_noise(cx)).await?;
        Ok((certificate, self.stream(key)))
    }

    fn stream(self: &Arc<Self>, key: Key) -> Stream {
        Stream { shared: Arc::clone(self), key, written: false }
    }
}

/// See the module.
pub struct Muxer(Arc<Shared>);

impl core::fmt::Debug for Muxer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Muxer").finish_non_exhaustive()
    }
}

impl Muxer {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    fn close(&self) {
        self.0.lock().close(clock::instant());
        self.0.changed.notify_one();
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        self.close();
    }
}

impl StreamMuxer for Muxer {
    type Substream = Stream;
    type Error = io::Error;

    fn poll_inbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        self.0.lock().poll_accept(cx).map_ok(|key| self.0.stream(key))
    }

    fn poll_outbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let opened = self.0.lock().poll_open(cx).map_ok(|key| self.0.stream(key));
        self.0.changed.notify_one();
        opened
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close();
        Poll::Ready(Ok(()))
    }

    /// That the connection ends is told by [`Self::poll_inbound`].
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        Poll::Pending
    }
}

/// One stream. One that is dropped without an end is reset.
pub struct Stream {
    shared: Arc<Shared>,
    key: Key,
    /// Since the last flush.
    written: bool,
}

impl core::fmt::Debug for Stream {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut connection = self.shared.lock();
        let was_full = connection.is_full();
        let read = connection.poll_read(self.key, into, cx);
        if was_full {
            self.shared.changed.notify_one();
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.shared.lock().poll_write(self.key, from, cx);
        if written.is_ready() {
            self.written = true;
            self.shared.changed.notify_one();
        }
        written
    }

    /// The driver sends by itself. The task is woken once more: a handler that has answered (libp2p's
    /// ping is one) begins its next read only then, and nothing else on the connection would wake it.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if core::mem::take(&mut self.written) {
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.lock().finish(self.key);
        self.shared.changed.notify_one();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.lock().release(self.key, clock::instant());
        self.shared.changed.notify_one();
    }
}
