use futures::{executor::block_on, future::poll_fn};

use super::{
    super::pipe::{Pipe, pipe},
    *,
};
use crate::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
};

const NONCE: Nonce = [7; 32];

struct Relay(Frames<Pipe>);

impl Relay {
    fn request(&mut self) -> Request {
        Request::decode(&block_on(self.0.read()).unwrap()).unwrap()
    }

    fn say(&mut self, frame: &Frame) {
        block_on(self.0.write(&frame.encode(), ())).unwrap();
    }

    fn reply(&mut self, id: u32, status: Status) {
        self.say(&Frame::Reply { id, status, payload: Vec::new() });
    }
}

fn connected() -> (MailboxClient<Pipe>, Relay) {
    let (near, far) = pipe(1 << 20);
    let mut relay = Relay(Frames::new(far));
    relay.say(&Frame::Hello { nonce: NONCE });
    (block_on(MailboxClient::open(near)).unwrap(), relay)
}

fn keys() -> AddressKeys {
    AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 3)
}

fn deposit(ticket: u64) -> NetAction {
    let (id, envelope) = (EnvelopeId([2; 16]), vec![3; 512]);
    NetAction::Deposit { ticket: Ticket(ticket), keys: keys(), id, lifetime: 60, envelope }
}

fn next(client: &mut MailboxClient<Pipe>) -> NetEvent {
    block_on(poll_fn(|cx| client.poll(cx))).unwrap()
}

fn is_idle(client: &mut MailboxClient<Pipe>) -> bool {
    client.poll(&mut Context::from_waker(std::task::Waker::noop())).is_pending()
}

#[test]
fn deposits_keep_their_order_and_tell_when_they_are_written_and_when_they_are_durable() {
    let (mut client, mut relay) = connected();
    client.request(deposit(1));
    client.request(deposit(2));
    assert!(matches!(next(&mut client), NetEvent::DepositWritten(Ticket(1))));
    assert!(matches!(next(&mut client), NetEvent::DepositWritten(Ticket(2))));
    assert!(is_idle(&mut client));
    let (first, second) = (relay.request(), relay.request());
    assert!(matches!(first.op, Op::Deposit { .. }));
    assert_eq!(first.op.authorised_address(&NONCE), Some(keys().address()));
    relay.reply(second.id, Status::Full);
    relay.reply(first.id, Status::Done);
    assert!(matches!(next(&mut client), NetEvent::Deposited(Ticket(2), Err(RelayError::Full))));
    assert!(matches!(next(&mut client), NetEvent::Deposited(Ticket(1), Ok(()))));
}

#[test]
fn reads_are_signed_for_this_stream() {
    let (mut client, mut relay) = connected();
    client.subscribe(&keys());
    client.get_record(Ticket(1), &keys());
    assert!(is_idle(&mut client));
    for _ in 0..2 {
        let request = relay.request();
        assert_eq!(request.op.authorised_address(&NONCE), Some(keys().address()));
        assert_eq!(request.op.authorised_address(&[8; 32]), None);
    }
}

#[test]
fn a_record_is_its_value_none_or_malformed() {
    let (mut client, mut relay) = connected();
    let mut ask = |payload: Vec<u8>, status| {
        client.get_record(Ticket(1), &keys());
        assert!(is_idle(&mut client));
        let id = relay.request().id;
        relay.say(&Frame::Reply { id, status, payload });
        match next(&mut client) {
            NetEvent::RecordGot(Ticket(1), result) => result,
            other => panic!("{other:?}"),
        }
    };
    let record = Record { sequence: 1, value: vec![5] };
    assert_eq!(ask(record.encode(), Status::Done), Ok(Some(record)));
    assert_eq!(ask(vec![], Status::NotFound), Ok(None));
    assert_eq!(ask(vec![1], Status::Done), Err(RelayError::Malformed));
}

#[test]
fn what_is_pushed_arrives() {
    let (mut client, mut relay) = connected();
    relay.say(&Frame::Push { address: [4; 32], id: [5; 16], envelope: vec![6] });
    let NetEvent::Arrived { address, id, envelope } = next(&mut client) else { panic!() };
    assert_eq!((address, id, envelope), ([4; 32], EnvelopeId([5; 16]), vec![6]));
}

#[test]
fn when_the_stream_ends_every_request_is_answered_once() {
    let (mut client, mut relay) = connected();
    client.request(deposit(1));
    client.request(deposit(2));
    client.subscribe(&keys());
    next(&mut client);
    next(&mut client);
    assert!(is_idle(&mut client));
    let first = relay.request().id;
    relay.reply(first, Status::Done);
    drop(relay);
    assert!(matches!(next(&mut client), NetEvent::Deposited(Ticket(1), Ok(()))));
    assert!(block_on(poll_fn(|cx| client.poll(cx))).is_err());
    let lost: Vec<_> = client.abandon().collect();
    assert!(matches!(lost[..], [NetEvent::Deposited(Ticket(2), Err(RelayError::Lost))]));
}

#[test]
fn a_reply_to_nothing_ends_the_stream() {
    let (mut client, mut relay) = connected();
    relay.reply(9, Status::Done);
    let error = block_on(poll_fn(|cx| client.poll(cx))).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn a_request_without_an_answer_ends_the_stream_at_its_age() {
    let (mut client, _relay) = connected();
    client.request(deposit(1));
    for _ in 1..MAX_AGE {
        client.grow_older().unwrap();
    }
    assert_eq!(client.grow_older().unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[test]
fn the_number_of_requests_is_bounded_by_room() {
    let (mut client, _relay) = connected();
    for ticket in 0..MAX_PENDING {
        assert!(client.has_room());
        client.request(deposit(ticket as u64));
    }
    assert!(!client.has_room());
}

#[test]
fn a_stream_that_does_not_begin_with_hello_is_refused() {
    let (near, far) = pipe(1 << 10);
    Relay(Frames::new(far)).reply(0, Status::Done);
    let error = block_on(MailboxClient::open(near)).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}
