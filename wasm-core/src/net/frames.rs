//! Frames of `u32 length ‖ body` on a byte stream (protocol.md §10).
//!
//! Invariant: a length is checked against [`crate::limits::MAX_FRAME_BYTES`] before its body is read, and frames
//! are written in the order they were queued. Does not know what a body means.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::io::{AsyncRead, AsyncWrite};

use crate::wire::frame::{HEADER_BYTES, body_len, framed};

/// Bytes asked of the stream at once: a short envelope with its frame, several times.
const READ_BYTES: usize = 8_192;

/// A stream of frames. Every frame to write carries a tag, which comes back when it is written.
pub(super) struct Frames<S, T = ()> {
    stream: S,
    /// Read, and not yet a whole frame.
    input: Vec<u8>,
    output: VecDeque<(Vec<u8>, T)>,
    /// Bytes of the first output that the stream has taken.
    taken: usize,
    unflushed: bool,
}

impl<S, T> Frames<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, input: Vec::new(), output: VecDeque::new(), taken: 0, unflushed: false }
    }

    /// Frames that wait to be written. The caller keeps it bounded.
    pub(super) fn queued(&self) -> usize {
        self.output.len()
    }

    /// Queues a frame.
    pub(super) fn queue(&mut self, body: &[u8], tag: T) {
        self.output.push_back((framed(body), tag));
    }

    /// Writes what is queued; yields the tag of each frame that the stream has taken whole.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub(super) fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        while let Some((frame, _)) = self.output.front() {
            let rest = frame.get(self.taken..).unwrap_or_default();
            if rest.is_empty() {
                self.taken = 0;
                if let Some((_, tag)) = self.output.pop_front() {
                    return Poll::Ready(Ok(tag));
                }
            } else {
                let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.taken += written;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Pending
    }

    /// Reads the next body.
    ///
    /// # Errors
    ///
    /// Those of the stream; [`io::ErrorKind::UnexpectedEof`] at its end, and
    /// [`io::ErrorKind::InvalidData`] for a length above [`crate::limits::MAX_FRAME_BYTES`].
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        loop {
            if let Some(body) = self.take_body()? {
                return Poll::Ready(Ok(body));
            }
            let mut chunk = [0; READ_BYTES];
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut chunk))?;
            if read == 0 {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.input.extend_from_slice(chunk.get(..read).unwrap_or_default());
        }
    }

    fn take_body(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some((header, rest)) = self.input.split_first_chunk() else { return Ok(None) };
        let length = body_len(*header).map_err(|_| io::ErrorKind::InvalidData)?;
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let body = body.to_vec();
        self.input.drain(..HEADER_BYTES + length);
        Ok(Some(body))
    }

    /// Waits for the next body; queued frames are not written meanwhile.
    pub(super) async fn read(&mut self) -> io::Result<Vec<u8>> {
        futures::future::poll_fn(|cx| self.poll_frame(cx)).await
    }

    /// Writes one frame and flushes. Nothing else may be queued.
    pub(super) async fn write(&mut self, body: &[u8], tag: T) -> io::Result<()> {
        self.queue(body, tag);
        futures::future::poll_fn(|cx| {
            loop {
                match self.poll_written(cx) {
                    Poll::Ready(Ok(_)) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending if self.output.is_empty() && !self.unflushed => {
                        return Poll::Ready(Ok(()));
                    }
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use futures::{AsyncReadExt, AsyncWriteExt, executor::block_on, io::Cursor};

    use super::*;
    use crate::limits::MAX_FRAME_BYTES;

    fn read_all(bytes: Vec<u8>) -> (Vec<Vec<u8>>, io::ErrorKind) {
        let mut frames: Frames<_> = Frames::new(Cursor::new(bytes));
        let mut bodies = Vec::new();
        loop {
            match block_on(frames.read()) {
                Ok(body) => bodies.push(body),
                Err(error) => return (bodies, error.kind()),
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut frames = Frames::new(Cursor::new(Vec::new()));
        let bodies = [vec![], vec![7], vec![9; MAX_FRAME_BYTES]];
        for body in &bodies {
            block_on(frames.write(body, ())).unwrap();
        }
        let (read, end) = read_all(frames.stream.into_inner());
        assert_eq!(read, bodies);
        assert_eq!(end, io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_length_above_the_bound_ends_the_stream() {
        let length = u32::try_from(MAX_FRAME_BYTES).unwrap() + 1;
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.resize(MAX_FRAME_BYTES + 5, 0);
        assert_eq!(read_all(bytes), (vec![], io::ErrorKind::InvalidData));
    }

    #[test]
    fn a_frame_that_ends_early_is_no_frame() {
        assert_eq!(read_all(vec![0, 0, 0, 2, 1]), (vec![], io::ErrorKind::UnexpectedEof));
        assert_eq!(read_all(vec![0, 0, 0]), (vec![], io::ErrorKind::UnexpectedEof));
    }

    #[test]
    fn tags_come_back_in_order_and_only_for_what_was_taken() {
        let (mut near, mut far) = super::super::pipe::pipe(6);
        let mut frames = Frames::new(&mut near);
        frames.queue(b"a", 1);
        frames.queue(b"bc", 2);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(matches!(frames.poll_written(&mut cx), Poll::Ready(Ok(1))));
        assert!(frames.poll_written(&mut cx).is_pending());
        let mut first = [0; 5];
        block_on(far.read_exact(&mut first)).unwrap();
        assert_eq!(&first, b"\0\0\0\x01a");
        assert!(matches!(frames.poll_written(&mut cx), Poll::Ready(Ok(2))));
        block_on(far.close()).unwrap();
    }
}
