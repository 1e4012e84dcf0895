//! Waiting. A timer may fire late, when a browser throttles a page, and never early; so nothing
//! here compares clocks.

use std::{future::Future, pin::pin, time::Duration};

use futures::future::{Either, select};
use futures_timer::Delay;

/// Waits for `future`, at most for `duration`. When both are ready the future wins.
pub(super) async fn within<F: Future>(duration: Duration, future: F) -> Option<F::Output> {
    match select(pin!(future), Delay::new(duration)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// `first`, doubled for every failure but the first, and no more than `longest`.
pub(super) fn doubled(first: Duration, failures: u32, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(failures)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_its_bound() {
        let pauses = [0, 1, 3, 4, u32::MAX]
            .map(|failures| doubled(Duration::from_millis(250), failures, Duration::from_secs(3)));
        assert_eq!(pauses, [250, 500, 2_000, 3_000, 3_000].map(Duration::from_millis));
    }
}
