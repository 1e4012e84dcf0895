//! One of the two: what a device has in memory, and what it stores.

use std::collections::{BTreeMap, BTreeSet};

use volly_core::{
    identity::{Device, LastResortPreKeys, PreKeySecrets},
    session::{SessionId, SessionRecord, SessionState},
};

use super::people::Person;

/// What is left of a party when its browser is closed, all encoded.
#[derive(Clone)]
pub struct Stored {
    device: Vec<u8>,
    record: Option<Vec<u8>>,
    one_time: BTreeMap<u32, Vec<u8>>,
    last_resort: Vec<u8>,
    opened: BTreeSet<usize>,
}

pub struct Party {
    pub device: Device,
    pub record: Option<SessionRecord>,
    one_time: BTreeMap<u32, PreKeySecrets>,
    last_resort: LastResortPreKeys,
    /// The envelopes that it has opened, as far as its state goes.
    opened: BTreeSet<usize>,
}

impl Party {
    pub fn new(person: &Person) -> Self {
        let one_time = person.one_time.iter().map(|(secrets, bundle)| {
            let id = bundle.prekeys.id;
            (id, secrets.clone())
        });
        Self {
            device: person.device.clone(),
            record: None,
            one_time: one_time.collect(),
            last_resort: person.last_resort.0.clone(),
            opened: BTreeSet::new(),
        }
    }

    pub fn store(&self) -> Stored {
        let one_time = self.one_time.iter().map(|(&id, secrets)| (id, secrets.encode().to_vec()));
        Stored {
            device: self.device.encode().to_vec(),
            record: self.record.as_ref().map(|record| record.encode().to_vec()),
            one_time: one_time.collect(),
            last_resort: self.last_resort.encode().to_vec(),
            opened: self.opened.clone(),
        }
    }

    pub fn load(stored: Stored) -> Self {
        let one_time = stored.one_time.iter();
        Self {
            device: Device::decode(&stored.device).unwrap(),
            record: stored.record.map(|record| SessionRecord::decode(&record).unwrap()),
            one_time: one_time
                .map(|(&id, secrets)| (id, PreKeySecrets::decode(secrets).unwrap()))
                .collect(),
            last_resort: LastResortPreKeys::decode(&stored.last_resort).unwrap(),
            opened: stored.opened,
        }
    }

    pub fn current(&self) -> Option<SessionId> {
        self.record.as_ref().map(|record| record.current().id())
    }

    pub fn has(&self, session: SessionId) -> bool {
        self.record.as_ref().is_some_and(|record| record.state(session).is_some())
    }

    pub fn has_opened(&self, number: usize) -> bool {
        self.opened.contains(&number)
    }

    /// A session that this side began.
    pub fn add(&mut self, session: SessionState, now: u64) {
        match &mut self.record {
            Some(record) => record.add(session, now).unwrap(),
            None => self.record = Some(SessionRecord::new(session, now)),
        }
    }

    /// Opens envelope `number`, which `begins` a session or belongs to one. What does not open
    /// changes nothing, and nothing opens twice.
    pub fn open(&mut self, number: usize, begins: bool, bytes: &[u8], now: u64) -> Option<Vec<u8>> {
        let before = self.record.clone();
        let opened = if begins { self.accept(bytes, now) } else { self.open_message(bytes, now) };
        match opened {
            Some(_) => assert!(self.opened.insert(number), "envelope {number} was opened twice"),
            None => assert!(self.record == before, "envelope {number} did not open"),
        }
        opened
    }

    fn open_message(&mut self, bytes: &[u8], now: u64) -> Option<Vec<u8>> {
        let opened = self.record.as_mut()?.open(bytes, now).ok()?;
        Some(opened.content.to_vec())
    }

    fn accept(&mut self, bytes: &[u8], now: u64) -> Option<Vec<u8>> {
        let id = u32::from_be_bytes(bytes.get(1..5)?.try_into().unwrap());
        let (device, mut last_resort) = (&self.device, self.last_resort.clone());
        let accepted = match self.one_time.get(&id) {
            Some(secrets) => SessionState::accept(device, secrets, bytes, now),
            None => SessionState::accept_last_resort(device, &mut last_resort, bytes, now),
        };
        let accepted = accepted.ok()?;
        assert_eq!(accepted.identity.fingerprint(), *accepted.session.peer_fingerprint());
        match &mut self.record {
            Some(record) => record.add(accepted.session, now).ok()?,
            None => self.record = Some(SessionRecord::new(accepted.session, now)),
        }
        self.one_time.remove(&id);
        self.last_resort = last_resort;
        Some(accepted.first_content.to_vec())
    }
}
