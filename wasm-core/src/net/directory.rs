//! The relays that are known: the one of the page, those that it has named, and those of earlier runs.
//!
//! Invariant: bounded, and no relay is given to both links. The one of the page is asked first, for
//! what it says is new; but whoever is known will do.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use super::{
    Remember,
    bootstrap::{Bootstrap, Relay},
};
use crate::limits::MAX_OTHER_RELAYS;

/// Links at the same time: with one relay gone the other goes on.
pub(super) const LINKS: usize = 2;

struct Known {
    relay: Relay,
    /// In a row.
    failures: u32,
    /// The link that uses it.
    taken: Option<usize>,
}

/// See the module.
pub(super) struct Directory {
    /// In the order in which they are tried when they have failed equally often.
    relays: Vec<Known>,
    remember: Remember,
}

impl Directory {
    /// Knows what earlier runs have learned.
    pub(super) fn new(earlier: Vec<Relay>, remember: Remember) -> Self {
        let known = |relay| Known { relay, failures: 0, taken: None };
        let relays = earlier.into_iter().take(MAX_OTHER_RELAYS).map(known).collect();
        Self { relays, remember }
    }

    /// Takes in what the relay of the page says. It comes first from then on.
    pub(super) fn learn(&mut self, document: Bootstrap) {
        let Bootstrap { relay, others } = document;
        let before: Vec<Relay> = self.relays.iter().map(|known| known.relay.clone()).collect();
        for relay in others.into_iter().rev().chain([relay]) {
            let place = self.relays.iter().position(|known| known.relay.peer == relay.peer);
            let known = match place {
                // It is where it says now; whether it was there before says little of that.
                Some(place) => {
                    let known = self.relays.remove(place);
                    let moved = known.relay != relay;
                    Known { relay, failures: if moved { 0 } else { known.failures }, ..known }
                }
                None => Known { relay, failures: 0, taken: None },
            };
            self.relays.insert(0, known);
        }
        while self.relays.len() > MAX_OTHER_RELAYS + 1 {
            let free = |(_, known): &(usize, &Known)| known.taken.is_none();
            let worst = self
                .relays
                .iter()
                .enumerate()
                .filter(free)
                .max_by_key(|(place, known)| (known.failures, *place));
            let Some((worst, _)) = worst else { break };
            self.relays.remove(worst);
        }
        let relays: Vec<Relay> = self.relays.iter().map(|known| known.relay.clone()).collect();
        if relays != before {
            (self.remember)(&relays);
        }
    }

    /// A relay for a link that has none: the one that has failed least, of those that the other link
    /// does not use.
    pub(super) fn choose(&mut self, link: usize) -> Option<Relay> {
        self.release(link);
        let free = self.relays.iter_mut().filter(|known| known.taken.is_none());
        let known = free.min_by_key(|known| known.failures)?;
        known.taken = Some(link);
        Some(known.relay.clone())
    }

    /// Whether there is a relay that no link uses and that has not failed. What a link has just lost is
    /// not for the other one to try at once.
    pub(super) fn has_fresh(&self) -> bool {
        self.relays.iter().any(|known| known.taken.is_none() && known.failures == 0)
    }

    /// The relay of a link has answered.
    pub(super) fn worked(&mut self, link: usize) {
        self.of(link, |known| known.failures = 0);
    }

    /// The relay of a link has not, or not for long.
    pub(super) fn failed(&mut self, link: usize) {
        self.of(link, |known| known.failures = known.failures.saturating_add(1));
        self.release(link);
    }

    fn release(&mut self, link: usize) {
        self.of(link, |known| known.taken = None);
    }

    fn of(&mut self, link: usize, change: impl FnMut(&mut Known)) {
        self.relays.iter_mut().filter(|known| known.taken == Some(link)).for_each(change);
    }

    /// Where a circuit at this relay begins, by what is known of it: `…/p2p/R/p2p-circuit`.
    pub(super) fn circuit(&self, peer: &PeerId) -> Option<Multiaddr> {
        let known = self.relays.iter().find(|known| known.relay.peer == *peer)?;
        known.relay.addresses.first().map(|address| circuit(address.clone(), *peer))
    }
}

/// Where circuits begin at a relay with this address.
pub(super) fn circuit(mut address: Multiaddr, relay: PeerId) -> Multiaddr {
    if let Some(Protocol::P2p(_)) = address.iter().last() {
        address.pop();
    }
    address.with(Protocol::P2p(relay)).with(Protocol::P2pCircuit)
}

