//! A WebTransport session as a multiplexer: each stream of libp2p is a bidirectional stream of it.
//!
//! Invariant: when the multiplexer is dropped the connection is closed.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite, FutureExt, future::BoxFuture};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use wtransport::{Connection, RecvStream, SendStream, VarInt};

/// Neither HTTP/3 nor libp2p gives a reason for a good end.
const NO_ERROR: VarInt = VarInt::from_u32(0);

/// An accepted session. Closed when it is dropped.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
}

impl Session {
    /// From now on it is closed when it is dropped.
    #[must_use]
    pub const fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// The next stream that the other side opens.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn accept(&self) -> io::Result<Stream> {
        accept(self.connection.clone()).await
    }

    /// The multiplexer, once the other side is known.
    #[must_use]
    pub fn into_muxer(self) -> Muxer {
        Muxer { accepting: accept(self.connection.clone()).boxed(), opening: None, session: self }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.close(NO_ERROR, &[]);
    }
}

async fn accept(connection: Connection) -> io::Result<Stream> {
    let (send, receive) = connection.accept_bi().await.map_err(io::Error::other)?;
    Ok(Stream { send, receive, sent: false })
}

async fn open(connection: Connection) -> io::Result<Stream> {
    let opening = connection.open_bi().await.map_err(io::Error::other)?;
    let (send, receive) = opening.await.map_err(io::Error::other)?;
    Ok(Stream { send, receive, sent: false })
}

/// See the module.
pub struct Muxer {
    session: Session,
    accepting: BoxFuture<'static, io::Result<Stream>>,
    opening: Option<BoxFuture<'static, io::Result<Stream>>>,
}

impl core::fmt::Debug for Muxer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Muxer").finish_non_exhaustive()
    }
}

impl StreamMuxer for Muxer {
    type Substream = Stream;
    type Error = io::Error;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let accepted = ready!(self.accepting.poll_unpin(cx));
        self.accepting = accept(self.session.connection.clone()).boxed();
        Poll::Ready(accepted)
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let this = &mut *self;
        let connection = &this.session.connection;
        let opening = this.opening.get_or_insert_with(|| open(connection.clone()).boxed());
        let opened = ready!(opening.poll_unpin(cx));
        this.opening = None;
        Poll::Ready(opened)
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.session.connection.close(NO_ERROR, &[]);
        Poll::Ready(Ok(()))
    }

    /// That the connection ends is told by [`Self::poll_inbound`].
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        Poll::Pending
    }
}

/// One stream. What was written before it is dropped is sent.
#[derive(Debug)]
pub struct Stream {
    send: SendStream,
    receive: RecvStream,
    /// Since the last flush.
    sent: bool,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.receive.quic_stream_mut().poll_read(cx, into).map_err(io::Error::from)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.sent = true;
        Pin::new(self.send.quic_stream_mut()).poll_write(cx, from).map_err(io::Error::from)
    }

    /// QUIC sends by itself. The task is woken once more: a handler that has answered (libp2p's ping
    /// is one) begins its next read only then, and nothing else on the connection would wake it.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if core::mem::take(&mut self.sent) {
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Fails when it has ended already, one way or the other.
        let _ = self.send.quic_stream_mut().finish();
        Poll::Ready(Ok(()))
    }
}
