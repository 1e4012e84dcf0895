//! Connections between two browsers, libp2p's `/webrtc` (specification webrtc/webrtc.md), and to a
//! relay, `/webrtc-direct` (webrtc/webrtc-direct.md).
//!
//! ```text
//!  signaling stream ──► negotiation ──► Muxer ──► DataChannel, one for each stream
//!   (relayed)            Peer            │ │
//!  address of a relay ──► direct ────────┘ └──► net::handoff: a connection of the node
//! ```
//!
//! The SDP carries the fingerprint of a browser's certificate and comes over the relayed connection,
//! which is authenticated; so the other end of the new connection is the same peer, without another
//! handshake; with a relay noise does that. What needs no browser is tested natively: [`signaling`],
//! [`direct_sdp`], and
//! [`crate::data_channel`].
//!
//! Invariant: when a value here is dropped, its handlers are taken off and its object in the browser is
//! closed.

mod direct_sdp;
mod signaling;

#[cfg(target_arch = "wasm32")]
mod data_channel;
#[cfg(target_arch = "wasm32")]
mod direct;
#[cfg(target_arch = "wasm32")]
mod muxer;
#[cfg(target_arch = "wasm32")]
mod negotiation;
#[cfg(target_arch = "wasm32")]
mod peer;

#[cfg(target_arch = "wasm32")]
pub(super) use self::{direct::WebRtcDirect, negotiation::negotiate};
