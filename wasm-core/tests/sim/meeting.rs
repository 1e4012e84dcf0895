//! People who meet twice: at once from both sides, and again after one has forgotten the other.

use volly_core::api::{
    ApiError, ContactId, ContactState, CreateInvite, DeleteContact, MessageState, Start,
};

use super::{DAY, MINUTE, assert_told, states, world::World};

/// Both open the other's invite before either hears of it, and write. Returns how each calls the
/// other, with the relay still silent.
pub fn cross(world: &mut World) -> [ContactId; 2] {
    for (user, name) in ["Alice", "Bob"].into_iter().enumerate() {
        world.connect(user);
        world.call(user, Start { name: name.into() }).unwrap();
    }
    let invites = [0, 1].map(|user| world.call(user, CreateInvite {}).unwrap());
    world.weather.stalled = true;
    let contacts = [world.accept(0, &invites[1]).unwrap(), world.accept(1, &invites[0]).unwrap()];
    world.send(0, contacts[0], "from Alice, early");
    world.send(1, contacts[1], "from Bob, early");
    contacts
}

fn listen(world: &mut World) {
    world.weather.stalled = false;
    for user in [0, 1] {
        world.disconnect(user);
        world.connect(user);
    }
    world.pass(MINUTE);
}

#[test]
fn two_who_open_each_others_invites_at_once_have_one_conversation() {
    let mut world = World::new(30, 2);
    world.weather.direct = true;
    let [bob, alice] = cross(&mut world);
    listen(&mut world);
    world.send(0, bob, "from Alice, later");
    world.send(1, alice, "from Bob, later");
    world.pass(MINUTE);
    for (user, contact) in [(0, bob), (1, alice)] {
        let mut texts = world.texts(user, contact);
        texts.sort();
        let both = ["from Alice, early", "from Alice, later", "from Bob, early", "from Bob, later"];
        assert_eq!(texts, both);
        assert_eq!(states(&mut world, user, contact), [MessageState::Delivered; 2]);
        let view = world.snapshot(user).contacts.remove(0);
        assert_eq!((view.state, view.unread), (ContactState::Established, 2));
        assert!(view.reach.is_some(), "they find each other in the one session");
    }
    let invite = world.call(0, CreateInvite {}).unwrap();
    assert_eq!(world.accept(1, &invite), Err(ApiError::KnownContact(alice)));
}

#[test]
fn a_device_that_is_years_old_still_meets_people() {
    let mut world = World::new(33, 2);
    world.connect(0);
    world.call(0, Start { name: "Alice".into() }).unwrap();
    world.disconnect(0);
    world.pass(DAY * 1_000);
    let (bob, alice) = world.introduce(0, 1);
    world.send(0, bob, "still here");
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice), ["still here"]);
}

#[test]
fn who_was_forgotten_keeps_the_history_and_its_states() {
    let (mut world, bob, alice) = World::pair(31);
    for text in ["one", "two"] {
        world.send(0, bob, text);
        world.send(1, alice, text);
    }
    world.pass(MINUTE);
    world.disconnect(1);
    world.send(1, alice, "after the end");
    world.call(0, DeleteContact { contact: bob }).unwrap();
    world.connect(1);
    world.pass(MINUTE);

    let invite = world.call(0, CreateInvite {}).unwrap();
    assert_eq!(world.accept(1, &invite), Ok(alice), "the same contact, and its history");
    world.send(1, alice, "again");
    world.pass(MINUTE);
    let bob = world.snapshot(0).contacts[0].id;
    world.send(0, bob, "hello again");
    world.pass(MINUTE);
    assert_eq!(world.texts(0, bob), ["again", "hello again"]);
    assert_eq!(world.snapshot(0).contacts[0].unread, 1, "what it never got is not unread");
    let texts = ["one", "one", "two", "two", "after the end", "again", "hello again"];
    let mut shown = world.texts(1, alice);
    shown[..4].sort();
    assert_eq!(shown, texts);
    let (delivered, failed) = (MessageState::Delivered, MessageState::Failed);
    assert_eq!(states(&mut world, 1, alice), [delivered, delivered, failed, delivered]);
    assert_told(&mut world, 1, alice);
    assert_eq!(world.snapshot(1).contacts[0].unread, 1);
}

#[test]
fn what_waits_for_someone_who_leaves_has_failed_at_once() {
    let (mut world, bob, alice) = World::pair(33);
    world.send(1, alice, "arrives");
    world.pass(MINUTE);
    world.disconnect(0);
    world.send(1, alice, "waits");
    world.pass(MINUTE);
    let (delivered, deposited) = (MessageState::Delivered, MessageState::Deposited);
    assert_eq!(states(&mut world, 1, alice), [delivered, deposited]);
    world.call(0, DeleteContact { contact: bob }).unwrap();
    world.connect(0);
    world.pass(MINUTE);
    assert_eq!(states(&mut world, 1, alice), [delivered, MessageState::Failed]);
    assert_told(&mut world, 1, alice);
}

#[test]
fn who_forgot_and_comes_by_an_invite_is_known() {
    let (mut world, bob, alice) = World::pair(32);
    for text in ["one", "two"] {
        world.send(0, bob, text);
        world.send(1, alice, text);
    }
    world.pass(MINUTE);
    let invite = world.call(1, CreateInvite {}).unwrap();
    // Bob's goodbye is on its way when Alice, who forgot him, takes his invite.
    world.disconnect(1);
    world.call(0, DeleteContact { contact: bob }).unwrap();
    let bob = world.accept(0, &invite).unwrap();
    world.send(0, bob, "it is me");
    world.connect(1);
    world.pass(MINUTE);
    world.send(1, alice, "I know");
    world.pass(MINUTE);
    assert_eq!(world.texts(0, bob), ["it is me", "I know"]);
    let view = world.snapshot(1).contacts.remove(0);
    assert_eq!((view.id, view.state), (alice, ContactState::Established));
    assert_eq!(world.texts(1, alice)[4..], ["it is me", "I know"]);
    assert_eq!(states(&mut world, 1, alice), [MessageState::Delivered; 3]);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Delivered]);
    assert_told(&mut world, 1, alice);
}
