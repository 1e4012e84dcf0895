//! Where we are, for each contact alone, and direct streams to those who are there (protocol.md §12).

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{
    Engine, Question, Transaction,
    effect::NetAction,
    input::{RelayError, RelayStatus, Timestamp},
    records,
    rows::Standing,
};
use crate::{
    address::{AddressKeys, Purpose, record_key},
    api::ContactId,
    crypto::{kdf, labels, secret::Secret},
    limits::{MAX_CLOCK_SKEW, PRESENCE_LIFETIME, PRESENCE_PAUSE, RECEIPT_DELAY},
    wire::PresenceRecord,
};

/// The PeerId of a presence record that is not older than its lifetime.
fn decode_presence(plaintext: &[u8], now: Timestamp) -> Option<Vec<u8>> {
    let record = PresenceRecord::decode(plaintext).ok()?;
    let age = now.seconds().saturating_sub(record.written);
    let fresh = age <= PRESENCE_LIFETIME.as_secs() + MAX_CLOCK_SKEW.as_secs();
    fresh.then(|| record.peer.to_vec())
}

/// The time, moved by what only the two can derive: the records of several contacts are written in
/// the same instant, and would be tied together by it.
fn sequence(record_key: &Secret<32>, now: Timestamp) -> u64 {
    let offset: Secret<8> = kdf::derive(record_key.expose(), labels::SEQUENCE, &[]);
    (u64::from_be_bytes(*offset.expose()) >> 2).saturating_add(now.0)
}

/// What a contact was last told of us: the PeerId, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    peer: Vec<u8>,
    at: Timestamp,
}

impl Engine {
    /// Tells every contact where we are, once for each PeerId and then at half of the lifetime.
    pub(super) fn announce(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        let RelayStatus::Online { peer } = &self.relay else { return };
        if peer.is_empty() {
            return;
        }
        let peer = peer.clone();
        let stale =
            |known: &Announced| known.peer != peer || known.at.after(PRESENCE_LIFETIME / 2) <= now;
        let ids: Vec<ContactId> = self
            .contacts
            .iter()
            .filter(|(_, contact)| {
                !matches!(contact.row.standing, Standing::Leaving | Standing::Gone)
                    && contact.announced.as_ref().is_none_or(stale)
            })
            .map(|(&id, _)| id)
            .collect();
        for id in ids {
            self.announce_to(id, &peer, now, rng);
            self.seek(id, now);
        }
    }

    fn announce_to(
        &mut self,
        id: ContactId,
        peer: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let new_peer = contact.announced.as_ref().is_none_or(|known| known.peer != peer);
        contact.announced = Some(Announced { peer: peer.to_vec(), at: now });
        contact.knock |= new_peer;
        let ((secret, ours), day) = (contact.pair(), now.day());
        let key = record_key(&secret, Purpose::Presence, ours, day);
        let keys = AddressKeys::derive(&secret, Purpose::Presence, ours, day);
        let value = PresenceRecord { written: now.seconds(), peer }.encode();
        let value = records::seal(&key, &value, rng);
        let ticket = self.ask(Question::Announce);
        let lifetime = u32::try_from(PRESENCE_LIFETIME.as_secs()).unwrap_or(u32::MAX);
        let sequence = sequence(&key, now);
        self.net(NetAction::PutRecord { ticket, keys, sequence, lifetime, value });
        if new_peer {
            // From now on the contact may come to us, even if we do not find it.
            self.reach(id, Vec::new());
        }
    }

    /// Looks up where a contact is, unless a direct stream is up; after a pause if it was just
    /// looked up.
    pub(super) fn seek(&mut self, id: ContactId, now: Timestamp) {
        let circuit = matches!(&self.relay, RelayStatus::Online { peer } if !peer.is_empty());
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        if !circuit || contact.direct {
            return;
        }
        let pause_ends = contact.sought_at.map(|at| at.after(PRESENCE_PAUSE));
        contact.seek_at = pause_ends.filter(|&at| at > now);
        if contact.seek_at.is_some() {
            return;
        }
        contact.sought_at = Some(now);
        let (secret, ours) = contact.pair();
        let keys = AddressKeys::derive(&secret, Purpose::Presence, ours.reversed(), now.day());
        let ticket = self.ask(Question::Presence(id, now.day()));
        self.net(NetAction::GetRecord { ticket, keys });
    }

    /// Looks up those whose pause is over.
    pub(super) fn seek_due(&mut self, now: Timestamp) {
        let due = |contact: &mut super::Contact| contact.seek_at.take_if(|at| *at <= now).is_some();
        let contacts = self.contacts.iter_mut();
        let ids: Vec<ContactId> =
            contacts.filter_map(|(&id, contact)| due(contact).then_some(id)).collect();
        for id in ids {
            self.seek(id, now);
        }
    }

    pub(super) fn on_presence(
        &mut self,
        id: ContactId,
        day: u32,
        result: Result<Option<Vec<u8>>, RelayError>,
        now: Timestamp,
    ) {
        let (Ok(Some(value)), Some(contact)) = (result, self.contacts.get_mut(&id)) else { return };
        let (secret, ours) = contact.pair();
        let key = record_key(&secret, Purpose::Presence, ours.reversed(), day);
        let plaintext = records::open(&key, &value);
        let peer = plaintext.and_then(|plaintext| decode_presence(&plaintext, now));
        let Some(peer) = peer else { return };
        if contact.direct {
            return;
        }
        if core::mem::take(&mut contact.knock) {
            // It may be the contact's part to dial, and it does not know yet that we have come: a
            // receipt in its mailbox is a sign of life, and it looks where we are.
            contact.receipt_at.get_or_insert(now.after(RECEIPT_DELAY));
        }
        self.reach(id, peer);
    }

    fn reach(&mut self, contact: ContactId, peer: Vec<u8>) {
        let Some(known) = self.contacts.get(&contact) else { return };
        let key: Secret<32> = kdf::derive(known.pair().0.expose(), labels::DIRECT, &[]);
        self.net(NetAction::ReachDirect { contact, peer, key });
    }

    pub(super) fn on_direct(&mut self, id: ContactId, up: bool, now: Timestamp) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        if core::mem::replace(&mut contact.direct, up) == up {
            return;
        }
        if contact.row.receipt_due && !up {
            contact.receipt_at.get_or_insert(now.after(RECEIPT_DELAY));
        }
        let mut transaction = Transaction::default();
        self.tell_contact(id, &mut transaction);
        self.effects.append(&mut transaction.then.into());
        self.pump(now);
    }

    /// When the next announcement is due.
    pub(super) fn announce_timeout(&self) -> Option<Timestamp> {
        let at = |known: &Announced| known.at.after(PRESENCE_LIFETIME / 2);
        let contacts = self.contacts.values();
        let there = |contact: &&super::Contact| {
            !matches!(contact.row.standing, Standing::Leaving | Standing::Gone)
        };
        contacts.filter(there).filter_map(|contact| contact.announced.as_ref().map(at)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_or_damaged_presence_is_none() {
        let now = Timestamp(1_800_000_000_000);
        let plaintext = PresenceRecord { written: now.seconds(), peer: b"peer" }.encode();
        assert_eq!(decode_presence(&plaintext, now), Some(b"peer".to_vec()));
        let later = now.after(PRESENCE_LIFETIME + MAX_CLOCK_SKEW * 2);
        assert_eq!(decode_presence(&plaintext, later), None);
        for end in 0..plaintext.len() {
            assert_eq!(decode_presence(&plaintext[..end], now), None);
        }
    }
}
