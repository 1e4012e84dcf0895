//! The program itself: its line for scripts, signals, and what a crash may not lose.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::time::timeout;
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::{Op, Status},
};

use crate::support::{Mailbox, multiaddr};

pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) port: u16,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is what most tests want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the program is started by.
#[derive(Default)]
pub(crate) struct Shell(Option<String>);

impl Shell {
    /// Files grow no further than this one is now. Beyond that a write is refused, as on a full disk.
    pub(crate) fn full_after(file: &Path) -> Self {
        let kib = std::fs::metadata(file).unwrap().len() / 1_024;
        Self(Some(format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")))
    }

    fn command(&self) -> Command {
        let relay = env!("CARGO_BIN_EXE_volly-relay");
        match &self.0 {
            None => Command::new(relay),
            Some(script) => {
                let mut command = Command::new("bash");
                command.args(["-c", script, relay]);
                command
            }
        }
    }
}

impl Process {
    fn start(data: &Path) -> Self {
        Self::start_with(data, "trace")
    }

    /// Where it was before.
    pub(crate) fn start_at(data: &Path, port: u16, shell: &Shell) -> Self {
        Self::spawn(data, &format!("127.0.0.1:{port}"), "error", shell)
    }

    /// `log` is the level of its log, which somebody has to read when it gets long.
    pub(crate) fn start_with(data: &Path, log: &str) -> Self {
        Self::spawn(data, "127.0.0.1:0", log, &Shell::default())
    }

    fn spawn(data: &Path, listen: &str, log: &str, shell: &Shell) -> Self {
        let mut child = shell
            .command()
            .args(["serve", "--listen", listen, "--log", log, "--data"])
            .arg(data)
            .env("RUST_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines
            .map(Result::unwrap)
            .find_map(|line| Some(line.strip_prefix("ready http://127.0.0.1:")?.parse().unwrap()));
        Self { child, port: ready.unwrap() }
    }

    async fn mailbox(&self) -> Mailbox {
        Mailbox::connect(multiaddr(self.port)).await
    }
}

fn keys() -> AddressKeys {
    AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 20_000)
}

fn id(number: u32) -> [u8; 16] {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_deposits_loses_none_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys();
    let mut acknowledged = Vec::new();
    let mut next = 0;
    for round in 0..5 {
        let mut process = Process::start(folder.path());
        let mut client = process.mailbox().await;
        // The killer strikes while deposits are on their way, at another moment each round.
        let (strike, struck) = tokio::sync::oneshot::channel();
        let mut strike = Some(strike);
        let killer = tokio::task::spawn_blocking(move || {
            let _ = struck.blocking_recv();
            process.child.kill().unwrap();
            process.child.wait().unwrap();
        });
        for deposits in 0.. {
            if deposits == 3 + 2 * round
                && let Some(strike) = strike.take()
            {
                strike.send(()).unwrap();
            }
            next += 1;
            let op = Op::deposit(&keys, id(next), 3_600, vec![7; 512]);
            match client.try_ask(op).await {
                Ok((status, _)) => {
                    assert_eq!(status, Status::Done);
                    acknowledged.push(id(next));
                }
                Err(_) => break,
            }
        }
        killer.await.unwrap();
    }
    let process = Process::start(folder.path());
    let mut client = process.mailbox().await;
    let subscribe = Op::subscribe(&keys, &client.nonce);
    assert_eq!(client.ask(subscribe).await.0, Status::Done);
    let mut missing: Vec<_> = acknowledged;
    assert!(missing.len() >= 5 * 3);
    while !missing.is_empty() {
        let push = timeout(Duration::from_secs(30), client.push()).await;
        let (address, id, _) = push.expect("what was acknowledged has been lost");
        missing.retain(|other| *other != id);
        assert_eq!(address, keys.address());
        let op = Op::acknowledge(&keys, id);
        assert_eq!(client.ask(op).await.0, Status::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_well_and_its_log_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path());
    let keys = keys();
    let mut client = process.mailbox().await;
    let subscribe = Op::subscribe(&keys, &client.nonce);
    assert_eq!(client.ask(subscribe).await.0, Status::Done);
    let op = Op::deposit(&keys, id(1), 3_600, vec![7; 512]);
    assert_eq!(client.ask(op).await.0, Status::Done);
    assert_eq!(client.push().await.1, id(1));
    let killed = Command::new("kill").arg(process.child.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert_eq!(process.child.wait().unwrap().code(), Some(0));

    let mut log = String::new();
    process.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("stopping"), "{log}");
    for word in ["12D3", "127.0.0.1", "/ip4", "/p2p", "libp2p"] {
        assert!(!log.contains(word), "{word} in the log:\n{log}");
    }
}
