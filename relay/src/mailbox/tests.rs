use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use volly_core::{
    address::{AddressKeys, AddressPublicKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::EnvelopeId,
};

use super::{store::Store, *};

mod replicas;

const NOW: u64 = 1_700_000_000;
const HOUR: u32 = 3_600;
const HERE: Address = [1; 32];
const THERE: Address = [2; 32];

const KEYS: AddressPublicKeys = AddressPublicKeys { read: [3; 32], write: [4; 32] };
const SIGNATURE: [u8; 64] = [5; 64];

/// Nobody looks at signatures any more when something is written.
fn put(sequence: u64, lifetime: u32, value: Vec<u8>) -> Op {
    Op::PutRecord { keys: KEYS, sequence, lifetime, value, signature: SIGNATURE }
}

fn deposit(id: EnvelopeId, lifetime: u32, envelope: Vec<u8>) -> Op {
    Op::Deposit { keys: KEYS, id, lifetime, envelope, signature: SIGNATURE }
}

struct Relay {
    store: Store,
    limits: Limits,
    now: u64,
}

impl Relay {
    fn new() -> Self {
        Self { store: Store::in_memory().unwrap(), limits: Limits::default(), now: NOW }
    }

    fn apply(&self, address: Address, op: Op) -> Status {
        self.change(address, &Change::of_client(op, self.now))
    }

    fn change(&self, address: Address, change: &Change) -> Status {
        let apply =
            |tables: &mut Tables<'_>| apply(tables, &address, change, self.limits, self.now);
        self.store.commit(apply).unwrap()
    }

    fn put(&self, address: Address, sequence: u64, value: &[u8]) -> Status {
        self.apply(address, put(sequence, HOUR, value.to_vec()))
    }

    fn deposit(&self, address: Address, id: u8, bytes: usize) -> Status {
        self.apply(address, deposit([id; 16], HOUR, vec![id; bytes]))
    }

    fn acknowledge(&self, address: Address, id: u8) -> Status {
        self.apply(address, Op::Acknowledge { keys: KEYS, id: [id; 16], signature: SIGNATURE })
    }

    fn expire(&self) -> usize {
        self.store.commit(|tables| expire(tables, self.now, 1_000)).unwrap()
    }

    fn value(&self, address: Address) -> Option<Vec<u8>> {
        self.store.record(&address, minute(self.now)).unwrap().map(|record| record.value)
    }

    fn ids(&self, address: Address) -> Vec<u8> {
        let mut ids = Vec::new();
        let visit = |id: &EnvelopeId, envelope: &[u8]| -> Option<()> {
            assert!(envelope.iter().all(|byte| *byte == id[0]));
            ids.push(id[0]);
            None
        };
        self.store.find_envelope(&address, minute(self.now), visit).unwrap();
        ids
    }

    fn total(&self) -> u64 {
        self.store.commit(|tables| Ok(tables.total())).unwrap()
    }
}

#[test]
fn the_record_with_the_highest_sequence_wins() {
    let relay = Relay::new();
    assert_eq!(relay.value(HERE), None);
    assert_eq!(relay.put(HERE, 5, b"five"), Status::Done);
    assert_eq!(relay.put(HERE, 4, b"four"), Status::Stale);
    assert_eq!(relay.put(HERE, 5, b"other five"), Status::Stale);
    assert_eq!(relay.put(HERE, 5, b"five"), Status::Done, "sent again after a lost answer");
    assert_eq!(relay.value(HERE).unwrap(), b"five");
    assert_eq!(relay.put(HERE, 6, b"six"), Status::Done);
    assert_eq!(relay.value(HERE).unwrap(), b"six");
    assert_eq!(relay.value(THERE), None);
}

#[test]
fn envelopes_stay_in_the_order_of_their_deposit_until_they_are_acknowledged() {
    let relay = Relay::new();
    for id in [9, 3, 7] {
        assert_eq!(relay.deposit(HERE, id, 512), Status::Done);
    }
    assert_eq!(relay.ids(HERE), [9, 3, 7]);
    assert_eq!(relay.acknowledge(HERE, 3), Status::Done);
    assert_eq!(relay.acknowledge(HERE, 200), Status::Done, "it is not there");
    assert_eq!(relay.ids(HERE), [9, 7]);
    relay.deposit(HERE, 1, 512);
    assert_eq!(relay.ids(HERE), [9, 7, 1]);
    assert_eq!(relay.ids(THERE), [] as [u8; 0]);
}

#[test]
fn an_envelope_that_is_sent_again_is_stored_once() {
    let relay = Relay::new();
    assert_eq!(relay.deposit(HERE, 1, 512), Status::Done);
    let total = relay.total();
    assert_eq!(relay.deposit(HERE, 1, 512), Status::Done);
    assert_eq!((relay.ids(HERE), relay.total()), (vec![1], total));
    assert_eq!(relay.deposit(THERE, 1, 512), Status::Done, "ids are of one mailbox");
    assert_eq!(relay.ids(THERE), [1]);
}

#[test]
fn a_lifetime_ends_and_its_bytes_are_free_again() {
    let mut relay = Relay::new();
    relay.deposit(HERE, 1, 512);
    relay.put(HERE, 1, b"value");
    relay.now += u64::from(HOUR) - 1;
    relay.put(HERE, 2, b"renewed");
    assert_eq!(relay.expire(), 0);
    assert_eq!(relay.ids(HERE), [1]);
    relay.now += 61;
    assert_eq!(relay.ids(HERE), [] as [u8; 0], "gone before anyone sweeps");
    assert_eq!(relay.expire(), 1);
    assert_eq!(relay.value(HERE).unwrap(), b"renewed");
    relay.now += u64::from(HOUR);
    assert_eq!(relay.value(HERE), None);
    assert_eq!(relay.expire(), 1);
    assert_eq!(relay.total(), 0);
    assert_eq!(relay.store.rows().unwrap(), [], "nothing is left of an address");
}

#[test]
fn nothing_is_kept_longer_than_the_longest_lifetime() {
    let mut relay = Relay::new();
    relay.apply(HERE, put(1, u32::MAX, vec![]));
    relay.now += MAILBOX_LIFETIME.as_secs() + 61;
    assert_eq!(relay.value(HERE), None);
    assert_eq!(relay.expire(), 1);
}

#[test]
fn a_full_mailbox_refuses_and_takes_again_when_there_is_room() {
    let mut relay = Relay::new();
    relay.limits.mailbox_units = 4;
    for id in 1..=4 {
        assert_eq!(relay.deposit(HERE, id, 512), Status::Done);
    }
    assert_eq!(relay.deposit(HERE, 5, 512), Status::Full);
    assert_eq!(relay.deposit(HERE, 4, 512), Status::Done, "it is there already");
    assert_eq!(relay.deposit(THERE, 1, 16_384), Status::Done, "a mailbox of its own");
    relay.acknowledge(HERE, 1);
    assert_eq!(relay.deposit(HERE, 5, 16_384), Status::Full);
    assert_eq!(relay.deposit(HERE, 5, 4_096), Status::Done);
    assert_eq!(relay.ids(HERE), [2, 3, 4, 5]);
}

#[test]
fn a_full_relay_refuses_newcomers_and_keeps_what_it_has() {
    let mut relay = Relay::new();
    relay.limits.total_bytes = 2 * quota::charge(512);
    relay.limits.new_bytes = relay.limits.total_bytes;
    relay.deposit(HERE, 1, 512);
    relay.put(HERE, 1, &[0; 512]);
    assert_eq!(relay.deposit(THERE, 1, 1), Status::Full);
    assert_eq!(relay.put(THERE, 1, &[]), Status::Full);
    assert_eq!(relay.put(HERE, 2, &[1; 512]), Status::Done, "it replaces as much as it brings");
    relay.acknowledge(HERE, 1);
    assert_eq!(relay.deposit(THERE, 1, 512), Status::Done);
}

#[test]
fn the_last_room_is_for_mailboxes_and_records_that_are_there() {
    let mut relay = Relay::new();
    relay.limits.total_bytes = 4 * quota::charge(512);
    relay.limits.new_bytes = 2 * quota::charge(512);
    relay.deposit(HERE, 1, 512);
    relay.put(HERE, 1, &[0; 512]);
    assert_eq!(relay.deposit(THERE, 1, 512), Status::Full);
    assert_eq!(relay.put(THERE, 1, &[0; 512]), Status::Full);
    assert_eq!(relay.deposit(HERE, 2, 512), Status::Done);
    assert_eq!(relay.put(HERE, 2, &[0; 600]), Status::Done);
}

#[test]
fn what_was_acknowledged_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let open = || Relay { store: Store::open(&path).unwrap(), ..Relay::new() };
    open().deposit(HERE, 1, 512);
    open().put(HERE, 1, b"value");
    let relay = open();
    assert_eq!((relay.ids(HERE), relay.value(HERE)), (vec![1], Some(b"value".to_vec())));
}

