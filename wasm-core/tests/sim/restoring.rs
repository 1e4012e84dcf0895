//! A backup restored in another browser: the history is there, contacts go on talking, no key of the
//! device before is used, and that one is told.

use std::collections::BTreeSet;

use volly_core::{
    api::{ApiError, ContactId, ContactState, DeleteContact, MessageState, SendText},
    backup::is_kept,
    engine::{
        RESTORED_KEY,
        effect::{ChangeSet, Row, Table},
    },
};

use super::{DAY, MINUTE, states, store::Store, user::User, world::World};

/// What a backup of this user holds now.
fn backup(world: &World, user: usize) -> Vec<Row> {
    world.users[user].store.all().filter(|row| is_kept(row.table)).collect()
}

/// Another browser in which a backup was restored, online.
fn restore(world: &mut World, rows: &[Row]) -> usize {
    let mut store = Store::default();
    let mut puts = rows.to_vec();
    let key = RESTORED_KEY.to_vec();
    puts.push(Row { table: Table::Account, key, value: Vec::new().into() });
    store.commit(ChangeSet { puts, ..ChangeSet::default() });
    world.users.push(User::new(store, world.now));
    let user = world.users.len() - 1;
    world.connect(user);
    user
}

fn state(world: &mut World, user: usize) -> ContactState {
    world.snapshot(user).contacts[0].state
}

/// The sessions that are stored: their ids lead to everything that was sealed in them.
fn sessions(world: &World, user: usize) -> usize {
    world.users[user].store.all().filter(|row| row.table == Table::Sessions).count()
}

#[test]
fn the_history_is_there_bit_for_bit_and_they_go_on_talking() {
    let (mut world, bob, alice) = World::pair(40);
    for text in ["one", "two", "three"] {
        world.send(0, bob, text);
        world.send(1, alice, text);
    }
    world.pass(MINUTE);
    let rows = backup(&world, 0);
    world.close(0);
    let restored = restore(&mut world, &rows);
    let messages = |rows: &[Row]| -> Vec<Row> {
        rows.iter().filter(|row| row.table == Table::Messages).cloned().collect()
    };
    assert_eq!(messages(&backup(&world, restored)), messages(&rows));
    assert_eq!(messages(&rows).len(), 6);
    world.pass(MINUTE);
    assert_eq!(state(&mut world, restored), ContactState::Established);

    world.send(restored, bob, "from the new browser");
    world.send(1, alice, "to the new browser");
    world.pass(MINUTE);
    for (user, contact) in [(restored, bob), (1, alice)] {
        let texts = world.texts(user, contact);
        let newest: BTreeSet<&str> = texts[6..].iter().map(String::as_str).collect();
        assert_eq!(newest, ["from the new browser", "to the new browser"].into());
        assert_eq!(texts.len(), 8, "and each once");
        assert_eq!(states(&mut world, user, contact), [MessageState::Delivered; 4]);
    }
    assert_eq!(world.undelivered(), 1, "the word for the device before, which is gone");
}

#[test]
fn the_device_before_is_told_and_writes_no_more_while_both_run() {
    let (mut world, bob, alice) = World::pair(41);
    world.send(0, bob, "before");
    world.pass(MINUTE);
    let rows = backup(&world, 0);
    world.send(0, bob, "after the backup");
    world.send(1, alice, "answer after the backup");
    world.pass(MINUTE);
    let restored = restore(&mut world, &rows);
    world.pass(MINUTE);
    assert_eq!(state(&mut world, 0), ContactState::Moved);
    let call = SendText { contact: bob, text: "not heard".into(), answers: None, token: 0 };
    let written = world.call(0, call);
    assert_eq!(written, Err(ApiError::Moved));

    // The numbers of what was sent after the backup come again, and are no repetition.
    world.send(restored, bob, "in the same place");
    world.pass(MINUTE);
    let heard = ["before", "after the backup", "answer after the backup", "in the same place"];
    assert_eq!(world.texts(1, alice), heard);
    assert_eq!(world.texts(restored, bob), ["before", "in the same place"]);
    assert_eq!(states(&mut world, restored, bob), [MessageState::Delivered; 2]);
    world.send(1, alice, "heard");
    world.pass(MINUTE);
    assert_eq!(world.texts(restored, bob).last().unwrap(), "heard");
    let unread = world.snapshot(restored).contacts[0].unread;
    assert_eq!(unread, 1, "what the device before has read is not unread");
}

#[test]
fn nothing_is_sealed_before_the_contact_has_answered() {
    let (mut world, bob, alice) = World::pair(42);
    world.send(0, bob, "before");
    world.pass(MINUTE);
    let rows = backup(&world, 0);
    world.close(0);
    world.close(1);
    let restored = restore(&mut world, &rows);
    for text in ["it", "waits"] {
        world.send(restored, bob, text);
    }
    world.pass(DAY);
    assert_eq!(sessions(&world, restored), 0);
    assert_eq!(state(&mut world, restored), ContactState::Connecting);
    let queued = MessageState::Queued;
    assert_eq!(states(&mut world, restored, bob), [MessageState::Delivered, queued, queued]);
    world.crash(restored);
    world.connect(1);
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice), ["before", "it", "waits"]);
    assert_eq!(states(&mut world, restored, bob), [MessageState::Delivered; 3]);
}

