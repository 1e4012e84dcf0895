//! What libp2p's specifications have a WebRTC data channel mean as a stream (webrtc/README.md): the
//! same between two browsers, and between a browser and a relay.
//!
//! ```text
//!  data channel ── message ──► stream_state ──► bytes, and an end
//!                                  └─ received: what waits to be read
//! ```
//!
//! Pure. Does not know who sends the messages.

pub mod message;
pub mod received;
pub mod stream_state;
