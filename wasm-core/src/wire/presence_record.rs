//! What a presence record says, before it is sealed (protocol.md §12).

use alloc::vec::Vec;

use super::codec::{DecodeError, Reader, Writer};

const VERSION: u8 = 1;

/// Longest PeerId: its length is one byte.
const MAX_PEER_BYTES: usize = u8::MAX as usize;

/// Where somebody is, and since when: `u8 1 ‖ u64 written ‖ u8 n ‖ peer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceRecord<'a> {
    /// Seconds since the Unix epoch, by the writer's clock.
    pub written: u64,
    /// The PeerId, encoded; never empty.
    pub peer: &'a [u8],
}

impl<'a> PresenceRecord<'a> {
    /// Encodes.
    ///
    /// # Panics
    ///
    /// When the PeerId has more than 255 bytes; the longest that libp2p makes has 44.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(10 + self.peer.len())
            .u8(VERSION)
            .u64(self.written)
            .count8(self.peer.len())
            .bytes(self.peer)
            .finish()
    }

    /// Decodes the whole of `bytes`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when the PeerId is empty.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let written = reader.u64()?;
            let length = reader.count8(MAX_PEER_BYTES)?;
            match reader.bytes(length)? {
                [] => Err(DecodeError::Value),
                peer => Ok(Self { written, peer }),
            }
        })
    }
}
