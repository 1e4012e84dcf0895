//! What a browser gets.

use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::support::{TestRelay, answer, get};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_headers_an_error_too() {
    let relay = TestRelay::start().await;
    let requests = [
        ("GET", "/"),
        ("GET", "/healthz"),
        ("GET", "/bootstrap.json"),
        ("GET", "/chats"),
        ("GET", "/missing.js"),
        ("GET", "/../../etc/passwd.txt"),
        ("HEAD", "/"),
        ("POST", "/"),
        ("DELETE", "/bootstrap.json"),
        ("PUT", "/x"),
    ];
    for (method, path) in requests {
        let answer = get(relay.relay.address, method, path).await.to_ascii_lowercase();
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
            "require-trusted-types-for 'script'; trusted-types volly\r\n",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-embedder-policy: require-corp",
            "cross-origin-resource-policy: same-origin",
            "permissions-policy: ",
            "camera=(self)",
        ] {
            assert!(answer.contains(header), "{method} {path} lacks {header}:\n{answer}");
        }
        assert!(!answer.contains("strict-transport-security"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bootstrap_document_names_the_relay_where_it_was_asked() {
    let relay = TestRelay::start().await;
    let request = "GET /bootstrap.json HTTP/1.1\r\nHost: relay.lan:81\r\nConnection: close\r\n\r\n";
    let answer = answer(relay.relay.address, request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("application/json") && head.contains("no-store"));
    let quic = relay.relay.webtransport.unwrap();
    let expected = format!(
        "{{\"version\":1,\"peer\":\"{}\",\"addresses\":[\"/dns4/relay.lan/tcp/81/ws\",\"{}\",\
         \"/ip4/127.0.0.1/udp/{}/quic-v1/webtransport/certhash/u",
        relay.relay.peer,
        crate::support::multiaddr(relay.relay.address.port()),
        quic.port()
    );
    assert!(body.starts_with(&expected), "{body}");
    let direct = relay.relay.webrtc_direct.unwrap().port();
    let direct = format!("/ip4/127.0.0.1/udp/{direct}/webrtc-direct/certhash/u");
    assert!(body.contains(&direct), "{body}");
    assert_eq!(body.matches("/certhash/").count(), 3);
    let stun =
        format!("\"stun\":[\"stun:relay.lan:{}\"],\"relays\":[]}}", relay.relay.stun.unwrap());
    assert!(body.ends_with(&stun), "{body}");
    let policy = format!("connect-src 'self' https://127.0.0.1:{}; ", quic.port());
    assert!(head.contains(&policy), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_answered_and_the_relay_goes_on() {
    let relay = TestRelay::start().await;
    let address = relay.relay.address;
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    for request in ["\0\0\0\0\r\n\r\n", "GET", "GET / HTTP/9.9\r\n\r\n", &long] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The relay may close before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        stream.shutdown().await.ok();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
    }
    let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 1\r\n\r\n";
    assert!(answer(address, upgrade).await.starts_with("HTTP/1.1 400"));
    assert!(get(address, "GET", "/healthz").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_socket_that_talks_nonsense_is_closed() {
    let relay = TestRelay::start().await;
    let url = format!("ws://{}/", relay.relay.address);
    let too_long = vec![0; volly_relay::defaults::SOCKET_MESSAGE_BYTES + 1];
    for message in [
        Message::text("hello"),
        Message::binary(vec![0xFF; 1_000]),
        Message::binary(&b"\x13/multistream/1.0.0\n\xff\xff\xff\xff\xff"[..]),
        Message::binary(too_long),
    ] {
        let (mut socket, _) = connect_async(&url).await.unwrap();
        // The relay may close before it has read everything.
        let _ = socket.send(message).await;
        while let Some(Ok(_)) = socket.next().await {}
    }
    assert!(get(relay.relay.address, "GET", "/healthz").await.starts_with("HTTP/1.1 200"));
}
