//! Notices that time was lost: the machine slept, or the browser had stopped the page. Nobody says so
//! in every browser, but the clock is further than the timers are.
//!
//! Invariant: a clock that is put back loses no time.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{FutureExt, Stream};
use futures_timer::Delay;

/// Between two looks at the clock. Lower: wakes the page more often. Higher: noticed later.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Time that counts as lost. Lower: a page that is busy, or a hidden one whose timers are slowed
/// down, passes for one that slept. Higher: a nap is noticed by a probe alone.
const LOST: Duration = Duration::from_secs(5);

/// Yields how much time was lost, each time. `C` reads milliseconds of the device's clock.
pub(super) struct Sleep<C> {
    clock: C,
    look: Delay,
    /// What the clock says when the look comes in time.
    due: u64,
}

impl<C: Fn() -> u64> Sleep<C> {
    pub(super) fn new(clock: C) -> Self {
        let due = after(clock());
        Self { clock, look: Delay::new(LOOK_EVERY), due }
    }

    /// What is lost at a look now; the next one is due from now on.
    fn lost(&mut self) -> Option<Duration> {
        let now = (self.clock)();
        let lost = Duration::from_millis(now.saturating_sub(self.due));
        self.due = after(now);
        (lost >= LOST).then_some(lost)
    }
}

fn after(now: u64) -> u64 {
    now.saturating_add(u64::try_from(LOOK_EVERY.as_millis()).unwrap_or(u64::MAX))
}

impl<C: Fn() -> u64 + Unpin> Stream for Sleep<C> {
    type Item = Duration;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Duration>> {
        loop {
            ready!(self.look.poll_unpin(cx));
            self.look.reset(LOOK_EVERY);
            if let Some(lost) = self.lost() {
                return Poll::Ready(Some(lost));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::{StreamExt, executor::block_on};

    use super::*;

    #[test]
    fn a_clock_that_is_ahead_of_the_timers_has_lost_time_once() {
        let now = Cell::new(1_000_000);
        let mut sleep = Sleep::new(|| now.get());
        let mut after = |ms: i64| {
            now.set(now.get().saturating_add_signed(ms));
            sleep.lost()
        };
        assert_eq!(after(1_000), None);
        assert_eq!(after(5_999), None, "a page that is busy");
        assert_eq!(after(6_000), Some(Duration::from_secs(5)));
        assert_eq!(after(1_000), None);
        assert_eq!(after(-3_600_000), None, "somebody set the clock back");
        assert_eq!(after(3_601_000), Some(Duration::from_secs(3_600)));
    }

    #[test]
    fn it_looks_by_itself() {
        let now = Cell::new(0);
        let mut sleep = Sleep::new(|| now.get());
        now.set(3_601_000);
        assert_eq!(block_on(sleep.next()), Some(Duration::from_secs(3_600)));
    }
}