#[test]
fn what_waited_for_the_device_before_has_visibly_failed() {
    let (mut world, bob, alice) = World::pair(43);
    world.send(1, alice, "arrives");
    world.pass(MINUTE);
    let rows = backup(&world, 0);
    world.close(0);
    world.send(1, alice, "for the one before");
    let restored = restore(&mut world, &rows);
    world.pass(MINUTE);
    assert_eq!(states(&mut world, 1, alice), [MessageState::Delivered, MessageState::Failed]);
    world.send(1, alice, "for the new one");
    world.pass(MINUTE);
    assert_eq!(world.texts(restored, bob), ["arrives", "for the new one"]);
}

#[test]
fn two_who_both_restored_find_each_other() {
    let (mut world, bob, alice) = World::pair(44);
    world.send(0, bob, "before");
    world.pass(MINUTE);
    let (one, other) = (backup(&world, 0), backup(&world, 1));
    world.close(0);
    world.close(1);
    let one = restore(&mut world, &one);
    world.pass(MINUTE);
    let other = restore(&mut world, &other);
    world.pass(MINUTE * 3);
    world.send(one, bob, "from one");
    world.pass(MINUTE);
    world.send(other, alice, "from the other");
    world.pass(MINUTE);
    let said = ["before", "from one", "from the other"];
    assert_eq!(world.texts(one, bob), said);
    assert_eq!(world.texts(other, alice), said);
}

#[test]
fn a_contact_who_was_away_for_two_months_is_asked_again() {
    let (mut world, bob, alice) = World::pair(45);
    let rows = backup(&world, 0);
    world.close(0);
    world.close(1);
    let restored = restore(&mut world, &rows);
    world.pass(DAY * 62);
    world.connect(1);
    world.pass(MINUTE);
    world.send(restored, bob, "still here");
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice), ["still here"]);
}

#[test]
fn a_request_that_comes_again_changes_nothing() {
    let (mut world, bob, alice) = World::pair(46);
    let rows = backup(&world, 0);
    world.close(0);
    world.weather.repeat_one_in = 1;
    let restored = restore(&mut world, &rows);
    world.pass(MINUTE);
    world.send(restored, bob, "once");
    world.send(1, alice, "and back");
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice).len(), 2);
    assert_eq!(world.texts(restored, bob).len(), 2);
}

#[test]
fn a_crash_at_any_point_of_a_restored_browser_loses_nothing() {
    for seed in 0..40 {
        let (mut world, bob, alice) = World::pair(4_700 + seed);
        world.send(0, bob, "before");
        world.pass(MINUTE);
        let rows = backup(&world, 0);
        world.close(0);
        world.weather.crash_one_in = 12;
        let restored = restore(&mut world, &rows);
        world.send(restored, bob, "after");
        world.pass(MINUTE);
        world.weather.crash_one_in = 0;
        world.pass(MINUTE);
        // A call whose answer a crash swallows is made again, so it may have been said twice.
        assert_eq!(world.texts(1, alice), world.texts(restored, bob), "seed {seed}");
        assert!(world.texts(1, alice).len() > 1);
        let delivered = states(&mut world, restored, bob);
        assert!(delivered.iter().all(|it| *it == MessageState::Delivered), "seed {seed}");
    }
}

#[test]
fn a_contact_can_be_deleted_before_it_has_answered() {
    let (mut world, bob, _) = World::pair(48);
    let rows = backup(&world, 0);
    world.close(0);
    world.close(1);
    let restored = restore(&mut world, &rows);
    world.call(restored, DeleteContact { contact: bob }).unwrap();
    world.connect(1);
    world.pass(MINUTE);
    let contacts: Vec<ContactId> = world.snapshot(restored).contacts.iter().map(|c| c.id).collect();
    assert_eq!(contacts, []);
    let kept = backup(&world, restored);
    assert!(kept.iter().all(|row| row.table == Table::Account), "nothing is left of it");
}

#[test]
fn who_talked_directly_with_the_device_before_talks_directly_with_the_new_one() {
    let mut world = World::new(49, 2);
    world.weather.direct = true;
    let (bob, alice) = world.introduce(0, 1);
    world.pass(MINUTE);
    world.send(0, bob, "before");
    world.pass(MINUTE);
    assert!(world.snapshot(1).contacts[0].reach.is_some());
    let rows = backup(&world, 0);
    let restored = restore(&mut world, &rows);
    world.pass(MINUTE);
    world.send(restored, bob, "from the new one");
    world.send(1, alice, "to the new one");
    world.pass(MINUTE);
    assert_eq!(states(&mut world, restored, bob), [MessageState::Delivered; 2]);
    assert_eq!(states(&mut world, 1, alice), [MessageState::Delivered]);
    assert!(world.snapshot(restored).contacts[0].reach.is_some());
}
