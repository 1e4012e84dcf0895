//! One proved stream: envelopes out of a queue, envelopes in.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    channel::mpsc,
    io::{AsyncRead, AsyncWrite},
};
use futures_timer::Delay;
use libp2p::Stream;

use super::contact::Attempt;
use crate::{
    api::ContactId,
    engine::effect::{EnvelopeId, FileFrame},
    net::frames::Frames,
    wire::DirectFrame,
};

/// Frames that wait in the stream itself; the others wait in the queue in front of it.
const MAX_QUEUED: usize = 4;

/// How long a retired stream is read: twice as long as its circuit is kept, if the other side keeps to
/// that.
const HEARD_OUT_AFTER: Duration = Duration::from_secs(10);

/// What goes into the queue of a stream.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// The body of a frame.
    Frame(Vec<u8>),
    /// Nothing more is sent; the stream is read until the other side ends it.
    Retire,
}

impl Outgoing {
    /// A frame with an envelope.
    pub(super) fn envelope(EnvelopeId(id): EnvelopeId, envelope: &[u8]) -> Self {
        Self::Frame(DirectFrame::Envelope { id, envelope }.encode())
    }

    /// A frame about a file.
    pub(super) fn file(frame: &FileFrame) -> Self {
        let frame = match *frame {
            FileFrame::Ask { digest, first, count } => DirectFrame::Ask { digest, first, count },
            FileFrame::Chunk { digest, index, ref chunk } => {
                DirectFrame::Chunk { digest, index, chunk }
            }
            FileFrame::Missing { digest } => DirectFrame::Missing { digest },
        };
        Self::Frame(frame.encode())
    }
}

/// What a frame brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Envelope(Vec<u8>),
    File(FileFrame),
}

impl Incoming {
    fn decode(frame: &[u8]) -> Option<Self> {
        Some(match DirectFrame::decode(frame).ok()? {
            DirectFrame::Envelope { envelope, .. } => Self::Envelope(envelope.to_vec()),
            DirectFrame::Ask { digest, first, count } => {
                Self::File(FileFrame::Ask { digest, first, count })
            }
            DirectFrame::Chunk { digest, index, chunk } => {
                Self::File(FileFrame::Chunk { digest, index, chunk: chunk.to_vec() })
            }
            DirectFrame::Missing { digest } => Self::File(FileFrame::Missing { digest }),
        })
    }
}

/// What came out of a stream.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) id: ContactId,
    pub(super) attempt: Attempt,
    /// `None`: the stream has ended.
    pub(super) frame: Option<Incoming>,
}

