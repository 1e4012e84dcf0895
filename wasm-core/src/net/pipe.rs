//! Two ends of a byte stream in memory, for tests.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use futures::io::{AsyncRead, AsyncWrite};

#[derive(Default)]
struct Half {
    bytes: VecDeque<u8>,
    closed: bool,
    wakers: Vec<Waker>,
}

/// One end. Dropping or closing it ends what the other end reads.
pub(super) struct Pipe {
    capacity: usize,
    read: Arc<Mutex<Half>>,
    write: Arc<Mutex<Half>>,
}

/// Makes a pipe that holds `capacity` bytes in each direction.
pub(super) fn pipe(capacity: usize) -> (Pipe, Pipe) {
    let (one, two) = (Arc::<Mutex<Half>>::default(), Arc::<Mutex<Half>>::default());
    let near = Pipe { capacity, read: Arc::clone(&one), write: Arc::clone(&two) };
    (near, Pipe { capacity, read: two, write: one })
}

fn change<T>(
    half: &Mutex<Half>,
    cx: &mut Context<'_>,
    change: impl FnOnce(&mut Half) -> Option<T>,
) -> Poll<io::Result<T>> {
    let mut half = half.lock().unwrap();
    let Some(value) = change(&mut half) else {
        half.wakers.push(cx.waker().clone());
        return Poll::Pending;
    };
    half.wakers.drain(..).for_each(Waker::wake);
    Poll::Ready(Ok(value))
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        change(&self.read, cx, |half| {
            let count = buffer.len().min(half.bytes.len());
            for (to, from) in buffer.iter_mut().zip(half.bytes.drain(..count)) {
                *to = from;
            }
            (count > 0 || half.closed).then_some(count)
        })
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        change(&self.write, cx, |half| {
            let count = bytes.len().min(self.capacity - half.bytes.len());
            half.bytes.extend(&bytes[..count]);
            (count > 0).then_some(count)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        change(&self.write, cx, |half| {
            half.closed = true;
            Some(())
        })
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        let _ = Pin::new(self).poll_close(&mut cx);
    }
}
