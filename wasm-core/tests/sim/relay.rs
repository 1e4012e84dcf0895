//! The relay as a model: what it acknowledged it keeps.

use std::collections::{BTreeMap, BTreeSet};

use volly_core::engine::{effect::EnvelopeId, input::RelayError};

#[derive(Default)]
pub struct Relay {
    pub records: BTreeMap<[u8; 32], (u64, Vec<u8>)>,
    pub mailboxes: BTreeMap<[u8; 32], Vec<(EnvelopeId, Vec<u8>)>>,
    pub subscriptions: BTreeSet<([u8; 32], usize)>,
    /// Every address that was ever used, with the user who used it.
    pub seen: BTreeSet<([u8; 32], usize)>,
}

impl Relay {
    pub fn put(
        &mut self,
        user: usize,
        address: [u8; 32],
        sequence: u64,
        value: Vec<u8>,
    ) -> Result<(), RelayError> {
        self.seen.insert((address, user));
        let known = self.records.get(&address).map_or(0, |&(known, _)| known);
        if sequence < known {
            return Err(RelayError::Stale);
        }
        self.records.insert(address, (sequence, value));
        Ok(())
    }

    pub fn get(&mut self, user: usize, address: [u8; 32]) -> Option<Vec<u8>> {
        self.seen.insert((address, user));
        self.records.get(&address).map(|(_, value)| value.clone())
    }

    /// Stores an envelope; returns who is to hear of it.
    pub fn deposit(
        &mut self,
        user: usize,
        address: [u8; 32],
        id: EnvelopeId,
        envelope: &[u8],
    ) -> Vec<usize> {
        self.seen.insert((address, user));
        let mailbox = self.mailboxes.entry(address).or_default();
        if mailbox.iter().any(|(known, _)| *known == id) {
            return Vec::new();
        }
        mailbox.push((id, envelope.to_vec()));
        let subscribers = self.subscriptions.iter().filter(|(mailbox, _)| *mailbox == address);
        subscribers.map(|&(_, user)| user).collect()
    }

    pub fn acknowledge(&mut self, address: &[u8; 32], ids: &[EnvelopeId]) {
        if let Some(mailbox) = self.mailboxes.get_mut(address) {
            mailbox.retain(|(id, _)| !ids.contains(id));
        }
    }

    /// Bytes that it holds now.
    pub fn bytes(&self) -> Vec<u8> {
        let records = self.records.values().map(|(_, value)| value.clone());
        let mail = self.mailboxes.values().flatten().map(|(_, envelope)| envelope.clone());
        records.chain(mail).flatten().collect()
    }
}
