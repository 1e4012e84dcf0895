use super::*;

/// A request of type, transaction and attributes, signed with `password` and with a fingerprint.
fn check(attributes: &[(u16, &[u8])], password: &str) -> Vec<u8> {
    named_with(attributes, password, 7)
}

fn named_with(attributes: &[(u16, &[u8])], password: &str, transaction: u8) -> Vec<u8> {
    let mut check = Response::new(BINDING_REQUEST, &[transaction; TRANSACTION_BYTES]);
    for (kind, value) in attributes {
        check.put(*kind, value);
    }
    check.set_length(check.0.len() - HEADER_BYTES + INTEGRITY_BYTES);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let signature = hmac::sign(&key, &check.0);
    check.put(MESSAGE_INTEGRITY, signature.as_ref());
    check.put_fingerprint();
    check.0
}

fn answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    Check::read(datagram).map(|check| check.answer(from))
}

fn from() -> SocketAddr {
    "192.0.2.1:4000".parse().unwrap()
}

const ONE: &str = "libp2p+webrtc+v1/ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const TWO: &str = "libp2p+webrtc+v2/Tn7bQUVYYqrC2PhS4PeGk/+x";

fn named(name: &str, password: &str) -> Vec<u8> {
    check(&[(USERNAME, name.as_bytes()), (PRIORITY, &[0; 4]), (0x802A, &[0; 8])], password)
}

fn is_answered(name: &str, password: &str) -> bool {
    answer(&named(name, password), from()).is_some()
}

#[test]
fn both_versions_are_answered() {
    assert!(is_answered(&format!("{ONE}:{ONE}"), ONE));
    assert!(is_answered(&format!("{TWO}:abcd"), TWO));
}

#[test]
fn an_answer_says_where_the_check_came_from_and_is_signed_with_the_password() {
    let answer = answer(&named(&format!("{TWO}:abcd"), TWO), from()).unwrap();
    assert_eq!(answer[..2], [1, 1]);
    assert_eq!(answer[8..20], [7; TRANSACTION_BYTES]);
    // XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
    let port = 4000_u16 ^ 0x2112;
    let ip = 0xC000_0201_u32 ^ 0x2112_A442;
    let mapped = [&[0, 0x20, 0, 8, 0, 1][..], &port.to_be_bytes(), &ip.to_be_bytes()].concat();
    assert_eq!(answer[20..32], mapped);
    let mut signed = Response(answer[..32].to_vec());
    signed.set_length(12 + INTEGRITY_BYTES);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TWO.as_bytes());
    hmac::verify(&key, &signed.0, &answer[36..56]).unwrap();
    let print = stun::fingerprint(&answer[..56]).to_be_bytes();
    assert_eq!(answer[56..], [&[0x80, 0x28, 0, 4][..], &print].concat());
}

#[test]
fn another_version_or_a_name_that_is_none_is_refused() {
    for (name, password) in [
        ("libp2p+webrtc+v3/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcd"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        // Version 1 has one name for both, and it is a password.
        (ONE, "abcd"),
        ("libp2p+webrtc+v1/ABCD", "libp2p+webrtc+v1/ABCD"),
        // Version 2 has a whole password in it.
        ("libp2p+webrtc+v2/ABCDEFGHIJKLMNOPQRSTU", "abcd"),
        (TWO, "abc"),
        (TWO, "ab\r\n"),
        (TWO, "ab:cd"),
        ("libp2p+webrtc+v2/ABCDEFGHIJKLMNOPQRSTUVW=", "abcd"),
    ] {
        assert!(!is_answered(&format!("{name}:{password}"), name), "{name}:{password}");
    }
    assert!(!is_answered(&format!("{TWO}{}:abcd", "a".repeat(256)), TWO), "too long");
    assert!(!is_answered(TWO, TWO), "one name");
}

#[test]
fn what_is_not_signed_or_not_whole_is_refused() {
    let good = named(&format!("{TWO}:abcd"), TWO);
    assert!(answer(&good, from()).is_some());
    assert!(!is_answered(&format!("{TWO}:abcd"), ONE), "another password");
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 1;
        assert!(answer(&bad, from()).is_none(), "byte {place}");
        assert!(answer(&good[..place], from()).is_none(), "length {place}");
    }
    let mut unsigned = Response::new(BINDING_REQUEST, &[7; TRANSACTION_BYTES]);
    unsigned.put(USERNAME, format!("{TWO}:abcd").as_bytes());
    unsigned.put_fingerprint();
    assert!(answer(&unsigned.0, from()).is_none());
    let must_be_known =
        check(&[(USERNAME, format!("{TWO}:abcd").as_bytes()), (0x0003, &[0; 4])], TWO);
    assert!(answer(&must_be_known, from()).is_none());
}

#[test]
fn an_answer_is_not_answered_and_is_little_longer() {
    let good = named(&format!("{TWO}:abcd"), TWO);
    let response = answer(&good, from()).unwrap();
    assert!(response.len() <= good.len() + stun::MAX_GROWTH);
    assert!(answer(&response, from()).is_none());
}

#[test]
fn a_question_is_signed_with_the_password_of_the_browser_and_its_answer_is_known() {
    for (relay, browser, password) in [(ONE, ONE, ONE), (TWO, "abcd", "Tn7bQUVYYqrC2PhS4PeGk/+x")] {
        let check = named(&format!("{relay}:{browser}"), relay);
        let question = Check::read(&check).unwrap().question(&[9; TRANSACTION_BYTES]);
        let name = format!("{browser}:{relay}");
        let expected = named_with(
            &[(USERNAME, name.as_bytes()), (PRIORITY, &LOWEST_PRIORITY), (ICE_CONTROLLED, &[9; 8])],
            password,
            9,
        );
        assert_eq!(question, expected);
        assert_eq!(answered(&question), None);
        let answer = [&[1, 1, 0, 0], &question[4..20]].concat();
        assert_eq!(answered(&answer), Some(&[9; TRANSACTION_BYTES]));
        assert!(question.len() <= check.len() + 8, "{} and {}", question.len(), check.len());
    }
}
