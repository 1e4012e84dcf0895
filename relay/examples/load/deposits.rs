//! Deposits of 512 bytes, each answered when it is on the disk.

use std::time::{Duration, Instant};

use futures::future;
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::{Op, Status},
};

use crate::{
    Figures, percentile,
    process::Process,
    support::{Mailbox, multiaddr},
};

/// Bytes of an envelope: a text.
const ENVELOPE_BYTES: usize = 512;

/// Deposits into one mailbox, of the 4,096 that it takes.
const A_MAILBOX: u32 = 4_000;

/// Each client deposits, waits for the answer, and does it again. What they sign is signed before the
/// clock starts: that is not the relay's work.
pub(crate) async fn measure(relay: Process, port: u16, clients: u32, each: u32) -> Figures {
    let ready = (0..clients).map(|client| async move {
        (Mailbox::connect(multiaddr(port)).await, operations(client, each))
    });
    let ready = future::join_all(ready).await;
    let (start, busy) = (Instant::now(), relay.busy());
    let depositors = ready.into_iter().map(|(mailbox, ops)| tokio::spawn(deposit(mailbox, ops)));
    let depositors: Vec<_> = depositors.collect();
    let mut times = Vec::new();
    for depositor in depositors {
        times.extend(depositor.await.unwrap());
    }
    let (took, busy) = (start.elapsed(), relay.busy() - busy);
    let count = times.len() as f64;
    vec![
        ("aSecond", (count / took.as_secs_f64()).round() as u64),
        ("p50", percentile(&mut times, 50)),
        ("p99", percentile(&mut times, 99)),
        ("busyMicrosecondsEach", (busy.as_micros() as f64 / count).round() as u64),
    ]
}

fn operations(client: u32, each: u32) -> Vec<Op> {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&client.to_be_bytes());
    seed[4..8].copy_from_slice(&std::process::id().to_be_bytes());
    let secret = Secret::new(seed);
    let mut operations = Vec::new();
    for day in 0..each.div_ceil(A_MAILBOX) {
        let keys = AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, day);
        operations.extend((day * A_MAILBOX..each.min((day + 1) * A_MAILBOX)).map(|number| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            Op::deposit(&keys, id, 3_600, vec![0xA5; ENVELOPE_BYTES])
        }));
    }
    operations
}

async fn deposit(mut mailbox: Mailbox, operations: Vec<Op>) -> Vec<Duration> {
    let mut times = Vec::with_capacity(operations.len());
    for operation in operations {
        let start = Instant::now();
        assert_eq!(mailbox.ask(operation).await.0, Status::Done);
        times.push(start.elapsed());
    }
    times
}
