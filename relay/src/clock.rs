//! The only place that reads clocks and draws randomness.
#![expect(clippy::disallowed_methods, reason = "the adapter that the others ask")]

use core::time::Duration;
use std::{
    sync::LazyLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

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

/// Random bytes from the system.
///
/// # Errors
/// When the system has none.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}
