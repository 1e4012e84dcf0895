//! Where we are, for each contact alone, and direct streams to those who are there (protocol.md §12).

use alloc::vec::Vec;
use core::time::Duration;

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
    api::{ContactId, Path, Reach},
    crypto::{kdf, labels, secret::Secret},
    limits::{MAX_CLOCK_SKEW, PRESENCE_LIFETIME, PRESENCE_PAUSE, RECEIPT_DELAY},
    wire::PresenceRecord,
};

/// A presence record that is not older than its lifetime.
fn decode_presence(plaintext: &[u8], now: Timestamp) -> Option<PresenceRecord> {
    let record = PresenceRecord::decode(plaintext).ok()?;
    let age = now.seconds().saturating_sub(record.written);
    let fresh = age <= PRESENCE_LIFETIME.as_secs() + MAX_CLOCK_SKEW.as_secs();
    fresh.then_some(record)
}

/// The time, moved by what only the two can derive: the records of several contacts are written in
/// the same instant, and would be tied together by it.
fn sequence(record_key: &Secret<32>, now: Timestamp) -> u64 {
    let offset: Secret<8> = kdf::derive(record_key.expose(), labels::SEQUENCE, &[]);
    (u64::from_be_bytes(*offset.expose()) >> 2).saturating_add(now.0)
}

/// What a contact was last told of us, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    peer: Vec<u8>,
    /// Where circuits are reserved.
    relays: Vec<Vec<u8>>,
    at: Timestamp,
}

impl Engine {
    /// Tells every contact where we are, when that changes and then at half of the lifetime.
    pub(super) fn announce(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        let RelayStatus::Online { peer, reserved, .. } = &self.relay else { return };
        if peer.is_empty() {
            return;
        }
        let here = Announced { peer: peer.clone(), relays: reserved.clone(), at: now };
        let stale = |known: &Announced| {
            (&known.peer, &known.relays) != (&here.peer, &here.relays)
                || known.at.after(PRESENCE_LIFETIME / 2) <= now
        };
        let ids: Vec<ContactId> = self
            .contacts
            .iter()
            .filter(|(_, contact)| {
                !matches!(
                    contact.row.standing,
                    Standing::Leaving | Standing::Gone | Standing::Moved
                ) && contact.sessions.is_some()
                    && contact.announced.as_ref().is_none_or(stale)
            })
            .map(|(&id, _)| id)
            .collect();
        for id in ids {
            self.announce_to(id, &here, now, rng);
            self.seek(id, now);
        }
    }

    fn announce_to(
        &mut self,
        id: ContactId,
        here: &Announced,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let (Some((secret, ours)), day) = (contact.pair(), now.day()) else { return };
        let new_peer = contact.announced.as_ref().is_none_or(|known| known.peer != here.peer);
        contact.announced = Some(here.clone());
        contact.knock |= new_peer;
        let key = record_key(&secret, Purpose::Presence, ours, day);
        let keys = AddressKeys::derive(&secret, Purpose::Presence, ours, day);
        let (written, peer, relays) = (now.seconds(), here.peer.clone(), here.relays.clone());
        let value = PresenceRecord { written, peer, relays }.encode();
        let value = records::seal(&key, &value, rng);
        let ticket = self.ask(Question::Announce);
        let lifetime = u32::try_from(PRESENCE_LIFETIME.as_secs()).unwrap_or(u32::MAX);
        let sequence = sequence(&key, now);
        self.net(NetAction::PutRecord { ticket, keys, sequence, lifetime, value });
        if new_peer {
            // From now on the contact may come to us, even if we do not find it.
            self.reach(id, Vec::new(), Vec::new());
        }
    }

    /// Looks up where a contact is, unless a direct stream is up; after a pause if it was just
    /// looked up.
    pub(super) fn seek(&mut self, id: ContactId, now: Timestamp) {
        let circuit = self.has_circuit();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        if !circuit || contact.reach.is_some() {
            return;
        }
        let pause_ends = contact.sought_at.map(|at| at.after(PRESENCE_PAUSE));
        contact.seek_at = pause_ends.filter(|&at| at > now);
        if contact.seek_at.is_some() {
            return;
        }
        let Some((secret, ours)) = contact.pair() else { return };
        contact.sought_at = Some(now);
        let keys = AddressKeys::derive(&secret, Purpose::Presence, ours.reversed(), now.day());
        let ticket = self.ask(Question::Presence(id, now.day()));
        self.net(NetAction::GetRecord { ticket, keys });
    }

