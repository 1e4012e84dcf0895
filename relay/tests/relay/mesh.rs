//! Several relays, and what they keep for each other (protocol.md §14).

use std::time::Duration;

use libp2p::Multiaddr;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    limits::{MAX_ENVELOPE_BYTES, REPLICAS},
    wire::mailbox::{Op, Record, Status},
};
use volly_relay::config::{Config, MeshAt};

use crate::support::{Mailbox, TestRelay, config, get};

const HOUR: u32 = 3_600;
const DONE: (Status, Vec<u8>) = (Status::Done, vec![]);

/// What a test waits for at most; only a failure takes that long.
const PATIENCE: Duration = Duration::from_secs(20);

fn keys(day: u32) -> AddressKeys {
    AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, day)
}

fn id(number: u32) -> [u8; 16] {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id
}

/// Relays that know each other. One that is away is `None`.
struct Network {
    relays: Vec<Option<TestRelay>>,
    folders: Vec<Option<TempDir>>,
}

impl Network {
    /// The first is named by the others, which learn of each other from it.
    async fn start(count: usize) -> Self {
        let mut network = Self {
            relays: (0..count).map(|_| None).collect(),
            folders: (0..count).map(|_| Some(tempfile::tempdir().unwrap())).collect(),
        };
        for index in 0..count {
            let first = network.relays[0].as_ref();
            let peer = first.map(|first| first.relay.mesh[index % 2].clone());
            network.begin(index, peer.into_iter().collect()).await;
        }
        network.meet().await;
        network
    }

    async fn begin(&mut self, index: usize, peer: Vec<Multiaddr>) {
        let folder = self.folders[index].take().unwrap();
        let mesh = Some(MeshAt::At("127.0.0.1:0".parse().unwrap()));
        let config = Config { mesh, peer, ..config(&folder) };
        self.relays[index] = Some(TestRelay::start_among(folder, &config).await);
    }

    /// Ends one as a crash does.
    fn kill(&mut self, index: usize) {
        let TestRelay { relay, folder } = self.relays[index].take().unwrap();
        drop(relay);
        self.folders[index] = Some(folder);
    }

    /// Starts one again, which knows where the others are.
    async fn revive(&mut self, index: usize) {
        let others = self.relays.iter().flatten();
        let others = others.map(|it| it.relay.mesh[index % 2].clone()).collect();
        self.begin(index, others).await;
    }

    /// Waits until everyone who is there knows everyone who is there.
    async fn meet(&self) {
        let there = self.relays.iter().flatten().count();
        let met = async {
            while self.relays.iter().flatten().any(|it| it.relay.other_relays() != there - 1) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, met).await.expect("they do not find each other");
    }

    async fn mailbox(&self, index: usize) -> Mailbox {
        Mailbox::connect(self.relays[index].as_ref().unwrap().multiaddr()).await
    }

    async fn deposit(&self, index: usize, keys: &AddressKeys, number: u32) {
        let op = Op::deposit(keys, id(number), HOUR, vec![7; 512]);
        assert_eq!(self.mailbox(index).await.ask(op).await, DONE);
    }

    /// The numbers of `count` envelopes that a relay pushes, in order.
    async fn pushed(&self, index: usize, keys: &AddressKeys, count: usize) -> Vec<u32> {
        let mut reader = self.mailbox(index).await;
        assert_eq!(reader.ask(Op::subscribe(keys, &reader.nonce)).await, DONE);
        let mut numbers = Vec::new();
        for _ in 0..count {
            let push = timeout(PATIENCE, reader.push()).await;
            let (_, id, _) = push.unwrap_or_else(|_| panic!("relay {index} has {numbers:?}"));
            numbers.push(u32::from_be_bytes(*id.first_chunk().unwrap()));
        }
        numbers.sort_unstable();
        numbers
    }

    /// Whether a relay pushes nothing.
    async fn is_empty(&self, index: usize, keys: &AddressKeys) -> bool {
        let mut reader = self.mailbox(index).await;
        assert_eq!(reader.ask(Op::subscribe(keys, &reader.nonce)).await, DONE);
        timeout(Duration::from_millis(300), reader.push()).await.is_err()
    }

