use std::{cell::RefCell, rc::Rc};

use futures::FutureExt;

use super::*;
use crate::{
    api::{Connection, ContactId, Event, GetTimeline, Reconnect, SendText, SetDraft, Stretch},
    limits::MAX_CALLS,
    rpc::{
        frame::Frame,
        server::{Server, refusal},
    },
};

/// Messages on their way to the views, as bytes: the port between two tabs.
type Wire = Rc<RefCell<VecDeque<Vec<u8>>>>;

fn server(run: u64, wire: &Wire) -> Server {
    let wire = Rc::clone(wire);
    let publish = move |message| wire.borrow_mut().push_back(Frame::ToClients(message).encode());
    Server::start(RunId(run), false, Rc::new(publish))
}

fn snapshot(number: u64) -> Snapshot {
    let (contacts, invites) = (Vec::new(), Vec::new());
    Snapshot {
        number,
        profile: None,
        contacts,
        invites,
        connection: Connection::Offline,
        relays: vec![],
    }
}

fn event(number: u64) -> Numbered {
    Numbered { number, event: Event::Connection(Connection::Online) }
}

/// An engine that answers every call at once, except those it is told to keep waiting.
fn serve(server: &mut Server, number: u64, message: ToServer) {
    let Frame::ToServer(message) = Frame::decode(&Frame::ToServer(message).encode()).unwrap()
    else {
        unreachable!("it was sent to the server");
    };
    match server.accept(message) {
        Some((call, Request::GetSnapshot(_))) => {
            let reply = Ok::<_, ApiError>(snapshot(number));
            server.reply(call, postcard::to_allocvec(&reply).unwrap());
        }
        Some((call, Request::Reconnect(_))) => {
            server.reply(call, postcard::to_allocvec(&Ok::<_, ApiError>(())).unwrap());
        }
        _ => {}
    }
}

/// Lets messages travel until none is left; returns what the view was told.
fn settle(
    client: &mut Client,
    mut server: Option<&mut Server>,
    wire: &Wire,
    number: u64,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    loop {
        while let Some(output) = client.poll_output() {
            match output {
                Output::Notice(notice) => notices.push(notice),
                Output::Send(message) => {
                    if let Some(server) = &mut server {
                        serve(server, number, message);
                    }
                }
            }
        }
        let Some(bytes) = wire.borrow_mut().pop_front() else { return notices };
        match Frame::decode(&bytes).unwrap() {
            Frame::ToClients(message) => client.receive(message),
            Frame::ToServer(_) => unreachable!("it was published by the server"),
        }
    }
}

fn ready(number: u64) -> Notice {
    Notice::Ready(Box::new(snapshot(number)))
}

fn told(number: u64) -> Notice {
    Notice::Event(event(number).event)
}

struct World {
    wire: Wire,
    client: Client,
    server: Server,
}

/// A view that follows run 1 from event 4 on.
fn following() -> World {
    let wire = Wire::default();
    let mut client = Client::connect(PortId(7));
    assert_eq!(settle(&mut client, None, &wire, 0), [Notice::Starting]);
    let mut server = server(1, &wire);
    assert_eq!(settle(&mut client, Some(&mut server), &wire, 3), [ready(3)]);
    World { wire, client, server }
}

impl World {
    fn settle(&mut self, number: u64) -> Vec<Notice> {
        settle(&mut self.client, Some(&mut self.server), &self.wire, number)
    }

    fn draft(&mut self) -> Answer {
        self.client.call(SetDraft { contact: ContactId(1), text: String::new() }.into()).unwrap()
    }
}

#[test]
fn a_view_that_comes_later_finds_the_engine_by_its_hello() {
    let mut world = following();
    world.client = Client::connect(PortId(8));
    assert_eq!(world.settle(5), [Notice::Starting, ready(5)]);
}

#[test]
fn events_are_told_in_order_and_once() {
    let mut world = following();
    for number in [4, 5, 5, 3, 6] {
        world.server.emit(event(number));
    }
    assert_eq!(world.settle(6), [told(4), told(5), told(6)]);
}

