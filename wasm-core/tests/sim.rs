//! Engines around a few relays, in virtual time: what people rely on, whatever breaks.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[path = "sim/actions.rs"]
mod actions;
#[path = "sim/disappearing.rs"]
mod disappearing;
#[path = "sim/faults.rs"]
mod faults;
#[path = "sim/files.rs"]
mod files;
#[path = "sim/frozen.rs"]
mod frozen;
#[path = "sim/manners.rs"]
mod manners;
#[path = "sim/meeting.rs"]
mod meeting;
#[path = "sim/network.rs"]
mod network;
#[path = "sim/privacy.rs"]
mod privacy;
#[path = "sim/profile.rs"]
mod profile;
#[path = "sim/refusals.rs"]
mod refusals;
#[path = "sim/relay.rs"]
mod relay;
#[path = "sim/restoring.rs"]
mod restoring;
#[path = "sim/rng.rs"]
mod rng;
#[path = "sim/searching.rs"]
mod searching;
#[path = "sim/store.rs"]
mod store;
#[path = "sim/user.rs"]
mod user;
#[path = "sim/world.rs"]
mod world;

use core::time::Duration;

use volly_core::api::{
    AcceptInvite, ApiError, CallId, CancelInvite, ContactState, CreateInvite, DeleteContact, Event,
    GetSafetyNumber, InviteId, MarkRead, MessageState, Path, Reach, RenameContact, ResendText,
    Restore, RevealRecoveryPhrase, SendText, SetDraft, Start,
};
use volly_core::engine::{
    Engine,
    effect::{Effect, NetAction, Table},
    input::{Input, NetEvent, RelayError, RelayStatus, Timestamp},
};
use world::World;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn states(
    world: &mut World,
    user: usize,
    contact: volly_core::api::ContactId,
) -> Vec<MessageState> {
    world.history(user, contact).into_iter().filter_map(|m| m.state).collect()
}

/// What a view makes of the events since the start is what the history says.
fn assert_told(world: &mut World, user: usize, contact: volly_core::api::ContactId) {
    for message in world.history(user, contact) {
        let sequence = message.id.sequence;
        let events = world.users[user].events.iter();
        let told = events.fold(None, |known, it| match &it.event {
            Event::Message(of, view) if *of == contact && view.id == message.id => view.state,
            Event::Progress(of, steps) if *of == contact && known.is_some() => steps
                .iter()
                .filter(|step| (step.first..=step.last).contains(&sequence))
                .fold(known, |known, step| known.max(Some(step.state))),
            _ => known,
        });
        assert_eq!(told, message.state, "{}", message.text);
    }
}

#[test]
fn two_people_meet_and_talk_in_order() {
    let (mut world, bob, alice) = World::pair(1);
    world.send(0, bob, "hello");
    world.send(1, alice, "hi");
    world.send(0, bob, "how are you?");
    world.pass(MINUTE);
    let expected = ["hello", "hi", "how are you?"];
    assert_eq!(world.texts(0, bob), expected);
    assert_eq!(world.texts(1, alice), expected);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Delivered; 2]);
    let view = world.snapshot(1).contacts.remove(0);
    assert_eq!(
        (view.name.as_str(), view.state, view.unread),
        ("Alice", ContactState::Established, 2)
    );
    assert_eq!(world.undelivered(), 0);
}

#[test]
fn reading_shows_on_the_other_side_and_clears_the_count() {
    let (mut world, bob, alice) = World::pair(2);
    world.send(0, bob, "one");
    world.send(0, bob, "two");
    world.pass(MINUTE);
    let up_to = world.history(1, alice).last().unwrap().id;
    world.call(1, MarkRead { contact: alice, up_to }).unwrap();
    world.pass(MINUTE);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Read; 2]);
    let view = world.snapshot(1).contacts.remove(0);
    assert_eq!((view.unread, view.read_up_to), (0, Some(up_to)));
}

#[test]
fn twenty_messages_wait_for_someone_who_is_away_for_days() {
    let (mut world, bob, alice) = World::pair(3);
    world.close(1);
    for i in 0..20 {
        world.send(0, bob, &format!("{i}"));
    }
    assert_eq!(states(&mut world, 0, bob), [MessageState::Deposited; 20]);
    world.close(0);
    world.pass(DAY * 9);
    world.connect(1);
    world.pass(MINUTE);
    let expected: Vec<String> = (0..20).map(|i| format!("{i}")).collect();
    assert_eq!(world.texts(1, alice), expected);
    world.pass(MINUTE);
    world.connect(0);
    world.pass(MINUTE);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Delivered; 20]);
}

