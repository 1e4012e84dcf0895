//! The answering side of a stream from another relay: what it asks is checked as if a client had.
//!
//! Invariant: nothing is kept, deleted or read that the signature of a client does not allow.

use std::{io, sync::Arc};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, future};
use libp2p::PeerId;
use tokio::{sync::mpsc, task::JoinSet, time};
use volly_core::wire::{
    frame,
    mailbox::{Address, Frame, Op, Request, Status},
    replica::{Ask, Item, Salt, encode_wanted, nonce},
};

use super::{Settle, What, announced::Announced};
use crate::{
    clock, defaults,
    mailbox::{
        Change,
        answer::{Answer, Ticket},
        minute,
        session::{Service, read_frame},
        switchboard::Subscriber,
    },
};

/// Answers a relay until the stream ends.
///
/// # Errors
/// When the stream fails, or the other side says what it must not.
pub async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    from: PeerId,
    service: Service,
    announced: Announced,
) -> io::Result<()> {
    let (input, output) = stream.split();
    let (answers, waiting) = mpsc::channel(defaults::REPLICA_ANSWERS);
    let inbound = Inbound { from, service, fetched: Arc::default() };
    let reading = Box::pin(inbound.read(input, answers));
    let writing = Box::pin(write(output, waiting, announced));
    let pushing = Box::pin(inbound.push());
    future::select(future::select(reading, writing), pushing).await;
    Ok(())
}

struct Inbound {
    from: PeerId,
    service: Service,
    /// The mailboxes that clients of the other relay read through it.
    fetched: Arc<Subscriber>,
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.service.switchboard.leave(&self.fetched);
    }
}

impl Inbound {
    async fn read(
        &self,
        mut input: impl AsyncRead + Unpin,
        answers: mpsc::Sender<Box<Frame>>,
    ) -> io::Result<()> {
        let mut tasks = JoinSet::new();
        // What it asks may have to be answered with more than a reply.
        let arrival = self.service.mesh.arrival(&self.from);
        time::timeout(defaults::HANDSHAKE_TIMEOUT, arrival).await?;
        while let Some(body) = read_frame(&mut input).await? {
            let Ok(ask) = Ask::decode(&body) else { break };
            let Ok(room) = answers.clone().reserve_owned().await else { break };
            let ticket = Ticket::new(ask.id(), room);
            match ask {
                Ask::HandOn { until, request } => self.on_hand_on(until, request, ticket).await,
                Ask::Offer { items, .. } => self.on_offer(&items, ticket),
                Ask::Fetch { salt, request } => {
                    let Some(address) = self.readable(&salt, &request) else {
                        ticket.answer(Status::Refused);
                        continue;
                    };
                    match request.op {
                        Op::Subscribe { .. } => self.on_subscribe(address, ticket),
                        _ => drop(tasks.spawn(self.on_get(address, ticket))),
                    }
                }
            }
            while tasks.try_join_next().is_some() {}
        }
        Ok(())
    }

    async fn on_hand_on(&self, until: u32, Request { op, .. }: Request, ticket: Ticket) {
        // No read is handed on, so no nonce is looked at.
        let Some(address) = op.authorised_address(&[0; 32]) else {
            return ticket.answer(Status::Refused);
        };
        let change = Arc::new(Change { op, until });
        if let Some(acknowledgement) = self.service.recent.of_deposit(&address, &change) {
            self.tell(acknowledgement);
        }
        self.service.writer.change(address, change, Answer::new(ticket)).await;
    }

    /// Tells the other relay that an envelope has been delivered, if that can be done at once: two
    /// relays that wait for each other would wait for long.
    fn tell(&self, acknowledgement: Arc<Change>) {
        if let Some(peer) = self.service.mesh.peer(&self.from) {
            peer.try_send(What::HandOn(acknowledgement), Settle::Nobody);
        }
    }

    fn on_offer(&self, items: &[Item], ticket: Ticket) {
        let minute = minute(clock::unix_seconds());
        let Ok(mut wanted) = self.service.store.missing(items, minute) else {
            return ticket.answer(Status::Busy);
        };
        for (item, wanted) in items.iter().zip(&mut wanted) {
            let Item::Envelope(address, id) = item else { continue };
            if let Some(acknowledgement) = self.service.recent.of(address, id) {
                *wanted = false;
                self.tell(acknowledgement);
            }
        }
        ticket.answer_with(Status::Done, encode_wanted(&wanted));
    }

    /// What a client of the other relay may read, by what it has signed for a stream of that relay.
    fn readable(&self, salt: &Salt, request: &Request) -> Option<Address> {
        request.op.authorised_address(&nonce(&self.from.to_bytes(), salt))
    }

    /// Hands on what is there and what comes, for as long as the stream lasts.
    fn on_subscribe(&self, address: Address, ticket: Ticket) {
        if self.service.switchboard.subscribe(&self.fetched, address) {
            ticket.answer(Status::Done);
            self.fetched.look_at(&address);
        } else {
            ticket.answer(Status::Full);
        }
    }

    /// Hands a record on, and answers when the other relay has it.
    fn on_get(&self, address: Address, ticket: Ticket) -> impl Future<Output = ()> + 'static {
        let change = self.service.store.record_change(&address, minute(clock::unix_seconds()));
        let peer = self.service.mesh.peer(&self.from);
        async move {
            let (Ok(Some(change)), Some(peer)) = (change, peer) else {
                return ticket.answer(Status::NotFound);
            };
            let (replied, reply) = tokio::sync::oneshot::channel();
            peer.send(What::HandOn(Arc::new(change)), Settle::Reply(replied)).await;
            // Without a reply the other relay is gone, and with it who waits for ours.
            let _ = reply.await;
            ticket.answer(Status::Done);
        }
    }

    /// Hands on what is in the mailboxes that the other relay fetches.
    async fn push(&self) {
        loop {
            self.fetched.wake.notified().await;
            if self.push_all_there_is().await.is_none() {
                return;
            }
        }
    }

    async fn push_all_there_is(&self) -> Option<()> {
        let Service { store, mesh, .. } = &self.service;
        loop {
            let minute = minute(clock::unix_seconds());
            let Some(push) = self.fetched.next_push(store, minute).ok()? else { return Some(()) };
            let Frame::Push { address, id, .. } = push else { return Some(()) };
            // It may have been acknowledged meanwhile.
            let Some(change) = store.envelope_change(&address, &id, minute).ok()? else { continue };
            mesh.peer(&self.from)?.send(What::HandOn(Arc::new(change)), Settle::Nobody).await;
        }
    }
}

async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut answers: mpsc::Receiver<Box<Frame>>,
    mut announced: Announced,
) -> io::Result<()> {
    loop {
        output.write_all(&frame::framed(&announced.hello().encode())).await?;
        output.flush().await?;
        loop {
            tokio::select! {
                answer = answers.recv() => {
                    let Some(answer) = answer else { return Ok(()) };
                    output.write_all(&frame::framed(&answer.encode())).await?;
                    while let Ok(answer) = answers.try_recv() {
                        output.write_all(&frame::framed(&answer.encode())).await?;
                    }
                    output.flush().await?;
                }
                () = announced.changed() => break,
            }
        }
    }
}
