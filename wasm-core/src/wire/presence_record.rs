//! What a presence record says, before it is sealed (protocol.md §12).

use alloc::vec::Vec;

use super::codec::{DecodeError, Reader, Writer};
use crate::limits::MAX_RESERVED_RELAYS;

const VERSION: u8 = 1;

/// Longest PeerId: its length is one byte.
const MAX_PEER_BYTES: usize = u8::MAX as usize;

/// Where somebody is, and since when:
/// `u8 1 ‖ u64 written ‖ u8 n ‖ peer ‖ u8 m ‖ m × (u8 n ‖ relay)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceRecord {
    /// Seconds since the Unix epoch, by the writer's clock.
    pub written: u64,
    /// The PeerId, encoded; never empty.
    pub peer: Vec<u8>,
    /// The PeerIds of the relays at which circuits to it are reserved, encoded; at most
    /// [`MAX_RESERVED_RELAYS`], none of them empty.
    pub relays: Vec<Vec<u8>>,
}

impl PresenceRecord {
    /// Encodes. Relays above their bound are left out.
    ///
    /// # Panics
    ///
    /// When a PeerId has more than 255 bytes; the longest that libp2p makes has 44.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let head = write_peer(Writer::default().u8(VERSION).u64(self.written), &self.peer);
        let count = self.relays.len().min(MAX_RESERVED_RELAYS);
        let relays = self.relays.iter().take(count);
        relays.fold(head.count8(count), |writer, relay| write_peer(writer, relay)).finish()
    }

    /// Decodes the whole of `bytes`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when a PeerId is empty.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let written = reader.u64()?;
            let peer = read_peer(reader)?;
            let count = reader.count8(MAX_RESERVED_RELAYS)?;
            let relays = (0..count).map(|_| read_peer(reader)).collect::<Result<_, _>>()?;
            Ok(Self { written, peer, relays })
        })
    }
}

fn write_peer(writer: Writer, peer: &[u8]) -> Writer {
    writer.count8(peer.len()).bytes(peer)
}

fn read_peer(reader: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    let length = reader.count8(MAX_PEER_BYTES)?;
    match reader.bytes(length)? {
        [] => Err(DecodeError::Value),
        peer => Ok(peer.to_vec()),
    }
}
