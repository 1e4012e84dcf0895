//! Puts load on a relay that runs on this machine, and says what it measured.
//!
//! `load PID PORT deposits CLIENTS SECONDS` · `load PID PORT idle CLIENTS`
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

use std::time::{Duration, Instant};

use support::{Mailbox, multiaddr};
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::{Op, Status},
};

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |index: usize| -> u32 { arguments[index].parse().unwrap() };
    let (pid, port) = (number(0), u16::try_from(number(1)).unwrap());
    println!("before: {}", memory(pid));
    match arguments[2].as_str() {
        "deposits" => deposits(port, number(3), u64::from(number(4))).await,
        "idle" => idle(pid, port, number(3)).await,
        other => panic!("{other} is not known"),
    }
    println!("after: {}", memory(pid));
}

/// Each client deposits 512 bytes, waits for the answer, and does it again.
async fn deposits(port: u16, clients: u32, seconds: u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let depositors = (0..clients).map(|client| {
        tokio::spawn(async move {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&client.to_be_bytes());
            seed[4..8].copy_from_slice(&std::process::id().to_be_bytes());
            let secret = Secret::new(seed);
            let mut mailbox = Mailbox::connect(multiaddr(port)).await;
            let mut times = Vec::new();
            for deposit in 0_u32.. {
                // A mailbox takes 4,096.
                let day = deposit / 4_000;
                let keys = AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, day);
                let mut id = [0; 16];
                id[..4].copy_from_slice(&deposit.to_be_bytes());
                let op = Op::deposit(&keys, id, 3_600, vec![0xA5; 512]);
                let start = Instant::now();
                assert_eq!(mailbox.ask(op).await.0, Status::Done);
                times.push(start.elapsed());
                if Instant::now() > end {
                    break;
                }
            }
            times
        })
    });
    let depositors: Vec<_> = depositors.collect();
    let mut times = Vec::new();
    for depositor in depositors {
        times.extend(depositor.await.unwrap());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{} deposits a second, p50 {:?}, p99 {:?}",
        times.len() as u64 / seconds,
        at(50),
        at(99)
    );
}

/// Clients that are there, subscribed to three addresses each.
async fn idle(pid: u32, port: u16, clients: u32) {
    let mut connected = Vec::new();
    for client in 0..clients {
        let mut mailbox = Mailbox::connect(multiaddr(port)).await;
        for day in 0..3 {
            let mut seed = [1; 32];
            seed[..4].copy_from_slice(&client.to_be_bytes());
            let secret = Secret::new(seed);
            let keys = AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, day);
            let subscribe = Op::subscribe(&keys, &mailbox.nonce);
            assert_eq!(mailbox.ask(subscribe).await.0, Status::Done);
        }
        connected.push(mailbox);
        if connected.len().is_multiple_of(200) {
            println!("{} clients: {}", connected.len(), memory(pid));
        }
    }
}

fn memory(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap().to_owned()
}
