//! Against the vectors of RFC 5769, and against what nobody should send.

use proptest::{collection::vec, prelude::*};

use super::*;

const TRANSACTION: [u8; 12] =
    [0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE];

/// RFC 5769 §2.1: a check of ICE, signed and with a fingerprint.
const SAMPLE_REQUEST: &str = "000100582112a442b7e7a701bc34d686fa87dfae\
    802200105354554e207465737420636c69656e74\
    002400046e0001ff80290008932ff9b151263b36\
    000600096576746a3a68367659202020\
    000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2\
    80280004e57a3bcf";

/// RFC 5769 §2.2: an answer to 192.0.2.1:32853.
const SAMPLE_IPV4_RESPONSE: &str = "0101003c2112a442b7e7a701bc34d686fa87dfae\
    8022000b7465737420766563746f7220\
    002000080001a147e112a643\
    000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7\
    80280004c07d4c96";

/// RFC 5769 §2.3: an answer to [2001:db8:1234:5678:11:2233:4455:6677]:32853.
const SAMPLE_IPV6_RESPONSE: &str = "010100482112a442b7e7a701bc34d686fa87dfae\
    8022000b7465737420766563746f7220\
    002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9\
    00080014a382954e4be67bf11784c97c8292c275bfe3ed41\
    80280004c8fb0b4c";

/// RFC 5769 §2.4: a request with the credentials of somebody.
const SAMPLE_REQUEST_WITH_CREDENTIALS: &str = "000100602112a44278ad3433c6ad72c029da412e\
    00060012e3839ee38388e383aae38383e382afe382b90000\
    0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b\
    6578616d706c652e6f726700\
    00080014f67024656dd64a3e02b8e0712e85c9a28ca89666";

fn bytes(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn v4() -> SocketAddr {
    "192.0.2.1:32853".parse().unwrap()
}

fn v6() -> SocketAddr {
    "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap()
}

/// A message of `kind` with the attributes, whatever they are.
fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = Response::new(kind, &TRANSACTION);
    attributes.iter().for_each(|(kind, value)| message.put(*kind, value));
    message.0
}

fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
    message(BINDING_REQUEST, attributes)
}

fn with_fingerprint(message: Vec<u8>) -> Vec<u8> {
    let mut message = Response(message);
    message.put_fingerprint();
    message.0
}

/// The value of an attribute of an answer.
fn value_of(message: &[u8], wanted: u16) -> Option<Vec<u8>> {
    let mut rest = &message[HEADER_BYTES..];
    while let Some((kind, value, behind)) = attribute(rest) {
        if kind == wanted {
            return Some(value.to_vec());
        }
        rest = behind;
    }
    None
}

#[test]
fn a_bare_request_is_told_where_it_came_from_in_either_family() {
    for (from, sample) in [(v4(), SAMPLE_IPV4_RESPONSE), (v6(), SAMPLE_IPV6_RESPONSE)] {
        let answer = answer(&request(&[]), from).unwrap();
        let mapped = value_of(&bytes(sample), XOR_MAPPED_ADDRESS).unwrap();
        assert_eq!(answer, message(BINDING_SUCCESS, &[(XOR_MAPPED_ADDRESS, &mapped)]));
    }
}

#[test]
fn the_fingerprints_of_the_rfc_are_ours() {
    for sample in [SAMPLE_REQUEST, SAMPLE_IPV4_RESPONSE, SAMPLE_IPV6_RESPONSE] {
        let sample = bytes(sample);
        let before = &sample[..sample.len() - FINGERPRINT_BYTES];
        let value = value_of(&sample, FINGERPRINT).unwrap();
        assert_eq!(fingerprint(before).to_be_bytes(), value[..]);
        assert_eq!(with_fingerprint(before.to_vec()), sample);
    }
}

#[test]
fn a_request_with_a_fingerprint_is_answered_with_one() {
    let answer = answer(&with_fingerprint(request(&[])), v4()).unwrap();
    assert_eq!(with_fingerprint(answer[..answer.len() - FINGERPRINT_BYTES].to_vec()), answer);
    assert!(value_of(&answer, XOR_MAPPED_ADDRESS).is_some());
}

#[test]
fn a_wrong_fingerprint_or_one_that_is_not_last_has_no_answer() {
    let good = with_fingerprint(request(&[]));
    for bit in 0..8 * good.len() {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        // Its own type changed to another one that may be skipped makes it no fingerprint.
        let answer = answer(&changed, v4());
        let type_changed = bit / 8 / 2 == (good.len() - FINGERPRINT_BYTES) / 2;
        assert!(answer.is_none() || type_changed, "bit {bit}");
    }
    let crc = fingerprint(&message(BINDING_REQUEST, &[])).to_be_bytes();
    assert_eq!(answer(&request(&[(FINGERPRINT, &crc), (0x8022, b"abcd")]), v4()), None);
}

