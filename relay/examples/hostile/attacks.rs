//! What a contact can do to a browser that it has a circuit to, and what anybody can who knows its PeerId.

use std::{io, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt};
use hmac::{Hmac, KeyInit, Mac};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use proptest::{
    prelude::RngExt,
    test_runner::{RngAlgorithm, TestRng},
};
use sha2::Sha256;
use tokio::{sync::mpsc, time::timeout};
use volly_core::{crypto::secret::Secret, wire::DirectFrame, wire::frame::framed};

const DIRECT: StreamProtocol = StreamProtocol::new("/volly/direct/1");
const SIGNALING: StreamProtocol = StreamProtocol::new("/webrtc-signaling/0.0.1");
const PING: StreamProtocol = StreamProtocol::new("/ipfs/ping/1.0.0");
const PUSH: StreamProtocol = StreamProtocol::new("/ipfs/id/push/1.0.0");

/// For a stream, and for a frame: the victim may stop reading.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a browser would offer, but that nobody answers there.
const OFFER: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    a=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=ice-options:trickle\r\n\
    a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
    00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
    a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";

pub(crate) struct Attacker {
    pub(crate) control: Control,
    pub(crate) local: PeerId,
    pub(crate) victim: PeerId,
    pub(crate) key: Secret<32>,
    pub(crate) dial: mpsc::Sender<Multiaddr>,
    pub(crate) circuit: Multiaddr,
}

fn bytes(random: &mut TestRng, most: usize) -> Vec<u8> {
    let length = random.random_range(0..=most);
    (0..length).map(|_| random.random()).collect()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7F).unwrap();
        number >>= 7;
        bytes.push(if number > 0 { low | 0x80 } else { low });
        if number == 0 {
            return bytes;
        }
    }
}

/// A message of signaling (protocol.md §12.1).
fn signal(kind: u8, text: &[u8]) -> Vec<u8> {
    let body = [&[8, kind, 0x12][..], &varint(text.len()), text].concat();
    [varint(body.len()), body].concat()
}

fn candidate(random: &mut TestRng) -> Vec<u8> {
    let (port, digit) = (random.random::<u16>(), random.random_range(1..9));
    let texts = [
        format!(
            "{{\"candidate\":\"candidate:{digit} 1 udp 2122260223 127.0.0.{digit} {port} typ host\",\
             \"sdpMid\":\"0\",\"sdpMLineIndex\":0}}"
        ),
        format!("{{\"candidate\":\"candidate:{}\",\"sdpMid\":\"0\"}}", "x".repeat(8_000)),
        "{\"candidate\":null,\"sdpMid\":[],\"sdpMLineIndex\":1e99}".into(),
        "[[[[[[[[".into(),
        "null".into(),
        "\"x\"".into(),
    ];
    texts[random.random_range(0..texts.len())].clone().into_bytes()
}

/// What goes out on one signaling stream, message by message.
fn negotiation(random: &mut TestRng) -> Vec<Vec<u8>> {
    let offer = signal(0, OFFER.as_bytes());
    let some = random.random_range(1..2_000);
    match random.random_range(0..9) {
        0 => vec![signal(0, b"no SDP at all")],
        1 => vec![signal(0, &vec![b'a'; 16_000])],
        2 => vec![signal(0, &vec![b'a'; 1 << 20])],
        3 => vec![varint(usize::MAX >> 1), bytes(random, 4_096)],
        4 => vec![bytes(random, 4_096)],
        5 => vec![signal(1, OFFER.as_bytes()), offer],
        6 => {
            let long = OFFER
                .replace("a=mid:0", &"a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n".repeat(300));
            vec![signal(0, long.as_bytes())]
        }
        7 => vec![offer.clone(), offer],
        _ => [vec![offer], (0..some).map(|_| signal(2, &candidate(random))).collect()].concat(),
    }
}

impl Attacker {
    pub(crate) async fn attack(mut self, frames: usize) {
        let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let part = frames / 4 + 1;
        let strange = self.unproved(&mut random, part).await;
        println!("unproved {strange}");
        let garbage = self.garbage(&mut random, part).await;
        println!("garbage {garbage}");
        let (offers, signals) = self.offers(&mut random, part).await;
        println!("offers {offers}");
        println!("signals {signals}");
        let others = self.others(&mut random, part).await;
        println!("others {others}");
    }