#[test]
fn mail_that_is_not_read_to_the_end_is_still_there_days_later() {
    let (mut world, bob, alice) = World::pair(4);
    world.close(1);
    world.pass(DAY * 3);
    world.send(0, bob, "early");
    world.close(0);
    world.pass(DAY * 5);
    // Bob looks in while the relay is slow, and leaves before anything came.
    world.weather.stalled = true;
    world.connect(1);
    world.pass(Duration::from_secs(10));
    world.close(1);
    world.weather.stalled = false;
    world.pass(DAY * 5);
    world.connect(1);
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice), ["early"]);
}

#[test]
fn what_is_written_offline_goes_out_on_return() {
    let (mut world, bob, alice) = World::pair(5);
    world.disconnect(0);
    world.send(0, bob, "from the tunnel");
    world.pass(MINUTE);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Queued]);
    world.connect(0);
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice), ["from the tunnel"]);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Delivered]);
}

#[test]
fn a_direct_stream_carries_messages_and_its_loss_loses_none() {
    let mut world = World::new(6, 2);
    world.weather.direct = true;
    let (bob, alice) = world.introduce(0, 1);
    world.pass(MINUTE);
    assert!(world.snapshot(0).contacts[0].reach.is_some());
    world.send(0, bob, "direct");
    world.pass(MINUTE);
    world.disconnect(1);
    world.send(0, bob, "into the void");
    world.pass(MINUTE);
    assert!(world.snapshot(0).contacts[0].reach.is_none());
    world.connect(1);
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice), ["direct", "into the void"]);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Delivered; 2]);
    assert!(world.snapshot(0).contacts[0].reach.is_some(), "the stream comes back");
}

#[test]
fn the_way_to_a_contact_is_shown_with_the_time_it_takes() {
    let mut world = World::new(6, 2);
    world.weather.direct = true;
    let (bob, _) = world.introduce(0, 1);
    world.pass(MINUTE);
    let reach = |world: &mut World| world.snapshot(0).contacts[0].reach;
    let relayed = Reach { path: Path::Relayed, round_trip: None };
    assert_eq!(reach(&mut world), Some(relayed));
    let tell = |world: &mut World, event| {
        world.users[0].inputs.push_back(Input::Net(event));
        reach(world)
    };
    for (micros, shown) in [(12_345, 12), (1_500, 2), (90, 1)] {
        let told = tell(&mut world, NetEvent::RoundTrip(bob, Duration::from_micros(micros)));
        assert_eq!(told, Some(Reach { round_trip: Some(shown), ..relayed }));
    }
    let direct = Reach { path: Path::Direct, round_trip: None };
    assert_eq!(
        tell(&mut world, NetEvent::DirectUp(bob, Path::Direct)),
        Some(direct),
        "another way, another time"
    );
    world.disconnect(1);
    assert_eq!(tell(&mut world, NetEvent::DirectDown(bob)), None);
    assert_eq!(tell(&mut world, NetEvent::RoundTrip(bob, Duration::from_millis(1))), None);
}

#[test]
fn whoever_comes_online_later_is_found() {
    for later in [0, 1] {
        let mut world = World::new(20, 2);
        world.weather.direct = true;
        world.introduce(0, 1);
        world.pass(MINUTE);
        world.close(later);
        world.pass(MINUTE);
        assert!(world.snapshot(1 - later).contacts[0].reach.is_none());
        world.connect(later);
        world.pass(MINUTE);
        assert!(world.snapshot(0).contacts[0].reach.is_some(), "{later} came later");
        assert!(world.snapshot(1).contacts[0].reach.is_some(), "{later} came later");
    }
}

#[test]
fn an_invite_works_once_and_says_so() {
    let mut world = World::new(7, 3);
    for user in 0..3 {
        world.connect(user);
        world.call(user, Start { name: format!("user {user}") }).unwrap();
    }
    let invite = world.call(0, CreateInvite {}).unwrap();
    let link = invite.fragment.clone();
    let (preview, none) = world.call(2, AcceptInvite { link, confirm: false }).unwrap();
    assert_eq!((preview.name.as_str(), none), ("user 0", None));
    world.accept(1, &invite).unwrap();
    assert_eq!(world.accept(2, &invite), Err(ApiError::InviteUsed));
    assert!(world.snapshot(0).invites.is_empty());
    assert_eq!(world.snapshot(0).contacts.len(), 1);
}

