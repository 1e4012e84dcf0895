//! The whole relay over loopback: real sockets, real libp2p clients, the real program.

mod circuit;
mod http;
mod mailbox;
mod process;
mod support;
