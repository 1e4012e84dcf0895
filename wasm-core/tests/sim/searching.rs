//! Searching all history.

use std::time::Instant;

use volly_core::{
    api::{ApiError, ContactId, DeleteContact, Search, SearchPage},
    limits::{MAX_FOUND, MAX_QUERY_BYTES, SEARCH_KEPT},
};

use super::{MINUTE, actions, world::World};

fn ask(world: &mut World, query: &str) -> SearchPage {
    world.call(0, Search { query: query.into() }).unwrap()
}

fn find(world: &mut World, query: &str) -> Vec<String> {
    loop {
        let page = ask(world, query);
        if page.whole {
            return page.found.into_iter().map(|found| found.message.text).collect();
        }
    }
}

#[test]
fn texts_of_all_conversations_are_found_and_follow_what_becomes_of_them() {
    let mut world = World::new(100, 3);
    let (bob, alice) = world.introduce(0, 1);
    let (carol, _) = world.introduce(0, 2);
    world.send(0, bob, "The mill at eight");
    world.send(0, carol, "No mill today");
    world.send(1, alice, "which MILL?");
    world.pass(MINUTE);
    let mut found = find(&mut world, "mill");
    found.sort();
    assert_eq!(found, ["No mill today", "The mill at eight", "which MILL?"]);
    assert_eq!(find(&mut world, "eight mill"), ["The mill at eight"]);
    // What changes, comes and goes after the first search.
    let id = actions::find(&mut world, 0, bob, "The mill at eight").id;
    world.call(0, actions::edit(bob, id, "The bridge at eight")).unwrap();
    world.send(1, alice, "eight it is");
    world.pass(MINUTE);
    let mut found = find(&mut world, "eight");
    found.sort();
    assert_eq!(found, ["The bridge at eight", "eight it is"]);
    world.call(0, actions::delete(bob, id, true)).unwrap();
    assert_eq!(find(&mut world, "bridge"), Vec::<String>::new());
    world.call(0, DeleteContact { contact: carol }).unwrap();
    assert_eq!(find(&mut world, "mill"), ["which MILL?"]);
    // And after it was given up, and after a restart.
    world.pass(SEARCH_KEPT * 2);
    assert_eq!(find(&mut world, "mill"), ["which MILL?"]);
    world.crash(0);
    let page = ask(&mut world, "mill");
    assert_eq!(page.found[0].contact, bob);
    assert_eq!(world.call(0, Search { query: " ".into() }), Err(ApiError::Empty));
    let long = Search { query: "x".repeat(MAX_QUERY_BYTES + 1) };
    assert!(matches!(world.call(0, long), Err(ApiError::TooLong { .. })));
}

#[test]
fn a_long_history_is_read_in_parts_and_found_in_all_of_them() {
    let (mut world, bob, _) = World::pair(101);
    world.users[0].store.fill(bob, 5_000);
    let page = ask(&mut world, "number 004999");
    assert!(!page.whole, "there is more");
    assert_eq!(find(&mut world, "number 004999"), ["text number 004999"]);
    assert_eq!(find(&mut world, "number 000000"), ["text number 000000"]);
    assert_eq!(find(&mut world, "number").len(), MAX_FOUND);
}

/// `cargo test --release --test sim -- --ignored --nocapture measures`
#[test]
#[ignore = "measures"]
#[expect(clippy::disallowed_methods, reason = "it measures how long a search takes")]
fn measures_a_search_over_100_000_messages() {
    let (mut world, bob, _) = World::pair(102);
    world.users[0].store.fill(bob, 100_000);
    let start = Instant::now();
    let _ = find(&mut world, "number 077777");
    println!("first, with reading everything: {:?}", start.elapsed());
    for query in ["number 077777", "n", "not there at all"] {
        let start = Instant::now();
        let _ = find(&mut world, query);
        println!("{query:?}: {:?}", start.elapsed());
    }
    let _: ContactId = bob;
}
