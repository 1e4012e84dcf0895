//! What is signed: identity keys by their fingerprint, certificates, bundles, and what a relay is
//! asked to do.

use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    identity::{BundleError, CertificateError, verify_certificate},
    wire::{
        DeviceCertificate, IdentityKey, PreKeyBundle,
        mailbox::{Op, Request},
    },
};

use super::{
    fields::{Layout, each_emptied_field, each_flipped_bit, each_wrong_length},
    people::{NOW, PEOPLE},
};

/// protocol.md §2.
const IDENTITY_KEY: &Layout = &[("version", 1), ("Ed25519 key", 32), ("ML-DSA key", 1_952)];

/// protocol.md §3.
const CERTIFICATE: &Layout = &[
    ("version", 1),
    ("device id", 16),
    ("IK", 32),
    ("ek", 1_184),
    ("created", 8),
    ("end of the certificate", 8),
    ("Ed25519 signature", 64),
    ("ML-DSA signature", 3_309),
];

/// protocol.md §4.
const PREKEYS: &Layout = &[
    ("version of the prekeys", 1),
    ("id", 4),
    ("SPK", 32),
    ("OPK", 32),
    ("PQOPK", 1_184),
    ("expires", 8),
    ("kind", 1),
    ("reserved", 3),
    ("Ed25519 signature of the prekeys", 64),
    ("ML-DSA signature of the prekeys", 3_309),
];

fn identity_is_known(bytes: &[u8]) -> bool {
    let known = PEOPLE.bob.identity();
    IdentityKey::from_bytes(bytes).is_ok_and(|key| key.fingerprint() == known.fingerprint())
}

fn certificate_is_believed(bytes: &[u8]) -> bool {
    DeviceCertificate::decode(bytes).is_ok_and(|certificate| {
        verify_certificate(PEOPLE.bob.identity(), certificate, NOW).is_ok()
    })
}

fn bundle_is_believed(bytes: &[u8]) -> bool {
    PreKeyBundle::decode(bytes)
        .is_ok_and(|bundle| bundle.verify(PEOPLE.bob.fingerprint(), NOW).is_ok())
}

#[test]
fn an_identity_key_with_a_flipped_bit_is_another_one() {
    let key = PEOPLE.bob.identity().to_bytes();
    assert!(identity_is_known(&key));
    let refused = |what: &str, bytes: &[u8]| assert!(!identity_is_known(bytes), "{what}");
    each_flipped_bit(&key, IDENTITY_KEY, refused);
    each_wrong_length(&key, IDENTITY_KEY, refused);
    each_emptied_field(&key, IDENTITY_KEY, refused);
}

#[test]
fn a_certificate_with_a_flipped_bit_is_refused() {
    let certificate = PEOPLE.bob.certificate().encode();
    assert!(certificate_is_believed(&certificate));
    let refused = |what: &str, bytes: &[u8]| assert!(!certificate_is_believed(bytes), "{what}");
    each_flipped_bit(&certificate, CERTIFICATE, refused);
    each_wrong_length(&certificate, CERTIFICATE, refused);
    each_emptied_field(&certificate, CERTIFICATE, refused);
}

#[test]
fn a_bundle_with_a_flipped_bit_is_refused() {
    let bundle = PEOPLE.bobs_bundle.encode();
    let layout = [IDENTITY_KEY, CERTIFICATE, PREKEYS].concat();
    assert!(bundle_is_believed(&bundle));
    let refused = |what: &str, bytes: &[u8]| assert!(!bundle_is_believed(bytes), "{what}");
    each_flipped_bit(&bundle, &layout, refused);
    each_wrong_length(&bundle, &layout, refused);
    each_emptied_field(&bundle, &layout, refused);
}

#[test]
fn a_bundle_is_read_as_far_as_it_is_right() {
    let bundle = PEOPLE.bobs_bundle.encode();
    let layout = [IDENTITY_KEY, CERTIFICATE, PREKEYS].concat();
    each_flipped_bit(&bundle, &layout, |field, flipped| {
        let Ok(read) = PreKeyBundle::decode(flipped) else { return };
        let expected = match field {
            "Ed25519 key" | "ML-DSA key" => BundleError::Fingerprint,
            "created" | "end of the certificate" if !is_valid(&read.certificate) => {
                BundleError::Certificate(CertificateError::Validity)
            }
            "device id"
            | "IK"
            | "ek"
            | "created"
            | "end of the certificate"
            | "Ed25519 signature"
            | "ML-DSA signature" => BundleError::Certificate(CertificateError::Signature),
            "expires" if read.prekeys.expires < NOW => BundleError::Expired,
            _ => BundleError::PreKeys,
        };
        assert_eq!(read.verify(PEOPLE.bob.fingerprint(), NOW).err(), Some(expected), "{field}");
    });
}

fn is_valid(certificate: &DeviceCertificate) -> bool {
    const DAY: u64 = 86_400;
    certificate.created <= NOW + DAY && NOW <= certificate.expires.saturating_add(DAY)
}

const NONCE: [u8; 32] = [9; 32];

fn keys() -> AddressKeys {
    AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 20_833)
}

/// Every request that carries a signature, with its layout after the request id (protocol.md §10).
fn signed_requests() -> [(Op, Vec<(&'static str, usize)>); 5] {
    let keys = keys();
    let layout = |fields: &Layout| {
        let head = [("op", 1), ("read key", 32), ("write key", 32)];
        [&head, fields, &[("signature", 64)]].concat()
    };
    [
        (
            Op::put_record(&keys, 7, 3_600, vec![1; 200]),
            layout(&[("sequence", 8), ("lifetime", 4), ("length", 2), ("value", 200)]),
        ),
        (Op::get_record(&keys, &NONCE), layout(&[])),
        (
            Op::deposit(&keys, [3; 16], 3_600, vec![2; 512]),
            layout(&[("id", 16), ("lifetime", 4), ("length", 4), ("envelope", 512)]),
        ),
        (Op::subscribe(&keys, &NONCE), layout(&[])),
        (Op::acknowledge(&keys, [3; 16]), layout(&[("id", 16)])),
    ]
}

/// What a relay does before anything else.
fn authorised(body: &[u8], nonce: &[u8; 32]) -> Option<[u8; 32]> {
    Request::decode(body).ok()?.op.authorised_address(nonce)
}

/// The request id is the client's own name for its question; no signature covers it. Unsubscribe
/// carries none: it is about a subscription of its stream.
#[test]
fn a_signed_request_with_a_flipped_bit_is_refused() {
    let id = 5_u32.to_be_bytes();
    for (op, layout) in signed_requests() {
        let body = Request { id: 5, op }.encode();
        assert_eq!(authorised(&body, &NONCE), Some(keys().address()));
        let refused = |what: &str, rest: &[u8]| {
            assert_eq!(authorised(&[&id, rest].concat(), &NONCE), None, "{what}");
        };
        each_flipped_bit(&body[4..], &layout, refused);
        each_wrong_length(&body[4..], &layout, refused);
        each_emptied_field(&body[4..], &layout, refused);
    }
}

#[test]
fn a_read_with_a_flipped_bit_in_the_nonce_is_refused() {
    for (op, _) in signed_requests() {
        let is_read = matches!(op, Op::GetRecord { .. } | Op::Subscribe { .. });
        let body = Request { id: 5, op }.encode();
        for bit in 0..256 {
            let mut nonce = NONCE;
            nonce[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(authorised(&body, &nonce).is_none(), is_read, "bit {bit}");
        }
    }
}
