//! The relay's side of a WebSocket (RFC 6455) as a stream of bytes: what libp2p puts its encryption on.
//!
//! Where a message ends says nothing to libp2p, so none is ever whole in memory: bytes are handed on
//! as they come. Invariant: a socket over which nothing is on its way holds no buffer.

pub mod frame;
pub mod upgrade;

use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use futures::{AsyncRead, AsyncWrite};
use tokio::io::ReadBuf;

use self::frame::{Head, Kind, Payload};
use crate::defaults;

/// Bytes over the binary messages of a socket. `G` is dropped with it.
#[derive(Debug)]
pub struct WebSocket<S, G = ()> {
    io: S,
    /// What has come and was not read yet, masked.
    input: BytesMut,
    payload: Payload,
    /// Whether more frames of a message have to follow.
    unfinished: bool,
    /// What the system did not take at once.
    output: BytesMut,
    ended: bool,
    closing: bool,
    _guard: G,
}

impl<S, G> WebSocket<S, G>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    /// An open socket, behind whose request `input` has come already.
    pub fn new(io: S, input: BytesMut, guard: G) -> Self {
        Self {
            io,
            input,
            payload: Payload::default(),
            unfinished: false,
            output: BytesMut::new(),
            ended: false,
            closing: false,
            _guard: guard,
        }
    }

    /// Takes the next frame up if its head is there, and a control frame whole.
    fn next_frame(&mut self) -> io::Result<bool> {
        let Some((head, len)) = Head::read(&self.input)? else { return Ok(false) };
        let control = usize::try_from(head.len).unwrap_or(usize::MAX);
        match head.kind {
            Kind::First | Kind::Next => {
                if self.unfinished != (head.kind == Kind::Next) {
                    return Err(frame::refused("a message within a message"));
                }
                self.unfinished = !head.last;
                self.input.advance(len);
                self.payload = head.payload();
            }
            _ if self.input.len() < len + control => return Ok(false),
            Kind::Close => {
                self.say_close();
                self.ended = true;
            }
            Kind::Ping | Kind::Pong => {
                self.input.advance(len);
                let mut said = self.input.split_to(control);
                head.payload().unmask(&mut said);
                // Who does not read his answers gets no more of them.
                if head.kind == Kind::Ping && self.output.is_empty() {
                    self.output.extend_from_slice(&frame::head(frame::PONG, control));
                    self.output.extend_from_slice(&said);
                }
            }
        }
        Ok(true)
    }

    fn say_close(&mut self) {
        if !self.closing {
            self.closing = true;
            self.output.extend_from_slice(&frame::head(frame::CLOSE, 0));
        }
    }

    /// Moves bytes of the payload that are here.
    fn take(&mut self, into: &mut [u8]) -> usize {
        let len = into.len().min(self.input.len()).min(self.payload.len());
        if let Some(into) = into.get_mut(..len) {
            self.input.copy_to_slice(into);
            self.payload.unmask(into);
        }
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        len
    }

    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [const { MaybeUninit::uninit() }; defaults::SOCKET_READ_BYTES];
        let mut came = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut came))?;
        self.ended = came.filled().is_empty();
        self.input.extend_from_slice(came.filled());
        Poll::Ready(Ok(()))
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &self.output))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(written);
        }
        self.output = BytesMut::new();
        Poll::Ready(Ok(()))
    }
}

impl<S, G: Unpin> AsyncRead for WebSocket<S, G>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        loop {
            if !this.payload.is_empty() && !this.input.is_empty() {
                return Poll::Ready(Ok(this.take(into)));
            }
            if this.payload.is_empty() && !this.ended && this.next_frame()? {
                // An answer to a ping goes out with what is written next, if it does not go now.
                let _ = this.poll_output(cx)?;
                continue;
            }
            if this.ended {
                return Poll::Ready(Ok(0));
            }
            ready!(this.poll_input(cx))?;
        }
    }
}

impl<S, G: Unpin> AsyncWrite for WebSocket<S, G>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_output(cx))?;
        let chunk = from.get(..defaults::SOCKET_WRITE_BYTES).unwrap_or(from);
        let head = frame::head(frame::BINARY, chunk.len());
        let both = [IoSlice::new(&head), IoSlice::new(chunk)];
        let written = ready!(Pin::new(&mut this.io).poll_write_vectored(cx, &both))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        this.output.extend_from_slice(head.get(written..).unwrap_or_default());
        let of_chunk = written.saturating_sub(head.len());
        this.output.extend_from_slice(chunk.get(of_chunk..).unwrap_or_default());
        Poll::Ready(Ok(chunk.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_output(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.say_close();
        ready!(self.poll_output(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
