//! The only place that reads clocks and draws randomness.
#![expect(clippy::disallowed_methods, reason = "the adapter that the others ask")]

use core::time::Duration;
use std::{
    sync::LazyLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use futures::{FutureExt, future::BoxFuture};
use tokio::time::sleep;

/// Longest sleep before another look at the clock, which may have been set, or stood still while
/// the machine slept.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// A clock on the wall. A test has one of its own.
pub trait Clock: Send + Sync + 'static {
    /// Seconds since the Unix epoch.
    fn now(&self) -> u64;
    /// Waits until it is `time`; not at all when it is later.
    fn reaches(&self, time: u64) -> BoxFuture<'_, ()>;
}

/// That of the system.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        unix_seconds()
    }

    fn reaches(&self, time: u64) -> BoxFuture<'_, ()> {
        async move {
            while unix_seconds() < time {
                let rest = Duration::from_secs(time.saturating_sub(unix_seconds()));
                sleep(rest.min(LOOK_INTERVAL)).await;
            }
        }
        .boxed()
    }
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Seconds since the Unix epoch; 0 when the clock stands before it.
#[must_use]
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Time that never goes back, from about the start of the process.
#[must_use]
pub fn monotonic() -> Duration {
    START.elapsed()
}

/// The same as a point in time, for libraries that want one.
#[must_use]
pub fn instant() -> Instant {
    Instant::now()
}

/// Random bytes from the system.
///
/// # Errors
/// When the system has none.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}