#[test]
fn an_invite_can_be_withdrawn_and_runs_out() {
    let mut world = World::new(8, 2);
    for user in 0..2 {
        world.connect(user);
        world.call(user, Start { name: format!("user {user}") }).unwrap();
    }
    let withdrawn = world.call(0, CreateInvite {}).unwrap();
    let old = world.call(0, CreateInvite {}).unwrap();
    world.call(0, CancelInvite { invite: withdrawn.id }).unwrap();
    assert_eq!(world.accept(1, &withdrawn), Err(ApiError::InviteWithdrawn));
    world.pass(DAY * 8);
    assert_eq!(world.accept(1, &old), Err(ApiError::InviteExpired));
    assert_eq!(world.accept(0, &old), Err(ApiError::OwnInvite));
}

#[test]
fn the_answer_to_an_open_record_does_not_end_its_withdrawal() {
    let (now, mut rng) = (Timestamp(1_800_000_000_000), rng::TestRng::new(21));
    let mut engine = Engine::load(Vec::new(), now).unwrap();
    let online = || {
        Input::Net(NetEvent::Relay(RelayStatus::Online {
            peer: Vec::new(),
            reserved: Vec::new(),
            hosts: Vec::new(),
        }))
    };
    let mut feed = |input| {
        engine.handle(input, now, &mut rng);
        let effects: Vec<Effect> = core::iter::from_fn(|| engine.poll_effect()).collect();
        let put = effects.iter().find_map(|effect| match effect {
            Effect::Net(NetAction::PutRecord { ticket, sequence, .. }) => {
                Some((*ticket, *sequence))
            }
            _ => None,
        });
        let invite = effects.iter().find_map(|effect| match effect {
            Effect::Commit { changes, .. } => {
                let row = changes.puts.iter().find(|row| row.table == Table::Invites)?;
                Some(InviteId(u64::from_be_bytes(row.key.clone().try_into().unwrap())))
            }
            _ => None,
        });
        (put, invite)
    };
    feed(Input::Call(CallId(1), Start { name: "Alice".into() }.into()));
    feed(online());
    let (open, invite) = feed(Input::Call(CallId(2), CreateInvite {}.into()));
    let cancel = CancelInvite { invite: invite.unwrap() };
    let (withdrawn, _) = feed(Input::Call(CallId(3), cancel.into()));
    feed(Input::Net(NetEvent::RecordPut(open.unwrap().0, Ok(()))));
    feed(Input::Net(NetEvent::RecordPut(withdrawn.unwrap().0, Err(RelayError::Lost))));
    feed(Input::Net(NetEvent::Relay(RelayStatus::Connecting)));
    assert_eq!(feed(online()).0.map(|(_, sequence)| sequence), Some(2), "it is put again");
}

#[test]
fn bad_links_and_missing_connections_are_told_apart() {
    let mut world = World::new(9, 2);
    world.connect(0);
    world.call(0, Start { name: "Alice".into() }).unwrap();
    let invite = world.call(0, CreateInvite {}).unwrap();
    let accept = |link: &str| AcceptInvite { link: link.into(), confirm: false };
    assert_eq!(world.call(1, accept("hello")), Err(ApiError::NotAnInvite));
    let id = world.ask(1, accept(&invite.fragment));
    world.pass(MINUTE);
    assert_eq!(world.reply::<AcceptInvite>(1, id), Some(Err(ApiError::Offline)));
    // A visit that waits is answered as soon as there is a connection.
    let id = world.ask(1, accept(&invite.fragment));
    world.run();
    world.connect(1);
    world.run();
    assert!(world.reply::<AcceptInvite>(1, id).unwrap().is_ok());
}

#[test]
fn safety_numbers_agree_and_verification_is_remembered() {
    let (mut world, bob, alice) = World::pair(10);
    let ask = |contact, verified| GetSafetyNumber { contact, verified };
    let a = world.call(0, ask(bob, Some(true))).unwrap();
    let b = world.call(1, ask(alice, None)).unwrap();
    assert_eq!(a, b);
    assert_eq!((a.len(), a.bytes().all(|c| c.is_ascii_digit())), (60, true));
    world.crash(0);
    assert_eq!(world.snapshot(0).contacts[0].trust, volly_core::api::Trust::Verified);
}

#[test]
fn everything_is_there_after_a_restart() {
    let (mut world, bob, _) = World::pair(11);
    world.call(0, RenameContact { contact: bob, name: "Bobby".into() }).unwrap();
    world.call(0, SetDraft { contact: bob, text: "half a tho".into() }).unwrap();
    world.send(0, bob, "whole");
    let before = world.snapshot(0);
    world.crash(0);
    let after = world.snapshot(0);
    assert_eq!((before.profile, before.contacts), (after.profile, after.contacts.clone()));
    assert_eq!(
        (after.contacts[0].name.as_str(), after.contacts[0].draft.as_str()),
        ("Bobby", "half a tho")
    );
}

