//! Pairs that reach each other through the relay: how soon, how quickly, how much.

use std::time::{Duration, Instant};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt, future};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, multiaddr::Protocol};
use tokio::task::JoinHandle;

use crate::{
    Figures,
    client::Client,
    percentile,
    process::Process,
    support::{circuit_to, multiaddr},
};

const ECHO: StreamProtocol = StreamProtocol::new("/load/echo/1");
const BULK: StreamProtocol = StreamProtocol::new("/load/bulk/1");

/// Bytes that go to and fro, and how often.
const ECHO_BYTES: usize = 256;
const ECHOES: u32 = 5_000;

/// Of these, that are not counted.
const WARM_UP: usize = 500;

/// Bytes written at once.
const BULK_BYTES: usize = 64 * 1_024;

/// Two clients with a circuit between them.
struct Pair {
    from: libp2p_stream::Control,
    to: PeerId,
    dialled_within: Duration,
    drivers: [JoinHandle<()>; 2],
}

/// Bytes are counted once, where they come out.
pub(crate) async fn measure(relay: Process, port: u16, pairs: u32, bulk: Duration) -> Figures {
    let mut ready = Vec::new();
    for pair in 0..pairs {
        ready.push(meet(port, pair).await);
    }
    let mut dials: Vec<_> = ready.iter().map(|pair| pair.dialled_within).collect();
    let busy = relay.busy();
    let mut echoes = echo(&mut ready[0]).await.split_off(WARM_UP);
    let echoed = relay.busy() - busy;
    let (start, busy) = (Instant::now(), relay.busy());
    let received = future::join_all(ready.iter_mut().map(|pair| receive(pair, bulk))).await;
    let (took, busy) = (start.elapsed(), relay.busy() - busy);
    let bytes = received.iter().sum::<u64>() as f64;
    for driver in ready.iter().flat_map(|pair| &pair.drivers) {
        driver.abort();
    }
    vec![
        ("dial", percentile(&mut dials, 50)),
        ("echo", percentile(&mut echoes, 50)),
        ("echoP99", percentile(&mut echoes, 99)),
        ("echoBusy", u64::try_from(echoed.as_micros()).unwrap() / u64::from(ECHOES)),
        ("bitsASecond", (bytes * 8.0 / took.as_secs_f64()).round() as u64),
        ("busyPercent", (busy.as_secs_f64() / took.as_secs_f64() * 100.0).round() as u64),
    ]
}

/// The dialler is connected to the relay before it dials, as browsers are.
async fn meet(port: u16, pair: u32) -> Pair {
    let mut listener = Client::new(2 * pair);
    let relay = listener.dial(multiaddr(port)).await;
    let address: Multiaddr = multiaddr(port).with(Protocol::P2p(relay));
    listener.reserve(address.clone()).await;
    let to = listener.peer();
    serve(listener.control());
    let listening = listener.run();
    let mut dialler = Client::new(2 * pair + 1);
    dialler.dial(address.clone()).await;
    let start = Instant::now();
    assert_eq!(dialler.dial(circuit_to(address, to)).await, to);
    let dialled_within = start.elapsed();
    let from = dialler.control();
    Pair { from, to, dialled_within, drivers: [listening, dialler.run()] }
}

/// Echoes, and sends until it is not taken any more.
fn serve(mut control: libp2p_stream::Control) {
    let mut echoes = control.accept(ECHO).unwrap();
    tokio::spawn(async move {
        while let Some((_, stream)) = echoes.next().await {
            let (mut reader, mut writer) = stream.split();
            let mut bytes = [0; ECHO_BYTES];
            while reader.read_exact(&mut bytes).await.is_ok() {
                writer.write_all(&bytes).await.unwrap();
                writer.flush().await.unwrap();
            }
        }
    });
    let mut bulk = control.accept(BULK).unwrap();
    tokio::spawn(async move {
        while let Some((_, mut stream)) = bulk.next().await {
            let bytes = vec![0xA5; BULK_BYTES];
            while stream.write_all(&bytes).await.is_ok() {}
        }
    });
}

async fn open(pair: &mut Pair, protocol: StreamProtocol) -> Stream {
    pair.from.open_stream(pair.to, protocol).await.unwrap()
}

async fn echo(pair: &mut Pair) -> Vec<Duration> {
    let mut stream = open(pair, ECHO).await;
    let mut bytes = [0x5A; ECHO_BYTES];
    let mut times = Vec::new();
    for _ in 0..ECHOES {
        let start = Instant::now();
        stream.write_all(&bytes).await.unwrap();
        stream.flush().await.unwrap();
        stream.read_exact(&mut bytes).await.unwrap();
        times.push(start.elapsed());
    }
    times
}

async fn receive(pair: &mut Pair, time: Duration) -> u64 {
    let mut stream = open(pair, BULK).await;
    // With V1Lazy the protocol is announced with the first flush.
    stream.flush().await.unwrap();
    let mut bytes = vec![0; BULK_BYTES];
    let (start, mut received) = (Instant::now(), 0);
    while start.elapsed() < time {
        received += stream.read(&mut bytes).await.unwrap() as u64;
    }
    received
}
