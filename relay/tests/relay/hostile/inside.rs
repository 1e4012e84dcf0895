//! Behind the encryption, as somebody who is nobody's friend: the multiplexer, and what is on it.

use std::io;

use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::{
    StreamProtocol, core::upgrade::OutboundConnectionUpgrade, futures::StreamExt,
    identity::Keypair, noise, swarm::SwarmEvent,
};
use proptest::{prelude::RngExt, test_runner::TestRng};
use tokio::time::timeout;
use volly_core::wire::mailbox::PROTOCOL;

use super::{PATIENCE, SHORTLY, Target, bytes, random};
use crate::support::{
    Mailbox, client,
    web_socket::{self, ByteStream},
};

type Secured = noise::Output<ByteStream>;

/// Sends lines of multistream-select, and waits until all have come back.
async fn agree(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    protocol: &str,
) -> io::Result<()> {
    let mut lines = Vec::new();
    for text in ["/multistream/1.0.0", protocol] {
        lines.push(u8::try_from(text.len() + 1).unwrap());
        lines.extend(text.bytes().chain(*b"\n"));
    }
    stream.write_all(&lines).await?;
    stream.flush().await?;
    let mut back = vec![0; lines.len()];
    stream.read_exact(&mut back).await?;
    if back == lines { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// A connection up to its multiplexer, whose frames are ours.
async fn multiplexed(target: &Target) -> io::Result<Secured> {
    let mut socket = web_socket::open(target.tcp).await?;
    agree(&mut socket, "/noise").await?;
    let noise = noise::Config::new(&Keypair::generate_ed25519()).map_err(io::Error::other)?;
    let upgraded = noise.upgrade_outbound(socket, "/noise").await;
    let (_, mut secured) = upgraded.map_err(io::Error::other)?;
    agree(&mut secured, "/yamux/1.0.0").await?;
    Ok(secured)
}

/// A header of yamux: version, type, flags, stream, length.
fn header(version: u8, kind: u8, flags: u16, stream: u32, length: u32) -> Vec<u8> {
    let (flags, stream, length) = (flags.to_be_bytes(), stream.to_be_bytes(), length.to_be_bytes());
    [&[version, kind][..], &flags, &stream, &length].concat()
}

const DATA: u8 = 0;
const WINDOW: u8 = 1;
const PING: u8 = 2;
const AWAY: u8 = 3;
const SYN: u16 = 1;
const FIN: u16 = 4;
const RST: u16 = 8;

/// `next` is a stream that was not used yet.
fn multiplexer_frame(random: &mut TestRng, next: u32) -> Vec<u8> {
    let payload = bytes(random, 2_048);
    let length = u32::try_from(payload.len()).unwrap();
    let old = random.random_range(0..=next);
    match random.random_range(0..100) {
        // What may be, in numbers: streams that come and go, windows, pings, data for nobody.
        0..25 => header(0, WINDOW, SYN, next, random.random_range(0..1_000)),
        25..40 => [header(0, DATA, SYN, next, length), payload].concat(),
        40..55 => header(0, WINDOW, RST, old, 0),
        55..65 => header(0, DATA, FIN, old, 0),
        65..80 => header(0, PING, SYN, 0, random.random()),
        80..90 => header(0, WINDOW, 0, old, random.random_range(0..100_000)),
        // What may not.
        90 => header(0, WINDOW, 0, old, u32::MAX),
        91 => header(0, DATA, SYN, next, u32::MAX),
        92 => [header(0, DATA, 0, old, length), payload].concat(),
        93 => header(0, WINDOW, SYN | RST | FIN, next, u32::MAX),
        94 => header(0, PING, 0, old, 7),
        95 => header(7, DATA, 0, 1, 0),
        96 => header(0, 9, 0xFFFF, old, 5),
        97 => header(0, WINDOW, SYN, next.wrapping_add(1), 0),
        98 => header(0, AWAY, 0, 0, random.random()),
        _ => bytes(random, 256),
    }
}

/// Frames of yamux, most of which are odd and some of which are forbidden; nothing that comes back is
/// read.
pub(super) async fn multiplexer_frames(target: &Target, frames: usize) -> usize {
    let mut random = random(4);
    let mut sent = 0;
    while sent < frames {
        let Ok(Ok(mut stream)) = timeout(PATIENCE, multiplexed(target)).await else { continue };
        for number in 0..random.random_range(1..400) {
            let frame = multiplexer_frame(&mut random, 2 * number + 1);
            sent += 1;
            let written = async {
                stream.write_all(&frame).await?;
                stream.flush().await
            };
            // It stops reading while its answers are not read, or it has closed.
            if !matches!(timeout(PATIENCE / 20, written).await, Ok(Ok(()))) {
                break;
            }
        }
    }
    sent
}

const PROTOCOLS: [&str; 7] = [
    "/libp2p/circuit/relay/0.2.0/hop",
    "/libp2p/circuit/relay/0.2.0/stop",
    "/volly/kad/1",
    "/ipfs/id/1.0.0",
    "/ipfs/ping/1.0.0",
    "/ipfs/id/push/1.0.0",
    PROTOCOL,
];

/// Nonsense in each protocol that the relay speaks.
pub(super) async fn streams(target: &Target, frames: usize) -> usize {
    let mut random = random(5);
    let mut sent = 0;
    while sent < frames {
        let mut client = client();
        let mut control = client.behaviour().stream.new_control();
        client.dial(target.web_socket()).unwrap();
        let there = async {
            loop {
                match client.select_next_some().await {
                    SwarmEvent::ConnectionEstablished { .. } => return true,
                    SwarmEvent::OutgoingConnectionError { .. } => return false,
                    _ => {}
                }
            }
        };
        if !matches!(timeout(PATIENCE, there).await, Ok(true)) {
            continue;
        }
        let driver = tokio::spawn(async move {
            loop {
                client.select_next_some().await;
            }
        });
        let mut open = Vec::new();
        for _ in 0..100 {
            sent += 1;
            let protocol = StreamProtocol::new(PROTOCOLS[random.random_range(0..PROTOCOLS.len())]);
            let opening = control.open_stream(target.peer, protocol);
            let Ok(Ok(mut stream)) = timeout(PATIENCE / 10, opening).await else { continue };
            let nonsense = match random.random_range(0..4) {
                0 => vec![0xFF; 16],
                1 => [vec![0xFF, 0xFF, 0xFF, 0xFF, 0x0F], bytes(&mut random, 1_024)].concat(),
                2 => [vec![0x20], bytes(&mut random, 64)].concat(),
                _ => bytes(&mut random, 16_384),
            };
            let written = async {
                stream.write_all(&nonsense).await?;
                stream.flush().await
            };
            let _ = timeout(PATIENCE / 20, written).await;
            if random.random_bool(0.3) {
                open.push(stream);
            }
        }
        driver.abort();
    }
    sent
}

/// Requests to mailboxes that are none, and lengths without anything behind.
pub(super) async fn mailbox_frames(target: &Target, frames: usize) -> usize {
    let mut random = random(6);
    let mut sent = 0;
    while sent < frames {
        let connecting = timeout(PATIENCE, Mailbox::try_connect(target.web_socket()));
        let Ok(Ok(mut mailbox)) = connecting.await else { continue };
        for _ in 0..200 {
            sent += 1;
            let written = match random.random_range(0..100) {
                0 => mailbox.send_raw(&[0xFF; 4]).await,
                1 => mailbox.send_raw(&[0, 1, 0, 0, 9]).await,
                _ => {
                    let mut body = bytes(&mut random, 2_000);
                    if let Some(op) = body.get_mut(4) {
                        *op %= 9;
                    }
                    mailbox.send_body(&body).await
                }
            };
            if written.is_err() {
                break;
            }
            // Answers pile up until the relay reads no more.
            if sent.is_multiple_of(50) {
                while let Ok(answer) = timeout(SHORTLY, mailbox.frame()).await {
                    if answer.is_err() {
                        break;
                    }
                }
            }
        }
    }
    sent
}