#[test]
fn the_recovery_phrase_brings_the_identity_back() {
    let (mut world, ..) = World::pair(12);
    let words = world.call(0, RevealRecoveryPhrase {}).unwrap();
    assert_eq!(words.len(), 24);
    let mut other = World::new(13, 1);
    let phrase = format!("  {} ", words.join("\n").to_uppercase());
    let profile = other.call(0, Restore { name: "Alice".into(), phrase }).unwrap();
    assert_eq!(Some(profile.fingerprint), world.snapshot(0).profile.map(|p| p.fingerprint));
    let again = Start { name: "x".into() };
    assert_eq!(other.call(0, again), Err(ApiError::AlreadyStarted));
}

#[test]
fn a_deleted_contact_is_gone_here_and_told_there() {
    let (mut world, bob, alice) = World::pair(14);
    world.send(0, bob, "last words");
    world.pass(MINUTE);
    world.disconnect(1);
    world.send(1, alice, "never leaves");
    world.call(0, DeleteContact { contact: bob }).unwrap();
    assert!(world.snapshot(0).contacts.is_empty());
    world.connect(1);
    world.pass(MINUTE);
    assert_eq!(world.snapshot(1).contacts[0].state, ContactState::Gone);
    assert_eq!(states(&mut world, 1, alice).last(), Some(&MessageState::Failed));
    assert_told(&mut world, 1, alice);
    let text = SendText { contact: alice, text: "?".into(), answers: None, token: 0 };
    assert_eq!(world.call(1, text), Err(ApiError::Gone));
    // And they can meet again.
    let invite = world.call(0, CreateInvite {}).unwrap();
    let again = world.accept(1, &invite).unwrap();
    world.run();
    world.send(1, again, "so, again");
    world.pass(MINUTE);
    let known = world.snapshot(0).contacts[0].id;
    assert_eq!(world.texts(0, known), ["so, again"]);
    let up_to = world.history(0, known).last().unwrap().id;
    world.call(0, MarkRead { contact: known, up_to }).unwrap();
    world.pass(MINUTE);
    assert_told(&mut world, 1, again);
    // What has failed is sent again once, and leaves its place.
    let failed = world.history(1, again).into_iter().find(|m| m.text == "never leaves").unwrap().id;
    let resend = |failed| ResendText { contact: again, failed, text: "never leaves".into() };
    world.call(1, resend(failed)).unwrap();
    assert_eq!(world.call(1, resend(failed)), Err(ApiError::NotFound));
    world.pass(MINUTE);
    assert_eq!(world.texts(0, known), ["so, again", "never leaves"]);
    let ours = world.texts(1, again);
    assert_eq!(ours.iter().filter(|text| *text == "never leaves").count(), 1);
    assert_eq!(ours.last().unwrap(), "never leaves");
    assert_told(&mut world, 1, again);
    let delivered = world.history(1, again).last().unwrap().id;
    assert_eq!(world.call(1, resend(delivered)), Err(ApiError::NotFound));
}

#[test]
fn limits_are_said_and_nothing_changes() {
    let (mut world, bob, _) = World::pair(15);
    let text = |text: String| SendText { contact: bob, text, answers: None, token: 0 };
    assert_eq!(world.call(0, text("  \n ".into())), Err(ApiError::Empty));
    let long = "x".repeat(volly_core::limits::MAX_TEXT_BYTES + 1);
    assert_eq!(world.call(0, text(long)), Err(ApiError::TooLong { max: 10_000 }));
    assert!(world.history(0, bob).is_empty());
    world.call(0, text("x".repeat(10_000))).unwrap();
    world.pass(MINUTE);
    assert_eq!(states(&mut world, 0, bob), [MessageState::Delivered]);
}

#[test]
fn events_and_snapshots_tell_one_story() {
    let (mut world, bob, _) = World::pair(16);
    world.send(0, bob, "counted");
    let snapshot = world.snapshot(0);
    let numbers: Vec<u64> = world.users[0].events.iter().map(|e| e.number).collect();
    assert_eq!(numbers, (1..=snapshot.number).collect::<Vec<_>>());
    let stored = |event: &Event| matches!(event, Event::Message(_, m) if m.text == "counted");
    assert_eq!(world.users[0].events.iter().filter(|e| stored(&e.event)).count(), 1);
}

#[test]
fn every_call_before_the_start_says_so() {
    let mut world = World::new(18, 1);
    let contact = volly_core::api::ContactId(1);
    assert_eq!(world.call(0, CreateInvite {}), Err(ApiError::NotStarted));
    assert_eq!(world.call(0, RevealRecoveryPhrase {}), Err(ApiError::NotStarted));
    let text = SendText { contact, text: "x".into(), answers: None, token: 0 };
    assert!(world.call(0, text).is_err());
    assert!(world.snapshot(0).profile.is_none());
}
