//! Randomness of the system.

use getrandom::{SysRng, rand_core::UnwrapErr};

/// The system's generator: `crypto.getRandomValues` in a browser, `getrandom(2)` on Linux.
///
/// # Panics
///
/// When the system has no randomness; no key may be made then.
pub type SystemRng = UnwrapErr<SysRng>;

/// Returns the system's generator.
#[must_use]
pub const fn system_rng() -> SystemRng {
    UnwrapErr(SysRng)
}
