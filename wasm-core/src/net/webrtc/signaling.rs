//! The signaling stream: SDP and candidates over the relayed connection (libp2p specification
//! webrtc/webrtc.md "Signaling Protocol").
//!
//! Invariant: nothing longer than [`MAX_SIGNAL_BYTES`] is held. Does not know what an SDP says.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::io::{AsyncRead, AsyncWrite};

use crate::data_channel::message::{Malformed, Message};

/// Longest message. An SDP with one data channel has about 500 bytes, a candidate about 200.
///
/// Lower: a peer with many networks cannot say so. Higher: memory for whoever calls.
pub(super) const MAX_SIGNAL_BYTES: usize = 16 * 1_024;

/// Bytes asked of the stream at once.
const READ_BYTES: usize = 1_024;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// An SDP.
    Offer(String),
    /// An SDP.
    Answer(String),
    /// `RTCIceCandidate.toJSON()` as JSON; empty or `null` when there are no more.
    Candidate(String),
}

impl Signal {
    fn encode(&self) -> Vec<u8> {
        let (number, text) = match self {
            Self::Offer(sdp) => (0, sdp),
            Self::Answer(sdp) => (1, sdp),
            Self::Candidate(json) => (2, json),
        };
        Message { number: Some(number), bytes: Some(text.as_bytes()) }.encode()
    }

    fn decode(message: &Message<'_>) -> Result<Self, Malformed> {
        let text = core::str::from_utf8(message.bytes.unwrap_or_default());
        let text = text.map_err(|_| Malformed)?.to_owned();
        match message.number {
            Some(0) => Ok(Self::Offer(text)),
            Some(1) => Ok(Self::Answer(text)),
            Some(2) => Ok(Self::Candidate(text)),
            _ => Err(Malformed),
        }
    }
}

/// See the module.
pub(super) struct Signaling<S> {
    stream: S,
    /// Read, and not yet a whole message.
    input: Vec<u8>,
    /// Queued, and not yet written.
    output: Vec<u8>,
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Signaling<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, input: Vec::new(), output: Vec::new(), unflushed: false }
    }

    /// Queues a message. A browser finds few candidates, so the queue stays short.
    pub(super) fn queue(&mut self, signal: &Signal) {
        self.output.extend(signal.encode());
    }

    /// Ready when all is written.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub(super) fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.output))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.drain(..written);
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// The next message; `None` when the other side has closed.
    ///
    /// # Errors
    ///
    /// Those of the stream; [`io::ErrorKind::InvalidData`] for what is no message, or a longer one.
    pub(super) fn poll_signal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Signal>>> {
        loop {
            let split = Message::split(&self.input, MAX_SIGNAL_BYTES).map_err(invalid)?;
            if let Some((message, rest)) = split {
                let (signal, rest) = (Signal::decode(&message).map_err(invalid)?, rest.len());
                self.input.drain(..self.input.len() - rest);
                return Poll::Ready(Ok(Some(signal)));
            }
            let mut chunk = [0; READ_BYTES];
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut chunk))?;
            if read == 0 {
                return Poll::Ready(Ok(None));
            }
            self.input.extend_from_slice(chunk.get(..read).unwrap_or_default());
        }
    }

    /// Says that there is nothing more to say.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_written(cx))?;
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

fn invalid(Malformed: Malformed) -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use futures::{AsyncWriteExt, executor::block_on, future::poll_fn};

    use super::*;
    use crate::net::pipe::pipe;

    fn next<S: AsyncRead + AsyncWrite + Unpin>(
        signaling: &mut Signaling<S>,
    ) -> io::Result<Option<Signal>> {
        block_on(poll_fn(|cx| signaling.poll_signal(cx)))
    }

    #[test]
    fn signals_arrive_in_order_and_then_the_end() {
        let (near, far) = pipe(1 << 16);
        let (mut near, mut far) = (Signaling::new(near), Signaling::new(far));
        let signals = [
            Signal::Offer("v=0".into()),
            Signal::Answer("x".repeat(10_000)),
            Signal::Candidate(String::new()),
        ];
        signals.iter().for_each(|signal| near.queue(signal));
        block_on(poll_fn(|cx| near.poll_close(cx))).unwrap();
        for signal in signals {
            assert_eq!(next(&mut far).unwrap(), Some(signal));
        }
        assert_eq!(next(&mut far).unwrap(), None);
    }

    #[test]
    fn what_is_no_signal_is_an_error() {
        let message = |number, bytes| Message { number, bytes: Some(bytes) }.encode();
        let long = vec![b'a'; MAX_SIGNAL_BYTES];
        for bad in [
            message(Some(3), b"x"),
            message(None, b"x"),
            message(Some(0), &[0xFF]),
            message(Some(0), &long),
        ] {
            let (mut near, far) = pipe(1 << 16);
            block_on(near.write_all(&bad)).unwrap();
            assert_eq!(
                next(&mut Signaling::new(far)).unwrap_err().kind(),
                io::ErrorKind::InvalidData
            );
        }
    }
}
