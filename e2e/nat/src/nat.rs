//! A translator of one of the kinds that RFC 4787 tells apart. Pure.
//!
//! Invariant: what comes in reaches a host only at a port that the host has opened from inside, and
//! only from whom the kind lets in.

use core::str::FromStr;
use std::{
    collections::{BTreeSet, HashMap},
    net::{Ipv4Addr, SocketAddrV4},
};

use crate::packet::{Ends, Protocol, Side, ends, readdress};

/// Mappings at a time; what needs another is dropped.
const MAX_MAPPINGS: usize = 4_096;

/// The first port given out. Another than any that a host has: none is preserved.
const FIRST_PORT: u16 = 20_000;

/// Between two ports given out, so that nobody guesses the next.
const PORT_STEP: u16 = 37;

/// How a translator maps and filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One port for each port inside, and whoever sends there is let in.
    FullCone,
    /// The same port, and who was sent something from there is let in.
    PortRestricted,
    /// Another port for each other end, and only that one is let in.
    Symmetric,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::FullCone, Self::PortRestricted, Self::Symmetric];
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "full-cone" => Ok(Self::FullCone),
            "port-restricted" => Ok(Self::PortRestricted),
            "symmetric" => Ok(Self::Symmetric),
            _ => Err(()),
        }
    }
}

/// A port given out: for whom, and whom it has sent to.
#[derive(Clone, Debug)]
struct Mapping {
    inside: SocketAddrV4,
    sent_to: BTreeSet<SocketAddrV4>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Nat {
    kind: Kind,
    outside: Ipv4Addr,
    /// The other end counts for [`Kind::Symmetric`] alone.
    ports: HashMap<(Protocol, SocketAddrV4, Option<SocketAddrV4>), u16>,
    mappings: HashMap<u16, Mapping>,
    next_port: u16,
}

impl Nat {
    /// One that is seen as `outside`.
    #[must_use]
    pub fn new(kind: Kind, outside: Ipv4Addr) -> Self {
        let (ports, mappings) = Default::default();
        Self { kind, outside, ports, mappings, next_port: FIRST_PORT }
    }

    /// Translates what a host inside sends; its ends as they were, or `None` to drop it.
    pub fn outbound(&mut self, packet: &mut [u8]) -> Option<Ends> {
        let ends = ends(packet)?;
        let port = self.port(&ends)?;
        self.mappings.get_mut(&port)?.sent_to.insert(ends.destination);
        readdress(packet, Side::Source, SocketAddrV4::new(self.outside, port))?;
        Some(ends)
    }

    /// Translates what comes from outside; `None` to drop it.
    pub fn inbound(&self, packet: &mut [u8]) -> Option<()> {
        let ends = ends(packet)?;
        let mapping = self.mappings.get(&ends.destination.port())?;
        let admitted = self.kind == Kind::FullCone || mapping.sent_to.contains(&ends.source);
        if *ends.destination.ip() != self.outside || !admitted {
            return None;
        }
        readdress(packet, Side::Destination, mapping.inside)
    }

    fn port(&mut self, ends: &Ends) -> Option<u16> {
        let towards = (self.kind == Kind::Symmetric).then_some(ends.destination);
        let key = (ends.protocol, ends.source, towards);
        if let Some(port) = self.ports.get(&key) {
            return Some(*port);
        }
        if self.mappings.len() >= MAX_MAPPINGS {
            return None;
        }
        while self.next_port < FIRST_PORT || self.mappings.contains_key(&self.next_port) {
            self.next_port = self.next_port.wrapping_add(PORT_STEP);
        }
        let port = self.next_port;
        self.next_port = port.wrapping_add(PORT_STEP);
        self.ports.insert(key, port);
        self.mappings.insert(port, Mapping { inside: ends.source, sent_to: BTreeSet::new() });
        Some(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::udp;

    const OUTSIDE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

    fn end(last: u8, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, last), port)
    }

    fn host() -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 5_000)
    }

    /// The port from which `to` sees the host.
    fn send(nat: &mut Nat, to: SocketAddrV4) -> u16 {
        let mut packet = udp(host(), to, b"out");
        nat.outbound(&mut packet).unwrap();
        let ends = ends(&packet).unwrap();
        assert_eq!((*ends.source.ip(), ends.destination), (OUTSIDE, to));
        ends.source.port()
    }

    fn comes_in(nat: &Nat, from: SocketAddrV4, port: u16) -> bool {
        let mut packet = udp(from, SocketAddrV4::new(OUTSIDE, port), b"in");
        let admitted = nat.inbound(&mut packet).is_some();
        assert!(!admitted || ends(&packet).unwrap().destination == host());
        admitted
    }

    #[test]
    fn each_kind_maps_and_filters_as_its_name_says() {
        let (first, second, third) = (end(1, 1), end(2, 1), end(3, 1));
        for (kind, same_port, strangers) in [
            (Kind::FullCone, true, true),
            (Kind::PortRestricted, true, false),
            (Kind::Symmetric, false, false),
        ] {
            let mut nat = Nat::new(kind, OUTSIDE);
            assert!(!comes_in(&nat, first, FIRST_PORT), "nothing was opened");
            let (port, other) = (send(&mut nat, first), send(&mut nat, second));
            assert_eq!(send(&mut nat, first), port, "{kind:?} keeps its mapping");
            assert_eq!(port == other, same_port, "{kind:?}");
            assert!(comes_in(&nat, first, port) && comes_in(&nat, second, other), "{kind:?}");
            assert_eq!(comes_in(&nat, third, port), strangers, "{kind:?}");
            assert_eq!(comes_in(&nat, end(1, 2), port), strangers, "{kind:?}, another port");
            assert_eq!(comes_in(&nat, second, port), same_port, "{kind:?}");
            assert!(!comes_in(&nat, first, port.wrapping_add(1)), "{kind:?}");
        }
    }

    #[test]
    fn the_number_of_mappings_is_bounded() {
        let mut nat = Nat::new(Kind::Symmetric, OUTSIDE);
        let ports = 1..=u16::try_from(MAX_MAPPINGS).unwrap();
        let given: BTreeSet<_> = ports.map(|port| send(&mut nat, end(1, port))).collect();
        assert_eq!(given.len(), MAX_MAPPINGS);
        assert!(nat.outbound(&mut udp(host(), end(2, 1), b"")).is_none());
        assert!(given.iter().all(|port| *port >= FIRST_PORT));
    }
}
