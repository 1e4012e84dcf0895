//! Puts circuits on a relay that runs on this machine, ours or another's, and says what it measured,
//! as JSON.
//!
//! `circuits PID ADDRESS RESERVATIONS PAIRS MEGABYTES`, the address with the relay's PeerId
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    dead_code,
    reason = "a measurement, built from what the tests use"
)]

#[path = "../tests/relay/support.rs"]
mod support;

use std::{
    fs,
    time::{Duration, Instant},
};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt, future::join_all};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, Swarm, relay, swarm::SwarmEvent};
use libp2p_stream::Control;
use support::{ClientBehaviour, ClientBehaviourEvent, circuit, circuit_to, client_pinging};
use tokio::task::JoinHandle;

const ECHO: StreamProtocol = StreamProtocol::new("/volly-load/echo/1");
const COUNT: StreamProtocol = StreamProtocol::new("/volly-load/count/1");

/// As browsers ping: what is idle stays so.
const PING_INTERVAL: Duration = Duration::from_secs(15);

const DIALS: usize = 40;
const TRIPS: usize = 2_000;
const TRIP_BYTES: usize = 32;
const CHUNK: usize = 64 * 1_024;

/// Clock ticks a second, as Linux counts a process's time.
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |index: usize| -> usize { arguments[index].parse().unwrap() };
    let (pid, address): (_, Multiaddr) = (number(0), arguments[1].parse().unwrap());
    let (reservations, pairs, megabytes) = (number(2), number(3), number(4));
    let idle = reserve(pid, &address, reservations).await;
    let (dial, echo) = latency(&address).await;
    let bulk = throughput(pid, &address, pairs, megabytes << 20).await;
    println!("{{{idle},{dial},{echo},{bulk}}}");
}

/// A client in a task of its own; gone when it is dropped.
struct Client {
    peer: PeerId,
    control: Control,
    task: JoinHandle<()>,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    fn run(mut swarm: Swarm<ClientBehaviour>) -> Self {
        let (peer, control) = (*swarm.local_peer_id(), swarm.behaviour().stream.new_control());
        let task = tokio::spawn(async move {
            loop {
                swarm.select_next_some().await;
            }
        });
        Self { peer, control, task }
    }

    /// One that has a place at the relay.
    async fn reserved(address: &Multiaddr) -> Self {
        let mut swarm = client_pinging(PING_INTERVAL);
        swarm.listen_on(circuit(address.clone())).unwrap();
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::Behaviour(ClientBehaviourEvent::Relay(
                    relay::client::Event::ReservationReqAccepted { .. },
                )) => return Self::run(swarm),
                SwarmEvent::ListenerClosed { reason, .. } => panic!("no place: {reason:?}"),
                SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    }

    /// One that has a circuit to `peer`, and how long that took from a connection to the relay on.
    async fn connected(address: &Multiaddr, peer: PeerId) -> (Self, Duration) {
        let mut swarm = client_pinging(PING_INTERVAL);
        swarm.dial(address.clone()).unwrap();
        established(&mut swarm).await;
        let started = Instant::now();
        swarm.dial(circuit_to(address.clone(), peer)).unwrap();
        established(&mut swarm).await;
        let took = started.elapsed();
        (Self::run(swarm), took)
    }

    async fn open(&mut self, peer: PeerId, protocol: StreamProtocol) -> Stream {
        self.control.open_stream(peer, protocol).await.unwrap()
    }

    /// Gives back what comes, or counts it.
    fn serve(&mut self) {
        let mut echoes = self.control.accept(ECHO).unwrap();
        let mut counts = self.control.accept(COUNT).unwrap();
        tokio::spawn(async move {
            while let Some((_, stream)) = echoes.next().await {
                let (reader, mut writer) = stream.split();
                tokio::spawn(async move { futures::io::copy(reader, &mut writer).await });
            }
        });
        tokio::spawn(async move {
            while let Some((_, stream)) = counts.next().await {
                tokio::spawn(count(stream));
            }
        });
    }
}

async fn established(swarm: &mut Swarm<ClientBehaviour>) {
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { .. } => return,
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
}

