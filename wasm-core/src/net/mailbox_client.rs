//! The client of the relay protocol on one stream (protocol.md §10).
//!
//! Invariant: a request is answered exactly once, by the relay's reply or, when the stream ends, by
//! [`MailboxClient::abandon`]. Frames leave in the order of the requests. Nothing is asked again.

use std::{
    collections::BTreeMap,
    io,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    FutureExt,
    io::{AsyncRead, AsyncWrite},
};
use futures_timer::Delay;

use super::frames::Frames;
use crate::{
    address::AddressKeys,
    engine::{
        effect::{EnvelopeId, NetAction, Ticket},
        input::{NetEvent, RelayError},
    },
    wire::mailbox::{Frame, Nonce, Op, Record, Request, Status},
};

/// Requests without an answer at one time.
///
/// Lower: a long queue is emptied slowly. Higher: more is in doubt when the connection ends.
const MAX_PENDING: usize = 256;

/// One step of the age of a request.
const TICK: Duration = Duration::from_millis(2_500);

/// Age in steps at which a request without an answer means that the relay is gone: 10 to 12.5 s.
const MAX_AGE: u8 = 5;

/// What is told when the answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Put(Ticket),
    Get(Ticket),
    Deposit(Ticket),
    /// Subscribe, Unsubscribe, Acknowledge: the engine waits for no answer.
    Nothing,
}

impl Asked {
    fn failed(self, error: RelayError) -> Option<NetEvent> {
        match self {
            Self::Put(ticket) => Some(NetEvent::RecordPut(ticket, Err(error))),
            Self::Get(ticket) => Some(NetEvent::RecordGot(ticket, Err(error))),
            Self::Deposit(ticket) => Some(NetEvent::Deposited(ticket, Err(error))),
            Self::Nothing => None,
        }
    }

    fn answered(self, status: Status, payload: &[u8]) -> Option<NetEvent> {
        match (self, status) {
            (Self::Put(ticket), Status::Done) => Some(NetEvent::RecordPut(ticket, Ok(()))),
            (Self::Deposit(ticket), Status::Done) => Some(NetEvent::Deposited(ticket, Ok(()))),
            (Self::Get(ticket), Status::NotFound) => Some(NetEvent::RecordGot(ticket, Ok(None))),
            (Self::Get(ticket), Status::Done) => {
                let record = Record::decode(payload).map_err(|_| RelayError::Malformed);
                Some(NetEvent::RecordGot(ticket, record.map(Some)))
            }
            (_, Status::Stale) => self.failed(RelayError::Stale),
            (_, Status::Refused) => self.failed(RelayError::Refused),
            (_, Status::Full) => self.failed(RelayError::Full),
            (_, Status::Busy) => self.failed(RelayError::Busy),
            // Not found is no answer to anything but a question.
            (_, Status::Done | Status::NotFound | Status::Malformed) => {
                self.failed(RelayError::Malformed)
            }
        }
    }
}

/// What a request that cannot be made is answered with.
pub(super) fn refuse(action: &NetAction, error: RelayError) -> Option<NetEvent> {
    asked(action).failed(error)
}

const fn asked(action: &NetAction) -> Asked {
    match action {
        NetAction::PutRecord { ticket, .. } => Asked::Put(*ticket),
        NetAction::GetRecord { ticket, .. } => Asked::Get(*ticket),
        NetAction::Deposit { ticket, .. } => Asked::Deposit(*ticket),
        _ => Asked::Nothing,
    }
}

struct Pending {
    asked: Asked,
    age: u8,
}

/// One open stream to a relay.
pub(super) struct MailboxClient<S> {
    /// The tag is a deposit of which is told that it was written.
    frames: Frames<S, Option<Ticket>>,
    nonce: Nonce,
    next_id: u32,
    pending: BTreeMap<u32, Pending>,
    tick: Delay,
}

impl<S: AsyncRead + AsyncWrite + Unpin> MailboxClient<S> {
    /// Waits for the relay's first frame.
    ///
    /// # Errors
    ///
    /// Those of the stream, and [`io::ErrorKind::InvalidData`] when it is no hello of version 1.
    pub(super) async fn open(stream: S) -> io::Result<Self> {
        let mut frames = Frames::new(stream);
        let Ok(Frame::Hello { nonce }) = Frame::decode(&frames.read().await?) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let tick = Delay::new(TICK);
        Ok(Self { frames, nonce, next_id: 0, pending: BTreeMap::new(), tick })
    }

