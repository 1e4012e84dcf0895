//! The whole relay over loopback: real sockets, real libp2p clients, the real program.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy knows functions marked as tests only, not those they call"
)]

mod circuit;
mod hostile;
mod http;
mod mailbox;
mod mesh;
mod people;
mod process;
mod stun;
mod support;
mod webrtc_direct;
mod webtransport;
