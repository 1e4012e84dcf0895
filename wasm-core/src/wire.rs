//! Bytes become types here, and types become bytes (protocol.md).
//!
//! Every decoder checks each length before it allocates, and rejects trailing bytes and unknown
//! versions. What is decoded is well formed, and no more: signatures are checked by `identity`.

pub mod codec;
pub mod frame;
pub mod mailbox;
