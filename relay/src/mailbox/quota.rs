//! What an envelope costs, and how fast one stream may ask. Pure: the time is an argument.

use core::time::Duration;

use crate::defaults;

/// What one mailbox pays for an envelope: begun pages of [`defaults::UNIT_BYTES`], so that a count
/// and a number of bytes are bounded by the same sum.
#[must_use]
pub fn units(envelope_bytes: usize) -> u16 {
    u16::try_from(envelope_bytes.div_ceil(defaults::UNIT_BYTES).max(1)).unwrap_or(u16::MAX)
}

/// What everything pays for `bytes` at an address: them, and their rows in five tables.
#[must_use]
pub fn charge(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(defaults::ROW_OVERHEAD_BYTES)
}

/// A bucket that fills with time; a stream that empties it waits.
///
/// Waiting instead of refusing: the line itself slows the client down, and no request is lost.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When the bucket is full again.
    full_at: Duration,
    capacity: u32,
    a_second: u32,
}

impl Pace {
    /// A full bucket of `capacity`, filled by `a_second` each second.
    #[must_use]
    pub const fn new(capacity: u32, a_second: u32) -> Self {
        Self { full_at: Duration::ZERO, capacity, a_second }
    }

    /// Takes `cost` at `now` (any clock that does not go back); answers how long to wait.
    pub fn take(&mut self, cost: u32, now: Duration) -> Duration {
        let rate = f64::from(self.a_second.max(1));
        self.full_at = self.full_at.max(now) + Duration::from_secs_f64(f64::from(cost) / rate);
        let whole = Duration::from_secs_f64(f64::from(self.capacity) / rate);
        self.full_at.saturating_sub(now).saturating_sub(whole)
    }

    /// Takes `cost` at `now` if there is as much in the bucket; otherwise nothing.
    pub fn take_now(&mut self, cost: u32, now: Duration) -> bool {
        let mut after = *self;
        let there = after.take(cost, now).is_zero();
        if there {
            *self = after;
        }
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_costs_its_begun_pages() {
        assert_eq!([0, 1, 512, 4_096].map(units), [1; 4]);
        assert_eq!([4_097, 16_384, 65_536].map(units), [2, 4, 16]);
    }

    #[test]
    fn a_stream_may_burst_and_then_keeps_to_its_rate() {
        let mut pace = Pace::new(10, 2);
        let now = Duration::from_secs(100);
        for _ in 0..10 {
            assert_eq!(pace.take(1, now), Duration::ZERO);
        }
        assert_eq!(pace.take(1, now), Duration::from_millis(500));
        assert_eq!(pace.take(1, now), Duration::from_secs(1));
        let later = now + Duration::from_secs(60);
        assert_eq!(pace.take(10, later), Duration::ZERO);
        assert_eq!(pace.take(2, later), Duration::from_secs(1));
    }

    #[test]
    fn what_does_not_wait_takes_what_is_there_or_nothing() {
        let mut pace = Pace::new(2, 1);
        let now = Duration::from_secs(100);
        let taken = [1, 2, 1, 1].map(|cost| pace.take_now(cost, now));
        assert_eq!(taken, [true, false, true, false]);
        assert!(pace.take_now(1, now + Duration::from_secs(1)));
    }
}
