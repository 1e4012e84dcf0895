//! Clients that come in over WebTransport.

use std::{pin::pin, sync::Arc, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, future::BoxFuture};
use libp2p::{
    Multiaddr, core::upgrade::OutboundConnectionUpgrade, identity::Keypair, multiaddr::Protocol,
    noise,
};
use tokio::{sync::watch, time::timeout};
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::{Op, Status},
};
use volly_relay::{
    clock::{Clock, monotonic, unix_seconds},
    defaults,
    webtransport::{Multihash, PATH, certificates::VALIDITY, with_hashes},
};
use wtransport::{ClientConfig, Connection, Endpoint, error::ConnectingError};

use crate::{
    circuit::reached_over_circuit,
    support::{
        Mailbox, TestRelay, client, pinged,
        quic::{Raw, certhashes, client_config, connected},
    },
};

const PATIENCE: Duration = Duration::from_secs(20);
const HOUR: u64 = 3_600;

/// A clock that a test sets.
struct TestClock(watch::Sender<u64>);

impl Clock for TestClock {
    fn now(&self) -> u64 {
        *self.0.borrow()
    }

    fn reaches(&self, time: u64) -> BoxFuture<'_, ()> {
        let mut now = self.0.subscribe();
        async move {
            // Fails when the clock is gone, which the relay holds.
            let _ = now.wait_for(|now| *now >= time).await;
        }
        .boxed()
    }
}

async fn connect(
    config: ClientConfig,
    address: &Multiaddr,
    path: &str,
) -> Result<Connection, ConnectingError> {
    let mut parts = address.iter();
    let (Some(Protocol::Ip4(ip)), Some(Protocol::Udp(port))) = (parts.next(), parts.next()) else {
        panic!("{address}")
    };
    Endpoint::client(config).unwrap().connect(format!("https://{ip}:{port}{path}")).await
}