async fn count(mut stream: Stream) {
    let (mut chunk, mut count) = (vec![0; CHUNK], 0_u64);
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        count += read as u64;
    }
    let _ = stream.write_all(&count.to_be_bytes()).await;
    let _ = stream.close().await;
}

/// Clients that have a place, one after the other.
async fn reserve(pid: usize, address: &Multiaddr, reservations: usize) -> String {
    // What the first one costs is not what each costs.
    let first = Client::reserved(address).await;
    let before = Usage::of(pid);
    let mut clients = vec![first];
    for _ in 0..reservations {
        clients.push(Client::reserved(address).await);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let used = Usage::of(pid).since(&before);
    let each = |value: f64| value / reservations as f64;
    format!(
        r#""idleKilobytes":{},"bytesEach":{},"cpuEachMs":{}"#,
        before.kilobytes,
        each(used.kilobytes * 1_024.0),
        each(used.seconds * 1_000.0)
    )
}

/// A dial, and a message there and back.
async fn latency(address: &Multiaddr) -> (String, String) {
    let mut listener = Client::reserved(address).await;
    listener.serve();
    let mut dials = Vec::new();
    for _ in 0..DIALS {
        dials.push(Client::connected(address, listener.peer).await.1);
    }
    let (mut dialer, _) = Client::connected(address, listener.peer).await;
    let mut stream = dialer.open(listener.peer, ECHO).await;
    let (mut message, mut trips) = ([0xA5; TRIP_BYTES], Vec::new());
    for _ in 0..TRIPS {
        let started = Instant::now();
        stream.write_all(&message).await.unwrap();
        stream.flush().await.unwrap();
        stream.read_exact(&mut message).await.unwrap();
        trips.push(started.elapsed());
    }
    let (dial, p50) = (at(&mut dials, 50), at(&mut trips, 50));
    let p99 = at(&mut trips, 99);
    (format!(r#""dialMs":{dial}"#), format!(r#""echoP50Ms":{p50},"echoP99Ms":{p99}"#))
}

/// Milliseconds.
fn at(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0
}

/// Pairs that send at once, and what the relay spends on it.
async fn throughput(pid: usize, address: &Multiaddr, pairs: usize, bytes: usize) -> String {
    let mut connected = Vec::new();
    for _ in 0..pairs {
        let mut listener = Client::reserved(address).await;
        listener.serve();
        let (dialer, _) = Client::connected(address, listener.peer).await;
        connected.push((listener, dialer));
    }
    let (before, started) = (Usage::of(pid), Instant::now());
    let pushes = connected.iter_mut().map(|(listener, dialer)| push(listener.peer, dialer, bytes));
    join_all(pushes).await;
    let (seconds, used) = (started.elapsed().as_secs_f64(), Usage::of(pid).since(&before));
    let bits = (bytes * pairs) as f64 * 8.0;
    format!(
        r#""megabits":{},"cpuSecondsPerGigabit":{},"loadedKilobytes":{}"#,
        bits / seconds / 1e6,
        used.seconds / (bits / 1e9),
        before.kilobytes + used.kilobytes
    )
}

async fn push(peer: PeerId, dialer: &mut Client, bytes: usize) {
    let mut stream = dialer.open(peer, COUNT).await;
    let chunk = vec![0xA5; CHUNK];
    for _ in 0..bytes / CHUNK {
        stream.write_all(&chunk).await.unwrap();
    }
    stream.close().await.unwrap();
    let mut counted = [0; 8];
    stream.read_exact(&mut counted).await.unwrap();
    assert_eq!(u64::from_be_bytes(counted), bytes as u64);
}

/// What a process has used.
struct Usage {
    kilobytes: f64,
    seconds: f64,
}

impl Usage {
    fn of(pid: usize) -> Self {
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
        let status = read("status");
        let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        let kilobytes = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
        // Behind the name, which may contain anything: the 12th and 13th field are ticks of user and system.
        let stat = read("stat");
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        Self { kilobytes, seconds: ticks / TICKS }
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            kilobytes: self.kilobytes - before.kilobytes,
            seconds: self.seconds - before.seconds,
        }
    }
}
