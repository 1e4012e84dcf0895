//! Below libp2p's encryption: HTTP, the WebSocket, and the negotiation of what is spoken.

use std::io;

use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use proptest::{prelude::RngExt, test_runner::TestRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{PATIENCE, SHORTLY, Target, bytes, random};
use crate::support::web_socket;

/// Connections that are begun and left, and kept until all is over.
const LEFT_OPEN: usize = 64;

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn request(random: &mut TestRng) -> Vec<u8> {
    let long = "x".repeat(random.random_range(0..40_000));
    let texts = [
        format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {long}\r\n\r\n"),
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n".into(),
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"
            .into(),
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".into(),
        "GET /%00/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n".into(),
        "GET /bootstrap.json HTTP/1.1\r\nHost: a\",\"b\r\n\r\n".into(),
        "GET / HTTP/9.9\r\n\r\n".into(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        "GET".into(),
    ];
    let chosen = random.random_range(0..=texts.len());
    texts.get(chosen).map_or_else(|| bytes(random, 4_096), |text| text.clone().into_bytes())
}

/// Requests that are none.
pub(super) async fn requests(target: &Target, frames: usize) -> usize {
    let mut random = random(1);
    let mut left = Vec::new();
    for _ in 0..frames {
        let Ok(mut stream) = TcpStream::connect(target.tcp).await else { continue };
        let request = request(&mut random);
        // It may hang up before it has heard everything.
        let _ = stream.write_all(&request).await;
        if left.len() < LEFT_OPEN {
            left.push(stream);
        } else if random.random_bool(0.5) {
            let _ = timeout(SHORTLY, stream.read(&mut [0; 512])).await;
        }
    }
    frames
}

fn web_socket_frame(random: &mut TestRng) -> Vec<u8> {
    let opcode: u8 =
        [0x82, 0x02, 0x00, 0x80, 0x89, 0x8A, 0x88, 0x83, 0xF2][random.random_range(0..9)];
    let mask: u8 = if random.random_bool(0.9) { 0x80 } else { 0 };
    let payload = bytes(random, 1_024);
    let mut frame = vec![opcode];
    match random.random_range(0..10) {
        0 => frame.extend([&[mask | 127][..], &(1_u64 << 62).to_be_bytes()].concat()),
        1 => frame.extend([&[mask | 127][..], &[0xFF; 8]].concat()),
        2 => frame.extend([mask | 126, 0xFF, 0xFF]),
        _ => {
            let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
            frame.extend([mask | 126, length[0], length[1]]);
        }
    }
    if mask != 0 {
        frame.extend([0; 4]);
    }
    frame.extend(payload);
    frame
}

/// Frames of a WebSocket that are none, after a good upgrade.
pub(super) async fn web_socket_frames(target: &Target, frames: usize) -> usize {
    let mut random = random(2);
    let (mut sent, mut left) = (0, Vec::new());
    while sent < frames {
        let Ok(mut stream) = TcpStream::connect(target.tcp).await else { continue };
        let mut opened = stream.write_all(UPGRADE.as_bytes()).await;
        let mut answer = [0; 1_024];
        if timeout(PATIENCE, stream.read(&mut answer)).await.is_err() {
            opened = Err(io::ErrorKind::TimedOut.into());
        }
        for _ in 0..random.random_range(1..50) {
            if opened.is_ok() {
                opened = stream.write_all(&web_socket_frame(&mut random)).await;
            }
            sent += 1;
        }
        if left.len() < LEFT_OPEN {
            left.push(stream);
        }
    }
    sent
}

/// One message of multistream-select: a length and a line.
fn line(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len() + 1).unwrap();
    [&[length], text.as_bytes(), b"\n"].concat()
}

fn negotiation(random: &mut TestRng) -> Vec<u8> {
    let good = [line("/multistream/1.0.0"), line("/noise")].concat();
    match random.random_range(0..8) {
        0 => good.get(..random.random_range(0..good.len())).unwrap().to_vec(),
        1 => [&good[..], &[0xFF; 16]].concat(),
        2 => [&line("/multistream/1.0.0")[..], &[0xFF, 0xFF, 0xFF, 0xFF, 0x7F]].concat(),
        3 => line("/multistream/1.0.0").into_iter().chain(line("/tls/1.0.0").repeat(100)).collect(),
        4 => [good, vec![0xFF, 0xFF], bytes(random, 65_535)].concat(),
        5 => [good, vec![0, 32], bytes(random, 64)].concat(),
        6 => [good, [0, 0].repeat(1_000)].concat(),
        _ => bytes(random, 8_192),
    }
}

/// Negotiations that lead nowhere, and noise that is none.
pub(super) async fn negotiations(target: &Target, frames: usize) -> usize {
    let mut random = random(3);
    let mut left = Vec::new();
    for _ in 0..frames {
        let Ok(mut stream) = web_socket::open(target.tcp).await else { continue };
        let _ = stream.write_all(&negotiation(&mut random)).await;
        let _ = stream.flush().await;
        if left.len() < LEFT_OPEN {
            left.push(stream);
        } else if random.random_bool(0.5) {
            let _ = timeout(SHORTLY, stream.read(&mut [0; 64])).await;
        }
    }
    frames
}
