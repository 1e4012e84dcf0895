//! Address translators as people have them at home and at work, made by hand: the tests of direct
//! connections choose how each of two sides is translated.
//!
//! ```text
//!  browser ── device ──► Nat::outbound ──► device ── public network
//!                  ◄──── Nat::inbound ◄────
//! ```
//!
//! [`nat`] is pure; the program (`main`) carries packets between two TUN devices. `e2e/nat/network.mjs` builds
//! the networks around it.
//!
//! Does not do: IPv6, ICMP, fragments, hairpinning, or forgetting a mapping.

pub mod nat;
pub mod packet;
