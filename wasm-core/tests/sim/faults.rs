//! Crashes, losses of power, cuts and repeats, in virtual time.

use core::time::Duration;

use volly_core::{
    api::{ContactId, MessageState, SendText},
    engine::effect::Table,
    limits::MAX_NAMED_TEXTS,
};

use super::{
    DAY, MINUTE, actions, meeting, states,
    world::{Weather, World},
};

/// Two who know each other talk under a weather.
fn talk(seed: u64, weather: Weather) {
    let mut world = World::new(seed, 2);
    world.weather.direct = weather.direct;
    let (bob, alice) = world.introduce(0, 1);
    go_on(world, [bob, alice], weather);
}

/// Two who have opened each other's invites at once talk under a weather.
fn talk_across(seed: u64, weather: Weather) {
    let mut world = World::new(seed, 2);
    let contacts = meeting::cross(&mut world);
    for user in [0, 1] {
        world.disconnect(user);
        world.connect(user);
    }
    go_on(world, contacts, weather);
}

/// Checks that everything that was promised is there, once, in order, on both sides.
fn go_on(mut world: World, [bob, alice]: [ContactId; 2], weather: Weather) -> World {
    let seed = world.seed;
    world.weather = weather;
    let mut promised: [Vec<String>; 2] = Default::default();
    for round in 0..25 {
        for (user, contact) in [(0, bob), (1, alice)] {
            let text = format!("{user}-{round}");
            let id =
                world.ask(user, SendText { contact, text: text.clone(), answers: None, token: 0 });
            if world.rng.one_in(3) {
                world.run();
            }
            if let Some(reply) = world.reply::<SendText>(user, id) {
                reply.unwrap();
                promised[user].push(text);
            }
            if world.rng.one_in(2) {
                touch(&mut world, user, contact, round);
            }
        }
        if world.rng.one_in(4) {
            world.pass(Duration::from_secs(7));
        }
    }
    world.weather = Weather { direct: weather.direct, ..Weather::default() };
    world.relays.all_return();
    world.look_again();
    for user in 0..2 {
        world.connect(user);
    }
    world.pass(MINUTE * 5);
    let (a, b) = (world.story(0, bob), world.story(1, alice));
    assert_eq!(a, b, "seed {seed}: both see the same, in the same order");
    let a = world.texts(0, bob);
    for (user, promised) in promised.iter().enumerate() {
        let first_word = |text: &String| text.split(' ').next().unwrap().to_owned();
        let all = a.iter().filter(|text| text.starts_with(&format!("{user}-"))).map(first_word);
        let got: Vec<String> = all.collect();
        let mut once = got.clone();
        once.dedup();
        assert_eq!(got, once, "seed {seed}: nothing twice");
        let numbers: Vec<u32> = got.iter().map(|t| t[2..].parse().unwrap()).collect();
        assert!(numbers.is_sorted(), "seed {seed}: in order: {got:?}");
        for text in promised {
            assert!(got.contains(text), "seed {seed}: {text} was acknowledged and is missing");
        }
    }
    for (user, contact) in [(0, bob), (1, alice)] {
        assert!(
            states(&mut world, user, contact).iter().all(|&s| s == MessageState::Delivered),
            "seed {seed}: every sender knows"
        );
    }
    world
}

/// Does something to a message of the last ones, or answers it.
fn touch(world: &mut World, user: usize, contact: ContactId, round: u32) {
    let messages = world.history(user, contact);
    let Some(at) = messages.len().checked_sub(1) else { return };
    let back = usize::try_from(world.rng.below(6)).unwrap();
    let message = &messages[at.saturating_sub(back)];
    let (id, ours) = (message.id, message.state.is_some());
    let first = message.text.split(' ').next().unwrap_or_default();
    match world.rng.below(4) {
        0 => {
            let emoji = ["👍", "❤️", ""][usize::try_from(world.rng.below(3)).unwrap()];
            world.ask(user, actions::react(contact, id, emoji));
        }
        1 if ours => {
            world.ask(user, actions::edit(contact, id, &format!("{first} {round}")));
        }
        // Those that begin otherwise are not counted, so they may go.
        2 if ours && !first.starts_with(&format!("{user}-")) => {
            world.ask(user, actions::delete(contact, id, true));
        }
        _ => {
            world.ask(user, actions::answer(contact, id, &format!("re-{user}-{round}")));
        }
    }
}

