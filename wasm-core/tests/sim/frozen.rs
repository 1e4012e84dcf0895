//! What version 1 stores is read for ever: every row of a user's database, as hexadecimal.
//!
//! `cargo test --test sim -- --ignored` writes the file anew, which is right only while no version
//! was released.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use volly_core::{
    api::{Arrange, Arrangement, CreateInvite, GetSafetyNumber, MarkRead, SetDraft, SetTimer},
    engine::{
        Engine,
        effect::{Row, Table},
    },
};

use super::{MINUTE, actions, world::World};

const ROWS: &str = include_str!("../frozen/v1/database.txt");

/// Somebody with a bit of everything.
fn world() -> World {
    let (mut world, bob, alice) = World::pair(50);
    world.send(0, bob, "hello");
    world.send(1, alice, "hi");
    world.pass(MINUTE);
    let up_to = world.history(0, bob).last().unwrap().id;
    world.call(0, MarkRead { contact: bob, up_to }).unwrap();
    world.call(0, SetTimer { contact: bob, lifetime: 3_600 }).unwrap();
    world.call(0, actions::answer(bob, up_to, "well")).unwrap();
    world.call(0, actions::react(bob, up_to, "👍")).unwrap();
    let first = actions::find(&mut world, 0, bob, "hello").id;
    world.call(0, actions::edit(bob, first, "hello!")).unwrap();
    let pinned = Arrangement { pinned: true, ..Arrangement::default() };
    world.call(0, Arrange { contact: bob, arrangement: pinned }).unwrap();
    world.call(0, GetSafetyNumber { contact: bob, verified: Some(true) }).unwrap();
    world.call(0, SetDraft { contact: bob, text: "half a tho".into() }).unwrap();
    world.call(0, CreateInvite {}).unwrap();
    super::files::send(&mut world, 0, bob, 300);
    world.disconnect(0);
    world.send(0, bob, "not yet on its way");
    world
}

fn printed(world: &World) -> String {
    let mut text = String::new();
    for Row { table, key, value } in world.users[0].store.all() {
        let (key, value) = (HEXLOWER.encode(&key), HEXLOWER.encode(&value));
        writeln!(text, "{} {key} {value}", table as u8).unwrap();
    }
    text
}

#[test]
fn a_database_is_written_and_read_as_it_was() {
    let mut world = world();
    let printed = printed(&world);
    for (now, then) in printed.lines().zip(ROWS.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(printed.lines().count(), ROWS.lines().count());

    let rows = ROWS.lines().map(|line| {
        let mut fields = line.split(' ');
        let table = fields.next().unwrap().parse().unwrap();
        let mut bytes = || HEXLOWER.decode(fields.next().unwrap().as_bytes()).unwrap();
        let table: usize = table;
        Row { table: Table::ALL[table], key: bytes(), value: bytes().into() }
    });
    let before = world.snapshot(0);
    let rows = rows.filter(|row| row.table.is_loaded()).collect();
    world.users[0].engine = Engine::load(rows, world.now).unwrap();
    let after = world.snapshot(0);
    assert_eq!((after.profile, after.contacts), (before.profile, before.contacts));
    assert_eq!(after.invites, before.invites);
}

#[test]
#[ignore = "writes the file that the other test reads"]
fn write_the_database_anew() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frozen/v1/database.txt");
    std::fs::write(path, printed(&world())).unwrap();
}
