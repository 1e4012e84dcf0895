//! Which pairs of translators two hosts get through with nothing but the relay's STUN responder: the
//! part of ICE (RFC 8445) that matters here, without a network.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use volly_nat::{
    nat::{Kind, Nat},
    packet::{Side, ends, payload, readdress, udp},
};
use volly_relay::stun::message::answer;

const RELAY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 8_081);

const REQUEST: [u8; 20] =
    [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/// A host, what translates it, and where it believes the other one is.
struct Place {
    host: SocketAddrV4,
    outside: Ipv4Addr,
    nat: Nat,
    candidates: BTreeSet<SocketAddrV4>,
}

impl Place {
    fn new(kind: Kind, number: u8) -> Self {
        let outside = Ipv4Addr::new(198, 51, 100, number);
        let host = SocketAddrV4::new(Ipv4Addr::new(10, number, 0, 2), 5_000);
        Self { host, outside, nat: Nat::new(kind, outside), candidates: BTreeSet::new() }
    }

    /// Asks the responder under which address this host is seen.
    fn ask(&mut self) -> SocketAddrV4 {
        let mut packet = udp(self.host, RELAY, &REQUEST);
        self.nat.outbound(&mut packet).unwrap();
        let source = ends(&packet).unwrap().source;
        let response = answer(payload(&packet), SocketAddr::V4(source)).unwrap();
        let mut packet = udp(RELAY, source, &response);
        self.nat.inbound(&mut packet).unwrap();
        mapped(payload(&packet))
    }
}

/// XOR-MAPPED-ADDRESS of an answer that has nothing else: its last eight bytes.
fn mapped(response: &[u8]) -> SocketAddrV4 {
    let (_, value) = response.split_last_chunk::<8>().unwrap();
    let [_, 1, p, q, a, b, c, d] = *value else { unreachable!("an IPv4 address") };
    let port = u16::from_be_bytes([p, q]) ^ 0x2112;
    SocketAddrV4::new((u32::from_be_bytes([a, b, c, d]) ^ 0x2112_A442).into(), port)
}

/// Sends from one to the other; from where it is seen there, if it arrives.
fn send(from: &mut Place, to: &mut Place, at: SocketAddrV4) -> Option<SocketAddrV4> {
    let mut packet = udp(from.host, at, b"check");
    from.nat.outbound(&mut packet)?;
    (*at.ip() == to.outside).then(|| to.nat.inbound(&mut packet))??;
    // Nothing is lost on the way: the source is the one that the translator gave.
    readdress(&mut packet, Side::Destination, to.host)?;
    Some(ends(&packet)?.source)
}

/// Each sends to every place where the other may be, and answers whatever arrives.
fn connects(kinds: [Kind; 2]) -> bool {
    let [mut one, mut other] = [Place::new(kinds[0], 1), Place::new(kinds[1], 2)];
    let (first, second) = (one.ask(), other.ask());
    one.candidates.insert(second);
    other.candidates.insert(first);
    for round in 0..6 {
        let (from, to) =
            if round % 2 == 0 { (&mut one, &mut other) } else { (&mut other, &mut one) };
        for candidate in from.candidates.clone() {
            let Some(seen) = send(from, to, candidate) else { continue };
            to.candidates.insert(seen);
            if send(to, from, seen).is_some() {
                return true;
            }
        }
    }
    false
}

#[test]
fn all_pairs_but_those_of_a_symmetric_one_with_a_filter_get_through() {
    use Kind::{FullCone, PortRestricted, Symmetric};
    for (one, other, expected) in [
        (FullCone, FullCone, true),
        (FullCone, PortRestricted, true),
        (FullCone, Symmetric, true),
        (PortRestricted, PortRestricted, true),
        (PortRestricted, Symmetric, false),
        (Symmetric, Symmetric, false),
    ] {
        assert_eq!(connects([one, other]), expected, "{one:?} and {other:?}");
        assert_eq!(connects([other, one]), expected, "{other:?} and {one:?}");
    }
}

#[test]
fn the_responder_tells_the_address_that_the_translator_gave() {
    for kind in Kind::ALL {
        let mut place = Place::new(kind, 7);
        let mapped = place.ask();
        assert_eq!(*mapped.ip(), place.outside);
        assert_ne!(mapped.port(), place.host.port());
        assert_eq!(place.ask(), mapped, "{kind:?} keeps it for the same server");
    }
}
