//! A WebSocket as a stream of bytes: what libp2p puts its encryption on.
//!
//! Invariant: at most one message in, and one out, is held beside the socket's own buffers.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::extract::ws::{Message, WebSocket};
use bytes::{Buf, Bytes};
use futures::{AsyncRead, AsyncWrite, Sink, Stream};

use crate::defaults;

/// A WebSocket of some library.
pub trait MessageSocket:
    Stream<Item = Result<Self::Message, Self::Fault>> + Sink<Self::Message, Error = Self::Fault> + Unpin
{
    /// What it carries.
    type Message;
    /// How it fails.
    type Fault: Into<Box<dyn std::error::Error + Send + Sync>>;
    /// Wraps `bytes`.
    fn binary(bytes: Bytes) -> Self::Message;
    /// The bytes of a message. Pings and their like have none; a text is the other side's fault.
    ///
    /// # Errors
    /// When the message is a text.
    fn into_bytes(message: Self::Message) -> io::Result<Bytes>;
}

impl MessageSocket for WebSocket {
    type Message = Message;
    type Fault = axum::Error;

    fn binary(bytes: Bytes) -> Message {
        Message::Binary(bytes)
    }

    fn into_bytes(message: Message) -> io::Result<Bytes> {
        match message {
            Message::Binary(bytes) => Ok(bytes),
            Message::Text(_) => Err(io::ErrorKind::InvalidData.into()),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(Bytes::new()),
        }
    }
}

/// Bytes over the binary messages of `S`. `G` is dropped with it.
#[derive(Debug)]
pub struct ByteStream<S, G = ()> {
    socket: S,
    unread: Bytes,
    _guard: G,
}

impl<S, G> ByteStream<S, G> {
    /// Wraps an open socket.
    pub const fn new(socket: S, guard: G) -> Self {
        Self { socket, unread: Bytes::new(), _guard: guard }
    }
}

impl<S: MessageSocket, G: Unpin> AsyncRead for ByteStream<S, G> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        while self.unread.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(message)) => self.unread = S::into_bytes(message)?,
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => return Poll::Ready(Ok(0)),
            }
        }
        let len = into.len().min(self.unread.len());
        if let Some(into) = into.get_mut(..len) {
            self.unread.copy_to_slice(into);
        }
        Poll::Ready(Ok(len))
    }
}

impl<S: MessageSocket, G: Unpin> AsyncWrite for ByteStream<S, G> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut socket = Pin::new(&mut self.socket);
        ready!(socket.as_mut().poll_ready(cx)).map_err(io::Error::other)?;
        let chunk = from.get(..defaults::SOCKET_WRITE_BYTES).unwrap_or(from);
        let message = S::binary(Bytes::copy_from_slice(chunk));
        socket.start_send(message).map_err(io::Error::other)?;
        Poll::Ready(Ok(chunk.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(io::Error::other)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(io::Error::other)
    }
}
