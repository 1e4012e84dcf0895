//! Files: pieces and chunks, breaks, restarts, consent, and their end.

use volly_core::{
    api::{
        AddToFile, ApiError, BeginFile, ContactId, DeleteContact, DeleteMessage, DropFile, Event,
        Fetch, FetchFile, FileDescription, FileId, FileState, FileView, Form, MessageId, ReadFile,
        SendFile,
    },
    engine::{
        effect::{Effect, FileFrame, NetAction, Table},
        input::{Input, NetEvent},
    },
    limits::{
        CHUNK_BYTES, FILE_PART_CHUNKS, FILE_RESERVE_BYTES, MAX_FETCH_WINDOW, MAX_FILE_BYTES,
        MAX_PUSHED_BYTES, MAX_UNASKED_BYTES, MAX_UNSENT_FILES,
    },
};

use super::{
    MINUTE,
    world::{Weather, World},
};

const PART: usize = FILE_PART_CHUNKS as usize * CHUNK_BYTES;
const SMALL: usize = 3 * CHUNK_BYTES + 100;
const LARGE: usize = 40 * CHUNK_BYTES + 1;

/// Bytes of which no two chunks are alike.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at + at / CHUNK_BYTES) % 251).unwrap()).collect()
}

fn sending(contact: ContactId, file: FileId) -> SendFile {
    let description = FileDescription {
        name: "a/photo.jpeg".into(),
        media_type: "image/jpeg".into(),
        width: 640,
        height: 480,
        duration: 0,
        preview: vec![1, 2, 3],
    };
    SendFile { contact, file, description: Box::new(description), answers: None }
}

fn import(world: &mut World, user: usize, contact: ContactId, bytes: &[u8]) -> FileId {
    let size = bytes.len() as u64;
    let file = world.call(user, BeginFile { contact, size }).unwrap();
    for part in bytes.chunks(PART) {
        world.call(user, AddToFile { contact, file, bytes: part.to_vec() }).unwrap();
    }
    file
}

pub fn send(world: &mut World, user: usize, contact: ContactId, length: usize) -> MessageId {
    let file = import(world, user, contact, &content(length));
    world.call(user, sending(contact, file)).unwrap()
}

fn view(world: &mut World, user: usize, contact: ContactId) -> Box<FileView> {
    let message = world.history(user, contact).pop().unwrap();
    let Form::File(file) = message.form else { panic!("no file: {message:?}") };
    file
}

fn state(world: &mut World, user: usize, contact: ContactId) -> FileState {
    view(world, user, contact).progress.state
}

fn read(world: &mut World, user: usize, contact: ContactId) -> Vec<u8> {
    let file = view(world, user, contact).id;
    let (mut bytes, mut from) = (Vec::new(), 0);
    loop {
        let part = world.call(user, ReadFile { contact, file, from }).unwrap();
        bytes.extend(part.bytes);
        from += FILE_PART_CHUNKS;
        if part.is_last {
            return bytes;
        }
    }
}

fn fetch(world: &mut World, contact: ContactId, fetch: Fetch) {
    let file = view(world, 1, contact).id;
    world.call(1, FetchFile { contact, file, fetch }).unwrap();
}

fn rows(world: &World, user: usize, table: Table) -> usize {
    world.users[user].store.all().filter(|row| row.table == table).count()
}

fn direct_pair(seed: u64) -> (World, ContactId, ContactId) {
    let mut world = World::new(seed, 2);
    world.weather = Weather { direct: true, ..Weather::default() };
    let (bob, alice) = world.introduce(0, 1);
    world.pass(MINUTE);
    (world, bob, alice)
}

#[test]
fn a_small_file_reaches_somebody_who_was_away_in_whatever_order() {
    for seed in 300..306 {
        let (mut world, bob, alice) = World::pair(seed);
        world.disconnect(1);
        let message = send(&mut world, 0, bob, SMALL);
        world.pass(MINUTE);
        world.disconnect(0);
        world.shuffle_mailboxes();
        world.connect(1);
        world.pass(MINUTE);
        let file = view(&mut world, 1, alice);
        assert_eq!((file.name.as_str(), file.size), ("a_photo.jpeg", SMALL as u64));
        assert_eq!((file.width, file.preview.len()), (640, 3));
        assert_eq!(file.progress.state, FileState::Here, "seed {seed}");
        assert_eq!(file.progress.have, SMALL as u64);
        assert_eq!(read(&mut world, 1, alice), content(SMALL));
        assert_eq!(read(&mut world, 0, bob), content(SMALL), "and it is here as well");
        assert_eq!(world.snapshot(1).contacts[0].unread, 1, "pieces are nothing to read");
        assert_eq!(world.history(1, alice).pop().unwrap().id, message);
        let last = world.snapshot(1).contacts[0].last.clone().unwrap();
        assert!(matches!(last.form, Form::File(file) if file.preview.is_empty()));
        world.connect(0);
        world.pass(MINUTE);
        assert_eq!(world.undelivered(), 0);
    }
}

