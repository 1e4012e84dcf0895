//! Which relays keep what is at an address: the closest by the XOR metric of Kademlia. Pure.

use core::array;

use libp2p::PeerId;
use sha2::{Digest, Sha256};
use volly_core::wire::mailbox::Address;

/// Where a relay stands among the addresses: SHA-256 of its encoded PeerId, as in libp2p's Kademlia
/// (specification kad-dht/README.md). An address is a hash already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place([u8; 32]);

impl Place {
    /// Of a relay.
    #[must_use]
    pub fn of(peer: &PeerId) -> Self {
        Self(Sha256::digest(peer.to_bytes()).into())
    }

    /// From an address, as a number: big endian, so arrays compare like it.
    fn distance(&self, address: &Address) -> [u8; 32] {
        let mut pairs = self.0.iter().zip(address);
        array::from_fn(|_| pairs.next().map_or(0, |(a, b)| a ^ b))
    }
}

/// The `count` of `candidates` that are closest to `address`, the closest first.
pub fn closest<T>(
    address: &Address,
    candidates: impl IntoIterator<Item = (Place, T)>,
    count: usize,
) -> Vec<T> {
    let candidates = candidates.into_iter();
    let mut candidates: Vec<_> =
        candidates.map(|(place, it)| (place.distance(address), it)).collect();
    candidates.sort_unstable_by_key(|(distance, _)| *distance);
    candidates.into_iter().take(count).map(|(_, it)| it).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(first: u8, last: u8) -> Place {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (first, last);
        Place(bytes)
    }

    #[test]
    fn the_first_differing_bit_decides() {
        let mut address = [0; 32];
        (address[0], address[31]) = (0b1000_0000, 7);
        let candidates = [
            (place(0b0000_0000, 7), "first bit"),
            (place(0b1000_0000, 0), "last byte"),
            (place(0b1100_0000, 7), "second bit"),
            (place(0b1000_0000, 7), "there"),
        ];
        assert_eq!(closest(&address, candidates, 3), ["there", "last byte", "second bit"]);
        assert_eq!(closest(&address, candidates, 9).len(), 4);
    }

    #[test]
    fn every_relay_comes_to_the_same_ones() {
        let places: Vec<_> = (0..9_u8)
            .map(|seed| {
                let key = libp2p::identity::Keypair::ed25519_from_bytes([seed; 32]).unwrap();
                (Place::of(&key.public().to_peer_id()), seed)
            })
            .collect();
        let reversed = places.iter().rev().copied();
        assert_eq!(closest(&[9; 32], places.clone(), 5), closest(&[9; 32], reversed, 5));
        assert_ne!(closest(&[9; 32], places.clone(), 5), closest(&[200; 32], places, 5));
    }
}
