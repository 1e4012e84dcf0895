//! Who may begin a handshake, and who may stay: so many at once, and so many from one network.
//!
//! The address of who begins can be forged until it has answered once; so when many are within
//! their handshake, a newcomer has to answer before anything is kept for it (QUIC: RFC 9000, §8.1.2).
//!
//! Invariant: a [`Place`] and a [`Handshake`] are counted from when they are given until they are
//! dropped.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The addresses that one household or office has: an IPv4 address, or the upper half of an IPv6
/// address.
type Network = [u8; 8];

fn network(ip: IpAddr) -> Network {
    let octets = match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, e, f, g, h, ..] = ip.octets();
            return [a, b, c, d, e, f, g, h];
        }
    };
    let [.., a, b, c, d, e, f, g, h] = octets;
    [a, b, c, d, e, f, g, h]
}

/// How many.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// At a time, those within their handshake included.
    pub connections: usize,
    /// Within their handshake.
    pub handshakes: usize,
    /// Of these, up to which the address of a newcomer is believed.
    pub unproved_handshakes: usize,
    /// From one network.
    pub a_network: u32,
}

#[derive(Debug, Default)]
struct Counts {
    unfinished: usize,
    all: usize,
    of_network: HashMap<Network, u32>,
}

/// What becomes of who knocks.
#[derive(Debug)]
pub enum Verdict {
    /// May begin.
    Admitted(Place, Handshake),
    /// Has to show first that it is where it says.
    Unproved,
    /// There is no room.
    Refused,
}

/// The counts. Clones are the same.
#[derive(Clone, Debug)]
pub struct Admission {
    bounds: Bounds,
    counts: Arc<Mutex<Counts>>,
}

impl Admission {
    /// With nobody there.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, counts: Arc::default() }
    }

    /// Decides on a newcomer.
    #[must_use]
    pub fn admit(&self, ip: IpAddr, proved: bool) -> Verdict {
        let network = network(ip);
        let mut counts = self.lock();
        let of_network = counts.of_network.get(&network).copied().unwrap_or_default();
        if counts.all >= self.bounds.connections
            || counts.unfinished >= self.bounds.handshakes
            || of_network >= self.bounds.a_network
        {
            return Verdict::Refused;
        }
        if !proved && counts.unfinished >= self.bounds.unproved_handshakes {
            return Verdict::Unproved;
        }
        counts.unfinished += 1;
        counts.all += 1;
        *counts.of_network.entry(network).or_default() += 1;
        Verdict::Admitted(Place { admission: self.clone(), network }, Handshake(self.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the connections.
#[derive(Debug)]
pub struct Place {
    admission: Admission,
    network: Network,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        counts.all -= 1;
        if let Some(count) = counts.of_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.of_network.remove(&self.network);
            }
        }
    }
}

/// A place among those within their handshake.
#[derive(Debug)]
pub struct Handshake(Admission);

impl Drop for Handshake {
    fn drop(&mut self) {
        self.0.lock().unfinished -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds =
        Bounds { connections: 300, handshakes: 128, unproved_handshakes: 64, a_network: 100 };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn admitted(admission: &Admission, from: &str) -> Option<(Place, Handshake)> {
        match admission.admit(ip(from), true) {
            Verdict::Admitted(place, handshake) => Some((place, handshake)),
            Verdict::Unproved | Verdict::Refused => None,
        }
    }

    #[test]
    fn a_network_has_so_many_places_and_gets_them_back() {
        let admission = Admission::new(BOUNDS);
        let mut places = Vec::new();
        while let Some((place, _)) = admitted(&admission, "192.0.2.1") {
            places.push(place);
        }
        let bound = usize::try_from(BOUNDS.a_network).unwrap();
        assert_eq!(places.len(), bound);
        assert!(admitted(&admission, "::ffff:192.0.2.1").is_none(), "the same address");
        assert!(admitted(&admission, "192.0.2.2").is_some());
        places.pop();
        places.extend(admitted(&admission, "192.0.2.1").map(|(place, _)| place));
        assert_eq!(places.len(), bound);
        places.clear();
        let counts = admission.lock();
        assert_eq!((counts.all, counts.unfinished, counts.of_network.len()), (0, 0, 0));
    }

    #[test]
    fn an_ipv6_network_is_half_of_an_address() {
        assert_eq!(network(ip("2001:db8::1")), network(ip("2001:db8::ffff:1")));
        assert_ne!(network(ip("2001:db8::1")), network(ip("2001:db8:0:1::1")));
    }

    #[test]
    fn under_many_handshakes_a_newcomer_proves_its_address_and_then_waits() {
        let admission = Admission::new(BOUNDS);
        let mut places = Vec::new();
        for number in 0..BOUNDS.handshakes {
            let from = format!("10.0.{}.{}", number / 256, number % 256);
            let unproved = admission.admit(ip(&from), false);
            let must_prove = number >= BOUNDS.unproved_handshakes;
            assert_eq!(matches!(unproved, Verdict::Unproved), must_prove, "{number}");
            drop(unproved);
            places.extend(admitted(&admission, &from));
        }
        assert!(admitted(&admission, "192.0.2.1").is_none());
        let (_place, handshake) = places.remove(0);
        drop(handshake);
        assert!(admitted(&admission, "192.0.2.1").is_some());
    }
}