#[test]
fn a_larger_file_comes_when_both_are_there_and_a_large_one_when_it_is_asked_for() {
    let (mut world, bob, alice) = direct_pair(310);
    send(&mut world, 0, bob, LARGE);
    world.pass(MINUTE);
    assert_eq!(read(&mut world, 1, alice), content(LARGE));
    let told = world.users[1].events.iter().filter_map(|it| match &it.event {
        Event::File(_, _, progress) => Some(*progress),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    assert!(told.is_sorted_by_key(|progress| progress.have) && told.len() > 10);
    assert_eq!(told.last().unwrap().state, FileState::Here);

    let huge = usize::try_from(MAX_UNASKED_BYTES).unwrap() + 1;
    send(&mut world, 0, bob, huge);
    world.pass(MINUTE);
    let offered = view(&mut world, 1, alice).progress;
    assert_eq!((offered.state, offered.have), (FileState::Offered, 0));
    assert_eq!(view(&mut world, 0, bob).progress.given, 0);
    fetch(&mut world, alice, Fetch::Go);
    world.pass(MINUTE);
    assert_eq!(read(&mut world, 1, alice), content(huge));
    assert_eq!(view(&mut world, 0, bob).progress.given, huge as u64, "and the sender sees it");
    assert_eq!(rows(&world, 0, Table::Outbox), 0);
}

/// Takes only so many chunks of a file to its receiver.
fn take_chunks(world: &mut World, chunks: usize) -> usize {
    let mut sent = 0;
    for _ in 0..100_000 {
        if let Some(effect) = world.users[0].engine.poll_effect() {
            if let Effect::Net(NetAction::SendFileFrame(_, FileFrame::Chunk { .. })) = &effect {
                if sent == chunks {
                    return sent;
                }
                sent += 1;
            }
            world.apply(0, effect);
        } else if !world.step(0) && !world.step(1) {
            break;
        }
    }
    sent
}

#[test]
fn what_is_here_is_not_sent_again_after_a_break_or_a_restart() {
    let (mut world, bob, alice) = direct_pair(320);
    let file = import(&mut world, 0, bob, &content(LARGE));
    world.ask(0, sending(bob, file));
    let mut sent = 0;
    for (broken, n) in [10, 5, 7, 4, 8].into_iter().enumerate() {
        sent += take_chunks(&mut world, n);
        match broken % 3 {
            0 => world.crash(1),
            1 => world.crash(0),
            _ => {
                world.disconnect(1);
                world.connect(1);
            }
        }
        world.run();
    }
    world.pass(MINUTE * 3);
    assert_eq!(read(&mut world, 1, alice), content(LARGE));
    let chunks = LARGE.div_ceil(CHUNK_BYTES);
    assert!(sent < chunks + 5 * MAX_FETCH_WINDOW as usize);
    assert_eq!(rows(&world, 1, Table::Chunks), chunks);
}

#[test]
fn a_file_is_paused_gone_on_with_and_given_up() {
    let (mut world, bob, alice) = direct_pair(330);
    let file = import(&mut world, 0, bob, &content(LARGE));
    world.ask(0, sending(bob, file));
    take_chunks(&mut world, 10);
    let id = view_without_running(&world);
    world.ask(1, FetchFile { contact: alice, file: id, fetch: Fetch::Pause });
    world.run();
    let paused = view(&mut world, 1, alice).progress;
    assert_eq!(paused.state, FileState::Paused);
    assert!(paused.have > 0 && paused.have < LARGE as u64);
    world.pass(MINUTE * 5);
    assert_eq!(view(&mut world, 1, alice).progress, paused);
    fetch(&mut world, alice, Fetch::Stop);
    let stopped = view(&mut world, 1, alice).progress;
    assert_eq!((stopped.state, stopped.have), (FileState::Offered, 0));
    assert_eq!(rows(&world, 1, Table::Chunks), 0);
    fetch(&mut world, alice, Fetch::Go);
    world.pass(MINUTE);
    assert_eq!(read(&mut world, 1, alice), content(LARGE));
}

/// The file of the newest message that the second user was told of.
fn view_without_running(world: &World) -> FileId {
    let told = world.users[1].events.iter().rev().find_map(|it| match &it.event {
        Event::Message(_, message) => match &message.form {
            Form::File(file) => Some(file.id),
            _ => None,
        },
        _ => None,
    });
    told.unwrap()
}

#[test]
fn a_file_goes_with_its_message_on_both_sides() {
    let (mut world, bob, alice) = direct_pair(340);
    for for_both in [true, false] {
        let message = send(&mut world, 0, bob, SMALL);
        world.pass(MINUTE);
        assert_eq!(state(&mut world, 1, alice), FileState::Here);
        world.call(0, DeleteMessage { contact: bob, message, for_both }).unwrap();
        world.pass(MINUTE);
        assert_eq!(rows(&world, 0, Table::Chunks) + rows(&world, 0, Table::Files), 0);
        let left = if for_both { 0 } else { 5 };
        assert_eq!(rows(&world, 1, Table::Chunks) + rows(&world, 1, Table::Files), left);
    }
    world.call(1, DeleteContact { contact: alice }).unwrap();
    assert_eq!(rows(&world, 1, Table::Chunks) + rows(&world, 1, Table::Files), 0);
}

#[test]
fn a_file_that_its_sender_has_deleted_is_missing() {
    let (mut world, bob, alice) = direct_pair(350);
    let message = send(&mut world, 0, bob, usize::try_from(MAX_UNASKED_BYTES).unwrap() + 1);
    world.pass(MINUTE);
    world.call(0, DeleteMessage { contact: bob, message, for_both: false }).unwrap();
    fetch(&mut world, alice, Fetch::Go);
    world.pass(MINUTE);
    assert_eq!(state(&mut world, 1, alice), FileState::Missing);
}

#[test]
fn a_file_that_was_not_sent_is_gone_after_a_restart_or_when_it_is_given_up() {
    let (mut world, bob, _) = World::pair(360);
    let file = import(&mut world, 0, bob, &content(SMALL));
    world.call(0, DropFile { contact: bob, file }).unwrap();
    assert_eq!(rows(&world, 0, Table::Chunks) + rows(&world, 0, Table::Files), 0);
    assert_eq!(world.call(0, sending(bob, file)), Err(ApiError::NotFound));
    import(&mut world, 0, bob, &content(SMALL));
    world.crash(0);
    world.run();
    assert_eq!(rows(&world, 0, Table::Chunks) + rows(&world, 0, Table::Files), 0);
}

#[test]
fn what_is_no_file_is_refused() {
    let (mut world, bob, _) = World::pair(370);
    let mut begin = |size| world.call(0, BeginFile { contact: bob, size });
    assert_eq!(begin(0), Err(ApiError::Empty));
    assert_eq!(begin(MAX_FILE_BYTES + 1), Err(ApiError::FileTooLarge));
    let file = begin(SMALL as u64).unwrap();
    let bytes = content(SMALL);
    let mut add =
        |bytes: &[u8]| world.call(0, AddToFile { contact: bob, file, bytes: bytes.to_vec() });
    assert_eq!(add(&bytes[..10]), Err(ApiError::FileChanged), "a chunk in the middle is whole");
    assert_eq!(add(&content(SMALL + 1)), Err(ApiError::FileChanged), "longer than was said");
    assert!(matches!(add(&content(PART + 1)), Err(ApiError::Limit { .. })));
    assert_eq!(world.call(0, sending(bob, file)), Err(ApiError::FileChanged), "not whole");
    world.call(0, AddToFile { contact: bob, file, bytes }).unwrap();
    let named = |name: &str| {
        let mut call = sending(bob, file);
        call.description.name = name.into();
        call
    };
    assert_eq!(world.call(0, named(" ")), Err(ApiError::Empty));
    world.call(0, named("fine")).unwrap();
    for _ in 0..MAX_UNSENT_FILES {
        world.call(0, BeginFile { contact: bob, size: 1 }).unwrap();
    }
    let refused = world.call(0, BeginFile { contact: bob, size: 1 });
    assert_eq!(refused, Err(ApiError::Limit { max: 32 }));
}

#[test]
fn files_leave_room_to_texts() {
    let (mut world, bob, alice) = direct_pair(380);
    let room = |world: &mut World, user: usize, bytes| {
        world.users[user].inputs.push_back(Input::Room(FILE_RESERVE_BYTES + bytes));
        world.run();
    };
    room(&mut world, 0, 10);
    assert_eq!(world.call(0, BeginFile { contact: bob, size: 11 }), Err(ApiError::NoRoom));
    world.send(0, bob, "a text all the same");
    room(&mut world, 0, u64::from(u32::MAX));
    room(&mut world, 1, LARGE as u64 / 2);
    send(&mut world, 0, bob, LARGE);
    world.pass(MINUTE);
    let full = view(&mut world, 1, alice).progress;
    assert_eq!((full.state, full.have), (FileState::NoRoom, 0));
    room(&mut world, 1, LARGE as u64 * 2);
    world.pass(MINUTE);
    assert_eq!(read(&mut world, 1, alice), content(LARGE));
}

#[test]
fn a_contact_that_sends_other_bytes_than_it_announced_is_found_out() {
    let (mut world, bob, alice) = direct_pair(390);
    let size = usize::try_from(MAX_PUSHED_BYTES).unwrap() + CHUNK_BYTES;
    let file = import(&mut world, 0, bob, &content(size));
    world.ask(0, sending(bob, file));
    // The sender's disk changes a chunk.
    while let Some(effect) = next_effect(&mut world, 0) {
        let effect = match effect {
            Effect::Net(NetAction::SendFileFrame(
                to,
                FileFrame::Chunk { digest, index: 4, mut chunk },
            )) => {
                chunk[7] ^= 1;
                Effect::Net(NetAction::SendFileFrame(
                    to,
                    FileFrame::Chunk { digest, index: 4, chunk },
                ))
            }
            other => other,
        };
        world.apply(0, effect);
    }
    assert_eq!(state(&mut world, 1, alice), FileState::Damaged);
    assert_eq!(rows(&world, 1, Table::Chunks), 0);
    fetch(&mut world, alice, Fetch::Go);
    world.pass(MINUTE);
    assert_eq!(read(&mut world, 1, alice), content(size));
}

/// The next effect of a user, while everybody else runs.
fn next_effect(world: &mut World, user: usize) -> Option<Effect> {
    for _ in 0..100_000 {
        if let Some(effect) = world.users[user].engine.poll_effect() {
            return Some(effect);
        }
        let others = (0..world.users.len()).any(|other| world.step(other));
        if !others {
            return None;
        }
    }
    panic!("it does not come to rest");
}

#[test]
fn strange_frames_do_no_harm() {
    let (mut world, bob, alice) = direct_pair(400);
    send(&mut world, 0, bob, LARGE);
    world.pass(MINUTE);
    let digest = [9; 32];
    for frame in [
        FileFrame::Ask { digest, first: u32::MAX, count: 16 },
        FileFrame::Chunk { digest, index: u32::MAX, chunk: vec![0; 9] },
        FileFrame::Missing { digest },
    ] {
        world.users[1].inputs.push_back(Input::Net(NetEvent::FileArrived(alice, frame)));
    }
    world.pass(MINUTE);
    assert_eq!(read(&mut world, 1, alice), content(LARGE));
}

#[test]
fn under_every_fault_a_file_comes_whole_in_the_end() {
    for seed in 410..430 {
        let (mut world, bob, alice) = direct_pair(seed);
        let file = import(&mut world, 0, bob, &content(LARGE / 2));
        world.call(0, sending(bob, file)).unwrap();
        send(&mut world, 0, bob, SMALL);
        world.weather.crash_one_in = 90;
        world.weather.cut_one_in = 40;
        world.pass(MINUTE * 10);
        world.weather = Weather { direct: true, ..Weather::default() };
        for user in 0..2 {
            world.disconnect(user);
            world.connect(user);
        }
        world.pass(MINUTE * 10);
        for message in world.history(1, alice) {
            let Form::File(file) = message.form else { panic!("seed {seed}") };
            assert_eq!(file.progress.state, FileState::Here, "seed {seed}");
        }
        assert_eq!(world.history(1, alice).len(), 2);
        assert_eq!(read(&mut world, 1, alice), content(SMALL));
    }
}
