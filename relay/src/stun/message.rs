//! A STUN message (RFC 8489 §5, §14) and the answer to it. Pure.
//!
//! Invariant: only a well-formed Binding request has an answer. A response, an error or an
//! indication never has one, so no two servers can be made to talk to each other; nor has garbage.
//!
//! Attributes of authentication are known and not used: the work would be more than the answer is
//! worth (RFC 8489 §12). Who insists on a signed answer does not take ours.

use std::net::{IpAddr, SocketAddr};

/// Longest request in bytes: what fits into a datagram that every path carries whole (RFC 8489
/// §6.1, for IPv4).
///
/// Lower: a client with many attributes is not answered. Higher: more to look through for each.
pub const MAX_REQUEST_BYTES: usize = 548;

/// How many bytes longer than its request an answer is at most: an address of IPv6.
///
/// A request has 20 bytes at least, so a forged sender is sent at most 2.2 times what the forger
/// spent, and 1.4 times with the headers of IP and UDP.
pub const MAX_GROWTH: usize = 24;

pub(crate) const HEADER_BYTES: usize = 20;
pub(crate) const TRANSACTION_BYTES: usize = 12;
pub(crate) const COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();

pub(crate) const BINDING_REQUEST: u16 = 0x0001;
pub(crate) const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

/// Attributes below this must be understood, or the request is refused (RFC 8489 §14).
pub(crate) const OPTIONAL_FROM: u16 = 0x8000;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
pub(crate) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
pub(crate) const FINGERPRINT: u16 = 0x8028;

/// USERNAME, MESSAGE-INTEGRITY, REALM, NONCE, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH.
const AUTHENTICATION: [u16; 7] = [0x0006, 0x0008, 0x0014, 0x0015, 0x001C, 0x001D, 0x001E];

/// MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256: what follows them is not looked at.
const INTEGRITY: [u16; 2] = [0x0008, 0x001C];

const FINGERPRINT_BYTES: usize = 8;
const FINGERPRINT_MASK: u32 = 0x5354_554E;

/// 420 (Unknown Attribute): class and number, without the reason, which is for people.
const UNKNOWN_ATTRIBUTE: [u8; 4] = [0, 0, 4, 20];

/// The answer to a datagram that came from `from`.
#[must_use]
pub fn answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let request = Request::read(datagram)?;
    let mut response = if request.unknown.is_empty() {
        let mut response = Response::new(BINDING_SUCCESS, request.transaction);
        response.put(XOR_MAPPED_ADDRESS, &xor_mapped(from, request.transaction));
        response
    } else {
        let unknown: Vec<_> = request.unknown.iter().flat_map(|kind| kind.to_be_bytes()).collect();
        let mut response = Response::new(BINDING_ERROR, request.transaction);
        response.put(ERROR_CODE, &UNKNOWN_ATTRIBUTE);
        response.put(UNKNOWN_ATTRIBUTES, &unknown);
        response
    };
    if request.has_fingerprint {
        response.put_fingerprint();
    }
    Some(response.0)
}

/// What matters of a Binding request.
struct Request<'a> {
    transaction: &'a [u8; TRANSACTION_BYTES],
    /// Each once.
    unknown: Vec<u16>,
    has_fingerprint: bool,
}

impl<'a> Request<'a> {
    fn read(datagram: &'a [u8]) -> Option<Self> {
        if datagram.len() > MAX_REQUEST_BYTES || !datagram.len().is_multiple_of(4) {
            return None;
        }
        let (header, attributes) = datagram.split_first_chunk::<HEADER_BYTES>()?;
        let (kind, rest) = header.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (cookie, transaction) = rest.split_first_chunk()?;
        let whole = usize::from(u16::from_be_bytes(*length)) == attributes.len();
        if u16::from_be_bytes(*kind) != BINDING_REQUEST || !whole || *cookie != COOKIE {
            return None;
        }
        let transaction = transaction.first_chunk()?;
        let mut request = Self { transaction, unknown: Vec::new(), has_fingerprint: false };
        request.read_attributes(datagram, attributes)?;
        Some(request)
    }

    fn read_attributes(&mut self, datagram: &[u8], mut rest: &[u8]) -> Option<()> {
        let mut signed = false;
        while !rest.is_empty() {
            let before = datagram.len() - rest.len();
            let (kind, value, behind) = attribute(rest)?;
            if kind == FINGERPRINT {
                let crc = fingerprint(datagram.get(..before)?);
                // It is the last one (RFC 8489 §14.7).
                self.has_fingerprint = behind.is_empty() && value == crc.to_be_bytes();
                return self.has_fingerprint.then_some(());
            }
            let known = kind >= OPTIONAL_FROM || AUTHENTICATION.contains(&kind);
            if !known && !signed && !self.unknown.contains(&kind) {
                self.unknown.push(kind);
            }
            signed |= INTEGRITY.contains(&kind);
            rest = behind;
        }
        Some(())
    }
}

/// The first attribute: its type, its value without what fills it up to four bytes, what is behind.
pub(crate) fn attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (padded, behind) = rest.split_at_checked(length.next_multiple_of(4))?;
    Some((u16::from_be_bytes(*kind), padded.get(..length)?, behind))
}

/// The value of XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
pub(crate) fn xor_mapped(from: SocketAddr, transaction: &[u8; TRANSACTION_BYTES]) -> Vec<u8> {
    let (family, ip) = match from.ip() {
        IpAddr::V4(v4) => (1, v4.octets().to_vec()),
        IpAddr::V6(v6) => (2, v6.octets().to_vec()),
    };
    let mask = || COOKIE.iter().chain(transaction);
    let port = from.port().to_be_bytes();
    let mut value = vec![0, family];
    value.extend(port.iter().zip(mask()).map(|(byte, mask)| byte ^ mask));
    value.extend(ip.iter().zip(mask()).map(|(byte, mask)| byte ^ mask));
    value
}

/// A message as it grows; its length is right after every attribute.
pub(crate) struct Response(pub(crate) Vec<u8>);

impl Response {
    pub(crate) fn new(kind: u16, transaction: &[u8; TRANSACTION_BYTES]) -> Self {
        Self([&kind.to_be_bytes()[..], &[0, 0], &COOKIE, transaction].concat())
    }

    pub(crate) fn put(&mut self, kind: u16, value: &[u8]) {
        self.0.extend(kind.to_be_bytes());
        self.0.extend(u16::try_from(value.len()).unwrap_or_default().to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(self.0.len() - HEADER_BYTES);
    }

    /// Over all before it, with the length that it has with it.
    pub(crate) fn put_fingerprint(&mut self) {
        self.set_length(self.0.len() - HEADER_BYTES + FINGERPRINT_BYTES);
        let crc = fingerprint(&self.0);
        self.put(FINGERPRINT, &crc.to_be_bytes());
    }

    pub(crate) fn set_length(&mut self, length: usize) {
        let length = u16::try_from(length).unwrap_or_default().to_be_bytes();
        for (byte, value) in self.0.iter_mut().skip(2).zip(length) {
            *byte = value;
        }
    }
}

/// The value of FINGERPRINT over what stands before it (RFC 8489 §14.7).
pub(crate) fn fingerprint(before: &[u8]) -> u32 {
    crc32(before) ^ FINGERPRINT_MASK
}

/// CRC-32 of ISO 3309, bit by bit: requests are short, and a table would be more to read.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests;