#[test]
fn a_gap_asks_for_a_snapshot_and_what_it_holds_is_not_told_again() {
    let mut world = following();
    world.server.emit(event(6));
    assert_eq!(world.settle(6), [ready(6)]);
    world.server.emit(event(6));
    world.server.emit(event(7));
    assert_eq!(world.settle(7), [told(7)]);
}

#[test]
fn the_last_number_there_is_overflows_nothing() {
    let mut world = following();
    world.client.receive(ToClients::Up { run: RunId(1), number: u64::MAX, storage_failing: false });
    assert_eq!(world.settle(u64::MAX), [ready(u64::MAX)]);
    world.server.emit(event(u64::MAX));
    assert_eq!(world.settle(u64::MAX), [told(u64::MAX)]);
}

#[test]
fn a_page_that_slept_through_events_notices_by_asking_again() {
    let mut world = following();
    world.server.emit(event(4));
    world.wire.borrow_mut().clear();
    world.client.wake();
    assert_eq!(world.settle(4), [ready(4)]);
    world.client.wake();
    assert_eq!(world.settle(4), []);
}

#[test]
fn a_call_is_answered_to_the_port_that_made_it() {
    let mut world = following();
    let answer = world.client.call(Reconnect {}.into()).unwrap();
    world.server.accept(ToServer::Call {
        run: RunId(1),
        port: PortId(9),
        call: CallId(2),
        request: Reconnect {}.into(),
    });
    world.server.reply(CallId(1), refusal(ApiError::Offline));
    world.settle(3);
    assert_eq!(answer.now_or_never(), Some(Ok(Ok(vec![0]))));
}

#[test]
fn a_call_before_the_engine_waits_for_it() {
    let wire = Wire::default();
    let mut client = Client::connect(PortId(7));
    let mut answer = client.call(Reconnect {}.into()).unwrap();
    settle(&mut client, None, &wire, 0);
    assert_eq!((&mut answer).now_or_never(), None);
    let mut server = server(1, &wire);
    settle(&mut client, Some(&mut server), &wire, 0);
    assert_eq!(answer.now_or_never(), Some(Ok(Ok(vec![0]))));
}

#[test]
fn when_the_engine_moves_a_call_in_flight_is_told_and_a_question_is_asked_again() {
    let mut world = following();
    let draft = world.draft();
    let timeline = GetTimeline { contact: ContactId(1), stretch: Stretch::Newest };
    let mut page = world.client.call(timeline.clone().into()).unwrap();
    let text = |token| SendText { contact: ContactId(1), text: "hi".into(), answers: None, token };
    let nameless = world.client.call(text(0).into()).unwrap();
    let mut named = world.client.call(text(5).into()).unwrap();
    world.settle(3);
    // The tab crashes: no word of it, and then another one.
    world.server = server(2, &world.wire);
    let Some(bytes) = world.wire.borrow_mut().pop_front() else { unreachable!("run 2 is up") };
    let Ok(Frame::ToClients(up)) = Frame::decode(&bytes) else { unreachable!("it was published") };
    world.client.receive(up);
    assert_eq!(draft.now_or_never(), Some(Ok(Err(ApiError::EngineMoved))));
    assert_eq!(nameless.now_or_never(), Some(Ok(Err(ApiError::EngineMoved))));
    assert_eq!((&mut named).now_or_never(), None, "it is asked again under its name");
    let mut sent = Vec::new();
    while let Some(Output::Send(ToServer::Call { call, request, .. })) = world.client.poll_output()
    {
        sent.push((call, request));
    }
    let [
        (fetch, Request::GetSnapshot(_)),
        (again, Request::GetTimeline(asked)),
        (_, Request::SendText(said)),
    ] = &sent[..]
    else {
        unreachable!("a snapshot, the timeline and the text are asked for: {sent:?}");
    };
    assert_eq!(*said, text(5));
    assert_eq!(*asked, timeline);
    let reply = |call: &CallId, run, reply: Vec<u8>| ToClients::Reply {
        run: RunId(run),
        port: PortId(7),
        call: *call,
        reply,
    };
    world.client.receive(reply(again, 1, vec![1, 1]));
    assert_eq!((&mut page).now_or_never(), None, "a late answer of the old run");
    world.client.receive(reply(again, 2, vec![2, 2]));
    assert_eq!(page.now_or_never(), Some(Ok(Ok(vec![2, 2]))));
    let fresh = postcard::to_allocvec(&Ok::<_, ApiError>(snapshot(0))).unwrap();
    world.client.receive(reply(fetch, 2, fresh));
    assert_eq!(world.settle(0), [ready(0)]);
}

