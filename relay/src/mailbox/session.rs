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
    replica::{self, Ask, Salt},
};

use super::{
    Change,
    answer::{Answer, Ticket},
    minute,
    quota::Pace,
    recent::Recent,
    store::Store,
    switchboard::{Subscriber, Switchboard},
    writer::Writer,
};
use crate::{clock, defaults, mesh::Mesh};

/// What all streams share.
#[derive(Clone, Debug)]
pub struct Service {
    /// For reading.
    pub store: Store,
    /// For writing.
    pub writer: Writer,
    /// For listening.
    pub switchboard: Arc<Switchboard>,
    /// What was acknowledged of late.
    pub recent: Arc<Recent>,
    /// The other relays.
    pub mesh: Mesh,
}

/// Serves a stream until it ends.
///
/// # Errors
/// When the stream fails, the client says more than a frame may hold, or the store fails.
pub async fn serve<S>(stream: S, service: Service, salt: Salt) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (input, output) = stream.split();
    let (answers, waiting) = mpsc::channel(defaults::STREAM_ANSWERS);
    let nonce = replica::nonce(&service.mesh.local().to_bytes(), &salt);
    let session = Session { service, salt, nonce, subscriber: Arc::default() };
    let reading = Box::pin(session.read(input, answers));
    let writing = Box::pin(session.write(output, waiting));
    future::select(reading, writing).await.factor_first().0
}

#[derive(Debug)]
struct Session {
    service: Service,
    /// Shows other relays that the nonce is ours.
    salt: Salt,
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
        answers: mpsc::Sender<Box<Frame>>,
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
            let ticket = Ticket::new(request, room);
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
        match op {
            Op::PutRecord { .. } | Op::Deposit { .. } | Op::Acknowledge { .. } => {
                self.change(address, op, ticket).await;
            }
            Op::GetRecord { .. } => self.on_get_record(address, op, ticket),
            Op::Subscribe { .. } => {
                if self.service.switchboard.subscribe(&self.subscriber, address) {
                    ticket.answer(Status::Done);
                    self.subscriber.look_at(&address);
                    self.service.mesh.fetch(&address, || self.ask(op.clone()));
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

    /// Writes it here and at the other relays that keep this address, side by side.
    async fn change(&self, address: Address, op: Op, ticket: Ticket) {
        let change = Arc::new(Change::of_client(op, clock::unix_seconds()));
        let answer = Answer::new(ticket);
        self.service.mesh.hand_on(&address, &change, &answer).await;
        self.service.writer.change(address, change, answer).await;
    }

    /// What another relay has to know to let us read for this client.
    fn ask(&self, op: Op) -> Ask {
        Ask::Fetch { salt: self.salt, request: Request { id: 0, op } }
    }

    /// Reads it here, after those have handed it on who keep it when we do not.
    fn on_get_record(&self, address: Address, op: Op, ticket: Ticket) {
        let store = self.service.store.clone();
        let fetched = self.service.mesh.fetch(&address, || self.ask(op.clone()));
        if fetched.is_empty() {
            return answer_record(&store, &address, ticket);
        }
        tokio::spawn(async move {
            // Who is gone has dropped its half.
            let _ = time::timeout(defaults::REPLICA_TIMEOUT, future::join_all(fetched)).await;
            answer_record(&store, &address, ticket);
        });
    }

    async fn write(
        &self,
        mut output: impl AsyncWrite + Unpin,
        mut answers: mpsc::Receiver<Box<Frame>>,
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
        answers: &mut mpsc::Receiver<Box<Frame>>,
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

fn answer_record(store: &Store, address: &Address, ticket: Ticket) {
    match store.record(address, minute(clock::unix_seconds())) {
        Ok(Some(record)) => ticket.answer_with(Status::Done, record.encode()),
        Ok(None) => ticket.answer(Status::NotFound),
        Err(error) => {
            tracing::error!(%error, "a record could not be read");
            ticket.answer(Status::Busy);
        }
    }
}

/// The next body, or `None` at the end. Nothing is allocated before the length is known to be
/// within its bound.
pub(crate) async fn read_frame(
    input: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<Vec<u8>>> {
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
