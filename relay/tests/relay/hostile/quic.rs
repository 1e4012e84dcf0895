//! Over UDP: packets that are none, and WebTransport that stops anywhere.

use std::net::{Ipv4Addr, SocketAddr};

use libp2p::multiaddr::Protocol;
use proptest::{prelude::RngExt, test_runner::TestRng};
use tokio::{net::UdpSocket, task::yield_now, time::timeout};
use volly_relay::webtransport::PATH;
use wtransport::{Connection, Endpoint};

use super::{PATIENCE, SHORTLY, Target, bytes, random};
use crate::support::quic::{client_config, connected};

/// Connections that are begun and left.
const LEFT_OPEN: usize = 32;

fn packet(random: &mut TestRng) -> Vec<u8> {
    let mut packet = bytes(random, 1_400);
    // Versions of QUIC in a long header, one of which nobody speaks; and a short one.
    let beginnings: [&[u8]; 4] =
        [&[0xC3, 0, 0, 0, 1, 8], &[0xC0, 0x1A, 0x2A, 0x3A, 0x4A], &[0x40], &[]];
    for (to, from) in packet.iter_mut().zip(beginnings[random.random_range(0..4)]) {
        *to = *from;
    }
    if random.random_bool(0.3) {
        packet.resize(1_200, 0);
    }
    packet
}

/// Datagrams for WebTransport and for STUN.
pub(super) async fn packets(target: &Target, frames: usize) -> usize {
    let mut random = random(7);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let webtransport = target.webtransport.iter().find_map(|part| match part {
        Protocol::Udp(port) => Some(port),
        _ => None,
    });
    let ports = [webtransport.unwrap(), target.tcp.port() + 1];
    for number in 0..frames {
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, ports[usize::from(number % 8 == 0)]));
        let _ = socket.send_to(&packet(&mut random), to).await;
        if number % 64 == 0 {
            yield_now().await;
        }
    }
    frames
}

/// One thing that is odd on a session, or before there is one.
async fn odd(session: &Connection, random: &mut TestRng) {
    let quic = session.quic_connection();
    match random.random_range(0..6) {
        0 => drop(session.send_datagram(bytes(random, 1_000))),
        1 => {
            if let Ok(mut send) = quic.open_uni().await {
                let _ = send.write_all(&bytes(random, 64)).await;
            }
        }
        2 => {
            // A stream of the session, left or reset.
            if let Ok(Ok((mut send, _))) = timeout(SHORTLY, quic.open_bi()).await {
                let _ = send.write_all(&[0x40, 0x41, 0]).await;
                let _ = send.write_all(&bytes(random, 4_096)).await;
                let _ = send.reset(1_u32.into());
            }
        }
        3 => {
            if let Ok(Ok((mut send, _))) = timeout(SHORTLY, quic.open_bi()).await {
                let _ = send.write_all(&[0, 0xFF, 0xFF, 0xFF, 0xFF]).await;
            }
        }
        4 => {
            if let Ok(Ok((mut send, mut receive))) = timeout(SHORTLY, quic.open_bi()).await {
                let _ = send.write_all(&[0x40, 0x41, 0x3F]).await;
                let _ = receive.stop(9_u32.into());
            }
        }
        _ => {
            if let Ok(Ok((mut send, _))) = timeout(SHORTLY, quic.open_bi()).await {
                let _ = send.write_all(&bytes(random, 256)).await;
            }
        }
    }
}

/// Connections that stop before they ask for a session, and sessions on which there is nonsense.
pub(super) async fn sessions(target: &Target, frames: usize) -> usize {
    let mut random = random(8);
    let (mut sent, mut left, mut stalled) = (0, Vec::new(), Vec::new());
    let SocketAddr::V4(_) = target.tcp else { return 0 };
    let port = target.webtransport.iter().find_map(|part| match part {
        Protocol::Udp(port) => Some(port),
        _ => None,
    });
    let url = format!("https://127.0.0.1:{}{PATH}", port.unwrap());
    let endpoint = Endpoint::client(client_config(&target.webtransport)).unwrap();
    while sent < frames {
        if stalled.len() < LEFT_OPEN {
            let streams = random.random_range(0..2) * 8;
            sent += 1;
            if let Ok(Ok(connection)) =
                timeout(PATIENCE, connected(&target.webtransport, streams)).await
            {
                stalled.push(connection);
            }
        }
        let Ok(Ok(session)) = timeout(PATIENCE, endpoint.connect(&url)).await else { continue };
        for _ in 0..random.random_range(1..200) {
            sent += 1;
            odd(&session, &mut random).await;
        }
        if left.len() < LEFT_OPEN {
            left.push(session);
        }
    }
    sent
}
