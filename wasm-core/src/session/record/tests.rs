use super::*;
use crate::{
    crypto::test_rng,
    identity::{AccountSeed, Device, PreKeyKind, generate_prekeys},
    session::Accepted,
};

const NOW: u64 = 1_000_000;
const DAY: u64 = 86_400;

fn device(seed: u8, created: u64) -> Device {
    let rng = &mut test_rng(u64::from(seed) + created);
    Device::generate(&AccountSeed::from_bytes([seed; 32]), created, rng)
}

/// A handshake: the state of who initiates, and of who accepts.
fn meet(initiator: &Device, recipient: &Device, now: u64) -> (SessionState, SessionState) {
    let rng = &mut test_rng(now);
    let (secrets, bundle) = generate_prekeys(recipient, PreKeyKind::OneTime, 1, now, rng);
    let bundle = bundle.verify(recipient.fingerprint(), now).unwrap();
    let (state, envelope) = SessionState::initiate(initiator, &bundle, b"hello", now, rng).unwrap();
    let Accepted { session, .. } =
        SessionState::accept(recipient, &secrets, &envelope, now).unwrap();
    (state, session)
}

/// Something said by one side and heard by the other.
fn say(from: &mut SessionRecord, to: &mut SessionRecord, now: u64) {
    let envelope = from.seal(b"word", now, &mut test_rng(now)).unwrap();
    assert_eq!(to.open(&envelope, now).unwrap().content.as_slice(), b"word");
}

fn ids(record: &SessionRecord) -> Vec<SessionId> {
    record.states().map(SessionState::id).collect()
}

#[test]
fn handshakes_that_cross_end_in_one_session_after_a_message_each_way() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    for skew in [0, 5] {
        let (alices_own, bobs_copy) = meet(&alice, &bob, NOW);
        let (bobs_own, alices_copy) = meet(&bob, &alice, NOW + skew);
        let mut a = SessionRecord::new(alices_own, NOW);
        let mut b = SessionRecord::new(bobs_own, NOW);
        // What each wrote before it heard of the other opens all the same.
        let early = [&mut a, &mut b].map(|it| it.seal(b"early", NOW, &mut test_rng(7)).unwrap());
        a.add(alices_copy, NOW).unwrap();
        b.add(bobs_copy, NOW).unwrap();
        assert_ne!(a.current().id(), b.current().id(), "each answers where it was called");
        a.open(&early[1], NOW).unwrap();
        b.open(&early[0], NOW).unwrap();
        say(&mut a, &mut b, NOW);
        say(&mut b, &mut a, NOW);
        assert_eq!(ids(&a), ids(&b));
        let later = a.current().precedence() > a.states().nth(1).unwrap().precedence();
        assert!(later, "the greater one");
        say(&mut a, &mut b, NOW + 100);
        say(&mut b, &mut a, NOW + 200);
        assert_eq!(a.current().id(), b.current().id());
    }
}

#[test]
fn a_handshake_that_nobody_answers_takes_nothing_away() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    let (alices, bobs) = meet(&alice, &bob, NOW);
    let (mut a, mut b) = (SessionRecord::new(alices, NOW), SessionRecord::new(bobs, NOW));
    say(&mut b, &mut a, NOW);
    let (unanswered, arrived_late) = meet(&alice, &bob, NOW + 50);
    a.add(unanswered.clone(), NOW + 50).unwrap();
    assert_ne!(a.current().id(), unanswered.id());
    say(&mut a, &mut b, NOW + 60);
    b.add(arrived_late, NOW + 70).unwrap();
    say(&mut b, &mut a, NOW + 70);
    assert_eq!(a.current().id(), unanswered.id(), "once it is answered it is used");
    assert_eq!(ids(&a), ids(&b));
}

#[test]
fn a_newer_device_ends_the_sessions_of_the_older_one_when_it_speaks() {
    let alice = device(1, NOW);
    let (old, new) = (device(2, NOW), device(2, NOW + DAY));
    let (with_old, _) = meet(&alice, &old, NOW);
    let (with_new, news) = meet(&alice, &new, NOW + DAY);
    let mut a = SessionRecord::new(with_old, NOW);
    a.add(with_new.clone(), NOW + DAY).unwrap();
    assert_eq!(a.current().id(), with_new.id(), "an older device hears nothing more");
    assert_eq!(a.states().count(), 2);
    say(&mut SessionRecord::new(news, NOW + DAY), &mut a, NOW + DAY);
    assert_eq!(ids(&a), [with_new.id()], "nor is it heard");
    let (_, stolen) = meet(&old, &alice, NOW + 2 * DAY);
    assert_eq!(a.add(stolen, NOW + 2 * DAY), Err(AddError::Revoked));
}

