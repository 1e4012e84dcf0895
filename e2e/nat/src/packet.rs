//! What a translator reads and writes of an IPv4 packet (RFC 791) with UDP or TCP inside.
//!
//! Invariant: a packet that was right before a change is right after it; checksums are carried over and
//! not made anew (RFC 1624), so a broken packet stays broken.

use std::net::{Ipv4Addr, SocketAddrV4};

/// What is inside, by its number in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// 6.
    Tcp,
    /// 17.
    Udp,
}

/// Which of the two addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who sent it.
    Source,
    /// Whom it is for.
    Destination,
}

/// Where a packet comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// See [`Protocol`].
    pub protocol: Protocol,
    /// See [`Side::Source`].
    pub source: SocketAddrV4,
    /// See [`Side::Destination`].
    pub destination: SocketAddrV4,
}

const VERSION_4: u8 = 4;
const HEADER_CHECKSUM: usize = 10;
/// All but "do not fragment": more fragments, and the place of this one.
const FRAGMENT: u16 = 0x3FFF;

impl Side {
    const fn address(self) -> usize {
        match self {
            Self::Source => 12,
            Self::Destination => 16,
        }
    }

    /// From the end of the header of IP.
    const fn port(self) -> usize {
        match self {
            Self::Source => 0,
            Self::Destination => 2,
        }
    }
}

impl Protocol {
    /// From the end of the header of IP.
    const fn checksum(self) -> usize {
        match self {
            Self::Tcp => 16,
            Self::Udp => 6,
        }
    }
}

/// The ends of a packet; `None` for whatever else it is.
#[must_use]
pub fn ends(packet: &[u8]) -> Option<Ends> {
    let header = header_bytes(packet)?;
    if u16_at(packet, 6)? & FRAGMENT != 0 {
        return None;
    }
    let protocol = match packet.get(9)? {
        6 => Protocol::Tcp,
        17 => Protocol::Udp,
        _ => return None,
    };
    u16_at(packet, header + protocol.checksum())?;
    let end = |side: Side| -> Option<SocketAddrV4> {
        let ip: [u8; 4] = *packet.get(side.address()..)?.first_chunk()?;
        Some(SocketAddrV4::new(Ipv4Addr::from(ip), u16_at(packet, header + side.port())?))
    };
    Some(Ends { protocol, source: end(Side::Source)?, destination: end(Side::Destination)? })
}

/// Puts another address in; `None`, and nothing is changed, for a packet without [`ends`].
pub fn readdress(packet: &mut [u8], side: Side, to: SocketAddrV4) -> Option<()> {
    let protocol = ends(packet)?.protocol;
    let header = header_bytes(packet)?;
    let inner = header + protocol.checksum();
    // Zero: whoever sent it has left the checksum out (RFC 768).
    let summed = protocol == Protocol::Tcp || u16_at(packet, inner)? != 0;
    let [high, low] = [0, 16].map(|shift| ((to.ip().to_bits() << shift) >> 16).to_be_bytes());
    let words = [
        (side.address(), [high[2], high[3]], true),
        (side.address() + 2, [low[2], low[3]], true),
        (header + side.port(), to.port().to_be_bytes(), false),
    ];
    for (place, word, in_header) in words {
        let (old, new) = (u16_at(packet, place)?, u16::from_be_bytes(word));
        put(packet, place, new)?;
        if in_header {
            let sum = carried_over(u16_at(packet, HEADER_CHECKSUM)?, old, new);
            put(packet, HEADER_CHECKSUM, sum)?;
        }
        if summed {
            let sum = carried_over(u16_at(packet, inner)?, old, new);
            put(packet, inner, sum)?;
        }
    }
    if summed && protocol == Protocol::Udp && u16_at(packet, inner)? == 0 {
        put(packet, inner, u16::MAX)?;
    }
    Some(())
}

/// A UDP packet without a checksum inside, as a host may send it.
#[must_use]
pub fn udp(source: SocketAddrV4, destination: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes();
    let mut packet = vec![0x45, 0];
    packet.extend(length(28 + payload.len()));
    packet.extend([0, 0, 0, 0, 64, 17, 0, 0]);
    packet.extend(source.ip().octets());
    packet.extend(destination.ip().octets());
    let sum = !sum(&packet);
    // It is there, twenty bytes long.
    let _ = put(&mut packet, HEADER_CHECKSUM, sum);
    packet.extend(source.port().to_be_bytes());
    packet.extend(destination.port().to_be_bytes());
    packet.extend(length(8 + payload.len()));
    packet.extend([0, 0]);
    packet.extend(payload);
    packet
}

