//! Messages as bytes, between tabs.
//!
//! Two tabs may run two builds of Volly, and postcard says nothing about types: a call of one could
//! be read as another call. So each message names its direction and the layout it was written in:
//! `u8 direction ‖ layout (8) ‖ postcard`.

use super::{ToClients, ToServer};
use crate::limits::MAX_PORT_BYTES;

/// A message in either direction; all tabs share one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// For the tab with the engine.
    ToServer(ToServer),
    /// For the views.
    ToClients(ToClients),
}

/// Why a message is not for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A view of another build asks for the engine.
    #[error("a view of another build")]
    OtherView,
    /// The engine runs in a tab with another build.
    #[error("an engine of another build")]
    OtherEngine,
    /// It is no message.
    #[error("malformed")]
    Malformed,
}

const TO_SERVER: u8 = 0;
const TO_CLIENTS: u8 = 1;

/// A fingerprint of the sources that define what crosses a port (64-bit FNV-1a). It keeps builds
/// apart, not attackers: whoever can send here runs in our origin.
const LAYOUT: [u8; 8] = {
    let mut hash = 0xCBF2_9CE4_8422_2325;
    hash = fnv(hash, include_bytes!("../api/backup.rs"));
    hash = fnv(hash, include_bytes!("../api/call.rs"));
    hash = fnv(hash, include_bytes!("../api/event.rs"));
    hash = fnv(hash, include_bytes!("../api/model.rs"));
    hash = fnv(hash, include_bytes!("../api/notice.rs"));
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
    /// Writes the message.
    ///
    /// # Panics
    ///
    /// Never: plain data serialises.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let start = |direction| [&[direction], LAYOUT.as_slice()].concat();
        match self {
            Self::ToServer(message) => postcard::to_extend(message, start(TO_SERVER)),
            Self::ToClients(message) => postcard::to_extend(message, start(TO_CLIENTS)),
        }
        .expect("plain data serialises")
    }

    /// Reads what [`Frame::encode`] wrote.
    ///
    /// # Errors
    ///
    /// [`FrameError::OtherView`] and [`FrameError::OtherEngine`] for a message of another build,
    /// [`FrameError::Malformed`] for anything else, also for one longer than [`MAX_PORT_BYTES`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (direction, rest) = bytes.split_first().ok_or(FrameError::Malformed)?;
        let (layout, body) = rest.split_first_chunk().ok_or(FrameError::Malformed)?;
        if bytes.len() > MAX_PORT_BYTES {
            return Err(FrameError::Malformed);
        }
        match *direction {
            TO_SERVER if *layout != LAYOUT => Err(FrameError::OtherView),
            TO_CLIENTS if *layout != LAYOUT => Err(FrameError::OtherEngine),
            TO_SERVER => whole(postcard::take_from_bytes(body)).map(Self::ToServer),
            TO_CLIENTS => whole(postcard::take_from_bytes(body)).map(Self::ToClients),
            _ => Err(FrameError::Malformed),
        }
    }
}

/// Refuses trailing bytes.
fn whole<T>(read: postcard::Result<(T, &[u8])>) -> Result<T, FrameError> {
    match read {
        Ok((message, [])) => Ok(message),
        _ => Err(FrameError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_and_damage_is_an_error() {
        for frame in [Frame::ToServer(ToServer::Hello), Frame::ToClients(ToClients::Starting)] {
            let bytes = frame.encode();
            assert_eq!(Frame::decode(&[&bytes[..], &[0]].concat()), Err(FrameError::Malformed));
            assert_eq!(Frame::decode(&bytes[..9]), Err(FrameError::Malformed));
            assert_eq!(Frame::decode(&bytes[..8]), Err(FrameError::Malformed));
            assert_eq!(Frame::decode(&bytes), Ok(frame));
        }
        assert_eq!(Frame::decode(&[2; 20]), Err(FrameError::Malformed));
        assert_eq!(Frame::decode(&[]), Err(FrameError::Malformed));
    }

    #[test]
    fn another_build_is_told_from_damage() {
        let mut bytes = Frame::ToServer(ToServer::Hello).encode();
        bytes[1] ^= 1;
        assert_eq!(Frame::decode(&bytes), Err(FrameError::OtherView));
        bytes[0] = TO_CLIENTS;
        assert_eq!(Frame::decode(&bytes), Err(FrameError::OtherEngine));
    }
}