/// Told earlier that nobody reads any more, others take their last message for lost.
#[tokio::test(flavor = "multi_thread")]
async fn the_client_ends_the_stream_of_the_handshake() {
    let relay = TestRelay::start().await;
    let address = relay.webtransport().await;
    let connection = connect(client_config(&address), &address, PATH).await.unwrap();
    let (send, receive) = connection.open_bi().await.unwrap().await.unwrap();
    let mut stopped = pin!(send.quic_stream().stopped());
    let noise = noise::Config::new(&Keypair::generate_ed25519()).unwrap();
    let stream = Raw { send, receive };
    let (_, mut stream) = noise.upgrade_outbound(stream, "/noise").await.unwrap();
    let a_while = Duration::from_millis(500);
    assert!(timeout(a_while, &mut stopped).await.is_err(), "it is stopped before its end");
    stream.close().await.unwrap();
    assert_eq!(timeout(PATIENCE, stream.read(&mut [0])).await.unwrap().unwrap(), 0);
    assert_eq!(stopped.await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_used_over_webtransport() {
    let relay = TestRelay::start().await;
    let mut mailbox = Mailbox::connect(relay.webtransport().await).await;
    let secret = Secret::new([1; 32]);
    let keys = AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, 20_000);
    let subscribe = Op::subscribe(&keys, &mailbox.nonce);
    assert_eq!(mailbox.ask(subscribe).await.0, Status::Done);
    for number in 0..64 {
        // The longest: many packets each.
        let deposit = Op::deposit(&keys, [number; 16], 3_600, vec![number; 65_536]);
        assert_eq!(mailbox.ask(deposit).await.0, Status::Done);
        let (_, id, envelope) = mailbox.push().await;
        assert_eq!((id, envelope), ([number; 16], vec![number; 65_536]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_leads_from_webtransport_to_a_web_socket() {
    let relay = TestRelay::start().await;
    reached_over_circuit(relay.webtransport().await, relay.multiaddr()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_path_is_refused() {
    let relay = TestRelay::start().await;
    let address = relay.webtransport().await;
    for path in
        ["/", "/.well-known/libp2p-webtransport", "/.well-known/libp2p-webtransport?type=tls"]
    {
        let refused = connect(client_config(&address), &address, path).await;
        assert!(refused.is_err(), "{path}");
    }
    connect(client_config(&address), &address, PATH).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_or_another_relay_is_noticed() {
    let relay = TestRelay::start().await;
    let address = relay.webtransport().await;
    let [current, next] = certhashes(&address)[..] else { panic!("{address}") };
    let forged = Multihash::wrap(0x12, &[7; 32]).unwrap();
    // One that TLS does not show, and one that noise does not name.
    for hashes in [[next, forged], [current, forged]] {
        assert!(Mailbox::try_connect(with_hashes(&address, &hashes)).await.is_err());
    }
    let other = libp2p::PeerId::random();
    let endpoint = with_hashes(&address, &[current, next]);
    assert!(Mailbox::try_connect(endpoint.clone().with(Protocol::P2p(other))).await.is_err());
    assert!(Mailbox::try_connect(endpoint).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_in_the_handshake_is_closed() {
    let relay = TestRelay::start().await;
    let address = relay.webtransport().await;
    let started = monotonic();
    let silent = connect(client_config(&address), &address, PATH).await.unwrap();
    let half = connect(client_config(&address), &address, PATH).await.unwrap();
    let (mut send, _receive) = half.open_bi().await.unwrap().await.unwrap();
    send.write_all(&[0, 32, 1]).await.unwrap();
    let patience = defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT + Duration::from_secs(5);
    timeout(patience, silent.closed()).await.unwrap();
    timeout(patience, half.closed()).await.unwrap();
    assert!(monotonic() - started > defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT / 2, "not by itself");
}

/// What waits for these inside of the library for HTTP/3 does not end by itself, and they keep their
/// connections alive.
#[tokio::test(flavor = "multi_thread")]
async fn who_stalls_before_there_is_a_session_is_closed() {
    let relay = TestRelay::start().await;
    let address = relay.webtransport().await;
    let mute = connected(&address, 0).await.unwrap();
    let silent = connected(&address, 8).await.unwrap();
    let begun = connected(&address, 8).await.unwrap();
    let (mut send, _receive) = begun.open_bi().await.unwrap();
    // The first byte of a frame.
    send.write_all(&[0x40]).await.unwrap();
    let patience = defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT + Duration::from_secs(5);
    let closed = [mute.closed(), silent.closed(), begun.closed()];
    timeout(patience, futures::future::join_all(closed)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_on_the_first_stream_is_refused_at_once() {
    let relay = TestRelay::start().await;
    let address = relay.webtransport().await;
    let client = connect(client_config(&address), &address, PATH).await.unwrap();
    let (mut send, _receive) = client.open_bi().await.unwrap().await.unwrap();
    send.write_all(&[0xFF; 4_096]).await.unwrap();
    send.finish().await.ok();
    timeout(defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT / 2, client.closed()).await.unwrap();
    Mailbox::connect(address).await;
}

/// The times are such that the certificates before and after are valid today, which clients check.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_certificate_takes_over_and_connections_stay() {
    let today = unix_seconds();
    let clock = Arc::new(TestClock(watch::Sender::new(today - VALIDITY + 2 * HOUR)));
    let relay = TestRelay::start_at(tempfile::tempdir().unwrap(), clock.clone()).await;
    let before = relay.webtransport().await;
    let mut client = client();
    client.dial(before.clone()).unwrap();
    timeout(PATIENCE, pinged(&mut client)).await.unwrap();

    clock.0.send_modify(|now| *now += 24 * HOUR);
    timeout(PATIENCE, pinged(&mut client)).await.unwrap();
    assert_eq!(relay.webtransport().await, before, "a day changes nothing");

    clock.0.send_replace(today);
    let after = timeout(PATIENCE, async {
        loop {
            let after = relay.webtransport().await;
            if after != before {
                break after;
            }
            pinged(&mut client).await;
        }
    });
    let after = after.await.unwrap();
    assert_eq!(certhashes(&after)[0], certhashes(&before)[1]);
    assert_ne!(certhashes(&after)[1], certhashes(&before)[0]);
    for _ in 0..3 {
        timeout(PATIENCE, pinged(&mut client)).await.unwrap();
    }
    // Who was told before, and who is told now.
    for address in [before, after.clone()] {
        Mailbox::connect(address).await;
    }
    // A relay that starts again has them still.
    let TestRelay { relay, folder } = relay;
    relay.stop().await;
    let relay = TestRelay::start_at(folder, clock).await;
    assert_eq!(certhashes(&relay.webtransport().await), certhashes(&after));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_so_many_connections() {
    let relay = TestRelay::start().await;
    let address = relay.webtransport().await;
    let endpoint = Endpoint::client(client_config(&address)).unwrap();
    let port = relay.relay.webtransport.unwrap().port();
    let mut connections = Vec::new();
    let refused = loop {
        match endpoint.connect(format!("https://127.0.0.1:{port}{PATH}")).await {
            Ok(connection) => connections.push(connection),
            Err(error) => break error,
        }
        assert!(connections.len() <= 300, "no bound");
    };
    let bound = usize::try_from(defaults::WEBTRANSPORT_CONNECTIONS_A_NETWORK).unwrap();
    assert!(connections.len() >= bound.min(defaults::WEBTRANSPORT_HANDSHAKES) / 2, "{refused}");
    drop(connections);
    // They give their places back.
    timeout(PATIENCE, async { while Mailbox::try_connect(address.clone()).await.is_err() {} })
        .await
        .unwrap();
}