/// What a UDP packet made by [`udp`] carries.
#[must_use]
pub fn payload(packet: &[u8]) -> &[u8] {
    packet.get(28..).unwrap_or_default()
}

fn header_bytes(packet: &[u8]) -> Option<usize> {
    let first = packet.first()?;
    let bytes = usize::from(first & 0x0F) * 4;
    (first >> 4 == VERSION_4 && bytes >= 20).then_some(bytes)
}

fn u16_at(packet: &[u8], place: usize) -> Option<u16> {
    packet.get(place..)?.first_chunk().map(|word| u16::from_be_bytes(*word))
}

fn put(packet: &mut [u8], place: usize, word: u16) -> Option<()> {
    *packet.get_mut(place..)?.first_chunk_mut()? = word.to_be_bytes();
    Some(())
}

/// The checksum when `old` below it becomes `new` (RFC 1624, equation 3).
fn carried_over(checksum: u16, old: u16, new: u16) -> u16 {
    !folded(u32::from(!checksum) + u32::from(!old) + u32::from(new))
}

/// The sum in ones' complement (RFC 1071), of an even number of bytes.
fn sum(bytes: &[u8]) -> u16 {
    let (words, _) = bytes.as_chunks();
    folded(words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum())
}

fn folded(sum: u32) -> u16 {
    let once = (sum & 0xFFFF) + (sum >> 16);
    u16::try_from((once & 0xFFFF) + (once >> 16)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn end() -> impl Strategy<Value = SocketAddrV4> {
        (any::<u32>(), any::<u16>()).prop_map(|(ip, port)| SocketAddrV4::new(ip.into(), port))
    }

    /// The sum over the inner bytes and what they are sent with (RFC 768, RFC 9293).
    fn inner_sum(packet: &[u8]) -> u16 {
        let length = u16::try_from(packet.len() - 20).unwrap().to_be_bytes();
        sum(&[&packet[12..20], &[0, packet[9]], &length, &packet[20..]].concat())
    }

    proptest! {
        #[test]
        fn what_was_right_stays_right(
            from in end(), to in end(), other in end(), tcp in any::<bool>(),
            words in vec(any::<[u8; 2]>(), 12..20),
        ) {
            let mut packet = udp(from, to, &words.concat());
            if tcp {
                packet[9] = 6;
                put(&mut packet, HEADER_CHECKSUM, 0).unwrap();
                let header = !sum(&packet[..20]);
                put(&mut packet, HEADER_CHECKSUM, header).unwrap();
            }
            let protocol = if tcp { Protocol::Tcp } else { Protocol::Udp };
            let place = 20 + protocol.checksum();
            put(&mut packet, place, 0).unwrap();
            let inner = !inner_sum(&packet);
            put(&mut packet, place, inner).unwrap();
            for side in [Side::Source, Side::Destination] {
                readdress(&mut packet, side, other).unwrap();
                prop_assert_eq!(sum(&packet[..20]), 0xFFFF);
                // A sum of zero is written as its other form, which says that there is one.
                prop_assert!(inner_sum(&packet) == 0xFFFF || inner == 0);
            }
            prop_assert_eq!(ends(&packet), Some(Ends { protocol, source: other, destination: other }));
        }

        #[test]
        fn any_bytes_are_taken_or_left(mut packet in vec(any::<u8>(), 0..64), to in end()) {
            let before = packet.clone();
            let readdressed = readdress(&mut packet, Side::Source, to);
            prop_assert_eq!(readdressed.is_some(), ends(&before).is_some());
            prop_assert!(readdressed.is_some() || packet == before);
        }
    }

    #[test]
    fn fragments_and_other_protocols_have_no_ends() {
        let end = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9);
        let whole = udp(end, end, b"");
        assert!(ends(&whole).is_some());
        for (place, value) in [(0, 0x65), (6, 0x20), (7, 1), (9, 1)] {
            let mut other = whole.clone();
            other[place] = value;
            assert_eq!(ends(&other), None, "{place}");
        }
    }
}
