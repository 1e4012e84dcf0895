//! The STUN responder of a relay that runs, in both families.

use std::{net::SocketAddr, time::Duration};

use tokio::{net::UdpSocket, time::timeout};
use volly_relay::{
    Relay,
    config::{Config, UdpPort, WebTransport},
    defaults,
    stun::message::answer,
};

/// A Binding request without attributes.
const REQUEST: [u8; 20] =
    [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/// Long for loopback, and short for whoever waits for nothing.
const SOON: Duration = Duration::from_secs(1);

/// Requests sent before an answer is read.
const BATCH: u32 = 50;

async fn relay(listen: &str, stun: Option<UdpPort>) -> (Relay, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        webtransport: Some(WebTransport::Off),
        listen: listen.parse().unwrap(),
        data: folder.path().to_owned(),
        advertise: vec![],
        stun,
        webrtc_direct: Some(UdpPort::Off),
        log: tracing::level_filters::LevelFilter::OFF,
        mesh: None,
        peer: vec![],
    };
    (Relay::start(&config).await.unwrap(), folder)
}

async fn client(to: SocketAddr) -> UdpSocket {
    let any = if to.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = UdpSocket::bind(any).await.unwrap();
    socket.connect(to).await.unwrap();
    socket
}

/// What comes back, if anything does.
async fn ask(socket: &UdpSocket, datagram: &[u8]) -> Option<Vec<u8>> {
    socket.send(datagram).await.unwrap();
    let mut buffer = [0; 2_000];
    let length = timeout(SOON, socket.recv(&mut buffer)).await.ok()?.unwrap();
    Some(buffer[..length].to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_of_both_families_learn_their_address_from_one_socket() {
    let (relay, _folder) = relay("[::]:0", Some(UdpPort::Port(0))).await;
    let port = relay.stun.unwrap();
    for to in [SocketAddr::from(([127, 0, 0, 1], port)), format!("[::1]:{port}").parse().unwrap()] {
        let socket = client(to).await;
        let expected = answer(&REQUEST, socket.local_addr().unwrap()).unwrap();
        assert_eq!(ask(&socket, &REQUEST).await, Some(expected), "{to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_met_with_silence_and_the_responder_goes_on() {
    let (relay, _folder) = relay("127.0.0.1:0", None).await;
    let socket = client(SocketAddr::new(relay.address.ip(), relay.stun.unwrap())).await;
    let own = answer(&REQUEST, relay.address).unwrap();
    for datagram in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", &[0xFF; 548], &[0; 1_400], &own] {
        socket.send(datagram).await.unwrap();
    }
    let expected = answer(&REQUEST, socket.local_addr().unwrap()).unwrap();
    assert_eq!(ask(&socket, &REQUEST).await, Some(expected), "the first that is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_network_is_answered_up_to_its_bound() {
    let (relay, _folder) = relay("127.0.0.1:0", None).await;
    let socket = client(SocketAddr::new(relay.address.ip(), relay.stun.unwrap())).await;
    let (mut answered, mut asked) = (0, 0);
    let bound = 2 * defaults::STUN_NETWORK_BURST;
    // So few at a time that none is lost for want of room, and so many that the bucket fills slower.
    while answered == asked && asked < 2 * bound {
        for _ in 0..BATCH {
            socket.send(&REQUEST).await.unwrap();
        }
        asked += BATCH;
        let mut buffer = [0; 2_000];
        while answered < asked && timeout(SOON, socket.recv(&mut buffer)).await.is_ok() {
            answered += 1;
        }
    }
    assert!((defaults::STUN_NETWORK_BURST..bound).contains(&answered), "{answered} of {asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_switched_off() {
    let (relay, _folder) = relay("127.0.0.1:0", Some(UdpPort::Off)).await;
    assert_eq!(relay.stun, None);
}
