//! Frames as clients send them, over a pipe.

use futures::{AsyncReadExt, AsyncWriteExt};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::*;

const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// As a client writes it: masked.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = frame::head(0, payload.len()).to_vec();
    frame[0] = first;
    frame[1] |= 0x80;
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn pair(pipe: usize) -> (DuplexStream, WebSocket<DuplexStream>) {
    let (there, here) = tokio::io::duplex(pipe);
    (there, WebSocket::new(here, BytesMut::new(), ()))
}

#[tokio::test]
async fn bytes_come_as_they_were_sent_however_they_are_cut() {
    let sent: Vec<u8> = (0..70_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let mut frames = masked(0x02, &sent[..3]);
    frames.extend(masked(0x8A, b"a pong within"));
    frames.extend(masked(0x80, &sent[3..1_000]));
    frames.extend(masked(0x82, &[]));
    frames.extend(masked(0x82, &sent[1_000..]));
    for pipe in [1, 3, 1_000, 1 << 20] {
        let (mut there, mut here) = pair(pipe);
        let frames = frames.clone();
        tokio::spawn(async move { there.write_all(&frames).await });
        let mut came = vec![0; sent.len()];
        here.read_exact(&mut came).await.unwrap();
        assert!(came == sent, "through a pipe of {pipe}");
        assert_eq!(here.read(&mut [0]).await.unwrap(), 0);
        assert_eq!((here.input.capacity(), here.output.capacity()), (0, 0), "nothing is kept");
    }
}

#[tokio::test]
async fn bytes_go_out_as_messages_and_wait_where_they_are_not_taken() {
    let sent = vec![0xA5; 2 * defaults::SOCKET_WRITE_BYTES + 5];
    for pipe in [1, 100, 1 << 20] {
        let (mut there, mut here) = pair(pipe);
        let written = sent.clone();
        tokio::spawn(async move {
            here.write_all(&written).await.unwrap();
            here.flush().await.unwrap();
            here.close().await.unwrap();
        });
        let mut came = Vec::new();
        there.read_to_end(&mut came).await.unwrap();
        let mut expected = Vec::new();
        for chunk in sent.chunks(defaults::SOCKET_WRITE_BYTES) {
            expected.extend_from_slice(&frame::head(frame::BINARY, chunk.len()));
            expected.extend_from_slice(chunk);
        }
        expected.extend_from_slice(&[0x88, 0]);
        assert!(came == expected, "through a pipe of {pipe}");
    }
}

#[tokio::test]
async fn a_ping_is_answered_and_a_close_ends_it() {
    let (mut there, mut here) = pair(1_000);
    let frames = [masked(0x89, b"ping"), masked(0x82, b"!"), masked(0x88, &[3, 0xE8])].concat();
    there.write_all(&frames).await.unwrap();
    let mut came = Vec::new();
    here.read_to_end(&mut came).await.unwrap();
    assert_eq!(came, b"!");
    here.close().await.unwrap();
    let mut answers = Vec::new();
    there.read_to_end(&mut answers).await.unwrap();
    assert_eq!(answers, b"\x8A\x04ping\x88\x00");
}

#[tokio::test]
async fn what_came_behind_the_request_is_not_lost() {
    let (there, here) = tokio::io::duplex(1);
    drop(there);
    let mut here = WebSocket::new(here, BytesMut::from(&masked(0x82, b"early")[..]), ());
    let mut came = Vec::new();
    here.read_to_end(&mut came).await.unwrap();
    assert_eq!(came, b"early");
}

#[tokio::test]
async fn what_is_no_frame_of_a_client_is_refused() {
    let long = (defaults::SOCKET_MESSAGE_BYTES + 1).to_be_bytes();
    let cases = [
        masked(0x81, b"a text"),
        masked(0x83, b"an unknown opcode"),
        masked(0xC2, b"an extension"),
        masked(0x80, b"continues nothing"),
        [masked(0x02, b"begins"), masked(0x82, b"begins again")].concat(),
        masked(0x09, b"a ping in parts"),
        masked(0x89, &[0; 126]),
        b"\x82\x01not masked".to_vec(),
        [&[0x82, 0xFF][..], &long].concat(),
        [&[0x82, 0xFF][..], &[0xFF; 8]].concat(),
    ];
    for case in cases {
        let (mut there, mut here) = pair(1_000);
        there.write_all(&case).await.unwrap();
        let error = here.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{case:?}");
    }
}
