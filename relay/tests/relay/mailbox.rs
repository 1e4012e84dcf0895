//! protocol.md §10, as a client sees it.

use std::time::Duration;

use tokio::time::timeout;
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    limits::{MAX_ENVELOPE_BYTES, MAX_RECORD_BYTES, PUSH_WINDOW},
    wire::mailbox::{Frame, Op, Record, Status},
};

use crate::support::{Mailbox, TestRelay};

const HOUR: u32 = 3_600;
const DONE: (Status, Vec<u8>) = (Status::Done, vec![]);

fn keys(secret: u8) -> AddressKeys {
    AddressKeys::derive(&Secret::new([secret; 32]), Purpose::Mailbox, Direction::Forth, 20_000)
}

fn deposit(keys: &AddressKeys, id: u8, bytes: usize) -> Op {
    Op::deposit(keys, [id; 16], HOUR, vec![id; bytes])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_put_and_got() {
    let relay = TestRelay::start().await;
    let keys = keys(1);
    let mut writer = Mailbox::connect(relay.multiaddr()).await;
    let mut reader = Mailbox::connect(relay.multiaddr()).await;
    let get = Op::get_record(&keys, &reader.nonce);
    assert_eq!(reader.ask(get.clone()).await.0, Status::NotFound);
    let record = Record { sequence: 7, value: vec![3; MAX_RECORD_BYTES] };
    let put = Op::put_record(&keys, record.sequence, HOUR, record.value.clone());
    assert_eq!(writer.ask(put).await, DONE);
    assert_eq!(reader.ask(get).await, (Status::Done, record.encode()));
    let stale = Op::put_record(&keys, 6, HOUR, vec![]);
    assert_eq!(writer.ask(stale).await.0, Status::Stale);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_someone_who_is_away_waits_and_mail_for_someone_who_listens_comes_at_once() {
    let relay = TestRelay::start().await;
    let keys = keys(1);
    let mut writer = Mailbox::connect(relay.multiaddr()).await;
    for id in [5, 2] {
        assert_eq!(writer.ask(deposit(&keys, id, 512)).await, DONE);
    }
    let mut reader = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(reader.ask(Op::subscribe(&keys, &reader.nonce)).await, DONE);
    for id in [5, 2] {
        assert_eq!(reader.push().await, (keys.address(), [id; 16], vec![id; 512]));
    }
    assert_eq!(writer.ask(deposit(&keys, 9, MAX_ENVELOPE_BYTES)).await, DONE);
    assert_eq!(reader.push().await.1, [9; 16]);

    for id in [5, 9] {
        assert_eq!(reader.ask(Op::acknowledge(&keys, [id; 16])).await, DONE);
    }
    let mut later = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(later.ask(Op::subscribe(&keys, &later.nonce)).await, DONE);
    assert_eq!(later.push().await.1, [2; 16], "what was acknowledged is gone");
    assert_eq!(writer.ask(deposit(&keys, 11, 512)).await, DONE);
    assert_eq!(later.push().await.1, [11; 16]);
    assert_eq!(reader.push().await.1, [11; 16], "every subscriber gets it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_pushes_waits_for_acknowledgements() {
    let relay = TestRelay::start().await;
    let keys = keys(1);
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    let window = u8::try_from(PUSH_WINDOW).unwrap();
    for id in 0..window + 10 {
        assert_eq!(client.ask(deposit(&keys, id, 512)).await, DONE);
    }
    assert_eq!(client.ask(Op::subscribe(&keys, &client.nonce)).await, DONE);
    for id in 0..window {
        assert_eq!(client.push().await.1, [id; 16]);
    }
    assert!(timeout(Duration::from_millis(200), client.push()).await.is_err());
    for id in 0..10 {
        assert_eq!(client.ask(Op::acknowledge(&keys, [id; 16])).await, DONE);
    }
    for id in window..window + 10 {
        assert_eq!(client.push().await.1, [id; 16]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_holds_nobody_up() {
    let relay = TestRelay::start().await;
    let (theirs, ours) = (keys(1), keys(2));
    let mut slow = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(slow.ask(Op::subscribe(&theirs, &slow.nonce)).await, DONE);
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(client.ask(Op::subscribe(&ours, &client.nonce)).await, DONE);
    // More than every buffer between the relay and the slow one takes.
    for id in 0..u8::try_from(PUSH_WINDOW).unwrap() {
        assert_eq!(client.ask(deposit(&theirs, id, MAX_ENVELOPE_BYTES)).await, DONE);
        assert_eq!(client.ask(deposit(&ours, id, 512)).await, DONE);
        assert_eq!(client.push().await.1, [id; 16]);
    }
    assert_eq!(slow.push().await.1, [0; 16]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_without_the_right_signature() {
    let relay = TestRelay::start().await;
    let keys = keys(1);
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    let elsewhere = [0; 32];
    let (public, mut forged) = (keys.public(), deposit(&keys, 1, 512));
    if let Op::Deposit { envelope, .. } = &mut forged {
        envelope[0] ^= 1;
    }
    for op in [
        forged,
        Op::get_record(&keys, &elsewhere),
        Op::subscribe(&keys, &elsewhere),
        Op::Subscribe { keys: public, signature: [0; 64] },
        Op::Acknowledge { keys: public, id: [1; 16], signature: [0; 64] },
    ] {
        assert_eq!(client.ask(op).await.0, Status::Refused);
    }
    assert_eq!(client.ask(Op::Unsubscribe { address: keys.address() }).await, DONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_unsubscribed_is_left_alone() {
    let relay = TestRelay::start().await;
    let keys = keys(1);
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(client.ask(Op::subscribe(&keys, &client.nonce)).await, DONE);
    assert_eq!(client.ask(Op::Unsubscribe { address: keys.address() }).await, DONE);
    assert_eq!(client.ask(deposit(&keys, 1, 512)).await, DONE);
    assert!(timeout(Duration::from_millis(200), client.push()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_decode_is_answered_and_a_frame_that_is_too_long_ends_the_stream() {
    let relay = TestRelay::start().await;
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    client.send_body(&[0, 0, 0, 42, 99]).await.unwrap();
    let malformed = Frame::Reply { id: 42, status: Status::Malformed, payload: vec![] };
    assert_eq!(client.frame().await.unwrap(), malformed);
    assert_eq!(client.ask(deposit(&keys(1), 1, 512)).await, DONE, "the stream goes on");
    client.send_body(&vec![0; volly_core::limits::MAX_FRAME_BYTES + 1]).await.ok();
    assert!(client.frame().await.is_err());
    let mut other = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(other.ask(deposit(&keys(1), 2, 512)).await, DONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_mail_and_name() {
    let relay = TestRelay::start().await;
    let keys = keys(1);
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(client.ask(deposit(&keys, 1, 512)).await, DONE);
    let TestRelay { relay, folder } = relay;
    let peer = relay.peer;
    relay.stop().await;
    assert!(client.try_ask(deposit(&keys, 2, 512)).await.is_err());

    let relay = TestRelay::start_in(folder).await;
    assert_eq!(relay.relay.peer, peer);
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    assert_eq!(client.ask(Op::subscribe(&keys, &client.nonce)).await, DONE);
    assert_eq!(client.push().await.1, [1; 16]);
}

/// A relay that has been away is met by everyone at once.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_at_once_are_all_served() {
    let relay = TestRelay::start().await;
    let everyone = (0..60).map(|_| tokio::spawn(Mailbox::try_connect(relay.multiaddr())));
    for client in everyone.collect::<Vec<_>>() {
        client.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_a_few_mailbox_streams_and_no_more() {
    let relay = TestRelay::start().await;
    let mut client = Mailbox::connect(relay.multiaddr()).await;
    let mut streams = Vec::new();
    for _ in 1..volly_relay::defaults::STREAMS_A_CONNECTION {
        streams.push(client.another_stream().await.unwrap());
    }
    assert!(client.another_stream().await.is_err());
    streams.pop();
    while client.another_stream().await.is_err() {}
}