#[test]
fn a_replayed_handshake_changes_nothing() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    let (alices, bobs) = meet(&alice, &bob, NOW);
    let mut a = SessionRecord::new(alices, NOW);
    let mut b = SessionRecord::new(bobs.clone(), NOW);
    say(&mut b, &mut a, NOW);
    let before = b.clone();
    assert_eq!(b.add(bobs, NOW), Err(AddError::Known));
    assert_eq!(b, before);
}

#[test]
fn few_archived_sessions_are_kept_and_not_for_ever() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    let last = MAX_ARCHIVED_SESSIONS as u64 + 2;
    let meetings: Vec<_> = (0..=last).map(|n| meet(&bob, &alice, NOW + n).1).collect();
    let mut a = SessionRecord::new(meetings[0].clone(), NOW);
    for (n, state) in (1..).zip(&meetings[1..]) {
        a.add(state.clone(), NOW + n).unwrap();
    }
    let newest: Vec<_> =
        meetings.iter().rev().take(1 + MAX_ARCHIVED_SESSIONS).map(SessionState::id).collect();
    assert_eq!(ids(&a), newest);
    let decoded = SessionRecord::decode(&a.encode());
    assert_eq!(decoded.as_ref(), Ok(&a));

    let late = NOW + last + ARCHIVED_SESSION_LIFETIME.as_secs() + 1;
    let (_, fresh) = meet(&bob, &alice, late);
    a.add(fresh.clone(), late).unwrap();
    assert_eq!(ids(&a), [fresh.id(), newest[0]], "and the one that was current until now");
}

#[test]
fn a_session_that_the_peer_has_let_go_of_gives_way_to_the_one_it_speaks_in() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    let (alices, bobs) = meet(&alice, &bob, NOW);
    let (mut a, mut b) = (SessionRecord::new(alices, NOW), SessionRecord::new(bobs, NOW));
    say(&mut b, &mut a, NOW);
    // Bob's answers in the newer one never arrive.
    let (mut newer, arrived) = meet(&alice, &bob, NOW + 50);
    b.add(arrived, NOW + 50).unwrap();
    let still = NOW + 50 + SILENT_SESSION_TRUST.as_secs();
    say(&mut a, &mut b, still);
    assert_eq!(b.current().id(), newer.id(), "an answer may still be on its way");
    for late in [still + 1, still + 2, still + 3] {
        say(&mut a, &mut b, late);
        assert_eq!(b.current().id(), a.current().id());
        say(&mut b, &mut a, late);
    }
    let heard = newer.seal(b"still here", still + 4, &mut test_rng(7)).unwrap();
    b.open(&heard, still + 4).unwrap();
    assert_eq!(b.current().id(), newer.id(), "who speaks there has not let go of it");
}

#[test]
fn a_handshake_of_ours_finds_room_beside_sessions_that_are_answered() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    let (_, first) = meet(&bob, &alice, NOW);
    let mut a = SessionRecord::new(first, NOW);
    for n in 1..=MAX_ARCHIVED_SESSIONS as u64 {
        a.add(meet(&bob, &alice, NOW + n).1, NOW + n).unwrap();
    }
    let (ours, theirs) = meet(&alice, &bob, NOW + 100);
    a.add(ours.clone(), NOW + 100).unwrap();
    assert_eq!(a.states().count(), 1 + MAX_ARCHIVED_SESSIONS);
    say(&mut SessionRecord::new(theirs, NOW + 100), &mut a, NOW + 100);
    assert_eq!(a.current().id(), ours.id());
}

#[test]
fn a_session_that_was_current_until_now_still_opens_what_is_on_its_way() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    let (alices, bobs) = meet(&alice, &bob, NOW);
    let (mut a, mut b) = (SessionRecord::new(alices, NOW), SessionRecord::new(bobs, NOW));
    let later = NOW + 2 * ARCHIVED_SESSION_LIFETIME.as_secs();
    let answer = b.seal(b"answer", later, &mut test_rng(7)).unwrap();
    let (_, called) = meet(&bob, &alice, later);
    a.add(called.clone(), later).unwrap();
    assert_eq!(a.current().id(), called.id());
    assert_eq!(a.open(&answer, later).unwrap().content.as_slice(), b"answer");
}

#[test]
fn who_was_forgotten_keeps_the_session_that_said_so() {
    let (alice, bob) = (device(1, NOW), device(2, NOW));
    let [(_, first), (_, second)] = [meet(&bob, &alice, NOW), meet(&bob, &alice, NOW - 1)];
    let mut a = SessionRecord::new(first, NOW);
    a.add(second.clone(), NOW).unwrap();
    a.retain_only(SessionId([0; 8]));
    assert_eq!(a.states().count(), 2, "a session that is not there leaves the others");
    a.retain_only(second.id());
    assert_eq!(ids(&a), [second.id()]);
}
