//! One answer to a client that several have to agree to: the writer here, and the relays to which the
//! change was handed on (protocol.md §14).
//!
//! Invariant: it is given once, when the last of them has let go of it; who was asked and has gone
//! does not hold it up, and who has not written here says no more than *busy*.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use volly_core::wire::mailbox::{Frame, Status};

/// The right to one answer; room for it is set aside, so answering never waits.
#[derive(Debug)]
pub struct Ticket {
    request: u32,
    /// The channel has room for 32 at least, always: a pointer is smaller than a frame.
    room: mpsc::OwnedPermit<Box<Frame>>,
}

impl Ticket {
    /// For the request with this id.
    #[must_use]
    pub const fn new(request: u32, room: mpsc::OwnedPermit<Box<Frame>>) -> Self {
        Self { request, room }
    }

    /// Answers without a payload.
    pub fn answer(self, status: Status) {
        self.answer_with(status, Vec::new());
    }

    /// Answers.
    pub fn answer_with(self, status: Status, payload: Vec<u8>) {
        self.room.send(Box::new(Frame::Reply { id: self.request, status, payload }));
    }
}

/// See the module. Clones of the [`Arc`] are those who have to agree.
#[derive(Debug)]
pub struct Answer(Mutex<State>);

#[derive(Debug)]
struct State {
    ticket: Option<Ticket>,
    here: Status,
    /// Somewhere else a record with a higher sequence is known.
    stale: bool,
}

impl Answer {
    /// Nobody has agreed yet.
    #[must_use]
    pub fn new(ticket: Ticket) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { ticket: Some(ticket), here: Status::Busy, stale: false })))
    }

    /// What the writer here says.
    pub fn here(&self, status: Status) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).here = status;
    }

    /// What another relay says. That it has no room is its own affair.
    pub fn elsewhere(&self, status: Status) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stale |= status == Status::Stale;
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let state = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let stale = state.here == Status::Done && state.stale;
        let status = if stale { Status::Stale } else { state.here };
        if let Some(ticket) = state.ticket.take() {
            ticket.answer(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> (Arc<Answer>, mpsc::Receiver<Box<Frame>>) {
        let (answers, answered) = mpsc::channel(1);
        let room = answers.try_reserve_owned().unwrap();
        (Answer::new(Ticket::new(7, room)), answered)
    }

    fn status(answered: &mut mpsc::Receiver<Box<Frame>>) -> Option<Status> {
        match *answered.try_recv().ok()? {
            Frame::Reply { id: 7, status, .. } => Some(status),
            _ => None,
        }
    }

    #[test]
    fn it_is_given_when_the_last_has_let_go() {
        let (here, mut answered) = answer();
        let (away, gone) = (Arc::clone(&here), Arc::clone(&here));
        here.here(Status::Done);
        drop(here);
        drop(gone);
        assert_eq!(status(&mut answered), None);
        away.elsewhere(Status::Done);
        drop(away);
        assert_eq!(status(&mut answered), Some(Status::Done));
    }

    #[test]
    fn what_is_not_written_here_is_not_done() {
        let (here, mut answered) = answer();
        here.elsewhere(Status::Done);
        drop(here);
        assert_eq!(status(&mut answered), Some(Status::Busy));
    }

    #[test]
    fn a_newer_record_elsewhere_counts_and_a_full_relay_elsewhere_does_not() {
        for (said, expected) in [(Status::Stale, Status::Stale), (Status::Full, Status::Done)] {
            let (here, mut answered) = answer();
            here.here(Status::Done);
            here.elsewhere(said);
            drop(here);
            assert_eq!(status(&mut answered), Some(expected));
        }
    }
}
