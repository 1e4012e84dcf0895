//! The link after a time in which the page did not run.

use std::time::Duration;

use super::{Link, State, Surroundings};

/// Sleep after which the connection of before is not even looked at: by then the relay has given us up,
/// and a probe would wait for nothing.
///
/// Lower: the timers of a hidden page come once a minute, and pass for sleep. Higher: who wakes waits
/// for a probe first.
const GONE_AFTER: Duration = Duration::from_secs(90);

impl Link {
    /// The page did not run, so nothing here did.
    pub(in crate::net) fn on_slept(&mut self, slept: Duration, around: &mut Surroundings<'_>) {
        if matches!(self.state, State::Idle(_)) {
            return;
        }
        if slept < GONE_AFTER {
            return self.reconnect();
        }
        // The machine may be elsewhere, too.
        self.race.forget();
        self.fail(around);
        self.failures = 0;
        self.fetch_now();
    }
}
