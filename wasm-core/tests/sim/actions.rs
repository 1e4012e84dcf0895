//! What becomes of a message after it was said: answers, reactions, edits, its end.

use volly_core::{
    api::{
        ApiError, ContactId, CreateInvite, DeleteContact, DeleteMessage, EditText, Event, Form,
        GetTimeline, MarkRead, MessageId, MessageView, React, SendText, Stretch,
    },
    engine::{
        effect::{ChangeSet, Row, Table},
        input::{Input, NetEvent},
    },
    limits::{MAX_AWAITED, MAX_TEXT_BYTES, TIMELINE_PAGE},
    session::SessionRecord,
    wire::{Content, Original, Said, Stamp},
};

use super::{MINUTE, world::World};

/// The message with this text.
pub fn find(world: &mut World, user: usize, contact: ContactId, text: &str) -> MessageView {
    world.history(user, contact).into_iter().find(|m| m.text == text).unwrap()
}

pub fn answer(contact: ContactId, to: MessageId, text: &str) -> SendText {
    SendText { contact, text: text.into(), answers: Some(to), token: 0 }
}

pub fn react(contact: ContactId, message: MessageId, emoji: &str) -> React {
    let emoji = (!emoji.is_empty()).then(|| emoji.to_owned());
    React { contact, message, emoji }
}

pub fn edit(contact: ContactId, message: MessageId, text: &str) -> EditText {
    EditText { contact, message, text: text.into() }
}

pub fn delete(contact: ContactId, message: MessageId, for_both: bool) -> DeleteMessage {
    DeleteMessage { contact, message, for_both }
}

/// What a view makes of the events since the start is what the history says.
fn assert_told(world: &mut World, user: usize, contact: ContactId) {
    for message in world.history(user, contact) {
        let events = world.users[user].events.iter();
        let told = events.fold(None::<MessageView>, |known, it| match &it.event {
            Event::Message(of, view) if *of == contact && view.id == message.id => {
                Some(view.clone())
            }
            Event::MessageChanged(of, view) if *of == contact && view.id == message.id => {
                known.map(|known| MessageView { answers: known.answers, ..view.clone() })
            }
            _ => known,
        });
        let told = told.unwrap();
        assert_eq!(
            (told.text, told.form, told.edited),
            (message.text, message.form, message.edited)
        );
        assert_eq!(
            (told.our_reaction, told.their_reaction),
            (message.our_reaction, message.their_reaction)
        );
    }
}

#[test]
fn an_answer_quotes_what_it_answers_on_both_sides() {
    let (mut world, bob, alice) = World::pair(60);
    world.send(0, bob, "shall we?");
    world.send(1, alice, "where");
    world.pass(MINUTE);
    let theirs = find(&mut world, 1, alice, "shall we?").id;
    world.call(1, answer(alice, theirs, "yes")).unwrap();
    let ours = find(&mut world, 1, alice, "where").id;
    world.call(1, answer(alice, ours, "at the mill?")).unwrap();
    world.pass(MINUTE);
    let expected =
        ["a: shall we?", "b: where", "b: yes re a: shall we?", "b: at the mill? re b: where"];
    assert_eq!(world.story(0, bob), expected);
    assert_eq!(world.story(1, alice), expected);
    // A view is told the same as it happens.
    let events = world.users[0].events.iter().filter_map(|it| match &it.event {
        Event::Message(_, view) => view.answers.clone()?.text,
        _ => None,
    });
    assert_eq!(events.collect::<Vec<_>>(), ["shall we?", "where"]);
}

