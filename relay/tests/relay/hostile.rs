//! Peers that keep to nothing, against the real program: it does not end, nothing in it panics, the
//! others are served meanwhile, and when they are gone so is what they took.
//!
//! How many frames they send in all: the variable `VOLLY_FRAMES`.

mod below;
mod inside;
mod quic;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use proptest::{
    prelude::RngExt,
    test_runner::{RngAlgorithm, TestRng},
};
use tokio::time::{sleep, timeout};
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::{Op, Status},
};
use volly_relay::{clock::monotonic, defaults};

use crate::{
    process::Process,
    support::{Mailbox, get},
};

/// In every run.
const FRAMES: usize = 8_000;

/// For an answer to somebody who has done nothing wrong, on a machine that is busy with all this.
const PATIENCE: Duration = Duration::from_secs(10);

/// For an answer that an attacker does not need.
const SHORTLY: Duration = Duration::from_millis(10);

/// After which everything that began is over, however it was left.
const OVER: Duration = Duration::from_secs(
    defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT.as_secs()
        + defaults::WEBTRANSPORT_IDLE_MS as u64 / 1_000
        + 30,
);

/// What it may have more than before, in per cent.
const GROWTH: u64 = 10;

/// Whom they attack.
#[derive(Clone)]
struct Target {
    tcp: SocketAddr,
    webtransport: Multiaddr,
    peer: PeerId,
}

impl Target {
    async fn of(process: &Process) -> Self {
        let tcp = SocketAddr::from(([127, 0, 0, 1], process.port));
        let document = get(tcp, "GET", "/bootstrap.json").await;
        let field = |before: &str| {
            let (_, rest) = document.split_once(before).unwrap();
            rest.split_once('"').unwrap().0.to_owned()
        };
        let peer = field("\"peer\":\"").parse().unwrap();
        let mut addresses = document.split('"').filter(|text| text.contains("/webtransport/"));
        let webtransport = addresses.next().unwrap().parse().unwrap();
        Self { tcp, webtransport, peer }
    }

    fn web_socket(&self) -> Multiaddr {
        crate::support::multiaddr(self.tcp.port()).with(Protocol::P2p(self.peer))
    }
}

/// Numbers that are the same in every run.
fn random(seed: u8) -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32])
}

/// Up to so many bytes; sometimes few.
fn bytes(random: &mut TestRng, most: usize) -> Vec<u8> {
    let most = if random.random_bool(0.5) { most.min(64) } else { most };
    let length = random.random_range(0..=most);
    (0..length).map(|_| random.random()).collect()
}

/// Every way of attack at once, each with its part of `frames`; how many were sent.
async fn attack(target: &Target, frames: usize) -> usize {
    let part = frames / 8 + 1;
    let (t, n) = (target, part);
    let sent = tokio::join!(
        timed("requests", below::requests(t, n)),
        timed("WebSocket", below::web_socket_frames(t, n)),
        timed("negotiations", below::negotiations(t, n)),
        timed("yamux", inside::multiplexer_frames(t, n)),
        timed("streams", inside::streams(t, n)),
        timed("mailbox", inside::mailbox_frames(t, n)),
        timed("UDP", quic::packets(t, n)),
        timed("WebTransport", quic::sessions(t, n)),
    );
    let sent = [sent.0, sent.1, sent.2, sent.3, sent.4, sent.5, sent.6, sent.7];
    sent.iter().sum()
}

/// Says how many and how long.
async fn timed(what: &str, attack: impl Future<Output = usize>) -> usize {
    let begun = monotonic();
    let sent = attack.await;
    println!("{what}: {sent} in {:?}", monotonic() - begun);
    sent
}

/// Somebody who is served all the time, over connections that stay and such that are new; the longest
/// wait.
async fn served(target: Target, over: Arc<AtomicBool>) -> Duration {
    let keys = AddressKeys::derive(&Secret::new([9; 32]), Purpose::Mailbox, Direction::Forth, 1);
    let mut friends = Vec::new();
    for address in [target.web_socket(), target.webtransport.clone()] {
        friends.push(Mailbox::connect(address).await);
    }
    let mut longest = Duration::ZERO;
    for number in 0_u32.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        for friend in &mut friends {
            let begun = monotonic();
            let op = Op::deposit(&keys, [number.to_le_bytes()[0]; 16], 3_600, vec![7; 512]);
            let (status, _) =
                timeout(PATIENCE, friend.ask(op)).await.expect("who is there is served");
            assert_eq!(status, Status::Done);
            longest = longest.max(monotonic() - begun);
        }
        if number.is_multiple_of(20) {
            let new = Mailbox::connect(target.web_socket());
            timeout(PATIENCE, new).await.expect("who comes is served");
        }
        sleep(Duration::from_millis(50)).await;
    }
    longest
}

/// Bytes that the program holds; `None` where nobody says so.
fn memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// Reads what the program complains about, to its end.
fn complaints(process: &mut Process) -> JoinHandle<Vec<String>> {
    let errors = BufReader::new(process.child.stderr.take().unwrap());
    thread::spawn(move || {
        let wrong = |line: &String| line.contains("panic") || line.contains("ERROR");
        errors.lines().map_while(Result::ok).filter(wrong).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_peers_cost_only_themselves() {
    let frames = env::var("VOLLY_FRAMES").map_or(FRAMES, |frames| frames.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start_with(folder.path(), "warn");
    let complaints = complaints(&mut process);
    let target = Target::of(&process).await;
    let over = Arc::<AtomicBool>::default();
    let served = tokio::spawn(served(target.clone(), Arc::clone(&over)));
    // What a relay in use holds: the first who come make it allocate.
    attack(&target, FRAMES).await;
    let before = memory(process.child.id());
    let sent = attack(&target, frames).await;
    assert!(sent >= frames, "{sent}");
    let during = memory(process.child.id());
    over.store(true, Ordering::Relaxed);
    let longest = served.await.unwrap();
    let mut after = during;
    if let Some(before) = before {
        let most = before + before * GROWTH / 100;
        let settled = timeout(OVER, async {
            while after.is_some_and(|after| after > most) {
                sleep(Duration::from_millis(200)).await;
                after = memory(process.child.id());
            }
        });
        assert!(settled.await.is_ok(), "{before} bytes before, {during:?} during, {after:?} after");
    }
    println!(
        "{sent} frames; others waited {longest:?} at most; memory {before:?}, {during:?}, {after:?}"
    );
    assert!(process.child.try_wait().unwrap().is_none(), "it runs");
    Mailbox::connect(target.web_socket()).await;
    Mailbox::connect(target.webtransport).await;
    process.child.kill().unwrap();
    assert_eq!(complaints.join().unwrap(), Vec::<String>::new());
}
