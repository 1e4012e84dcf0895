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