#[test]
fn a_quote_says_what_the_message_says_now_though_it_is_pages_above() {
    let (mut world, bob, alice) = World::pair(61);
    world.send(0, bob, "old");
    for n in 0..TIMELINE_PAGE {
        world.send(0, bob, &format!("{n}"));
    }
    let old = find(&mut world, 0, bob, "old").id;
    world.call(0, answer(bob, old, "again")).unwrap();
    world.call(0, edit(bob, old, "very old")).unwrap();
    world.pass(MINUTE);
    let quote = |world: &mut World, user, contact| {
        let page = world.call(user, GetTimeline { contact, stretch: Stretch::Newest }).unwrap();
        page.messages.last().unwrap().answers.clone().unwrap()
    };
    for (user, contact) in [(0, bob), (1, alice)] {
        assert_eq!(quote(&mut world, user, contact).text.as_deref(), Some("very old"));
    }
    world.call(0, delete(bob, old, true)).unwrap();
    world.pass(MINUTE);
    for (user, contact) in [(0, bob), (1, alice)] {
        let quote = quote(&mut world, user, contact);
        assert_eq!((quote.id, quote.text), (old, None), "what was deleted is quoted no more");
        let stretch = Stretch::Around(old);
        let page = world.call(user, GetTimeline { contact, stretch }).unwrap();
        assert_eq!(page.messages[0].id, old, "and leads to its place");
        assert_eq!((page.has_older, page.has_newer), (false, true));
        let after = page.messages.last().unwrap().id;
        let stretch = Stretch::After(after);
        let next = world.call(user, GetTimeline { contact, stretch }).unwrap();
        assert!(next.messages[0].id > after && !next.has_newer);
    }
}

#[test]
fn a_reaction_is_one_of_each_and_can_be_changed_and_taken_back() {
    let (mut world, bob, alice) = World::pair(62);
    world.send(0, bob, "done");
    world.pass(MINUTE);
    let id = find(&mut world, 1, alice, "done").id;
    let unread = world.snapshot(0).contacts[0].unread;
    for (user, contact, emoji) in [(1, alice, "👍"), (0, bob, "🎉"), (1, alice, "❤️")] {
        world.call(user, react(contact, id, emoji)).unwrap();
        world.pass(MINUTE);
    }
    assert_eq!(world.story(0, bob), ["a: done a🎉 b❤️"]);
    assert_eq!(world.story(1, alice), ["a: done a🎉 b❤️"]);
    let view = world.snapshot(0).contacts.remove(0);
    assert_eq!(view.unread, unread, "a reaction is nothing to read");
    assert_eq!(view.last.unwrap().their_reaction.as_deref(), Some("❤️"));
    world.call(1, react(alice, id, "")).unwrap();
    world.pass(MINUTE);
    assert_eq!(world.story(0, bob), ["a: done a🎉"]);
    assert_told(&mut world, 0, bob);
    assert_told(&mut world, 1, alice);
    assert_eq!(world.call(1, react(alice, id, "ok")), Err(ApiError::NotAnEmoji));
    assert_eq!(world.undelivered(), 0);
}

#[test]
fn a_text_is_edited_by_its_author_alone_and_the_last_edit_counts() {
    let (mut world, bob, alice) = World::pair(63);
    world.send(0, bob, "helo");
    world.pass(MINUTE);
    let id = find(&mut world, 0, bob, "helo").id;
    for text in ["helo!", " hello! "] {
        world.call(0, edit(bob, id, text)).unwrap();
    }
    world.pass(MINUTE);
    for (user, contact) in [(0, bob), (1, alice)] {
        assert_eq!(world.story(user, contact), ["a: hello! (edited)"]);
        assert_eq!(world.snapshot(user).contacts[0].last.as_ref().unwrap().text, "hello!");
        assert_told(&mut world, user, contact);
    }
    assert_eq!(world.call(1, edit(alice, id, "mine")), Err(ApiError::NotFound));
    assert_eq!(world.call(1, delete(alice, id, true)), Err(ApiError::NotFound));
    assert_eq!(world.call(0, edit(bob, id, "  ")), Err(ApiError::Empty));
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    assert_eq!(world.call(0, edit(bob, id, &long)), Err(ApiError::TooLong { max: 10_000 }));
    world.crash(0);
    assert_eq!(world.story(0, bob), ["a: hello! (edited)"], "and it is stored");
}