/// `host:port` of an address, for people to read.
pub(super) fn host(address: &Multiaddr) -> String {
    let mut parts = address.iter();
    let host = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.to_string(),
        Some(Protocol::Ip6(ip)) => format!("[{ip}]"),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => name.to_string(),
        _ => return address.to_string(),
    };
    match parts.next() {
        Some(Protocol::Tcp(port) | Protocol::Udp(port)) => format!("{host}:{port}"),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use libp2p::identity::Keypair;

    use super::*;

    fn relay(seed: u8, port: u16) -> Relay {
        let peer = Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id();
        let address = format!("/ip4/10.0.0.{seed}/tcp/{port}/ws");
        Relay::new(&peer.to_string(), [address.as_str()]).unwrap()
    }

    fn document(seed: u8, others: impl IntoIterator<Item = Relay>) -> Bootstrap {
        Bootstrap { relay: relay(seed, 1), others: Vec::new() }.naming(others)
    }

    fn empty() -> Directory {
        Directory::new(Vec::new(), Box::new(|_| {}))
    }

    #[test]
    fn the_relay_of_the_page_is_first_and_no_relay_is_given_twice() {
        let mut directory = Directory::new(vec![relay(9, 1)], Box::new(|_| {}));
        directory.learn(document(1, [relay(2, 1), relay(3, 1)]));
        assert_eq!(directory.choose(0), Some(relay(1, 1)));
        assert_eq!(directory.choose(1), Some(relay(2, 1)));
        assert_eq!(directory.choose(0), Some(relay(1, 1)), "its own is free for it");
        directory.failed(0);
        assert_eq!(directory.choose(0), Some(relay(3, 1)));
        directory.failed(0);
        assert_eq!(directory.choose(0), Some(relay(9, 1)));
        directory.worked(0);
        directory.failed(1);
        assert_eq!(directory.choose(1), Some(relay(1, 1)), "all have failed once");
    }

    #[test]
    fn with_one_relay_the_second_link_has_none_and_does_not_take_what_the_first_has_lost() {
        let mut directory = empty();
        assert!(!directory.has_fresh());
        directory.learn(document(1, []));
        assert!(directory.has_fresh());
        assert!(directory.choose(0).is_some());
        assert_eq!((directory.has_fresh(), directory.choose(1)), (false, None));
        directory.failed(0);
        assert!(!directory.has_fresh());
        assert!(directory.choose(0).is_some());
    }

    #[test]
    fn what_is_new_is_remembered_and_the_number_bounded() {
        let kept = Rc::<RefCell<Vec<Vec<Relay>>>>::default();
        let sink = Rc::clone(&kept);
        let remember = Box::new(move |relays: &[Relay]| sink.borrow_mut().push(relays.to_vec()));
        let mut directory = Directory::new(Vec::new(), remember);
        directory.learn(document(1, [relay(2, 1)]));
        directory.learn(document(1, [relay(2, 1)]));
        assert_eq!(*kept.borrow(), [[relay(1, 1), relay(2, 1)]]);
        directory.learn(document(1, [relay(2, 7)]));
        assert_eq!(kept.borrow()[1], [relay(1, 1), relay(2, 7)], "it is somewhere else");
        directory.learn(document(1, (10..18).map(|seed| relay(seed, 1))));
        let last = kept.borrow().last().unwrap().clone();
        assert_eq!(last.len(), MAX_OTHER_RELAYS + 1);
        assert_eq!(last[0], relay(1, 1));
    }

    #[test]
    fn a_circuit_begins_at_a_relay_that_is_known() {
        let mut directory = empty();
        directory.learn(document(1, []));
        let peer = relay(1, 1).peer;
        let expected = format!("/ip4/10.0.0.1/tcp/1/ws/p2p/{peer}/p2p-circuit");
        assert_eq!(directory.circuit(&peer).unwrap().to_string(), expected);
        assert_eq!(directory.circuit(&relay(2, 1).peer), None);
    }

    #[test]
    fn a_relay_is_called_by_its_host() {
        for (address, expected) in [
            ("/ip4/127.0.0.1/tcp/80/ws", "127.0.0.1:80"),
            ("/ip6/::1/udp/1/quic-v1/webtransport", "[::1]:1"),
            ("/dns4/relay.example/tcp/443/tls/ws", "relay.example:443"),
            ("/memory/7", "/memory/7"),
        ] {
            assert_eq!(host(&address.parse().unwrap()), expected);
        }
    }
}