    /// Whether one more request may be made.
    pub(super) fn has_room(&self) -> bool {
        self.pending.len() < MAX_PENDING
    }

    /// Asks for what is at `keys`, and for what comes.
    pub(super) fn subscribe(&mut self, keys: &AddressKeys) {
        self.ask(Asked::Nothing, Op::subscribe(keys, &self.nonce));
    }

    /// Has an envelope deleted everywhere.
    pub(super) fn acknowledge(&mut self, keys: &AddressKeys, id: EnvelopeId) {
        self.ask(Asked::Nothing, Op::acknowledge(keys, id.0));
    }

    /// Reads a record.
    pub(super) fn get_record(&mut self, ticket: Ticket, keys: &AddressKeys) {
        self.ask(Asked::Get(ticket), Op::get_record(keys, &self.nonce));
    }

    /// Makes the request that `action` is; others are none, or have a method of their own.
    pub(super) fn request(&mut self, action: NetAction) {
        let asked = asked(&action);
        let op = match action {
            NetAction::PutRecord { keys, sequence, lifetime, value, .. } => {
                Op::put_record(&keys, sequence, lifetime, value)
            }
            NetAction::Deposit { keys, id, lifetime, envelope, .. } => {
                Op::deposit(&keys, id.0, lifetime, envelope)
            }
            NetAction::Unsubscribe(address) => Op::Unsubscribe { address },
            NetAction::GetRecord { .. }
            | NetAction::Subscribe(_)
            | NetAction::Acknowledge { .. }
            | NetAction::ReachDirect { .. }
            | NetAction::RelayOnly(_)
            | NetAction::SendDirect { .. }
            | NetAction::SendFileFrame(..)
            | NetAction::ForgetDirect(_)
            | NetAction::Reconnect => return,
        };
        self.ask(asked, op);
    }

    fn ask(&mut self, asked: Asked, op: Op) {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        self.pending.insert(id, Pending { asked, age: 0 });
        let written = if let Asked::Deposit(ticket) = asked { Some(ticket) } else { None };
        self.frames.queue(&Request { id, op }.encode(), written);
    }

    /// The next thing to tell.
    ///
    /// # Errors
    ///
    /// When the stream ends or says what it must not, or an answer is overdue. Then
    /// [`Self::abandon`] is all that is left.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<NetEvent>> {
        while let Poll::Ready(ticket) = self.frames.poll_written(cx)? {
            if let Some(ticket) = ticket {
                return Poll::Ready(Ok(NetEvent::DepositWritten(ticket)));
            }
        }
        // Before the timer: an answer that is here already is not overdue.
        while let Poll::Ready(body) = self.frames.poll_frame(cx)? {
            if let Some(event) = self.on_frame(&body)? {
                return Poll::Ready(Ok(event));
            }
        }
        while self.tick.poll_unpin(cx).is_ready() {
            self.tick.reset(TICK);
            self.grow_older()?;
        }
        Poll::Pending
    }

    fn on_frame(&mut self, body: &[u8]) -> io::Result<Option<NetEvent>> {
        match Frame::decode(body) {
            Ok(Frame::Reply { id, status, payload }) => {
                let pending = self.pending.remove(&id).ok_or(io::ErrorKind::InvalidData)?;
                Ok(pending.asked.answered(status, &payload))
            }
            Ok(Frame::Push { address, id, envelope }) => {
                Ok(Some(NetEvent::Arrived { address, id: EnvelopeId(id), envelope }))
            }
            Ok(Frame::Hello { .. }) | Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn grow_older(&mut self) -> io::Result<()> {
        for pending in self.pending.values_mut() {
            pending.age += 1;
            if pending.age >= MAX_AGE {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    /// Ends the stream; what it still owed is lost.
    pub(super) fn abandon(self) -> impl Iterator<Item = NetEvent> {
        self.pending.into_values().filter_map(|pending| pending.asked.failed(RelayError::Lost))
    }
}

#[cfg(test)]
mod tests;
