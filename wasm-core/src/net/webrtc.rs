//! Connections between two browsers: libp2p's `/webrtc` (specification webrtc/webrtc.md).
//!
//! ```text
//!  signaling stream ──► negotiation ──► Muxer ──► DataChannel, one for each stream
//!   (relayed)            Peer            │
//!                                        └──► net::handoff: a connection of the node
//! ```
//!
//! The SDP carries the fingerprint of a browser's certificate and comes over the relayed connection,
//! which is authenticated; so the other end of the new connection is the same peer, without another
//! handshake. What needs no browser is tested natively: [`message`], [`signaling`] and
//! [`stream_state`].
//!
//! Invariant: when a value here is dropped, its handlers are taken off and its object in the browser is
//! closed.

mod message;
mod signaling;
mod stream_state;

#[cfg(target_arch = "wasm32")]
mod data_channel;
#[cfg(target_arch = "wasm32")]
mod muxer;
#[cfg(target_arch = "wasm32")]
mod negotiation;
#[cfg(target_arch = "wasm32")]
mod peer;

#[cfg(target_arch = "wasm32")]
pub(super) use self::negotiation::negotiate;