    async fn becomes_empty(&self, index: usize, keys: &AddressKeys) {
        let empty = async { while !self.is_empty(index, keys).await {} };
        timeout(PATIENCE, empty).await.expect("it is still there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_four_of_five_may_die_and_all_that_was_acknowledged_is_there() {
    let mut network = Network::start(5).await;
    let keys = keys(20_000);
    let mut numbers = Vec::new();
    for survivor in 0..5 {
        for depositor in 0..5 {
            let number = u32::try_from(numbers.len()).unwrap();
            network.deposit(depositor, &keys, number).await;
            numbers.push(number);
        }
        // Nobody has time to hand anything on.
        for other in (0..5).filter(|other| *other != survivor) {
            network.kill(other);
        }
        assert_eq!(network.pushed(survivor, &keys, numbers.len()).await, numbers);
        for other in (0..5).filter(|other| *other != survivor) {
            network.revive(other).await;
        }
        network.meet().await;
        for index in 0..5 {
            assert_eq!(network.pushed(index, &keys, numbers.len()).await, numbers, "it catches up");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_are_enough_for_the_death_of_either() {
    for survivor in 0..2 {
        let mut network = Network::start(2).await;
        network.deposit(0, &keys(1), 1).await;
        network.deposit(1, &keys(1), 2).await;
        network.kill(1 - survivor);
        assert_eq!(network.pushed(survivor, &keys(1), 2).await, [1, 2]);
        network.deposit(survivor, &keys(1), 3).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_catches_up_in_the_order_of_the_deposits() {
    let mut network = Network::start(3).await;
    network.deposit(0, &keys(1), 0).await;
    network.kill(2);
    let mut writer = network.mailbox(0).await;
    for number in 1..60 {
        let op = Op::deposit(&keys(1), id(number), HOUR, vec![7; 512]);
        assert_eq!(writer.ask(op).await, DONE);
    }
    let long = Op::deposit(&keys(2), id(1), HOUR, vec![8; MAX_ENVELOPE_BYTES]);
    assert_eq!(writer.ask(long).await, DONE);
    let put = Op::put_record(&keys(3), 9, HOUR, b"nine".to_vec());
    assert_eq!(writer.ask(put).await, DONE);
    network.revive(2).await;
    network.meet().await;
    // Records come last. Only who came back is asked from here on.
    let mut reader = network.mailbox(2).await;
    let get = Op::get_record(&keys(3), &reader.nonce);
    let record = (Status::Done, Record { sequence: 9, value: b"nine".to_vec() }.encode());
    let caught_up = async {
        while reader.ask(get.clone()).await != record {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, caught_up).await.expect("it catches up");
    network.kill(0);
    network.kill(1);
    assert_eq!(network.pushed(2, &keys(2), 1).await, [1]);
    let subscribe = Op::subscribe(&keys(1), &reader.nonce);
    assert_eq!(reader.ask(subscribe).await, DONE);
    for number in 0..60 {
        let (_, pushed, _) = timeout(PATIENCE, reader.push()).await.expect("in time");
        assert_eq!(pushed, id(number));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_comes_in_elsewhere_is_pushed_at_once() {
    let network = Network::start(3).await;
    let mut reader = network.mailbox(1).await;
    let subscribe = Op::subscribe(&keys(1), &reader.nonce);
    assert_eq!(reader.ask(subscribe).await, DONE);
    network.deposit(0, &keys(1), 5).await;
    assert_eq!(timeout(PATIENCE, reader.push()).await.unwrap().1, id(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_deletes_everywhere_and_stays_so_when_one_comes_back() {
    let mut network = Network::start(3).await;
    for number in 0..3 {
        network.deposit(0, &keys(1), number).await;
    }
    network.kill(2);
    let mut reader = network.mailbox(1).await;
    for number in 0..3 {
        assert_eq!(reader.ask(Op::acknowledge(&keys(1), id(number))).await, DONE);
    }
    assert!(network.is_empty(0, &keys(1)).await && network.is_empty(1, &keys(1)).await);
    // It still has all three, and is told.
    network.revive(2).await;
    network.meet().await;
    network.becomes_empty(2, &keys(1)).await;
    assert!(network.is_empty(0, &keys(1)).await && network.is_empty(1, &keys(1)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_with_the_highest_sequence_wins_at_all_of_them() {
    let network = Network::start(3).await;
    let put =
        |sequence, value: &str| Op::put_record(&keys(1), sequence, HOUR, value.as_bytes().to_vec());
    assert_eq!(network.mailbox(0).await.ask(put(2, "two")).await, DONE);
    assert_eq!(network.mailbox(1).await.ask(put(1, "one")).await.0, Status::Stale);
    assert_eq!(network.mailbox(2).await.ask(put(3, "three")).await, DONE);
    for index in 0..3 {
        let mut reader = network.mailbox(index).await;
        let get = Op::get_record(&keys(1), &reader.nonce);
        let record = Record { sequence: 3, value: b"three".to_vec() }.encode();
        assert_eq!(reader.ask(get).await, (Status::Done, record));
    }
}

/// With more relays than keep an address, each of them still takes and gives everything.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_elsewhere_is_read_and_written_through_any_relay() {
    const COUNT: usize = REPLICAS + 3;
    let network = Network::start(COUNT).await;
    for day in 0..4 {
        let (mail, record) = (keys(day), keys(100 + day));
        let day = usize::try_from(day).unwrap();
        let put = Op::put_record(&record, 1, HOUR, b"there".to_vec());
        assert_eq!(network.mailbox(day).await.ask(put).await, DONE);
        network.deposit(day, &mail, 1).await;
        let mut reader = network.mailbox((day + 4) % COUNT).await;
        let get = Op::get_record(&record, &reader.nonce);
        assert_eq!(reader.ask(get).await.0, Status::Done);
        assert_eq!(reader.ask(Op::subscribe(&mail, &reader.nonce)).await, DONE);
        assert_eq!(timeout(PATIENCE, reader.push()).await.unwrap().1, id(1));
        // What comes later finds its way too, from wherever.
        network.deposit((day + 2) % COUNT, &mail, 2).await;
        assert_eq!(timeout(PATIENCE, reader.push()).await.unwrap().1, id(2));
        for number in [1, 2] {
            assert_eq!(reader.ask(Op::acknowledge(&mail, id(number))).await, DONE);
        }
        for index in 0..COUNT {
            network.becomes_empty(index, &mail).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_relay_names_the_others_and_lets_pages_go_there() {
    let mut network = Network::start(3).await;
    let names = |network: &Network, of: usize| {
        let (address, others) = (network.relays[of].as_ref().unwrap().relay.address, 3);
        let others: Vec<_> = (0..others).filter(|other| *other != of).collect();
        let others: Vec<_> = others
            .iter()
            .map(|other| {
                let relay = &network.relays[*other].as_ref().unwrap().relay;
                (relay.peer.to_string(), relay.address.port())
            })
            .collect();
        async move {
            let told = async {
                loop {
                    let document = get(address, "GET", "/bootstrap.json").await;
                    if others.iter().all(|(peer, _)| document.contains(peer)) {
                        break document;
                    }
                    sleep(Duration::from_millis(20)).await;
                }
            };
            let answer = timeout(PATIENCE, told).await.expect("it names them");
            for (_, port) in others {
                assert!(answer.contains(&format!("\"/ip4/127.0.0.1/tcp/{port}/ws\"")), "{answer}");
                let source = format!("ws://127.0.0.1:{port} ");
                assert!(answer.contains(&source), "the policy has {source}: {answer}");
            }
        }
    };
    for of in 0..3 {
        names(&network, of).await;
    }
    let address = network.relays[0].as_ref().unwrap().relay.address;
    let gone = network.relays[1].as_ref().unwrap().relay.peer.to_string();
    network.kill(1);
    let forgotten = async {
        while get(address, "GET", "/bootstrap.json").await.contains(&gone) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, forgotten).await.expect("who is gone is not named");
}