#[test]
fn what_is_deleted_for_both_leaves_its_place_and_nothing_else() {
    let (mut world, bob, alice) = World::pair(64);
    world.send(0, bob, "a secret");
    world.send(0, bob, "kept");
    world.pass(MINUTE);
    let id = find(&mut world, 0, bob, "a secret").id;
    world.call(1, react(alice, id, "😮")).unwrap();
    world.call(1, answer(alice, id, "really?")).unwrap();
    world.pass(MINUTE);
    assert_eq!(world.snapshot(1).contacts[0].unread, 2);
    world.call(0, delete(bob, id, true)).unwrap();
    world.pass(MINUTE);
    for (user, contact) in [(0, bob), (1, alice)] {
        let story = ["a: <Deleted>", "a: kept", "b: really? re a: <not here>"];
        assert_eq!(world.story(user, contact), story);
        assert_told(&mut world, user, contact);
        let rows: Vec<u8> =
            world.users[user].store.all().flat_map(|row| row.value.to_vec()).collect();
        assert!(!rows.windows(8).any(|window| window == b"a secret"), "not in the store either");
    }
    assert_eq!(world.snapshot(1).contacts[0].unread, 1, "it is nothing to read any more");
    assert_eq!(world.call(0, edit(bob, id, "back")), Err(ApiError::NotFound));
    assert_eq!(world.call(1, react(alice, id, "👍")), Err(ApiError::NotFound));
}

#[test]
fn what_is_deleted_here_is_gone_here_alone() {
    let (mut world, bob, alice) = World::pair(65);
    world.send(1, alice, "first");
    world.send(0, bob, "second");
    world.pass(MINUTE);
    assert_eq!(world.snapshot(0).contacts[0].unread, 1);
    let (first, second) =
        (find(&mut world, 0, bob, "first").id, find(&mut world, 0, bob, "second").id);
    world.call(0, delete(bob, second, false)).unwrap();
    let view = world.snapshot(0).contacts.remove(0);
    assert_eq!(view.last.unwrap().text, "first", "the list shows the newest that is left");
    world.call(0, delete(bob, first, false)).unwrap();
    let view = world.snapshot(0).contacts.remove(0);
    assert_eq!((view.last, view.unread), (None, 0));
    // What the other does to it does no harm, and does not bring it back.
    world.call(1, react(alice, second, "👍")).unwrap();
    world.call(1, edit(alice, first, "changed")).unwrap();
    world.call(1, answer(alice, second, "why?")).unwrap();
    world.pass(MINUTE);
    assert_eq!(world.story(0, bob), ["b: why? re a: <not here>"]);
    assert_eq!(world.story(1, alice).len(), 3);
    assert_eq!(world.call(0, delete(bob, first, false)), Err(ApiError::NotFound));
}

#[test]
fn what_overtakes_its_message_waits_for_it() {
    for seed in 70..74 {
        let (mut world, bob, alice) = World::pair(seed);
        world.disconnect(0);
        world.send(0, bob, "one");
        world.send(0, bob, "two");
        world.send(0, bob, "three");
        let ids = ["one", "two", "three"].map(|text| find(&mut world, 0, bob, text).id);
        world.call(0, edit(bob, ids[0], "one, edited")).unwrap();
        world.call(0, delete(bob, ids[1], true)).unwrap();
        world.call(0, react(bob, ids[2], "👍")).unwrap();
        world.call(0, answer(bob, ids[2], "four")).unwrap();
        world.call(0, edit(bob, ids[0], "one, edited again")).unwrap();
        // The relay hands out what it holds in another order than it came.
        world.disconnect(1);
        world.connect(0);
        world.run();
        world.shuffle_mailboxes();
        world.connect(1);
        world.pass(MINUTE);
        let story = world.story(0, bob);
        let expected = [
            "a: one, edited again (edited)",
            "a: <Deleted>",
            "a: three a👍",
            "a: four re a: three",
        ];
        assert_eq!(story, expected);
        assert_eq!(world.story(1, alice), story, "seed {seed}");
        assert_eq!(world.snapshot(1).contacts[0].unread, 3, "seed {seed}");
    }
}