#[test]
fn nothing_is_lost_doubled_or_reordered_when_connections_break() {
    for seed in 100..110 {
        talk(seed, Weather { cut_one_in: 6, repeat_one_in: 4, ..Weather::default() });
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_browsers_are_killed_at_any_effect() {
    for seed in 200..220 {
        talk(
            seed,
            Weather { crash_one_in: 25, cut_one_in: 20, repeat_one_in: 5, ..Weather::default() },
        );
    }
}

#[test]
fn nothing_is_lost_when_two_meet_at_once_from_both_sides() {
    for seed in 400..420 {
        let weather =
            Weather { crash_one_in: 25, cut_one_in: 12, repeat_one_in: 5, ..Weather::default() };
        talk_across(seed, weather);
    }
}

#[test]
fn nothing_is_lost_when_all_relays_but_one_come_and_go() {
    for seed in 500..520 {
        let mut world = World::around(seed, 2, 5);
        let (bob, alice) = world.introduce(0, 1);
        let weather = Weather {
            relay_dies_one_in: 4,
            crash_one_in: 40,
            cut_one_in: 12,
            repeat_one_in: 5,
            direct: seed % 2 == 0,
            ..Weather::default()
        };
        let world = go_on(world, [bob, alice], weather);
        assert!(world.relays.deaths > 20, "seed {seed}: {} deaths", world.relays.deaths);
    }
}

#[test]
fn what_was_delivered_and_comes_back_with_a_relay_is_shown_once_and_deleted() {
    let mut resurrected = 0;
    for seed in 520..530 {
        let mut world = World::around(seed, 2, 5);
        let (bob, alice) = world.introduce(0, 1);
        let weather = Weather { relay_dies_one_in: 3, ..Weather::default() };
        let world = go_on(world, [bob, alice], weather);
        assert_eq!(world.undelivered(), 0, "seed {seed}: everything is acknowledged");
        resurrected += world.relays.resurrected;
    }
    assert!(resurrected > 10, "{resurrected}");
}

#[test]
fn a_session_heals_within_a_day_while_people_talk_though_nobody_writes() {
    let sessions = |world: &World| {
        let rows = world.users.iter().flat_map(|user| user.store.load());
        rows.filter(|row| row.table == Table::Sessions).map(|row| row.value).collect::<Vec<_>>()
    };
    let (mut world, bob, _) = World::pair(40);
    world.send(0, bob, "the last word");
    world.pass(MINUTE);
    for day in 1..=29 {
        let before = sessions(&world);
        world.pass(DAY);
        let after = sessions(&world);
        let renewed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert_eq!(renewed, 2, "both after day {day}");
    }
    world.pass(DAY * 2);
    let silent = sessions(&world);
    world.pass(DAY * 5);
    assert_eq!(sessions(&world), silent, "and no longer after a month");
    assert_eq!(world.undelivered(), 0);
}

#[test]
fn direct_streams_that_come_and_go_lose_nothing() {
    for seed in 300..310 {
        talk(
            seed,
            Weather {
                crash_one_in: 40,
                cut_one_in: 12,
                repeat_one_in: 5,
                direct: true,
                ..Weather::default()
            },
        );
    }
}

#[test]
fn a_text_with_a_name_is_sent_once_however_often_it_is_asked_for() {
    let (mut world, bob, alice) = World::pair(190);
    let named =
        |token, text: &str| SendText { contact: bob, text: text.into(), answers: None, token };
    let first = world.call(0, named(7, "once")).unwrap();
    assert_eq!(world.call(0, named(7, "once")), Ok(first));
    world.crash(0);
    assert_eq!(world.call(0, named(7, "once")), Ok(first), "and after the tab is gone");
    assert_ne!(world.call(0, named(8, "once")), Ok(first), "another text may say the same");
    for token in 9..9 + MAX_NAMED_TEXTS as u64 {
        world.call(0, named(token, "more")).unwrap();
    }
    assert_ne!(world.call(0, named(7, "forgotten")), Ok(first));
    for _ in 0..2 {
        world.send(0, bob, "without a name");
    }
    world.pass(MINUTE);
    let texts = world.texts(1, alice);
    assert_eq!(texts.len(), 2 + MAX_NAMED_TEXTS + 1 + 2);
    assert_eq!(texts.iter().filter(|text| *text == "once").count(), 2);
}

#[test]
fn who_comes_back_elsewhere_is_found_by_who_has_not_noticed_the_end_of_the_stream() {
    for crashing in 0..2 {
        let mut world = World::new(200, 2);
        world.weather.direct = true;
        world.introduce(0, 1);
        world.pass(MINUTE);
        world.crash(crashing);
        world.pass(MINUTE * 2);
        for user in 0..2 {
            let reach = world.snapshot(user).contacts[0].reach;
            assert!(reach.is_some(), "{crashing} came back, and {user} is without");
        }
    }
}

#[test]
fn who_was_cut_off_while_the_other_came_back_elsewhere_looks_for_it() {
    for away in 0..2 {
        let mut world = World::new(201, 2);
        world.weather.direct = true;
        world.introduce(0, 1);
        world.pass(MINUTE);
        world.disconnect(away);
        world.run();
        world.crash(1 - away);
        world.pass(MINUTE);
        world.connect(away);
        world.pass(MINUTE * 2);
        for user in 0..2 {
            let reach = world.snapshot(user).contacts[0].reach;
            assert!(reach.is_some(), "{away} was away, and {user} is without");
        }
    }
}
