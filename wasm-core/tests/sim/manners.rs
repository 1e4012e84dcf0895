//! What one lets others know, and how a conversation makes itself felt.

use core::time::Duration;

use volly_core::{
    api::{
        ApiError, Arrange, Arrangement, ContactId, MarkRead, MessageState, SetAnswersRead,
        SetShowsTyping, TellTyping,
    },
    limits::{TYPING_PAUSE, TYPING_SHOWN},
};

use super::{MINUTE, states, world::World};

fn direct(seed: u64) -> (World, ContactId, ContactId) {
    let mut world = World::new(seed, 2);
    world.weather.direct = true;
    let (bob, alice) = world.introduce(0, 1);
    world.pass(MINUTE);
    (world, bob, alice)
}

fn types(world: &mut World, contact: ContactId, is_typing: bool) {
    world.call(0, TellTyping { contact, is_typing }).unwrap();
}

fn is_seen(world: &mut World) -> bool {
    world.snapshot(1).contacts[0].is_typing
}

#[test]
fn who_types_is_seen_until_they_stop_or_send_or_go() {
    let (mut world, bob, _) = direct(80);
    types(&mut world, bob, true);
    assert!(is_seen(&mut world));
    types(&mut world, bob, false);
    assert!(!is_seen(&mut world), "stopped");
    types(&mut world, bob, true);
    world.send(0, bob, "said");
    assert!(!is_seen(&mut world), "sent");
    types(&mut world, bob, true);
    world.pass(TYPING_SHOWN - Duration::from_secs(1));
    assert!(is_seen(&mut world));
    world.pass(Duration::from_secs(2));
    assert!(!is_seen(&mut world), "fell silent");
    types(&mut world, bob, true);
    assert!(is_seen(&mut world));
    world.close(0);
    world.run();
    assert!(!is_seen(&mut world), "left");
}

#[test]
fn typing_is_told_now_and_then_and_never_by_mailbox() {
    let (mut world, bob, _) = direct(81);
    let session = |world: &World| {
        let rows = world.users[0].store.all();
        rows.filter(|row| row.table == volly_core::engine::effect::Table::Sessions)
            .map(|row| row.value.to_vec())
            .next()
    };
    types(&mut world, bob, true);
    let told = session(&world);
    for _ in 0..20 {
        types(&mut world, bob, true);
    }
    assert_eq!(session(&world), told, "twenty keys are one message");
    world.pass(TYPING_PAUSE);
    types(&mut world, bob, true);
    assert_ne!(session(&world), told);
    // Without a direct stream nothing is sealed and nothing waits at the relay.
    world.close(1);
    world.pass(MINUTE);
    let (told, waiting) = (session(&world), world.undelivered());
    types(&mut world, bob, true);
    assert_eq!((session(&world), world.undelivered()), (told, waiting));
}

#[test]
fn who_does_not_want_to_neither_tells_nor_sees() {
    for off in [0, 1] {
        let (mut world, bob, _) = direct(82);
        world.call(off, SetShowsTyping { shows_typing: false }).unwrap();
        types(&mut world, bob, true);
        assert!(!is_seen(&mut world), "{off}");
        world.call(off, SetShowsTyping { shows_typing: true }).unwrap();
        world.pass(TYPING_PAUSE);
        types(&mut world, bob, true);
        assert!(is_seen(&mut world), "{off}");
        world.call(off, SetShowsTyping { shows_typing: false }).unwrap();
        assert!(off == 0 || !is_seen(&mut world), "what is shown goes at once");
        world.crash(off);
        assert!(!world.snapshot(off).profile.unwrap().shows_typing, "it is remembered");
    }
}

#[test]
fn what_was_read_is_not_told_while_that_is_off() {
    let (mut world, bob, alice) = World::pair(83);
    let read = |world: &mut World| {
        let up_to = world.history(1, alice).last().unwrap().id;
        world.call(1, MarkRead { contact: alice, up_to }).unwrap();
        world.pass(MINUTE);
    };
    world.send(0, bob, "one");
    world.pass(MINUTE);
    read(&mut world);
    world.call(1, SetAnswersRead { answers_read: false }).unwrap();
    world.pass(MINUTE);
    assert!(!world.snapshot(0).contacts[0].answers_read, "the contact knows what to expect");
    world.send(0, bob, "two");
    world.pass(MINUTE);
    read(&mut world);
    assert_eq!(world.snapshot(1).contacts[0].unread, 0);
    world.crash(1);
    world.send(1, alice, "an answer");
    world.send(0, bob, "three");
    world.pass(MINUTE);
    let (told, kept) = (MessageState::Read, MessageState::Delivered);
    assert_eq!(states(&mut world, 0, bob), [told, kept, kept]);
    world.call(1, SetAnswersRead { answers_read: true }).unwrap();
    world.pass(MINUTE);
    read(&mut world);
    assert!(world.snapshot(0).contacts[0].answers_read);
    assert_eq!(states(&mut world, 0, bob), [told; 3]);
}

#[test]
fn an_arrangement_is_remembered_and_news_brings_back_what_was_put_away() {
    let (mut world, bob, alice) = World::pair(84);
    let arrange = |world: &mut World, arrangement| {
        world.call(0, Arrange { contact: bob, arrangement }).unwrap();
        world.crash(0);
        assert_eq!(world.snapshot(0).contacts[0].arrangement, arrangement);
    };
    let archived = Arrangement { pinned: true, archived: true, ..Arrangement::default() };
    arrange(&mut world, archived);
    world.send(1, alice, "news");
    world.pass(MINUTE);
    let after = world.snapshot(0).contacts[0].arrangement;
    assert_eq!(after, Arrangement { archived: false, ..archived });
    let muted = Arrangement { muted: true, archived: true, ..Arrangement::default() };
    arrange(&mut world, muted);
    world.send(1, alice, "more news");
    world.pass(MINUTE);
    assert_eq!(world.snapshot(0).contacts[0].arrangement, muted, "it was put away for good");
    world.send(0, bob, "hm");
    assert!(!world.snapshot(0).contacts[0].arrangement.archived, "unless one writes oneself");
    let missing = Arrange { contact: ContactId(1), arrangement: muted };
    assert_eq!(world.call(0, missing), Err(ApiError::NotFound));
}

#[test]
fn what_is_marked_unread_is_so_until_one_looks() {
    let (mut world, bob, alice) = World::pair(85);
    world.send(1, alice, "later");
    world.pass(MINUTE);
    let up_to = world.history(0, bob).last().unwrap().id;
    world.call(0, MarkRead { contact: bob, up_to }).unwrap();
    let unread = Arrangement { unread: true, ..Arrangement::default() };
    world.call(0, Arrange { contact: bob, arrangement: unread }).unwrap();
    assert_eq!(world.snapshot(0).contacts[0].arrangement, unread);
    world.call(0, MarkRead { contact: bob, up_to }).unwrap();
    assert_eq!(world.snapshot(0).contacts[0].arrangement, Arrangement::default());
}
