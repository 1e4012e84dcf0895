//! The bootstrap document (protocol.md §13): where a relay is, and where others are, checked before it
//! is believed.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use crate::limits::{MAX_OTHER_RELAYS, MAX_RELAY_ADDRESS_BYTES, MAX_RELAY_ADDRESSES};

/// Longest PeerId in bytes of its text; ours have 52.
///
/// Base58 takes time that grows with the square of its length: 30,000 bytes hold a page up for a
/// fifth of a second.
const MAX_PEER_BYTES: usize = 128;

/// Where a relay is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Who it must prove to be.
    pub(super) peer: PeerId,
    /// Without `/p2p`, at least one.
    pub(super) addresses: Vec<Multiaddr>,
}

/// A relay, and what it says of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The one that has been asked.
    pub(super) relay: Relay,
    /// At most [`MAX_OTHER_RELAYS`].
    pub(super) others: Vec<Relay>,
}

/// Why there is no bootstrap document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// It could not be fetched.
    #[error("not fetched")]
    NotFetched,
    /// It is not of version 1, or lacks a field.
    #[error("malformed")]
    Malformed,
    /// Its PeerId is none.
    #[error("invalid PeerId")]
    Peer,
    /// None of its addresses can be used.
    #[error("no usable address")]
    NoAddress,
}

impl Bootstrap {
    /// Checks the fields of a document that names no other relay. Addresses that we cannot use are
    /// left out.
    ///
    /// # Errors
    ///
    /// [`BootstrapError::Peer`] and [`BootstrapError::NoAddress`].
    pub fn new<'a>(
        peer: &str,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, BootstrapError> {
        Ok(Self { relay: Relay::new(peer, addresses)?, others: Vec::new() })
    }

    /// Adds what it says of others. Those that we cannot use are left out.
    #[must_use]
    pub fn naming(mut self, others: impl IntoIterator<Item = Relay>) -> Self {
        let other = |relay: &Relay| relay.peer != self.relay.peer;
        self.others = others.into_iter().filter(other).take(MAX_OTHER_RELAYS).collect();
        self
    }
}

impl Relay {
    /// Checks who it is and where. Addresses that we cannot use are left out.
    ///
    /// # Errors
    ///
    /// [`BootstrapError::Peer`] and [`BootstrapError::NoAddress`].
    pub fn new<'a>(
        peer: &str,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, BootstrapError> {
        if peer.len() > MAX_PEER_BYTES {
            return Err(BootstrapError::Peer);
        }
        let peer: PeerId = peer.parse().map_err(|_| BootstrapError::Peer)?;
        let addresses: Vec<_> = addresses
            .into_iter()
            .take(MAX_RELAY_ADDRESSES)
            .filter_map(|text| usable(text, peer))
            .collect();
        if addresses.is_empty() {
            return Err(BootstrapError::NoAddress);
        }
        Ok(Self { peer, addresses })
    }
}

fn usable(text: &str, peer: PeerId) -> Option<Multiaddr> {
    if text.len() > MAX_RELAY_ADDRESS_BYTES {
        return None;
    }
    let mut address: Multiaddr = text.parse().ok()?;
    if let Some(Protocol::P2p(named)) = address.iter().last() {
        address.pop();
        if named != peer {
            return None;
        }
    }
    let circuit = address.iter().any(|p| matches!(p, Protocol::P2pCircuit | Protocol::P2p(_)));
    (!circuit && !address.is_empty()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    const OTHER: &str = "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X";

    #[test]
    fn addresses_lose_the_peer_id_and_bad_ones_are_left_out() {
        let named = format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{PEER}");
        let foreign = format!("/ip4/127.0.0.1/tcp/2/ws/p2p/{OTHER}");
        let circuit = format!("/ip4/127.0.0.1/tcp/3/ws/p2p/{PEER}/p2p-circuit");
        let long = format!("/dns4/{}/tcp/4/ws", "a".repeat(MAX_RELAY_ADDRESS_BYTES));
        let texts = [&named, "/ip6/::1/tcp/5/ws", "nonsense", "", &foreign, &circuit, &long];
        let bootstrap = Bootstrap::new(PEER, texts).unwrap();
        let expected = ["/ip4/127.0.0.1/tcp/1/ws", "/ip6/::1/tcp/5/ws"];
        assert_eq!(bootstrap.relay.addresses, expected.map(|text| text.parse().unwrap()));
    }

    #[test]
    fn a_document_without_peer_or_address_is_refused() {
        assert_eq!(Bootstrap::new("x", ["/ip4/1.2.3.4/tcp/1/ws"]), Err(BootstrapError::Peer));
        assert_eq!(Bootstrap::new(PEER, ["nonsense"]), Err(BootstrapError::NoAddress));
        let long = format!("{}{PEER}", "z".repeat(64_000));
        assert_eq!(Bootstrap::new(&long, ["/ip4/1.2.3.4/tcp/1/ws"]), Err(BootstrapError::Peer));
    }

    #[test]
    fn the_number_of_other_relays_is_bounded_and_none_is_the_relay_itself() {
        let relay = |peer| Relay::new(peer, ["/ip4/1.2.3.4/tcp/1/ws"]).unwrap();
        let bootstrap = Bootstrap::new(PEER, ["/ip4/1.2.3.4/tcp/1/ws"]).unwrap();
        let own = bootstrap.clone().naming([relay(PEER)]);
        assert_eq!(own.others, []);
        let many = bootstrap.naming(vec![relay(OTHER); MAX_OTHER_RELAYS + 1]);
        assert_eq!(many.others.len(), MAX_OTHER_RELAYS);
    }

    #[test]
    fn the_number_of_addresses_is_bounded() {
        let many = vec!["/ip4/1.2.3.4/tcp/1/ws"; MAX_RELAY_ADDRESSES + 1];
        assert_eq!(Relay::new(PEER, many).unwrap().addresses.len(), MAX_RELAY_ADDRESSES);
    }
}
