//! The place at the relay under which contacts reach us (libp2p specs, relay/circuit-v2.md
//! "Reservation").
//!
//! It is asked for only once the relay is connected: libp2p drops the request without a word when
//! its own dial meets one of ours.

use std::{task::Context, time::Duration};

use futures::FutureExt;
use futures_timer::Delay;
use libp2p::{Multiaddr, Swarm, core::transport::ListenerId};

use super::{swarm::Behaviour, timer::doubled};

/// Pause after the first refusal; doubled up to [`LONGEST_PAUSE`]. Without a place messages go
/// through the mailbox, so there is no hurry.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

enum State {
    Pausing(Delay),
    Asked(ListenerId),
    Held(ListenerId),
}

/// One place, asked for again when it is lost. libp2p renews it.
pub(super) struct Reservation {
    state: State,
    refusals: u32,
}

impl Default for Reservation {
    fn default() -> Self {
        Self { state: State::Pausing(Delay::new(Duration::ZERO)), refusals: 0 }
    }
}

impl Reservation {
    /// Asks when it is time.
    pub(super) fn poll(
        &mut self,
        circuit: &Multiaddr,
        node: &mut Swarm<Behaviour>,
        cx: &mut Context<'_>,
    ) {
        while let State::Pausing(delay) = &mut self.state {
            if delay.poll_unpin(cx).is_pending() {
                return;
            }
            match node.listen_on(circuit.clone()) {
                Ok(listener) => self.state = State::Asked(listener),
                Err(_) => self.pause(),
            }
        }
    }

    fn pause(&mut self) {
        let pause = doubled(FIRST_PAUSE, self.refusals, LONGEST_PAUSE);
        self.refusals = self.refusals.saturating_add(1);
        self.state = State::Pausing(Delay::new(pause));
    }

    /// Whether contacts can reach us.
    pub(super) const fn is_held(&self) -> bool {
        matches!(self.state, State::Held(_))
    }

    /// The relay has said yes.
    pub(super) fn on_accepted(&mut self) {
        if let State::Asked(listener) = self.state {
            self.state = State::Held(listener);
            self.refusals = 0;
        }
    }

    /// The relay has said no, or the place is lost.
    pub(super) fn on_closed(&mut self, closed: ListenerId) {
        if matches!(self.state, State::Asked(ours) | State::Held(ours) if ours == closed) {
            self.pause();
        }
    }

    /// Gives the place up.
    pub(super) fn end(self, node: &mut Swarm<Behaviour>) {
        if let State::Asked(listener) | State::Held(listener) = self.state {
            node.remove_listener(listener);
        }
    }
}
