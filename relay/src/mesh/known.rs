//! The relays that are known, named by the operator or learned from others: whom to dial. Pure.
//!
//! Invariant: bounded; who was named is never forgotten.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use crate::defaults;

/// Addresses of one relay that are dialled.
const MAX_ADDRESSES: usize = 8;

/// See the module.
#[derive(Debug, Default)]
pub struct Known(Vec<Candidate>);

#[derive(Debug)]
struct Candidate {
    /// Learned when it is dialled, if the operator has not said it.
    peer: Option<PeerId>,
    addresses: Vec<Multiaddr>,
    named: bool,
    /// Dials since it was last there.
    misses: u32,
}

/// Where to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which of the known it is, for [`Known::found`].
    pub index: usize,
    /// Who must be there.
    pub peer: Option<PeerId>,
    /// Without a name.
    pub addresses: Vec<Multiaddr>,
}

impl Known {
    /// Those that the operator names, each by one address.
    #[must_use]
    pub fn named(addresses: impl IntoIterator<Item = Multiaddr>) -> Self {
        let candidate = |mut address: Multiaddr| {
            let peer = address.iter().last().and_then(|part| match part {
                Protocol::P2p(peer) => Some(peer),
                _ => None,
            });
            if peer.is_some() {
                address.pop();
            }
            Candidate { peer, addresses: vec![address], named: true, misses: 0 }
        };
        Self(addresses.into_iter().map(candidate).collect())
    }

    /// A relay has told where it is dialled.
    pub fn learn(&mut self, peer: PeerId, addresses: impl IntoIterator<Item = Multiaddr>) {
        let addresses: Vec<_> = addresses.into_iter().filter(is_of_relays).collect();
        let known = self.0.iter().position(|candidate| candidate.peer == Some(peer));
        if known.is_none() {
            if self.0.len() >= defaults::KNOWN_RELAYS || addresses.is_empty() {
                return;
            }
            self.0.push(Candidate { peer: Some(peer), addresses: vec![], named: false, misses: 0 });
        }
        let index = known.unwrap_or(self.0.len() - 1);
        let Some(candidate) = self.0.get_mut(index) else { return };
        // What the operator has said stays, in front.
        let kept = usize::from(candidate.named);
        candidate.addresses.truncate(kept);
        for address in addresses {
            if !candidate.addresses.contains(&address) && candidate.addresses.len() < MAX_ADDRESSES
            {
                candidate.addresses.push(address);
            }
        }
    }

    /// Who was dialled by its address alone.
    pub fn found(&mut self, index: usize, peer: PeerId) {
        if let Some(candidate) = self.0.get_mut(index) {
            candidate.peer = Some(peer);
        }
    }

    /// Whom to dial, of those who are not there. Who was not there for long is forgotten, unless the
    /// operator has named it.
    pub fn due(&mut self, is_there: impl Fn(&PeerId) -> bool) -> Vec<Target> {
        self.0.retain(|candidate| candidate.named || candidate.misses < defaults::RELAY_DIALS);
        let mut due = Vec::new();
        for (index, candidate) in self.0.iter_mut().enumerate() {
            if candidate.peer.as_ref().is_some_and(&is_there) {
                candidate.misses = 0;
                continue;
            }
            candidate.misses = candidate.misses.saturating_add(1);
            let (peer, addresses) = (candidate.peer, candidate.addresses.clone());
            due.push(Target { index, peer, addresses });
        }
        due
    }
}

/// TCP or QUIC, and nothing around it.
fn is_of_relays(address: &Multiaddr) -> bool {
    let mut parts = address.iter();
    let host = matches!(
        parts.next(),
        Some(
            Protocol::Ip4(_)
                | Protocol::Ip6(_)
                | Protocol::Dns(_)
                | Protocol::Dns4(_)
                | Protocol::Dns6(_)
        )
    );
    let rest = (parts.next(), parts.next(), parts.next());
    let way = matches!(
        rest,
        (Some(Protocol::Tcp(_)), None, None)
            | (Some(Protocol::Udp(_)), Some(Protocol::QuicV1), None)
    );
    host && way
}

#[cfg(test)]
mod tests {
    use libp2p::identity::Keypair;

    use super::*;

    fn peer(seed: u8) -> PeerId {
        Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id()
    }

    fn address(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_was_named_is_dialled_for_ever_and_who_was_learned_for_a_while() {
        let named = address("/ip4/10.0.0.1/tcp/1");
        let mut known = Known::named([named.clone().with(Protocol::P2p(peer(1)))]);
        known.learn(peer(2), [address("/ip4/10.0.0.2/udp/2/quic-v1")]);
        for _ in 0..defaults::RELAY_DIALS {
            assert_eq!(known.due(|_| false).len(), 2);
        }
        let due = known.due(|_| false);
        let addresses = vec![named];
        assert_eq!(due, [Target { index: 0, peer: Some(peer(1)), addresses }]);
        assert_eq!(known.due(|it| *it == peer(1)), []);
    }

    #[test]
    fn a_name_is_learned_by_dialling() {
        let mut known = Known::named([address("/dns4/relay.example/tcp/1")]);
        assert_eq!(known.due(|_| true)[0].peer, None);
        known.found(0, peer(3));
        assert_eq!(known.due(|_| true), []);
        known.learn(peer(3), [address("/ip4/10.0.0.3/tcp/3"), address("/ip4/10.0.0.3/tcp/3/ws")]);
        let addresses = vec![address("/dns4/relay.example/tcp/1"), address("/ip4/10.0.0.3/tcp/3")];
        assert_eq!(known.due(|_| false), [Target { index: 0, peer: Some(peer(3)), addresses }]);
    }

    #[test]
    fn the_number_of_relays_is_bounded() {
        let mut known = Known::default();
        for seed in 0..=u8::try_from(defaults::KNOWN_RELAYS).unwrap() {
            known.learn(peer(seed), [address("/ip4/10.0.0.1/tcp/1")]);
        }
        assert_eq!(known.due(|_| false).len(), defaults::KNOWN_RELAYS);
    }
}
