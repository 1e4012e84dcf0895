//! The node over WebRTC-direct (libp2p specifications, webrtc/webrtc-direct.md): one more UDP port,
//! for browsers without WebTransport.
//!
//! ```text
//!  UDP ──► listener ── ice: a connectivity check is answered, and forgotten
//!             │
//!             └─ driver, a task each ── connection: dtls, sctp, channels
//!                    └─ noise on channel 0 ──► muxer ──► arrivals ──► node (libp2p)
//! ```
//!
//! A browser needs no authority for it: the address names the hash of the relay's certificate, which
//! never changes, and noise proves whose it is.
//!
//! Invariant: what stands in front of the node is bounded in number and in time; each channel is
//! closed with its stream.
//! Does not dial, and follows no browser to another address: that one connects again.

pub mod certificate;
pub(crate) mod connection;
pub mod dcep;
pub(crate) mod driver;
pub mod ice;
pub mod listener;
pub mod muxer;
pub(crate) mod proof;
pub(crate) mod sctp;

use std::net::SocketAddr;

use libp2p::{Multiaddr, multiaddr::Protocol};

pub use crate::webtransport::Multihash;

/// Whether it is an address of this kind.
#[must_use]
pub fn is_webrtc_direct(address: &Multiaddr) -> bool {
    address.iter().any(|part| part == Protocol::WebRTCDirect)
}

/// `/udp/…/webrtc-direct` at a host.
#[must_use]
pub fn at_port(host: Multiaddr, port: u16) -> Multiaddr {
    host.with(Protocol::Udp(port)).with(Protocol::WebRTCDirect)
}

/// `/ip4/…/udp/…/webrtc-direct`.
#[must_use]
pub fn multiaddr(address: SocketAddr) -> Multiaddr {
    at_port(address.ip().into(), address.port())
}

/// `address` up to `/webrtc-direct`, with `hash` behind.
#[must_use]
pub fn with_hash(address: &Multiaddr, hash: Multihash) -> Multiaddr {
    let endpoint = address.iter().take_while(|part| !matches!(part, Protocol::Certhash(_)));
    endpoint.chain([Protocol::Certhash(hash)]).collect()
}
