//! Volly's cryptography as JavaScript can time it, and the bytes that it costs.
//!
//! What is done once (identities, certificates, signatures) is made by the constructors. Nothing
//! here keeps time: `bench/crypto` does, and calls others' libraries beside it.

mod pair;
mod primitives;
mod traffic;

use getrandom::{SysRng, rand_core::UnwrapErr};

pub use self::{
    pair::{Pair, Session, seconds_to_a_step},
    primitives::{Agreement, HybridSignature, Kem},
    traffic::{Bytes, Traffic},
};

/// Seconds since the Unix epoch; one moment is as good as another.
const NOW: u32 = 1_800_000_000;

const fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
