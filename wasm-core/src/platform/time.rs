//! The clock and timers.

use core::time::Duration;

use futures_timer::Delay;

/// Longest single timer: `setTimeout` takes 31 bits of milliseconds, and fires at once beyond.
const MAX_DELAY: Duration = Duration::from_secs(86_400);

/// Milliseconds since the Unix epoch by this device's clock, which a person can set.
#[cfg(target_arch = "wasm32")]
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
pub fn now() -> u64 {
    js_sys::Date::now() as u64
}

/// Milliseconds since the Unix epoch by this device's clock, which a person can set.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Waits for `duration`, or for a day when that is shorter: whoever waits longer looks again.
pub async fn sleep(duration: Duration) {
    Delay::new(duration.min(MAX_DELAY)).await;
}
