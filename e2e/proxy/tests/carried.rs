//! What goes over a line between real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use core::{future::Future, time::Duration};
use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::watch,
    time::timeout,
};
use volly_proxy::{
    datagrams,
    state::{Seen, State},
    stream, switch,
};

const ANY: &str = "127.0.0.1:0";
const SOON: Duration = Duration::from_secs(10);
/// Long enough for what is not held up.
const SHORT: Duration = Duration::from_millis(300);

fn state(target: Option<SocketAddr>) -> (watch::Sender<State>, Seen) {
    let (state, looks) = watch::channel(State { target, ..State::default() });
    (state, Seen::new(looks))
}

fn change(state: &watch::Sender<State>, words: &str) {
    let words: Vec<_> = words.split(' ').collect();
    state.send_modify(|state| state.conditions.change(&words).unwrap());
}

async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    timeout(time, future).await.ok()
}

/// A client and a server with a line in between.
async fn streams() -> (watch::Sender<State>, TcpStream, TcpStream) {
    let server = TcpListener::bind(ANY).await.unwrap();
    let (state, seen) = state(Some(server.local_addr().unwrap()));
    let line = TcpListener::bind(ANY).await.unwrap();
    let address = line.local_addr().unwrap();
    tokio::spawn(stream::run(line, seen));
    let client = TcpStream::connect(address).await.unwrap();
    let (accepted, _) = within(SOON, server.accept()).await.unwrap().unwrap();
    (state, client, accepted)
}

#[tokio::test]
async fn a_stream_arrives_whole_and_in_order_over_a_bad_line() {
    let (state, mut client, mut server) = streams().await;
    change(&state, "loss 10 delay 5 jitter 5");
    let sent: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let writing = sent.clone();
    tokio::spawn(async move {
        client.write_all(&writing).await.unwrap();
        client.shutdown().await.unwrap();
        // It is still read from, until the other side has ended too.
        let _ = client.read(&mut [0]).await;
    });
    let mut received = Vec::new();
    within(SOON, server.read_to_end(&mut received)).await.unwrap().unwrap();
    assert!(received == sent);
}

#[tokio::test]
async fn a_cut_holds_a_stream_up_and_a_break_ends_it() {
    let (state, mut client, mut server) = streams().await;
    let mut byte = [0];
    change(&state, "cut");
    client.write_all(b"a").await.unwrap();
    assert!(within(SHORT, server.read(&mut byte)).await.is_none());
    change(&state, "heal");
    assert_eq!(within(SOON, server.read(&mut byte)).await.unwrap().unwrap(), 1);
    state.send_modify(|state| state.generation += 1);
    let ended = within(SOON, server.read(&mut byte)).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    let ended = within(SOON, client.read(&mut byte)).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[tokio::test]
async fn datagrams_find_the_target_and_the_way_back_until_there_is_a_cut() {
    let server = UdpSocket::bind(ANY).await.unwrap();
    let (state, seen) = state(Some(server.local_addr().unwrap()));
    let line = UdpSocket::bind(ANY).await.unwrap();
    let address = line.local_addr().unwrap();
    tokio::spawn(datagrams::run(line, seen));
    let mut buffer = [0; 8];
    for client in [UdpSocket::bind(ANY).await.unwrap(), UdpSocket::bind(ANY).await.unwrap()] {
        client.send_to(b"there", address).await.unwrap();
        let (_, from) = within(SOON, server.recv_from(&mut buffer)).await.unwrap().unwrap();
        server.send_to(b"back", from).await.unwrap();
        assert_eq!(within(SOON, client.recv(&mut buffer)).await.unwrap().unwrap(), 4);
        change(&state, "cut");
        client.send_to(b"there", address).await.unwrap();
        assert!(within(SHORT, server.recv_from(&mut buffer)).await.is_none());
        change(&state, "heal");
    }
}

#[tokio::test]
async fn what_is_stranded_hears_nothing_more_and_what_is_new_does() {
    let (server, udp) =
        (TcpListener::bind(ANY).await.unwrap(), UdpSocket::bind(ANY).await.unwrap());
    let (state, seen) = state(Some(server.local_addr().unwrap()));
    let line = TcpListener::bind(ANY).await.unwrap();
    let address = line.local_addr().unwrap();
    tokio::spawn(stream::run(line, seen));
    let mut old = TcpStream::connect(address).await.unwrap();
    let (mut at_server, _) = server.accept().await.unwrap();
    state.send_modify(|state| state.stranded += 1);
    old.write_all(b"a").await.unwrap();
    assert!(within(SHORT, at_server.read(&mut [0])).await.is_none());
    let mut new = TcpStream::connect(address).await.unwrap();
    let (mut at_server, _) = server.accept().await.unwrap();
    new.write_all(b"a").await.unwrap();
    assert_eq!(within(SOON, at_server.read(&mut [0])).await.unwrap().unwrap(), 1);

    let (state, seen) = self::state(Some(udp.local_addr().unwrap()));
    let line = UdpSocket::bind(ANY).await.unwrap();
    let address = line.local_addr().unwrap();
    tokio::spawn(datagrams::run(line, seen));
    let clients = [UdpSocket::bind(ANY).await.unwrap(), UdpSocket::bind(ANY).await.unwrap()];
    clients[0].send_to(b"a", address).await.unwrap();
    let mut buffer = [0; 8];
    let (_, from) = within(SOON, udp.recv_from(&mut buffer)).await.unwrap().unwrap();
    state.send_modify(|state| state.stranded += 1);
    clients[0].send_to(b"b", address).await.unwrap();
    udp.send_to(b"c", from).await.unwrap();
    clients[1].send_to(b"d", address).await.unwrap();
    within(SOON, udp.recv_from(&mut buffer)).await.unwrap().unwrap();
    assert_eq!(buffer[0], b'd');
    assert!(within(SHORT, clients[0].recv(&mut buffer)).await.is_none());
}

#[tokio::test]
async fn two_that_send_to_the_two_ports_hear_each_other() {
    let (state, seen) = state(None);
    let ports = [UdpSocket::bind(ANY).await.unwrap(), UdpSocket::bind(ANY).await.unwrap()];
    let at = ports.each_ref().map(|port| port.local_addr().unwrap());
    let [one, other] = ports;
    tokio::spawn(switch::run(one, other, seen));
    let (near, far) = (UdpSocket::bind(ANY).await.unwrap(), UdpSocket::bind(ANY).await.unwrap());
    let mut buffer = [0; 8];
    near.send_to(b"early", at[0]).await.unwrap();
    // Until the one has been heard there is nobody to whom the other's could go.
    let (_, from) = loop {
        far.send_to(b"first", at[1]).await.unwrap();
        if let Some(heard) = within(SHORT, near.recv_from(&mut buffer)).await {
            break heard.unwrap();
        }
    };
    assert_eq!(from, at[0], "it seems to come from where the other one is said to be");
    near.send_to(b"answer", at[0]).await.unwrap();
    while within(SOON, far.recv(&mut buffer)).await.unwrap().unwrap() != 6 {}
    change(&state, "cut");
    near.send_to(b"lost", at[0]).await.unwrap();
    assert!(within(SHORT, far.recv(&mut buffer)).await.is_none());
}
