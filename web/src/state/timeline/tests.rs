use volly_core::api::Quote;

use super::*;
use crate::state::samples::{ours, theirs};

fn page(ids: core::ops::RangeInclusive<u64>, has_older: bool) -> TimelinePage {
    let messages = ids.map(|n| theirs(n, n)).collect();
    TimelinePage { messages, has_older, has_newer: false }
}

fn ids(timeline: &Timeline) -> Vec<u64> {
    timeline.messages.keys().map(|id| id.lamport).collect()
}

#[test]
fn an_echo_gives_way_once_whatever_comes_first() {
    for event_first in [true, false] {
        let mut timeline = Timeline::default();
        timeline.echoes.push(Echo::new(1, " 7 ", 0));
        let message = ours(7, 0);
        if event_first {
            timeline.take_message(message.clone());
            timeline.echo_stored(1, message.id);
        } else {
            timeline.echo_stored(1, message.id);
            assert_eq!(timeline.echoes.len(), 1, "shown until the message is there");
            timeline.take_message(message.clone());
        }
        timeline.take_message(message);
        assert!(timeline.echoes.is_empty());
        assert_eq!(timeline.messages.len(), 1);
        assert_eq!(timeline.adopted.values().collect::<Vec<_>>(), [&1]);
    }
}

#[test]
fn the_same_text_twice_keeps_the_second_echo() {
    let mut timeline = Timeline::default();
    timeline.echoes.push(Echo::new(1, "7", 0));
    timeline.echoes.push(Echo::new(2, "7", 0));
    let message = ours(7, 0);
    timeline.take_message(message.clone());
    timeline.take_message(message.clone());
    timeline.echo_stored(1, message.id);
    assert_eq!(timeline.echoes.iter().map(|echo| echo.token).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_message_of_theirs_leaves_echoes_alone() {
    let mut timeline = Timeline::default();
    timeline.echoes.push(Echo::new(1, "7", 0));
    timeline.take_message(theirs(7, 0));
    assert_eq!(timeline.echoes.len(), 1);
}

#[test]
fn states_never_go_back() {
    use MessageState::{Deposited, Failed, Queued, Read, Sent};
    for (known, told, after) in [
        (Queued, Sent, Sent),
        (Read, Deposited, Read),
        (Read, Failed, Read),
        (Deposited, Failed, Failed),
        (Failed, Queued, Failed),
    ] {
        let mut timeline = Timeline::default();
        timeline.take_message(MessageView { state: Some(known), ..ours(1, 1) });
        timeline.take_progress(&[Progress { first: 1, last: 1, state: told }]);
        let state = timeline.messages.values().next().unwrap().state;
        assert_eq!(state, Some(after), "{known:?} {told:?}");
    }
}

#[test]
fn pages_join_upwards() {
    let mut timeline = Timeline::default();
    timeline.take_page(Stretch::Newest, page(5..=8, true));
    assert!(timeline.loaded && timeline.has_older);
    let before = *timeline.messages.keys().next().unwrap();
    timeline.take_page(Stretch::Before(before), page(1..=4, false));
    assert_eq!(ids(&timeline), (1..=8).collect::<Vec<_>>());
    assert!(!timeline.has_older);
    timeline.take_page(Stretch::Newest, page(5..=8, true));
    assert!(!timeline.has_older, "an overlapping newest page says nothing about the start");
}

#[test]
fn a_newest_page_that_does_not_join_replaces() {
    let mut timeline = Timeline::default();
    timeline.take_page(Stretch::Newest, page(1..=4, false));
    timeline.take_page(Stretch::Newest, page(9..=12, true));
    assert_eq!(ids(&timeline), (9..=12).collect::<Vec<_>>());
    assert!(timeline.has_older);
}

#[test]
fn the_newer_half_keeps_its_rows_and_what_is_older_comes_back() {
    let mut timeline = Timeline::default();
    timeline.take_page(Stretch::Newest, page(1..=6, false));
    timeline.echoes.push(Echo::new(1, "7", 0));
    timeline.take_message(ours(7, 0));
    let token = timeline.adopted.clone();
    timeline.halve();
    assert_eq!((ids(&timeline), &timeline.adopted), (vec![4, 5, 6, 7], &token));
    assert!(timeline.has_older);
    let before = *timeline.messages.keys().next().unwrap();
    timeline.take_page(Stretch::Before(before), page(1..=3, false));
    assert_eq!(ids(&timeline), (1..=7).collect::<Vec<_>>());
    assert!(!timeline.has_older);
}

#[test]
fn what_is_left_is_trimmed_to_its_newest() {
    let mut timeline = Timeline::default();
    timeline.take_page(Stretch::Newest, page(1..=500, false));
    timeline.trim();
    assert_eq!(timeline.messages.len(), KEPT_WHEN_LEFT);
    assert_eq!(ids(&timeline).last(), Some(&500));
    assert!(timeline.has_older);
}

#[test]
fn around_a_message_one_sees_what_lies_there_until_one_goes_to_the_end() {
    let id = |n| theirs(n, n).id;
    let mut timeline = Timeline::default();
    timeline.take_page(Stretch::Newest, page(90..=99, true));
    let around = TimelinePage { has_newer: true, ..page(10..=20, true) };
    timeline.take_page(Stretch::Around(id(15)), around);
    assert_eq!(ids(&timeline), (10..=20).collect::<Vec<_>>());
    timeline.take_message(theirs(100, 100));
    timeline.take_message(theirs(3, 3));
    assert_eq!(ids(&timeline).len(), 11, "what lies beyond is not shown");
    let newer = TimelinePage { has_newer: true, ..page(21..=30, true) };
    timeline.take_page(Stretch::After(id(20)), newer);
    timeline.take_page(Stretch::After(id(20)), page(21..=40, true));
    assert_eq!(ids(&timeline), (10..=30).collect::<Vec<_>>(), "a page that comes late is left");
    timeline.take_page(Stretch::After(id(30)), page(31..=32, true));
    assert!(!timeline.has_newer);
    timeline.has_newer = true;
    timeline.take_page(Stretch::Newest, page(91..=100, true));
    assert_eq!(ids(&timeline), (91..=100).collect::<Vec<_>>());
    assert!(!timeline.has_newer && timeline.has_older);
    timeline.has_newer = true;
    timeline.trim();
    assert!(timeline.messages.is_empty() && !timeline.loaded, "it is asked for again");
}

#[test]
fn a_change_keeps_what_a_message_answers_and_shows_in_the_quotes_of_it() {
    let mut timeline = Timeline::default();
    let quote = Quote { id: ours(1, 1).id, mine: true, text: Some("1".into()) };
    timeline.take_message(ours(1, 1));
    timeline.take_message(MessageView { answers: Some(quote.clone()), ..theirs(2, 2) });
    let shown = |timeline: &Timeline| {
        let answer = timeline.messages.values().last().unwrap();
        let quote = answer.answers.clone().unwrap();
        (answer.text.clone(), quote.text)
    };
    timeline.take_change(MessageView { text: "uno".into(), edited: true, ..ours(1, 1) });
    assert_eq!(shown(&timeline), ("2".into(), Some("uno".into())));
    timeline.take_change(MessageView { text: "due".into(), edited: true, ..theirs(2, 2) });
    assert_eq!(shown(&timeline), ("due".into(), Some("uno".into())));
    let deleted = MessageView { text: String::new(), form: Form::Deleted, ..ours(1, 1) };
    timeline.take_change(deleted);
    assert_eq!(shown(&timeline).1, None);
    // One that is not on the screen shows in its quotes all the same.
    timeline.messages.pop_first();
    timeline.take_change(ours(1, 1));
    assert_eq!(shown(&timeline).1, Some("1".into()));
    timeline.remove(quote.id);
    assert_eq!(shown(&timeline).1, None);
    assert_eq!(timeline.messages.len(), 1, "a change brings no message");
}

#[test]
fn only_a_text_of_ours_that_is_shared_can_be_edited() {
    let mut timeline = Timeline::default();
    timeline.take_message(ours(1, 1));
    timeline.take_message(MessageView { form: Form::Deleted, ..ours(2, 2) });
    timeline.take_message(MessageView { shared: false, ..ours(3, 3) });
    timeline.take_message(theirs(4, 4));
    assert_eq!(timeline.newest_ours().map(|message| message.id), Some(ours(1, 1).id));
}
