//! The relays as a model: what they acknowledged is at all of them that are there, and who comes back
//! and those who are there give each other what they have.

use std::collections::{BTreeMap, BTreeSet};

use volly_core::{
    engine::{effect::EnvelopeId, input::RelayError},
    wire::mailbox::Record,
};

use super::rng::TestRng;

/// What one relay has on its disk.
#[derive(Clone, Default)]
pub struct Disk {
    pub records: BTreeMap<[u8; 32], (u64, Vec<u8>)>,
    pub mailboxes: BTreeMap<[u8; 32], Vec<(EnvelopeId, Vec<u8>)>>,
}

#[derive(Clone, Default)]
struct Relay {
    disk: Disk,
    away: bool,
}

pub struct Relays {
    relays: Vec<Relay>,
    pub subscriptions: BTreeSet<([u8; 32], usize)>,
    /// Every address that was ever used, with the user who used it.
    pub seen: BTreeSet<([u8; 32], usize)>,
    /// What has happened to them.
    pub deaths: u32,
    pub resurrected: u32,
}

impl Relays {
    pub fn new(count: usize) -> Self {
        Self {
            relays: vec![Relay::default(); count],
            subscriptions: BTreeSet::new(),
            seen: BTreeSet::new(),
            deaths: 0,
            resurrected: 0,
        }
    }

    fn there(&mut self) -> impl Iterator<Item = &mut Disk> {
        self.relays.iter_mut().filter(|relay| !relay.away).map(|relay| &mut relay.disk)
    }

    /// What is to be had of those who are there.
    pub fn disk(&self) -> &Disk {
        &self.relays.iter().find(|relay| !relay.away).expect("one is always there").disk
    }

    /// Those to which a user is connected: two, where there are as many.
    pub fn links_of(&self, user: usize) -> Vec<usize> {
        let count = self.relays.len();
        let order = (0..count).map(|place| (place + user) % count);
        order.filter(|&relay| !self.relays[relay].away).take(2).collect()
    }

    /// One of those who are there goes, unless it is the last.
    pub fn one_dies(&mut self, rng: &mut TestRng) {
        let there: Vec<usize> =
            (0..self.relays.len()).filter(|&relay| !self.relays[relay].away).collect();
        if there.len() > 1 {
            self.relays[rng.one_of(&there)].away = true;
            self.deaths += 1;
        }
    }

    /// Of those who are away one comes back, perhaps with an empty disk.
    pub fn one_returns(&mut self, rng: &mut TestRng) {
        let away: Vec<usize> =
            (0..self.relays.len()).filter(|&relay| self.relays[relay].away).collect();
        if away.is_empty() {
            return;
        }
        let relay = rng.one_of(&away);
        self.relays[relay].away = false;
        if rng.one_in(3) {
            self.relays[relay].disk = Disk::default();
        }
        self.exchange();
    }

    pub fn all_return(&mut self) {
        self.relays.iter_mut().for_each(|relay| relay.away = false);
        self.exchange();
    }

    /// Everybody who is there has what anybody has. Acknowledgements are forgotten in the worst case, so
    /// what one has kept meanwhile is back everywhere.
    fn exchange(&mut self) {
        let mut whole = self.disk().clone();
        let before = count(&whole);
        for disk in self.there() {
            for (address, record) in &disk.records {
                let known = whole.records.entry(*address).or_insert_with(|| record.clone());
                if known.0 < record.0 {
                    *known = record.clone();
                }
            }
            for (address, envelopes) in &disk.mailboxes {
                let known = whole.mailboxes.entry(*address).or_default();
                for (id, envelope) in envelopes {
                    if !known.iter().any(|(known, _)| known == id) {
                        known.push((*id, envelope.clone()));
                    }
                }
            }
        }
        self.resurrected += u32::try_from(count(&whole) - before).unwrap();
        self.there().for_each(|disk| *disk = whole.clone());
    }

    pub fn put(
        &mut self,
        user: usize,
        address: [u8; 32],
        sequence: u64,
        value: &[u8],
    ) -> Result<(), RelayError> {
        self.seen.insert((address, user));
        let mut result = Ok(());
        for disk in self.there() {
            let known = disk.records.get(&address).map_or(0, |&(known, _)| known);
            if sequence < known {
                result = Err(RelayError::Stale);
            } else {
                disk.records.insert(address, (sequence, value.to_vec()));
            }
        }
        result
    }

    pub fn get(&mut self, user: usize, address: [u8; 32]) -> Option<Record> {
        self.seen.insert((address, user));
        let (sequence, value) = self.disk().records.get(&address).cloned()?;
        Some(Record { sequence, value })
    }

    /// Stores an envelope; returns who is to hear of it, from each relay of theirs.
    pub fn deposit(
        &mut self,
        user: usize,
        address: [u8; 32],
        id: EnvelopeId,
        envelope: &[u8],
    ) -> Vec<usize> {
        self.seen.insert((address, user));
        let mut new = false;
        for disk in self.there() {
            let mailbox = disk.mailboxes.entry(address).or_default();
            if !mailbox.iter().any(|(known, _)| *known == id) {
                mailbox.push((id, envelope.to_vec()));
                new = true;
            }
        }
        let subscribers = self.subscriptions.iter().filter(|(at, _)| *at == address && new);
        let links = |&(_, user): &(_, usize)| vec![user; self.links_of(user).len()];
        subscribers.flat_map(links).collect()
    }

    pub fn acknowledge(&mut self, address: &[u8; 32], id: EnvelopeId) {
        for disk in self.there() {
            if let Some(mailbox) = disk.mailboxes.get_mut(address) {
                mailbox.retain(|(known, _)| *known != id);
            }
        }
    }

    /// Bytes that they hold now.
    pub fn bytes(&self) -> Vec<u8> {
        let records = self.disk().records.values().map(|(_, value)| value.clone());
        let mail = self.disk().mailboxes.values().flatten().map(|(_, envelope)| envelope.clone());
        records.chain(mail).flatten().collect()
    }

    /// Changes the order of what waits at each address.
    pub fn shuffle(&mut self, rng: &mut TestRng) {
        for mailbox in self.there().flat_map(|disk| disk.mailboxes.values_mut()) {
            for at in (1..mailbox.len()).rev() {
                let other = usize::try_from(rng.below(at as u64 + 1)).unwrap();
                mailbox.swap(at, other);
            }
        }
    }

    /// Loses what waits at these places of each mailbox.
    pub fn lose(&mut self, lost: impl Fn(usize) -> bool) {
        for mailbox in self.there().flat_map(|disk| disk.mailboxes.values_mut()) {
            let mut at = 0..;
            mailbox.retain(|_| !at.next().is_some_and(&lost));
        }
    }
}

fn count(disk: &Disk) -> usize {
    disk.mailboxes.values().map(Vec::len).sum()
}
