use super::*;
use crate::{
    crypto::test_rng,
    identity::{AccountSeed, Device, generate_prekeys},
};

#[test]
fn two_people_who_met_write_to_each_other() {
    let rng = &mut test_rng(1);
    let alice = Device::generate(&AccountSeed::generate(rng), 0, rng);
    let bob = Device::generate(&AccountSeed::generate(rng), 0, rng);
    let (secrets, bundle) = generate_prekeys(&bob, 1, 1_000, rng);
    let bundle = bundle.verify(bob.fingerprint(), 0).unwrap();
    let (mut alices, envelope) =
        SessionRecord::initiate(&alice, &bundle, b"hello", 0, rng).unwrap();
    assert_eq!(envelope.len(), 16_384);
    let accepted = SessionRecord::accept(&bob, &secrets, &envelope, 0).unwrap();
    let mut bobs = accepted.session;
    assert_eq!(accepted.first_content.as_slice(), b"hello");
    assert_eq!(&accepted.identity, alice.identity());
    assert_eq!(alices.pair_secret(), bobs.pair_secret());
    assert_eq!((bobs.is_initiator(), alices.is_initiator()), (false, true));
    let envelope = bobs.seal(b"answer", 0, rng).unwrap();
    assert_eq!(alices.open(&envelope, 0).unwrap().as_slice(), b"answer");
    let envelope = alices.seal(b"and back", 0, rng).unwrap();
    assert_eq!(bobs.open(&envelope, 0).unwrap().as_slice(), b"and back");
}
