//! What a test says of one line, and what has gone over it.

use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{net::SocketAddr, sync::Arc};

use tokio::{sync::watch, time::Instant};

use crate::line::{Conditions, Line, Random};

/// What a test says.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Where it leads; `None`: nowhere yet.
    pub target: Option<SocketAddr>,
    /// How it is.
    pub conditions: Conditions,
    /// Connections of an earlier one are broken.
    pub generation: u64,
    /// What began under an earlier one carries nothing any more, and nobody is told.
    pub stranded: u64,
}

/// What has gone over a line, in either direction: datagrams, or pieces of streams.
#[derive(Debug, Default)]
pub struct Counts {
    /// Arrived, copies included.
    pub carried: AtomicU64,
    /// Lost.
    pub lost: AtomicU64,
}

/// What carries something holds this. Clones are the same line.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the test says, and said last.
    pub state: watch::Receiver<State>,
    /// See [`Counts`].
    pub counts: Arc<Counts>,
    begun: Instant,
    /// [`State::stranded`] when what holds this began.
    stranded: u64,
}

impl Seen {
    /// Looks at what `state` says.
    #[must_use]
    pub fn new(state: watch::Receiver<State>) -> Self {
        Self { state, counts: Arc::default(), begun: Instant::now(), stranded: 0 }
    }

    /// For something that begins.
    #[must_use]
    pub fn begin(&self) -> Self {
        Self { stranded: self.state.borrow().stranded, ..self.clone() }
    }

    /// Whether it carries nothing any more.
    #[must_use]
    pub fn is_stranded(&self) -> bool {
        self.state.borrow().stranded != self.stranded
    }

    /// A direction of its own.
    #[must_use]
    pub const fn line(&self, seed: u64) -> Line {
        Line::new(Random::new(seed))
    }

    /// When each copy of a datagram arrives.
    pub fn datagram(&self, line: &mut Line, bytes: usize) -> Vec<Instant> {
        let copies = if self.is_stranded() {
            Vec::new()
        } else {
            line.datagram(&self.state.borrow().conditions, self.now(), bytes)
        };
        let (carried, lost) = (copies.len() as u64, u64::from(copies.is_empty()));
        self.counts.carried.fetch_add(carried, Ordering::Relaxed);
        self.counts.lost.fetch_add(lost, Ordering::Relaxed);
        copies.into_iter().map(|arrives| self.begun + arrives).collect()
    }

    /// When bytes of a stream arrive.
    pub fn chunk(&self, line: &mut Line, bytes: usize) -> Instant {
        self.counts.carried.fetch_add(1, Ordering::Relaxed);
        self.begun + line.chunk(&self.state.borrow().conditions, self.now(), bytes)
    }

    /// Waits until the line is whole. False when the program ends.
    pub async fn whole(&mut self) -> bool {
        let stranded = self.stranded;
        let whole = |state: &State| !state.conditions.cut && state.stranded == stranded;
        self.state.wait_for(whole).await.is_ok()
    }

    /// Waits until what exists now is to be broken.
    pub async fn broken(&mut self) {
        let generation = self.state.borrow().generation;
        // Fails when the program ends, which breaks it too.
        let _ = self.state.wait_for(|state| state.generation != generation).await;
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }
}
