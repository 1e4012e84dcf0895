//! The asking side of a stream to another relay.
//!
//! Invariant: who waits for a reply gets one, or learns that there is none at the latest
//! [`defaults::REPLICA_TIMEOUT`] after it was sent.

use core::time::Duration;
use std::{
    collections::HashMap,
    io,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::{sync::mpsc, time};
use volly_core::wire::{
    frame,
    mailbox::{Frame, Request},
    replica::{Ask, Hello},
};

use super::{Outgoing, Settle, What};
use crate::{clock, defaults, mailbox::session::read_frame};

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The other side, or the connection.
    Closed,
    /// A reply is overdue, or the other side says what it must not.
    Broken,
}

#[derive(Debug)]
struct Waiting {
    settle: Settle,
    since: Duration,
}

type Pending = Mutex<HashMap<u32, Waiting>>;

/// Sends what is queued until the stream ends; `heard` is told where browsers find the other relay.
pub async fn run(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    queue: mpsc::Receiver<Outgoing>,
    heard: impl Fn(Hello),
) -> End {
    let (input, output) = stream.split();
    let pending = Pending::default();
    let reading = pin!(read(input, &pending, heard));
    let writing = pin!(write(output, queue, &pending));
    tokio::select! {
        read = reading => match read {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => End::Broken,
            _ => End::Closed,
        },
        _ = writing => End::Closed,
        () = overdue(&pending) => End::Broken,
    }
}

fn lock(pending: &Pending) -> MutexGuard<'_, HashMap<u32, Waiting>> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(
    mut input: impl AsyncRead + Unpin,
    pending: &Pending,
    heard: impl Fn(Hello),
) -> io::Result<()> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    while let Some(body) = read_frame(&mut input).await? {
        if body.first() == Some(&0) {
            heard(Hello::decode(&body).map_err(|_| invalid())?);
            continue;
        }
        let Ok(Frame::Reply { id, status, payload }) = Frame::decode(&body) else {
            return Err(invalid());
        };
        let waiting = lock(pending).remove(&id).ok_or_else(invalid)?;
        waiting.settle.settle(status, payload);
    }
    Ok(())
}

async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Outgoing>,
    pending: &Pending,
) -> io::Result<()> {
    let mut id = 0_u32;
    while let Some(first) = queue.recv().await {
        let mut next = Some(first);
        while let Some(Outgoing { what, settle }) = next {
            id = id.wrapping_add(1);
            lock(pending).insert(id, Waiting { settle, since: clock::monotonic() });
            output.write_all(&frame::framed(&encode(id, what))).await?;
            next = queue.try_recv().ok();
        }
        output.flush().await?;
    }
    Ok(())
}

fn encode(id: u32, what: What) -> Vec<u8> {
    let ask = match what {
        What::HandOn(change) => {
            let request = Request { id, op: change.op.clone() };
            Ask::HandOn { until: change.until, request }
        }
        What::Ask(ask) => match *ask {
            Ask::HandOn { until, request } => {
                Ask::HandOn { until, request: Request { id, ..request } }
            }
            Ask::Fetch { salt, request } => Ask::Fetch { salt, request: Request { id, ..request } },
            Ask::Offer { items, .. } => Ask::Offer { id, items },
        },
    };
    ask.encode()
}

/// Ends when a reply should have come.
async fn overdue(pending: &Pending) {
    loop {
        time::sleep(defaults::REPLICA_TIMEOUT / 8).await;
        let oldest = lock(pending).values().map(|waiting| waiting.since).min();
        let limit = clock::monotonic().saturating_sub(defaults::REPLICA_TIMEOUT);
        if oldest.is_some_and(|since| since < limit) {
            return;
        }
    }
}