    /// The victim hangs up on who proves nothing, and is dialled again.
    async fn open(&mut self, protocol: StreamProtocol) -> Option<Stream> {
        for _ in 0..20 {
            let opening = self.control.open_stream(self.victim, protocol.clone());
            if let Ok(Ok(stream)) = timeout(PATIENCE, opening).await {
                return Some(stream);
            }
            let _ = self.dial.send(self.circuit.clone()).await;
            tokio::time::sleep(PATIENCE / 10).await;
        }
        None
    }

    /// A direct stream that the victim takes for that of its contact.
    async fn proved(&mut self) -> Option<Stream> {
        let mut stream = self.open(DIRECT).await?;
        let mut token = Hmac::<Sha256>::new_from_slice(self.key.expose()).unwrap();
        token.update(&[0]);
        token.update(&self.local.to_bytes());
        token.update(&self.victim.to_bytes());
        write(&mut stream, &framed(&token.finalize().into_bytes())).await.ok()?;
        let answer = timeout(PATIENCE, stream.read_exact(&mut [0; 36])).await;
        matches!(answer, Ok(Ok(()))).then_some(stream)
    }

    /// Streams that prove nothing.
    async fn unproved(&mut self, random: &mut TestRng, frames: usize) -> usize {
        let mut open = Vec::new();
        for sent in 0..frames {
            let Some(mut stream) = self.open(DIRECT).await else { return sent };
            let nonsense = match random.random_range(0..4) {
                0 => vec![0xFF; 8],
                1 => framed(&bytes(random, 60_000)),
                2 => framed(&[0; 32]),
                _ => bytes(random, 64),
            };
            let _ = write(&mut stream, &nonsense).await;
            open.push(stream);
            if open.len() > 100 {
                open.clear();
            }
        }
        frames
    }

    /// Envelopes that open for nobody, and frames that are none.
    async fn garbage(&mut self, random: &mut TestRng, frames: usize) -> usize {
        let mut sent = 0;
        while sent < frames {
            let Some(mut stream) = self.proved().await else { return sent };
            for _ in 0..200 {
                sent += 1;
                let size = [512, 4_096, 16_384, 65_536][random.random_range(0..4)];
                let envelope = vec![random.random(); size];
                let frame = match random.random_range(0..200) {
                    0 => vec![0xFF; 4],
                    1 => framed(&bytes(random, 1_000)),
                    _ => framed(
                        &DirectFrame::Envelope { id: random.random(), envelope: &envelope }
                            .encode(),
                    ),
                };
                if write(&mut stream, &frame).await.is_err() {
                    break;
                }
            }
        }
        sent
    }

    /// Offers one after the other, with a flood of candidates behind; how many of either.
    async fn offers(&mut self, random: &mut TestRng, frames: usize) -> (usize, usize) {
        let (mut offers, mut signals) = (0, 0);
        while signals < frames {
            let Some(_proved) = self.proved().await else { break };
            for _ in 0..50 {
                let Some(mut stream) = self.open(SIGNALING).await else { break };
                offers += 1;
                for message in negotiation(random) {
                    signals += 1;
                    if write(&mut stream, &message).await.is_err() {
                        break;
                    }
                }
                // It is left: the victim has to notice.
                if random.random_bool(0.5) {
                    let _ = timeout(PATIENCE, stream.close()).await;
                }
            }
        }
        (offers, signals)
    }

    /// Nonsense in what is below: pings, and who somebody says to be.
    async fn others(&mut self, random: &mut TestRng, frames: usize) -> usize {
        let Some(_proved) = self.proved().await else { return 0 };
        let mut open = Vec::new();
        for sent in 0..frames {
            let protocol = if random.random_bool(0.5) { PING } else { PUSH };
            let Some(mut stream) = self.open(protocol).await else { return sent };
            let nonsense = match random.random_range(0..3) {
                0 => vec![0xFF; 10],
                1 => vec![0; 32],
                _ => bytes(random, 8_192),
            };
            let _ = write(&mut stream, &nonsense).await;
            open.push(stream);
            if open.len() > 300 {
                open.clear();
            }
        }
        frames
    }
}

async fn write(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    let written = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    timeout(PATIENCE, written).await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))
}
