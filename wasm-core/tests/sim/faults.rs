//! Crashes, losses of power, cuts and repeats, in virtual time.

use core::time::Duration;

use volly_core::{
    api::{ContactId, MessageState, SendText},
    engine::effect::Table,
};

use super::{
    DAY, MINUTE, meeting, states,
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
fn go_on(mut world: World, [bob, alice]: [ContactId; 2], weather: Weather) {
    let seed = world.seed;
    world.weather = weather;
    let mut promised: [Vec<String>; 2] = Default::default();
    for round in 0..25 {
        for (user, contact) in [(0, bob), (1, alice)] {
            let text = format!("{user}-{round}");
            let id = world.ask(user, SendText { contact, text: text.clone() });
            if world.rng.one_in(3) {
                world.run();
            }
            if let Some(reply) = world.reply::<SendText>(user, id) {
                reply.unwrap();
                promised[user].push(text);
            }
        }
        if world.rng.one_in(4) {
            world.pass(Duration::from_secs(7));
        }
    }
    world.weather = Weather { direct: weather.direct, ..Weather::default() };
    for user in 0..2 {
        world.connect(user);
    }
    world.pass(MINUTE * 5);
    let (a, b) = (world.texts(0, bob), world.texts(1, alice));
    assert_eq!(a, b, "seed {seed}: both see the same, in the same order");
    for (user, promised) in promised.iter().enumerate() {
        let got: Vec<_> = a.iter().filter(|t| t.starts_with(&format!("{user}-"))).collect();
        let mut once = got.clone();
        once.dedup();
        assert_eq!(got, once, "seed {seed}: nothing twice");
        let numbers: Vec<u32> = got.iter().map(|t| t[2..].parse().unwrap()).collect();
        assert!(numbers.is_sorted(), "seed {seed}: in order: {got:?}");
        for text in promised {
            assert!(got.contains(&text), "seed {seed}: {text} was acknowledged and is missing");
        }
    }
    for (user, contact) in [(0, bob), (1, alice)] {
        assert!(
            states(&mut world, user, contact).iter().all(|&s| s == MessageState::Delivered),
            "seed {seed}: every sender knows"
        );
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
