//! A store that refuses one operation: the n-th of a conversation, for every n there is.

use volly_core::api::{MarkRead, MessageState, SetDraft};

use super::{MINUTE, states, world::World};

/// Two people meet, talk while both are there and while one is away, read, and go on. Returns how many
/// operations of the stores it took.
fn conversation(refuse_in: u64) -> u64 {
    let mut world = World::new(50, 2);
    world.weather.refuse_in = Some(refuse_in);
    let (bob, alice) = world.introduce(0, 1);
    world.send(0, bob, "one");
    world.send(1, alice, "two");
    world.pass(MINUTE);
    world.close(1);
    world.send(0, bob, "three");
    world.call(0, SetDraft { contact: bob, text: "fo".into() }).unwrap();
    world.send(0, bob, "four");
    world.connect(1);
    world.pass(MINUTE);
    let up_to = world.history(1, alice).last().unwrap().id;
    world.call(1, MarkRead { contact: alice, up_to }).unwrap();
    world.send(1, alice, "five");
    world.pass(MINUTE);
    let left = world.weather.refuse_in;
    world.weather.refuse_in = None;

    let said = ["one", "two", "three", "four", "five"];
    assert_eq!(world.texts(0, bob), said, "operation {refuse_in}");
    assert_eq!(world.texts(1, alice), said, "operation {refuse_in}");
    for (user, contact) in [(0, bob), (1, alice)] {
        let states = states(&mut world, user, contact);
        let arrived = states.iter().all(|state| *state >= MessageState::Delivered);
        assert!(arrived, "operation {refuse_in}: {states:?}");
    }
    // An answer to an invite that was used meanwhile, deposited twice: nobody looks there any more.
    assert!(world.undelivered() <= 1, "operation {refuse_in}");
    refuse_in - left.unwrap_or(0).min(refuse_in)
}

#[test]
fn a_store_that_refuses_any_one_operation_loses_and_doubles_nothing() {
    let all = conversation(u64::MAX);
    assert!(all > 40, "{all} operations");
    for refuse_in in 0..all {
        conversation(refuse_in);
    }
}
