//! How often the STUN responder answers: so much for one network, so much for all.
//!
//! Invariant: the memory is fixed, whatever addresses are forged. Networks share a bucket by chance,
//! with a key that is drawn at the start, so nobody can aim at the bucket of another.

use core::{hash::BuildHasher, time::Duration};
use std::{hash::RandomState, net::IpAddr};

use crate::{defaults, mailbox::quota::Pace};

/// Who was answered lately, without saying who.
#[derive(Debug)]
pub struct Admission {
    all: Pace,
    networks: Box<[Pace]>,
    key: RandomState,
}

impl Default for Admission {
    fn default() -> Self {
        let network = Pace::new(defaults::STUN_NETWORK_BURST, defaults::STUN_A_NETWORK_A_SECOND);
        Self {
            all: Pace::new(defaults::STUN_BURST, defaults::STUN_A_SECOND),
            networks: vec![network; defaults::STUN_BUCKETS].into(),
            key: RandomState::new(),
        }
    }
}

impl Admission {
    /// Whether a datagram from `ip` may be answered at `now` (any clock that does not go back).
    pub fn admit(&mut self, ip: IpAddr, now: Duration) -> bool {
        let buckets = u64::try_from(self.networks.len()).unwrap_or(u64::MAX).max(1);
        let place = self.key.hash_one(network(ip)) % buckets;
        let bucket = usize::try_from(place).ok().and_then(|place| self.networks.get_mut(place));
        // Its own network first: one that asks too much takes nothing from the others.
        bucket.is_some_and(|bucket| bucket.take_now(1, now)) && self.all.take_now(1, now)
    }
}

/// What one operator of a network hands out: /24 of IPv4, /48 of IPv6.
fn network(ip: IpAddr) -> (bool, u64) {
    match ip {
        IpAddr::V4(v4) => (false, u64::from(v4.to_bits() >> 8)),
        IpAddr::V6(v6) => (true, u64::try_from(v6.to_bits() >> 80).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many of `count` are admitted.
    fn admitted(admission: &mut Admission, ip: IpAddr, now: Duration, count: u32) -> u32 {
        (0..count).map(|_| u32::from(admission.admit(ip, now))).sum()
    }

    #[test]
    fn a_network_has_its_bucket_and_it_fills_again() {
        let (burst, rate) = (defaults::STUN_NETWORK_BURST, defaults::STUN_A_NETWORK_A_SECOND);
        let mut admission = Admission::default();
        let now = Duration::from_secs(100);
        assert_eq!(admitted(&mut admission, ip("192.0.2.1"), now, 2 * burst), burst);
        assert_eq!(admitted(&mut admission, ip("192.0.2.200"), now, 1), 0, "a neighbour");
        let later = now + Duration::from_secs(1);
        assert_eq!(admitted(&mut admission, ip("192.0.2.1"), later, 2 * burst), rate);
    }

    #[test]
    fn networks_are_told_apart_and_hosts_of_one_are_not() {
        assert_eq!(network(ip("2001:db8:1::1")), network(ip("2001:db8:1:ffff::9")));
        assert_ne!(network(ip("2001:db8:1::1")), network(ip("2001:db8:2::1")));
        assert_eq!(network(ip("192.0.2.1")), network(ip("192.0.2.255")));
        assert_ne!(network(ip("192.0.2.1")), network(ip("192.0.3.1")));
        assert_ne!(network(ip("0.0.1.1")), network(ip("0:0:1::1")));
    }

    #[test]
    fn all_together_have_a_bound_too() {
        let mut admission = Admission::default();
        let now = Duration::from_secs(100);
        let everybody = (0..0x8_0000_u32).map(|number| IpAddr::V4((number << 8 | 1).into()));
        let sum = everybody.filter(|ip| admission.admit(*ip, now)).count();
        assert_eq!(sum, usize::try_from(defaults::STUN_BURST).unwrap());
    }
}