/// What is written for one address shares no eight bytes with what is written for another, so
/// that someone who takes the disk cannot tell whose they are. The sequence is the writer's.
#[test]
fn no_two_addresses_of_one_person_have_anything_in_common() {
    let relay = Relay::new();
    let random = |seed: u8, len: usize| -> Vec<u8> {
        let secret = Secret::new([seed; 32]);
        let seeds = (0..len.div_ceil(32)).map(|i| {
            let day = u32::try_from(i).unwrap();
            AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Back, day).address()
        });
        seeds.flatten().take(len).collect()
    };
    let addresses = [1, 2, 3].map(|contact| {
        let secret = Secret::new([contact; 32]);
        AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, 20_000)
    });
    for (seed, keys) in (10_u8..).step_by(10).zip(&addresses) {
        let address = keys.address();
        for message in 0..3 {
            let envelope = random(seed + message, 512);
            let id = *random(seed + 3 + message, 16).first_chunk().unwrap();
            relay.apply(address, Op::deposit(keys, id, HOUR, envelope));
        }
        let value = random(seed + 7, 80);
        let sequence = u64::from(seed) << 20;
        relay.apply(address, Op::put_record(keys, sequence, HOUR, value));
    }
    let rows = relay.store.rows().unwrap();
    assert_eq!(rows.len(), 3 * (1 + 3 + 3 + 1 + 4));
    let windows = |address: &Address| -> HashSet<Vec<u8>> {
        let own = rows.iter().filter(|(_, key, _)| key.windows(32).any(|part| part == address));
        own.flat_map(|(table, key, value)| {
            // The minute and the sequence before a record say little, and mean nothing together.
            let header = if *table == "records" { 12 } else { 0 };
            let row = [key.as_slice(), &value[header..]].concat();
            row.windows(8).map(<[u8]>::to_vec).collect::<Vec<_>>()
        })
        .collect()
    };
    let [a, b, c] = addresses.map(|keys| windows(&keys.address()));
    assert!(a.len() > 1_000);
    for (one, other) in [(&a, &b), (&b, &c), (&a, &c)] {
        assert_eq!(one.intersection(other).collect::<Vec<_>>(), [] as [&Vec<u8>; 0]);
    }
}

