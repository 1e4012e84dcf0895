//! What a relay can learn.

use super::{MINUTE, world::World};

#[test]
fn a_relay_sees_no_value_of_two_contacts_and_no_plaintext() {
    let mut world = World::new(17, 3);
    let (bob, _) = world.introduce(0, 1);
    let before = world.addresses_of(0);
    let (carol, _) = world.introduce(0, 2);
    world.close(1);
    world.close(2);
    for _ in 0..3 {
        world.send(0, bob, "a secret for Bob");
        world.send(0, carol, "a secret for Carol");
    }
    let (bobs, carols) = (world.addresses_of(1), world.addresses_of(2));
    assert!(bobs.is_disjoint(&carols));
    assert!(bobs.intersection(&before).count() >= 3, "the relay has seen them talk");
    let bytes = world.relay_bytes();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(bytes.len() > 6 * 512);
    for text in ["a secret", "Alice", "Bob", "Carol"] {
        assert!(!holds(text.as_bytes()), "{text}");
    }
    let fingerprint = world.snapshot(0).profile.unwrap().fingerprint;
    assert!(!holds(&fingerprint[..8]));
}

#[test]
fn presence_written_in_one_instant_shares_no_number() {
    let mut world = World::new(19, 3);
    world.weather.direct = true;
    world.introduce(0, 1);
    world.introduce(0, 2);
    world.close(0);
    world.pass(MINUTE);
    world.connect(0);
    world.run();
    // Two of the records are invites that were used; their number is the same for everyone.
    let mut sequences = world.relay_sequences();
    sequences.retain(|&sequence| sequence > 2);
    let count = sequences.len();
    sequences.sort_unstable();
    sequences.dedup();
    assert_eq!((count, sequences.len()), (4, 4));
}
