//! Messages as bytes, between tabs.
//!
//! Two tabs may run two builds of Volly, and postcard says nothing about types: a call of one could
//! be read as another call. So each message begins with the layout it was written in.

use serde::{Deserialize, Serialize};

use super::{ToClients, ToServer};
use crate::limits::MAX_PORT_BYTES;

/// A message in either direction; all tabs share one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frame {
    /// For the tab with the engine.
    ToServer(ToServer),
    /// For the views.
    ToClients(ToClients),
}

/// Why a message is not for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It comes from a tab with another build.
    #[error("another layout")]
    OtherLayout,
    /// It is no message.
    #[error("malformed")]
    Malformed,
}

/// A fingerprint of the sources that define what crosses a port (64-bit FNV-1a). It keeps builds
/// apart, not attackers: whoever can send here runs in our origin.
const LAYOUT: [u8; 8] = {
    let mut hash = 0xCBF2_9CE4_8422_2325;
    hash = fnv(hash, include_bytes!("../api/call.rs"));
    hash = fnv(hash, include_bytes!("../api/event.rs"));
    hash = fnv(hash, include_bytes!("../api/model.rs"));
    hash = fnv(hash, include_bytes!("../rpc.rs"));
    hash.to_be_bytes()
};

const fn fnv(mut hash: u64, mut bytes: &[u8]) -> u64 {
    while let [first, rest @ ..] = bytes {
        hash = (hash ^ *first as u64).wrapping_mul(0x0100_0000_01B3);
        bytes = rest;
    }
    hash
}

impl Frame {
    /// Writes `layout (8) ‖ postcard`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, LAYOUT.to_vec()).expect("plain data serialises")
    }

    /// Reads what [`Frame::encode`] wrote.
    ///
    /// # Errors
    ///
    /// [`FrameError::OtherLayout`] for a message of another build, [`FrameError::Malformed`] for
    /// anything else, also when it is longer than [`MAX_PORT_BYTES`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (layout, body) = bytes.split_first_chunk().ok_or(FrameError::Malformed)?;
        if bytes.len() > MAX_PORT_BYTES {
            return Err(FrameError::Malformed);
        }
        if *layout != LAYOUT {
            return Err(FrameError::OtherLayout);
        }
        match postcard::take_from_bytes(body) {
            Ok((frame, [])) => Ok(frame),
            _ => Err(FrameError::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_and_damage_is_an_error() {
        let frame = Frame::ToServer(ToServer::Hello);
        let bytes = frame.encode();
        assert_eq!(Frame::decode(&bytes), Ok(frame));
        assert_eq!(Frame::decode(&[&bytes[..], &[0]].concat()), Err(FrameError::Malformed));
        assert_eq!(Frame::decode(&bytes[..8]), Err(FrameError::Malformed));
        assert_eq!(Frame::decode(&bytes[..7]), Err(FrameError::Malformed));
        let mut other = bytes;
        other[0] ^= 1;
        assert_eq!(Frame::decode(&other), Err(FrameError::OtherLayout));
    }
}