/// A stream to a contact. It ends when its queue is dropped, unless it was retired before.
pub(super) struct DirectStream<S = Stream> {
    id: ContactId,
    attempt: Attempt,
    /// `None` after the end.
    frames: Option<Frames<S>>,
    outgoing: mpsc::Receiver<Outgoing>,
    /// Runs once it is retired.
    retired: Option<Delay>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> DirectStream<S> {
    pub(super) const fn new(
        id: ContactId,
        attempt: Attempt,
        frames: Frames<S>,
        outgoing: mpsc::Receiver<Outgoing>,
    ) -> Self {
        Self { id, attempt, frames: Some(frames), outgoing, retired: None }
    }

    /// The next frame; `None` when the stream is over.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let Some(frames) = &mut self.frames else { return Poll::Ready(None) };
        loop {
            match frames.poll_written(cx) {
                Poll::Ready(Ok(())) => continue,
                Poll::Ready(Err(_)) => return Poll::Ready(None),
                Poll::Pending if self.retired.is_some() || frames.queued() >= MAX_QUEUED => break,
                Poll::Pending => {}
            }
            match self.outgoing.poll_next_unpin(cx) {
                Poll::Ready(Some(Outgoing::Frame(frame))) => frames.queue(&frame, ()),
                Poll::Ready(Some(Outgoing::Retire)) => {
                    self.retired = Some(Delay::new(HEARD_OUT_AFTER));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => break,
            }
        }
        let Poll::Ready(frame) = frames.poll_frame(cx) else {
            let over = self.retired.as_mut().map(|retired| retired.poll_unpin(cx));
            return if over.is_some_and(|over| over.is_ready()) {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        };
        Poll::Ready(frame.ok().and_then(|frame| Incoming::decode(&frame)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> futures::Stream for DirectStream<S> {
    type Item = Received;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        if self.frames.is_none() {
            return Poll::Ready(None);
        }
        let frame = futures::ready!(self.poll_incoming(cx));
        if frame.is_none() {
            self.frames = None;
        }
        Poll::Ready(Some(Received { id: self.id, attempt: self.attempt, frame }))
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::{
        limits::MAX_ENVELOPE_BYTES,
        net::pipe::{Pipe, pipe},
    };

    fn connected() -> (DirectStream<Pipe>, mpsc::Sender<Outgoing>, Frames<Pipe>) {
        let (near, far) = pipe(1 << 17);
        let (outgoing, take_outgoing) = mpsc::channel(1);
        let stream = DirectStream::new(ContactId(1), Attempt(2), Frames::new(near), take_outgoing);
        (stream, outgoing, Frames::new(far))
    }

    fn back() -> Vec<u8> {
        DirectFrame::Envelope { id: [4; 16], envelope: b"back" }.encode()
    }

    fn incoming(stream: &mut DirectStream<Pipe>) -> Option<Incoming> {
        block_on(stream.next()).unwrap().frame
    }

    fn next(stream: &mut DirectStream<Pipe>) -> Option<Vec<u8>> {
        incoming(stream).map(|frame| match frame {
            Incoming::Envelope(envelope) => envelope,
            Incoming::File(_) => panic!("not of a file"),
        })
    }

    #[test]
    fn what_is_about_a_file_goes_to_and_fro() {
        let digest = [5; 32];
        for frame in [
            FileFrame::Ask { digest, first: 3, count: 2 },
            FileFrame::Chunk { digest, index: 3, chunk: b"chunk".to_vec() },
            FileFrame::Missing { digest },
        ] {
            let (mut near, mut outgoing, mut far) = connected();
            outgoing.try_send(Outgoing::file(&frame)).unwrap();
            let Outgoing::Frame(body) = Outgoing::file(&frame) else { panic!("a frame") };
            block_on(far.write(&body, ())).unwrap();
            assert_eq!(incoming(&mut near), Some(Incoming::File(frame)));
            assert_eq!(block_on(far.read()).unwrap(), body);
        }
    }

    #[test]
    fn envelopes_go_both_ways() {
        let (mut near, mut outgoing, mut far) = connected();
        outgoing.try_send(Outgoing::envelope(EnvelopeId([3; 16]), b"there")).unwrap();
        block_on(far.write(&back(), ())).unwrap();
        assert_eq!(next(&mut near), Some(b"back".to_vec()));
        assert_eq!(block_on(far.read()).unwrap(), [&[0][..], &[3; 16], b"there"].concat());
    }

    #[test]
    fn an_unknown_frame_or_a_long_envelope_ends_it() {
        for frame in [vec![4; 20], vec![0; 17 + MAX_ENVELOPE_BYTES + 1], vec![0; 16], vec![]] {
            let (mut near, _outgoing, mut far) = connected();
            block_on(far.write(&frame, ())).unwrap();
            assert_eq!(next(&mut near), None);
            assert!(block_on(near.next()).is_none());
        }
    }

    #[test]
    fn once_retired_it_sends_what_is_queued_and_hears_the_other_side_out() {
        let (mut near, mut outgoing, mut far) = connected();
        outgoing.try_send(Outgoing::envelope(EnvelopeId([3; 16]), b"last")).unwrap();
        outgoing.try_send(Outgoing::Retire).unwrap();
        drop(outgoing);
        block_on(far.write(&back(), ())).unwrap();
        assert_eq!(next(&mut near), Some(b"back".to_vec()));
        assert_eq!(block_on(far.read()).unwrap(), [&[0][..], &[3; 16], b"last"].concat());
        drop(far);
        assert_eq!(next(&mut near), None);
    }

    #[test]
    fn it_ends_with_its_queue() {
        let (mut near, outgoing, mut far) = connected();
        drop(outgoing);
        assert_eq!(next(&mut near), None);
        assert!(block_on(far.read()).is_err());
    }
}