#[test]
fn credentials_and_what_may_be_skipped_change_nothing() {
    let sample = bytes(SAMPLE_REQUEST_WITH_CREDENTIALS);
    let plain = Response::new(BINDING_REQUEST, sample[8..20].try_into().unwrap()).0;
    assert!(answer(&sample, v6()).is_some());
    assert_eq!(answer(&sample, v6()), answer(&plain, v6()));
    let skipped = request(&[(0x8022, b"software"), (0xC057, &[0; 4])]);
    assert_eq!(answer(&skipped, v6()), answer(&request(&[]), v6()));
}

#[test]
fn attributes_that_must_be_understood_and_are_not_are_named() {
    // PRIORITY in the sample of the RFC: it is meant for an agent of ICE, which this is not.
    let refused = answer(&bytes(SAMPLE_REQUEST), v4()).unwrap();
    let attributes: [(u16, &[u8]); 2] =
        [(ERROR_CODE, &[0, 0, 4, 20]), (UNKNOWN_ATTRIBUTES, &[0x00, 0x24])];
    assert_eq!(refused, with_fingerprint(message(BINDING_ERROR, &attributes)));

    let unknown = request(&[(0x0003, &[0; 4]), (0x7FFF, b""), (0x8000, b""), (0x0003, b"")]);
    let refused = answer(&unknown, v4()).unwrap();
    assert_eq!(value_of(&refused, UNKNOWN_ATTRIBUTES).unwrap(), [0x00, 0x03, 0x7F, 0xFF]);
    let behind_integrity = request(&[(0x0008, &[0; 20]), (0x0003, &[0; 4])]);
    assert_eq!(answer(&behind_integrity, v4()), answer(&request(&[]), v4()));
}

#[test]
fn what_is_no_request_has_no_answer_so_nothing_goes_back_and_forth() {
    let own = [
        answer(&request(&[]), v4()).unwrap(),
        answer(&with_fingerprint(request(&[])), v6()).unwrap(),
        answer(&bytes(SAMPLE_REQUEST), v4()).unwrap(),
        bytes(SAMPLE_IPV4_RESPONSE),
        bytes(SAMPLE_IPV6_RESPONSE),
    ];
    for message in own {
        assert_eq!(answer(&message, v4()), None);
    }
    for kind in (0..=u16::MAX).filter(|kind| *kind != BINDING_REQUEST) {
        assert_eq!(answer(&message(kind, &[]), v4()), None, "{kind:#06x}");
    }
}

#[test]
fn malformed_requests_have_no_answer() {
    let good = request(&[(0x8022, b"four")]);
    assert!(answer(&good, v4()).is_some());
    for length in 0..good.len() {
        assert_eq!(answer(&good[..length], v4()), None, "{length}");
    }
    assert_eq!(answer(&[&good[..], &[0; 4]].concat(), v4()), None, "bytes behind it");
    let mut overrun = good.clone();
    overrun[23] = 5;
    assert_eq!(answer(&overrun, v4()), None, "an attribute beyond the end");
    let mut old = good;
    old[4] ^= 1;
    assert_eq!(answer(&old, v4()), None, "no magic cookie");
    let full = [0; MAX_REQUEST_BYTES - HEADER_BYTES - 4];
    assert!(answer(&request(&[(0x8022, &full)]), v4()).is_some());
    assert_eq!(answer(&request(&[(0x8022, &full), (0x8022, b"")]), v4()), None, "too long");
}

proptest! {
    #[test]
    fn any_bytes_are_answered_with_little_or_not_at_all(datagram in vec(any::<u8>(), 0..700)) {
        prop_assert!(answer(&datagram, v6()).is_none_or(|it| it.len() <= datagram.len() + MAX_GROWTH));
    }

    #[test]
    fn any_attributes_are_answered_with_little_or_not_at_all(
        attributes in vec((any::<u16>(), vec(any::<u8>(), 0..12)), 0..80),
        fingerprint in any::<bool>(),
    ) {
        let attributes: Vec<_> = attributes.iter().map(|(kind, it)| (*kind, &it[..])).collect();
        let bare = request(&attributes);
        let datagram = if fingerprint { with_fingerprint(bare) } else { bare };
        let stray = attributes.iter().any(|(kind, _)| *kind == FINGERPRINT);
        let answer = answer(&datagram, v6());
        prop_assert_eq!(answer.is_some(), datagram.len() <= MAX_REQUEST_BYTES && !stray);
        if let Some(answer) = answer {
            prop_assert!(answer.len() <= datagram.len() + MAX_GROWTH);
            prop_assert_eq!(value_of(&answer, FINGERPRINT).is_some(), fingerprint);
        }
    }
}
