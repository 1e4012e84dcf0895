//! Clients that come in over WebRTC-direct, as both versions of browsers do.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId, identity::Keypair, multiaddr::Protocol};
use tokio::{
    net::UdpSocket,
    time::{sleep, timeout},
};
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::{Op, Status},
};
use volly_relay::{
    clock::monotonic,
    defaults,
    webrtc_direct::{Multihash, with_hash},
};

use crate::{
    circuit::reached_over_circuit,
    support::{
        Mailbox, TestRelay,
        quic::certhashes,
        rtc::{Names, connect, socket_address},
    },
};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_used_over_webrtc_direct() {
    let relay = TestRelay::start().await;
    let mut mailbox = Mailbox::connect(relay.webrtc_direct().await).await;
    let secret = Secret::new([1; 32]);
    let keys = AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, 20_000);
    let subscribe = Op::subscribe(&keys, &mailbox.nonce);
    assert_eq!(mailbox.ask(subscribe).await.0, Status::Done);
    for number in 0..64 {
        // The longest: many messages each.
        let deposit = Op::deposit(&keys, [number; 16], 3_600, vec![number; 65_536]);
        assert_eq!(mailbox.ask(deposit).await.0, Status::Done);
        let (_, id, envelope) = mailbox.push().await;
        assert_eq!((id, envelope), ([number; 16], vec![number; 65_536]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_with_and_without_a_changed_description_come_in() {
    let relay = TestRelay::start().await;
    let address = relay.webrtc_direct().await;
    let key = Keypair::generate_ed25519();
    for names in [Names::version_1(), Names::version_2()] {
        let (peer, _muxer) = connect(&address, &names).await.unwrap().enter(&key).await.unwrap();
        assert_eq!(peer, relay.relay.peer, "{names:?}");
    }
    let names = Names {
        relay: "libp2p+webrtc+v3/ABCDEFGHIJKLMNOPQRSTUVWX".into(),
        browser: "t7Fg".into(),
        answers: true,
    };
    assert!(connect(&address, &names).await.is_err(), "a version from the future");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_leads_from_webrtc_direct_to_a_web_socket() {
    let relay = TestRelay::start().await;
    reached_over_circuit(relay.webrtc_direct().await, relay.multiaddr()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_stays_the_same_and_names_the_one_certificate() {
    let relay = TestRelay::start().await;
    let address = relay.webrtc_direct().await;
    let forged = Multihash::wrap(0x12, &[7; 32]).unwrap();
    let endpoint = with_hash(&address, certhashes(&address)[0]);
    assert!(Mailbox::try_connect(with_hash(&address, forged)).await.is_err());
    let other = endpoint.clone().with(Protocol::P2p(PeerId::random()));
    assert!(Mailbox::try_connect(other).await.is_err());
    assert!(Mailbox::try_connect(endpoint).await.is_ok());
    let TestRelay { relay, folder } = relay;
    relay.stop().await;
    let again = TestRelay::start_in(folder).await;
    assert_eq!(certhashes(&again.webrtc_direct().await), certhashes(&address));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_there_are_numbers_are_opened_one_after_the_other() {
    let relay = TestRelay::start().await;
    let mut mailbox = Mailbox::connect(relay.webrtc_direct().await).await;
    for number in 0..1_200 {
        let stream = timeout(PATIENCE, mailbox.another_stream()).await;
        drop(stream.unwrap().unwrap_or_else(|error| panic!("stream {number}: {error}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_in_the_handshake_is_closed() {
    let relay = TestRelay::start().await;
    let address = relay.webrtc_direct().await;
    let started = monotonic();
    let silent = connect(&address, &Names::version_2()).await.unwrap();
    let patience = defaults::WEBRTC_HANDSHAKE_TIMEOUT + Duration::from_secs(5);
    timeout(patience, silent.closed()).await.unwrap();
    assert!(monotonic() - started > defaults::WEBRTC_HANDSHAKE_TIMEOUT / 2, "not by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_and_others_are_served() {
    let relay = TestRelay::start().await;
    let address = relay.webrtc_direct().await;
    let noise = connect(&address, &Names::version_2()).await.unwrap();
    noise.send(0, &[0xFF; 64], false);
    timeout(defaults::WEBRTC_HANDSHAKE_TIMEOUT / 2, noise.closed()).await.unwrap();
    let odd = connect(&address, &Names::version_2()).await.unwrap();
    for (id, message, control) in [
        (2, &[3][..], true),
        (4, &[3, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], true),
        (6, b"no channel", false),
        (8, &[2], true),
    ] {
        odd.send(id, message, control);
    }
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(socket_address(&address).unwrap()).await.unwrap();
    for length in 0..64 {
        for first in [0, 1, 20, 22, 23, 63, 64, 255] {
            let mut datagram = vec![0xA5; length];
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            if let Some(byte) = datagram.get_mut(13) {
                *byte = 1;
            }
            socket.send(&datagram).await.unwrap();
        }
    }
    Mailbox::connect(address.clone()).await;
    odd.enter(&Keypair::generate_ed25519()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_so_many_connections_and_gets_them_back() {
    let relay = TestRelay::start().await;
    let address = relay.webrtc_direct().await;
    let bound = usize::try_from(defaults::WEBRTC_CONNECTIONS_A_NETWORK).unwrap();
    let mut connections = Vec::new();
    for _ in 0..bound {
        let unknown = connect(&address, &Names::version_2()).await.unwrap();
        connections.push(unknown.enter(&Keypair::generate_ed25519()).await.unwrap());
    }
    assert!(connect(&address, &Names::version_2()).await.is_err(), "no bound");
    drop(connections);
    timeout(PATIENCE, async {
        while Mailbox::try_connect(address.clone()).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn under_many_handshakes_a_newcomer_shows_first_that_it_is_where_it_says() {
    let relay = TestRelay::start().await;
    let address = relay.webrtc_direct().await;
    let silent = Names { answers: false, ..Names::version_2() };
    let mut dawdling = Vec::new();
    for _ in 0..defaults::WEBRTC_UNPROVED_HANDSHAKES {
        dawdling.push(connect(&address, &silent).await.unwrap());
    }
    assert!(connect(&address, &silent).await.is_err(), "it could be anywhere");
    let there = connect(&address, &Names::version_2()).await.unwrap();
    there.enter(&Keypair::generate_ed25519()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_alone_cost_no_place() {
    let relay = TestRelay::start().await;
    let address: Multiaddr = relay.webrtc_direct().await;
    let to = socket_address(&address).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut answers = 0;
    let mut buffer = [0; 2_048];
    for number in 0..500 {
        let name = format!("libp2p+webrtc+v2/{number:0>22}");
        let names = Names { relay: name, browser: "t7Fg".into(), answers: true };
        socket.send_to(&names.check(), to).await.unwrap();
        let answer = timeout(Duration::from_secs(1), socket.recv_from(&mut buffer));
        answers += u32::from(answer.await.is_ok());
    }
    assert!(answers >= 490, "{answers}");
    Mailbox::connect(address).await;
}