    /// Looks up everybody, when there is a circuit again to reach them over.
    pub(super) fn seek_all(&mut self, now: Timestamp) {
        let ids: Vec<ContactId> = self.contacts.keys().copied().collect();
        ids.into_iter().for_each(|id| self.seek(id, now));
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
        let Some((secret, ours)) = contact.pair() else { return };
        let key = record_key(&secret, Purpose::Presence, ours.reversed(), day);
        let plaintext = records::open(&key, &value);
        let record = plaintext.and_then(|plaintext| decode_presence(&plaintext, now));
        let Some(PresenceRecord { peer, relays, .. }) = record else { return };
        if contact.reach.is_some() {
            return;
        }
        if core::mem::take(&mut contact.knock) {
            // It may be the contact's part to dial, and it does not know yet that we have come: a
            // receipt in its mailbox is a sign of life, and it looks where we are.
            contact.receipt_at.get_or_insert(now.after(RECEIPT_DELAY));
        }
        self.reach(id, peer, relays);
    }

    fn reach(&mut self, contact: ContactId, peer: Vec<u8>, relays: Vec<Vec<u8>>) {
        let pair = self.contacts.get(&contact).and_then(super::Contact::pair);
        let Some((secret, _)) = pair else { return };
        let key: Secret<32> = kdf::derive(secret.expose(), labels::DIRECT, &[]);
        self.net(NetAction::ReachDirect { contact, peer, relays, key });
    }

    /// The direct stream to a contact has come, changed its way, or gone.
    pub(super) fn on_direct(&mut self, id: ContactId, path: Option<Path>, now: Timestamp) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        if contact.reach.map(|reach| reach.path) == path {
            return;
        }
        contact.reach = path.map(|path| Reach { path, round_trip: None });
        if path.is_none() {
            (contact.typing_until, contact.typing_told) = (None, None);
        }
        if contact.row.receipt_due && path.is_none() {
            contact.receipt_at.get_or_insert(now.after(RECEIPT_DELAY));
        }
        self.show_contact(id);
        self.pump(now);
        self.fetch_next(id, now);
        // It may be elsewhere by now, and its sign of life have come while this one seemed alive.
        self.seek(id, now);
    }

    pub(super) fn on_round_trip(&mut self, id: ContactId, round_trip: Duration) {
        let reach = self.contacts.get_mut(&id).and_then(|contact| contact.reach.as_mut());
        let Some(reach) = reach else { return };
        // Half a millisecond or less is shown as 1: no way takes no time.
        let rounded = round_trip.saturating_add(Duration::from_micros(500)).as_millis().max(1);
        let round_trip = u32::try_from(rounded).ok();
        if core::mem::replace(&mut reach.round_trip, round_trip) != round_trip {
            self.show_contact(id);
        }
    }

    pub(super) fn show_contact(&mut self, id: ContactId) {
        let mut transaction = Transaction::default();
        self.tell_contact(id, &mut transaction);
        self.effects.append(&mut transaction.then.into());
    }

    /// When the next announcement is due.
    pub(super) fn announce_timeout(&self) -> Option<Timestamp> {
        let at = |known: &Announced| known.at.after(PRESENCE_LIFETIME / 2);
        let contacts = self.contacts.values();
        let there = |contact: &&super::Contact| {
            !matches!(contact.row.standing, Standing::Leaving | Standing::Gone | Standing::Moved)
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
        let (peer, relays) = (b"peer".to_vec(), vec![b"relay".to_vec()]);
        let record = PresenceRecord { written: now.seconds(), peer, relays };
        let plaintext = record.encode();
        assert_eq!(decode_presence(&plaintext, now), Some(record));
        let later = now.after(PRESENCE_LIFETIME + MAX_CLOCK_SKEW * 2);
        assert_eq!(decode_presence(&plaintext, later), None);
        for end in 0..plaintext.len() {
            assert_eq!(decode_presence(&plaintext[..end], now), None);
        }
    }
}
