//! One mailbox stream (protocol.md §10): checks who may ask for what, and answers.
//!
//! Two loops on one stream. Reading never waits for pushes to be taken, so a client that is slow
//! to read still gets its deposits in; it stops when too many answers wait.

use core::time::Duration;
use std::{io, sync::Arc};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, future};
use tokio::{sync::mpsc, time};
use volly_core::wire::{
    frame,
    mailbox::{Address, Frame, Nonce, Op, Request, Status},
};

use super::{
    Change, minute,
    quota::Pace,
    store::Store,
    switchboard::{Subscriber, Switchboard},
    writer::Writer,
};
use crate::{clock, defaults};

/// What all streams share.
#[derive(Clone, Debug)]
pub struct Service {
    /// For reading.
    pub store: Store,
    /// For writing.
    pub writer: Writer,
    /// For listening.
    pub switchboard: Arc<Switchboard>,
}

/// The right to one answer; room for it is set aside, so answering never waits.
#[derive(Debug)]
pub struct Ticket {
    request: u32,
    room: mpsc::OwnedPermit<Frame>,
}

impl Ticket {
    /// Answers without a payload.
    pub fn answer(self, status: Status) {
        self.answer_with(status, Vec::new());
    }

    fn answer_with(self, status: Status, payload: Vec<u8>) {
        self.room.send(Frame::Reply { id: self.request, status, payload });
    }
}

/// Serves a stream until it ends.
///
/// # Errors
/// When the stream fails, the client says more than a frame may hold, or the store fails.
pub async fn serve<S>(stream: S, service: Service, nonce: Nonce) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (input, output) = stream.split();
    let (answers, waiting) = mpsc::channel(defaults::STREAM_ANSWERS);
    let session = Session { service, nonce, subscriber: Arc::default() };
    let reading = Box::pin(session.read(input, answers));
    let writing = Box::pin(session.write(output, waiting));
    future::select(reading, writing).await.factor_first().0
}

#[derive(Debug)]
struct Session {
    service: Service,
    nonce: Nonce,
    subscriber: Arc<Subscriber>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.service.switchboard.leave(&self.subscriber);
    }
}

impl Session {
    async fn read(
        &self,
        mut input: impl AsyncRead + Unpin,
        answers: mpsc::Sender<Frame>,
    ) -> io::Result<()> {
        let mut requests = Pace::new(defaults::REQUEST_BURST, defaults::REQUESTS_A_SECOND);
        let mut bytes = Pace::new(defaults::BYTE_BURST, defaults::BYTES_A_SECOND);
        while let Some(body) = read_frame(&mut input).await? {
            let cost = u32::try_from(body.len()).unwrap_or(u32::MAX);
            let now = clock::monotonic();
            let pause = requests.take(1, now).max(bytes.take(cost, now));
            if pause > Duration::ZERO {
                time::sleep(pause).await;
            }
            let Ok(room) = answers.clone().reserve_owned().await else { break };
            let Some(request) = Request::id_of(&body) else { break };
            let ticket = Ticket { request, room };
            match Request::decode(&body) {
                Ok(request) => self.on_request(request.op, ticket).await,
                Err(_) => ticket.answer(Status::Malformed),
            }
        }
        Ok(())
    }

    async fn on_request(&self, op: Op, ticket: Ticket) {
        let Some(address) = op.authorised_address(&self.nonce) else {
            return ticket.answer(Status::Refused);
        };
        let writer = &self.service.writer;
        match op {
            Op::PutRecord { sequence, lifetime, value, .. } => {
                let change = Change::PutRecord { sequence, lifetime, value };
                writer.change(address, change, ticket).await;
            }
            Op::Deposit { id, lifetime, envelope, .. } => {
                let change = Change::Deposit { id, lifetime, envelope };
                writer.change(address, change, ticket).await;
            }
            Op::Acknowledge { ids, .. } if self.subscriber.listens_at(&address) => {
                writer.change(address, Change::Acknowledge(ids), ticket).await;
            }
            Op::Acknowledge { .. } => ticket.answer(Status::Refused),
            Op::GetRecord { .. } => self.on_get_record(&address, ticket),
            Op::Subscribe { .. } => {
                if self.service.switchboard.subscribe(&self.subscriber, address) {
                    ticket.answer(Status::Done);
                    self.subscriber.look_at(&address);
                } else {
                    ticket.answer(Status::Full);
                }
            }
            Op::Unsubscribe { .. } => {
                self.service.switchboard.unsubscribe(&self.subscriber, &address);
                ticket.answer(Status::Done);
            }
        }
    }

    fn on_get_record(&self, address: &Address, ticket: Ticket) {
        match self.service.store.record(address, minute(clock::unix_seconds())) {
            Ok(Some(record)) => ticket.answer_with(Status::Done, record.encode()),
            Ok(None) => ticket.answer(Status::NotFound),
            Err(error) => {
                tracing::error!(%error, "a record could not be read");
                ticket.answer(Status::Busy);
            }
        }
    }

    async fn write(
        &self,
        mut output: impl AsyncWrite + Unpin,
        mut answers: mpsc::Receiver<Frame>,
    ) -> io::Result<()> {
        write_frame(&mut output, &Frame::Hello { nonce: self.nonce }).await?;
        output.flush().await?;
        loop {
            tokio::select! {
                biased;
                answer = answers.recv() => match answer {
                    Some(answer) => write_frame(&mut output, &answer).await?,
                    None => return Ok(()),
                },
                () = self.subscriber.wake.notified() => {}
            }
            self.write_all_there_is(&mut output, &mut answers).await?;
            output.flush().await?;
        }
    }

    /// Answers go before pushes; one envelope at a time is in memory.
    async fn write_all_there_is(
        &self,
        output: &mut (impl AsyncWrite + Unpin),
        answers: &mut mpsc::Receiver<Frame>,
    ) -> io::Result<()> {
        loop {
            while let Ok(answer) = answers.try_recv() {
                write_frame(output, &answer).await?;
            }
            let minute = minute(clock::unix_seconds());
            let push = self.subscriber.next_push(&self.service.store, minute);
            match push.map_err(io::Error::other)? {
                Some(push) => write_frame(output, &push).await?,
                None => return Ok(()),
            }
        }
    }
}

/// The next body, or `None` at the end. Nothing is allocated before the length is known to be
/// within its bound.
async fn read_frame(input: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; frame::HEADER_BYTES];
    if input.read(&mut header[..1]).await? == 0 {
        return Ok(None);
    }
    let rest = async {
        input.read_exact(&mut header[1..]).await?;
        let len = frame::body_len(header).map_err(io::Error::other)?;
        let mut body = vec![0; len];
        input.read_exact(&mut body).await?;
        Ok(Some(body))
    };
    time::timeout(defaults::FRAME_TIMEOUT, rest).await?
}

async fn write_frame(output: &mut (impl AsyncWrite + Unpin), frame: &Frame) -> io::Result<()> {
    output.write_all(&frame::framed(&frame.encode())).await
}