#[test]
fn a_conversation_that_began_anew_keeps_its_old_messages_to_itself() {
    let (mut world, bob, alice) = World::pair(66);
    world.send(0, bob, "old of Alice");
    world.send(1, alice, "old of Bob");
    world.pass(MINUTE);
    let invite = world.call(1, CreateInvite {}).unwrap();
    world.call(0, DeleteContact { contact: bob }).unwrap();
    let bob = world.accept(0, &invite).unwrap();
    world.pass(MINUTE);
    world.send(0, bob, "new of Alice");
    world.pass(MINUTE);
    for text in ["old of Alice", "old of Bob"] {
        let old = find(&mut world, 1, alice, text);
        assert!(!old.shared, "{text}");
        assert_eq!(world.call(1, react(alice, old.id, "👍")), Err(ApiError::NotFound), "{text}");
        world.call(1, delete(alice, old.id, false)).unwrap();
    }
    // Her first message has another place here than there, and is the same message.
    let (here, there) =
        (find(&mut world, 1, alice, "new of Alice"), find(&mut world, 0, bob, "new of Alice"));
    assert_ne!(here.id, there.id);
    world.call(1, react(alice, here.id, "👍")).unwrap();
    world.call(1, answer(alice, here.id, "hello again")).unwrap();
    world.call(0, edit(bob, there.id, "newer of Alice")).unwrap();
    world.pass(MINUTE);
    let expected = ["a: newer of Alice (edited) b👍", "b: hello again re a: newer of Alice"];
    assert_eq!(world.story(0, bob), expected);
    assert_eq!(world.story(1, alice), expected);
}

#[test]
fn many_things_about_messages_that_never_come_are_bounded() {
    let (mut world, bob, alice) = World::pair(67);
    world.disconnect(0);
    let all = 2 * MAX_AWAITED as usize;
    for n in 0..all {
        world.send(0, bob, &format!("{n}"));
    }
    let ids: Vec<MessageId> = world.history(0, bob).into_iter().map(|m| m.id).collect();
    for id in &ids {
        world.call(0, edit(bob, *id, "edited")).unwrap();
    }
    world.disconnect(1);
    world.connect(0);
    world.run();
    // The texts are lost on the way.
    world.lose_from_mailboxes(|at| at < all);
    world.connect(1);
    world.pass(MINUTE);
    assert!(world.story(1, alice).is_empty());
    let page = GetTimeline { contact: alice, stretch: Stretch::Newest };
    assert!(!world.call(1, page).unwrap().has_older);
    world.send(0, bob, "here");
    world.pass(MINUTE);
    assert_eq!(world.texts(1, alice), ["here"]);
}

/// Has the first user say any bytes to the second, as another version of Volly would.
fn say_raw(world: &mut World, alice: ContactId, content: &[u8]) {
    let rows = world.users[0].store.all();
    let row = rows.into_iter().find(|row| row.table == Table::Sessions).unwrap();
    let stored: Vec<u8> = postcard::from_bytes(&row.value[1..]).unwrap();
    let mut sessions = SessionRecord::decode(&stored).unwrap();
    let envelope = sessions.seal(content, world.now.seconds(), &mut world.rng).unwrap();
    let stored = sessions.encode();
    let mut value = vec![row.value[0]];
    value.extend(postcard::to_allocvec(&stored.as_slice()).unwrap());
    let puts = vec![Row { value: value.into(), ..row }];
    world.users[0].store.commit(ChangeSet { puts, ..ChangeSet::default() });
    world.crash(0);
    let arrived = NetEvent::DirectArrived(alice, envelope);
    world.users[1].inputs.push_back(Input::Net(arrived));
    world.run();
}