/// What the store should hold, said in the plainest way.
#[derive(Default)]
struct Model {
    mail: BTreeMap<u8, Vec<(u8, u32, usize)>>,
    records: BTreeMap<u8, (u64, u32, usize)>,
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u64, u32, usize),
    Deposit(u8, u8, u32, usize),
    Acknowledge(u8, u8),
    Wait(u64),
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    let lifetime = 0_u32..400;
    prop_oneof![
        2 => (0_u8..3, 0_u64..5, lifetime.clone(), 0_usize..40)
            .prop_map(|(at, sequence, life, len)| Step::Put(at, sequence, life, len)),
        6 => (0_u8..3, 0_u8..12, lifetime, prop_oneof![Just(500_usize), Just(5_000)])
            .prop_map(|(at, id, life, len)| Step::Deposit(at, id, life, len)),
        3 => (0_u8..3, 0_u8..12).prop_map(|(at, id)| Step::Acknowledge(at, id)),
        2 => (0_u64..200).prop_map(Step::Wait),
        1 => Just(Step::Expire),
    ]
}

impl Model {
    const UNITS: usize = 6;

    fn expire(&mut self, minute: u32) {
        self.mail.values_mut().for_each(|mail| mail.retain(|(_, expires, _)| *expires > minute));
        self.records.retain(|_, (_, expires, _)| *expires > minute);
    }

    fn put(&mut self, at: u8, sequence: u64, expires: u32, len: usize) -> Status {
        match self.records.get(&at) {
            Some((old, _, old_len)) if *old > sequence || (*old == sequence && *old_len != len) => {
                Status::Stale
            }
            _ => {
                self.records.insert(at, (sequence, expires, len));
                Status::Done
            }
        }
    }

    fn deposit(&mut self, at: u8, id: u8, expires: u32, len: usize) -> Status {
        let mail = self.mail.entry(at).or_default();
        let used: usize = mail.iter().map(|(.., len)| len.div_ceil(4_096)).sum();
        if mail.iter().any(|(other, ..)| *other == id) {
            Status::Done
        } else if used + len.div_ceil(4_096) > Self::UNITS {
            Status::Full
        } else {
            mail.push((id, expires, len));
            Status::Done
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_store_does_what_the_model_does(steps in proptest::collection::vec(step(), 1..60)) {
        let mut relay = Relay::new();
        relay.limits.mailbox_units = u16::try_from(Model::UNITS).unwrap();
        let mut model = Model::default();
        for step in steps {
            // The model knows no difference between expired and swept.
            model.expire(minute(relay.now));
            relay.expire();
            match step {
                Step::Put(at, sequence, lifetime, len) => {
                    let op = put(sequence, lifetime, vec![at; len]);
                    let expected = model.put(at, sequence, expires(relay.now, lifetime), len);
                    prop_assert_eq!(relay.apply([at; 32], op), expected);
                }
                Step::Deposit(at, id, lifetime, len) => {
                    let op = deposit([id; 16], lifetime, vec![id; len]);
                    let expected = model.deposit(at, id, expires(relay.now, lifetime), len);
                    prop_assert_eq!(relay.apply([at; 32], op), expected);
                }
                Step::Acknowledge(at, id) => {
                    model.mail.entry(at).or_default().retain(|(other, ..)| *other != id);
                    relay.acknowledge([at; 32], id);
                }
                Step::Wait(seconds) => relay.now += seconds,
                Step::Expire => {}
            }
            model.expire(minute(relay.now));
            for at in 0..3 {
                let mail = model.mail.get(&at).into_iter().flatten();
                let ids: Vec<_> = mail.map(|(id, ..)| *id).collect();
                prop_assert_eq!(relay.ids([at; 32]), ids);
                let value = model.records.get(&at).map(|(.., len)| vec![at; *len]);
                prop_assert_eq!(relay.value([at; 32]), value);
            }
        }
        relay.now += 1_000;
        relay.expire();
        prop_assert_eq!(relay.total(), 0);
        prop_assert_eq!(relay.store.rows().unwrap(), []);
    }
}