#[test]
fn an_engine_that_ends_answers_what_is_open() {
    let mut world = following();
    let draft = world.draft();
    world.settle(3);
    let next = server(2, &Wire::default());
    core::mem::replace(&mut world.server, next).end(ApiError::NotStored);
    assert_eq!(world.settle(3), [Notice::Starting]);
    assert_eq!(draft.now_or_never(), Some(Ok(Ok(refusal(ApiError::NotStored)))));
}

#[test]
fn a_snapshot_that_was_refused_is_asked_for_at_the_next_event() {
    let mut world = following();
    world.server.emit(event(9));
    settle(&mut world.client, None, &world.wire, 9);
    let refused = CallId(2);
    let reply = refusal(ApiError::Limit { max: 1 });
    world.client.receive(ToClients::Reply { run: RunId(1), port: PortId(7), call: refused, reply });
    world.server.emit(event(10));
    assert_eq!(world.settle(10), [ready(10)]);
}

#[test]
fn calls_are_bounded_on_both_ends() {
    let mut world = following();
    let mut kept: Vec<Answer> = (0..MAX_CALLS_OF_VIEW).map(|_| world.draft()).collect();
    let more = || SetDraft { contact: ContactId(1), text: String::new() }.into();
    assert!(matches!(world.client.call(more()), Err(ApiError::Limit { .. })));
    kept.pop();
    drop(world.draft());
    world.settle(3);
    for call in 0..MAX_CALLS as u64 {
        let port = PortId(9);
        world.server.accept(ToServer::Call {
            run: RunId(1),
            port,
            call: CallId(call),
            request: more(),
        });
    }
    kept.pop();
    let answer = world.client.call(more()).unwrap();
    world.settle(3);
    let max = u32::try_from(MAX_CALLS).unwrap();
    assert_eq!(answer.now_or_never(), Some(Ok(Ok(refusal(ApiError::Limit { max })))));
}

#[test]
fn a_failure_is_told_and_another_tab_may_still_bring_the_engine() {
    let mut world = following();
    world.client.fail(StartFailure::StorageUnavailable);
    world.client.receive(ToClients::Failed(StartFailure::StorageUnavailable));
    assert_eq!(world.settle(3), [Notice::Failed(StartFailure::StorageUnavailable)]);
    assert!(!world.client.has_engine());
    world.server = server(2, &world.wire);
    assert_eq!(world.settle(0), [ready(0)]);
}

#[test]
fn a_call_to_an_earlier_run_is_not_taken() {
    let mut world = following();
    let call = |run| ToServer::Call {
        run: RunId(run),
        port: PortId(7),
        call: CallId(1),
        request: Reconnect {}.into(),
    };
    assert_eq!(world.server.accept(call(0)), None);
    assert!(world.server.accept(call(1)).is_some());
}

#[test]
fn a_store_that_fails_is_told_after_the_snapshot_and_until_it_takes_a_change() {
    let mut world = following();
    let wire = Rc::clone(&world.wire);
    let publish = move |message| wire.borrow_mut().push_back(Frame::ToClients(message).encode());
    world.server = Server::start(RunId(2), true, Rc::new(publish));
    let failing = |failing| Notice::Event(Event::StorageFailing(failing));
    assert_eq!(world.settle(0), [ready(0), failing(true)]);
    world.server.stored();
    world.server.stored();
    assert_eq!(world.settle(0), [failing(false)]);
}
