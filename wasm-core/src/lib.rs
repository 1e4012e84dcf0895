//! Everything Volly knows and does, without a user interface.
//!
//! ```text
//!  web ──► api            the only door for the user interface
//!           │
//!  rpc   driver ──► store · net ──► platform      impure: clocks, browsers, sockets
//!  ────────┬───────────────────────────────────────────────────────────────────────
//!        engine ──► session ──► handshake ──► identity ┐
//!                      └──────► ratchet ───────────────┴─► wire ──► crypto ──► limits, error
//! ```
//!
//! Below the line everything is a pure function of (state, input, now, rng).
//! `tests/architecture.rs` holds the table of who may use whom.

extern crate alloc;

pub mod address;
pub mod api;
pub mod backup;
pub mod crypto;
pub mod data_channel;
#[cfg(feature = "driver")]
pub mod driver;
pub mod engine;
pub mod handshake;
pub mod identity;
pub mod key_wrap;
pub mod limits;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "driver")]
pub mod platform;
pub mod ratchet;
#[cfg(feature = "driver")]
pub mod rpc;
pub mod session;
#[cfg(feature = "driver")]
pub mod store;
pub mod wire;
