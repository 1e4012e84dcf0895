//! Messages that disappear on both sides, each in its time.

use core::time::Duration;

use volly_core::{
    api::{ApiError, ContactId, DeleteContact, Event, Form, MarkRead, SetTimer},
    engine::effect::Table,
    limits::{MAX_EXPIRED, MAX_LIFETIME_SECONDS},
};

use super::{DAY, MINUTE, actions, world::World};

const HOUR: u32 = 3_600;

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}

fn set(world: &mut World, user: usize, contact: ContactId, lifetime: u32) {
    world.call(user, SetTimer { contact, lifetime }).unwrap();
    world.pass(MINUTE);
}

fn read(world: &mut World, user: usize, contact: ContactId) {
    let up_to = world.history(user, contact).last().unwrap().id;
    world.call(user, MarkRead { contact, up_to }).unwrap();
}

/// The texts alone: without the lines that say how long they live.
fn texts(world: &mut World, user: usize, contact: ContactId) -> Vec<String> {
    let history = world.history(user, contact).into_iter();
    history.filter(|m| m.form == Form::Text).map(|m| m.text).collect()
}

fn rows(world: &World, user: usize, table: Table) -> usize {
    world.users[user].store.all().filter(|row| row.table == table).count()
}

#[test]
fn a_message_goes_after_sending_here_and_after_reading_there() {
    let (mut world, bob, alice) = World::pair(90);
    world.send(0, bob, "stays");
    set(&mut world, 0, bob, HOUR);
    for user in [0, 1] {
        assert_eq!(world.snapshot(user).contacts[0].lifetime, HOUR);
    }
    world.send(0, bob, "goes");
    world.pass(hours(2));
    assert_eq!(texts(&mut world, 0, bob), ["stays"], "an hour after it was sent");
    assert_eq!(texts(&mut world, 1, alice), ["stays", "goes"], "nobody has read it yet");
    read(&mut world, 1, alice);
    world.pass(hours(1) - MINUTE);
    assert_eq!(texts(&mut world, 1, alice), ["stays", "goes"]);
    world.pass(MINUTE * 2);
    for (user, contact) in [(0, bob), (1, alice)] {
        assert_eq!(texts(&mut world, user, contact), ["stays"]);
        assert_eq!(rows(&world, user, Table::Expiries), 0);
        let all: Vec<u8> =
            world.users[user].store.all().flat_map(|row| row.value.to_vec()).collect();
        assert!(!all.windows(4).any(|window| window == b"goes"), "nothing is left of it");
    }
    let told = world.users[1].events.iter();
    assert_eq!(told.filter(|it| matches!(it.event, Event::MessageDeleted(..))).count(), 1);
    set(&mut world, 1, alice, 0);
    world.send(0, bob, "stays too");
    world.pass(DAY);
    assert_eq!(texts(&mut world, 0, bob), ["stays", "stays too"]);
}

#[test]
fn a_restart_forgets_no_end_and_what_was_due_meanwhile_goes() {
    let (mut world, bob, alice) = World::pair(91);
    set(&mut world, 0, bob, HOUR);
    world.send(0, bob, "short");
    world.send(1, alice, "short too");
    world.pass(MINUTE);
    read(&mut world, 1, alice);
    for user in [0, 1] {
        world.close(user);
    }
    world.now = world.now.after(hours(3));
    for user in [0, 1] {
        world.crash(user);
        world.connect(user);
    }
    world.pass(MINUTE);
    assert_eq!(texts(&mut world, 1, alice), Vec::<String>::new());
    assert_eq!(texts(&mut world, 0, bob), ["short too"], "it was not read there");
    let view = world.snapshot(0).contacts.remove(0);
    assert_eq!((view.last.unwrap().text.as_str(), view.unread), ("short too", 1));
    read(&mut world, 0, bob);
    world.crash(0);
    world.pass(hours(2));
    assert_eq!(texts(&mut world, 0, bob), Vec::<String>::new());
}

#[test]
fn both_agree_on_the_later_choice_whoever_hears_of_it_first() {
    for seed in 92..96 {
        let (mut world, bob, alice) = World::pair(seed);
        for user in [0, 1] {
            world.disconnect(user);
        }
        for lifetime in [60, HOUR] {
            world.call(0, SetTimer { contact: bob, lifetime }).unwrap();
        }
        world.call(1, SetTimer { contact: alice, lifetime: 2 * HOUR }).unwrap();
        for user in [0, 1] {
            world.connect(user);
        }
        world.run();
        world.pass(MINUTE);
        let chosen = [0, 1].map(|user| world.snapshot(user).contacts[0].lifetime);
        assert_eq!(chosen, [HOUR; 2], "the highest Lamport time");
        assert_eq!(world.story(0, bob), world.story(1, alice));
    }
}

#[test]
fn many_that_are_due_at_once_all_go_and_the_list_shows_what_is_left() {
    let (mut world, bob, _) = World::pair(96);
    world.send(0, bob, "stays");
    set(&mut world, 0, bob, 60);
    let all = MAX_EXPIRED + 10;
    for n in 0..all {
        world.send(0, bob, &format!("{n}"));
    }
    assert_eq!(rows(&world, 0, Table::Expiries), all);
    world.pass(MINUTE * 2);
    assert_eq!(texts(&mut world, 0, bob), ["stays"]);
    assert_eq!(rows(&world, 0, Table::Expiries), 0);
    let last = world.snapshot(0).contacts[0].last.clone().unwrap();
    assert_eq!(last.form, Form::Timer(60));
}

#[test]
fn what_is_done_to_a_message_that_is_gone_does_no_harm() {
    let (mut world, bob, alice) = World::pair(97);
    set(&mut world, 0, bob, 60);
    world.send(0, bob, "gone here first");
    world.pass(MINUTE * 2);
    let id = actions::find(&mut world, 1, alice, "gone here first").id;
    world.call(1, actions::react(alice, id, "👍")).unwrap();
    world.call(1, actions::answer(alice, id, "too late")).unwrap();
    world.pass(MINUTE);
    assert_eq!(world.story(0, bob).last().unwrap(), "b: too late re a: <not here>");
    read(&mut world, 0, bob);
    read(&mut world, 1, alice);
    world.call(1, DeleteContact { contact: alice }).unwrap();
    assert_eq!(rows(&world, 1, Table::Expiries), 0, "with the conversation all of it goes");
    world.pass(DAY);
    let long = SetTimer { contact: bob, lifetime: MAX_LIFETIME_SECONDS + 1 };
    assert_eq!(world.call(0, long), Err(ApiError::Limit { max: MAX_LIFETIME_SECONDS }));
}