#[test]
fn what_a_later_version_says_is_counted_and_shown_for_what_it_is() {
    let (mut world, _, alice) = World::pair(59);
    world.send(1, alice, "of Bob");
    world.pass(MINUTE);
    let theirs = find(&mut world, 1, alice, "of Bob").id;
    let stamp = |sequence| Stamp { sequence, lamport: 20 + sequence, sent_at_ms: 0 };
    let said = |sequence, said| Content::Numbered(stamp(sequence), said).encode();
    let unknown = |kind| Said::Unknown { kind, rest: b"tomorrow".to_vec() };
    let original = Original { sequence: theirs.sequence, lamport: theirs.lamport };
    for content in [
        // Not numbered, numbered, and a message.
        vec![31, 1, 2, 3],
        said(51, unknown(127)),
        said(52, unknown(255)),
        // About a message of Bob's as if it were one's own, and about one that comes later.
        said(53, Said::Edit { of: original, text: "not his words".into() }),
        said(54, Said::Deletion { of: original }),
        said(55, Said::Deletion { of: Original { sequence: 99, lamport: 9 } }),
        said(56, Said::Edit { of: Original { sequence: 56, lamport: 9 }, text: "itself".into() }),
        // Malformed, which is not counted.
        said(57, Said::Text { answers: None, lifetime: u32::MAX, text: "x".into() }),
        Vec::new(),
    ] {
        say_raw(&mut world, alice, &content);
    }
    let history = world.history(1, alice);
    let shown: Vec<_> = history.iter().map(|m| (m.form.clone(), m.text.as_str())).collect();
    assert_eq!(shown, [(Form::Text, "of Bob"), (Form::Newer, "")]);
    assert_eq!(world.snapshot(1).contacts[0].unread, 1);
    world.pass(MINUTE);
    let bob = world.snapshot(0).contacts[0].id;
    world.send(0, bob, "and they talk on");
    world.pass(MINUTE);
    assert!(world.texts(1, alice).contains(&"and they talk on".to_owned()));
    assert_eq!(world.snapshot(1).contacts[0].unread, 2);
}

#[test]
fn reading_marks_count_texts_alone() {
    let (mut world, bob, alice) = World::pair(68);
    for text in ["one", "two", "three"] {
        world.send(0, bob, text);
        let id = find(&mut world, 0, bob, text).id;
        world.call(0, react(bob, id, "👍")).unwrap();
    }
    world.pass(MINUTE);
    assert_eq!(world.snapshot(1).contacts[0].unread, 3);
    let second = find(&mut world, 1, alice, "two").id;
    world.call(1, MarkRead { contact: alice, up_to: second }).unwrap();
    assert_eq!(world.snapshot(1).contacts[0].unread, 1);
    let third = find(&mut world, 1, alice, "three").id;
    world.call(1, MarkRead { contact: alice, up_to: third }).unwrap();
    assert_eq!(world.snapshot(1).contacts[0].unread, 0);
}

#[test]
fn a_view_that_asks_while_messages_change_is_told_the_truth_last() {
    let (mut world, bob, _) = World::pair(69);
    world.send(0, bob, "first");
    let id = find(&mut world, 0, bob, "first").id;
    // Both are on their way at once.
    let page = world.ask(0, GetTimeline { contact: bob, stretch: Stretch::Newest });
    world.ask(0, edit(bob, id, "second"));
    world.run();
    let page = world.reply::<GetTimeline>(0, page).unwrap().unwrap();
    assert_eq!(page.messages[0].text, "first", "the page is older than the event");
    let last = world.users[0].events.iter().rev().find_map(|it| match &it.event {
        Event::MessageChanged(_, view) => Some((view.text.clone(), view.form.clone())),
        _ => None,
    });
    assert_eq!(last, Some(("second".into(), Form::Text)));
}
