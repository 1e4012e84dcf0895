//! The prekeys behind a long-term invite: one set is published, the one before still serves.
//!
//! Invariant: a set accepts a handshake once. Without a one-time key nothing else would stop an old
//! pre-key message from being opened again.
//! Does not know: invites, sessions, storage.

use alloc::{collections::BTreeSet, vec::Vec};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Device, PreKeyKind, PreKeySecrets, generate_prekeys};
use crate::{
    crypto::dh,
    limits::{LAST_RESORT_ROTATION, MAX_LAST_RESORT_USES},
    wire::{
        PreKeyBundle,
        codec::{DecodeError, Reader, Writer},
    },
};

const VERSION: u8 = 1;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastResortPreKeys {
    published: Set,
    previous: Option<Set>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Set {
    secrets: PreKeySecrets,
    /// Seconds since the Unix epoch.
    created: u64,
    /// The ephemeral keys (EK) of the handshakes that were accepted.
    used: BTreeSet<[u8; 32]>,
}

impl Set {
    /// The bundle is believed for as long as the set may serve.
    fn generate(
        device: &Device,
        id: u32,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> (Self, PreKeyBundle) {
        let expires = now.saturating_add(2 * LAST_RESORT_ROTATION.as_secs());
        let (secrets, bundle) = generate_prekeys(device, PreKeyKind::LastResort, id, expires, rng);
        (Self { secrets, created: now, used: BTreeSet::new() }, bundle)
    }

    fn is_full(&self) -> bool {
        self.used.len() >= MAX_LAST_RESORT_USES
    }
}

impl LastResortPreKeys {
    /// Draws the first set and signs it; `now` in seconds since the Unix epoch.
    #[must_use]
    pub fn generate(device: &Device, now: u64, rng: &mut impl CryptoRng) -> (Self, PreKeyBundle) {
        let (published, bundle) = Set::generate(device, rng.next_u32(), now, rng);
        (Self { published, previous: None }, bundle)
    }

    /// Whether another set should take the place of the published one.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        let age = now.saturating_sub(self.published.created);
        age >= LAST_RESORT_ROTATION.as_secs() || self.published.is_full()
    }

    /// Draws the next set, whose bundle is to be published. The set before the last one is gone.
    pub fn rotate(&mut self, device: &Device, now: u64, rng: &mut impl CryptoRng) -> PreKeyBundle {
        let id = self.published.secrets.id.wrapping_add(1);
        let (published, bundle) = Set::generate(device, id, now, rng);
        self.previous = Some(core::mem::replace(&mut self.published, published));
        bundle
    }

    fn sets(&self) -> impl Iterator<Item = &Set> {
        [Some(&self.published), self.previous.as_ref()].into_iter().flatten()
    }

    /// The private halves that a handshake asks for: `None` when they are gone or used up, and
    /// when this very handshake was accepted before.
    pub fn find(&self, id: u32, ephemeral_key: &dh::PublicKey) -> Option<&PreKeySecrets> {
        let set = self.sets().find(|set| set.secrets.id == id)?;
        (!set.is_full() && !set.used.contains(&ephemeral_key.0)).then_some(&set.secrets)
    }

    /// Remembers that a handshake was accepted. The caller stores this with its session.
    pub fn spend(&mut self, id: u32, ephemeral_key: &dh::PublicKey) {
        let sets = [Some(&mut self.published), self.previous.as_mut()];
        if let Some(set) = sets.into_iter().flatten().find(|set| set.secrets.id == id) {
            set.used.insert(ephemeral_key.0);
        }
    }

    /// Encodes for storage: `u8 version ‖ u8 sets ‖ sets × (u64 created ‖ u16 length ‖ secrets ‖
    /// u16 uses ‖ uses × EK)`.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let capacity = self.sets().map(|set| 256 + 32 * set.used.len()).sum();
        let mut writer = Writer::with_capacity(capacity).u8(VERSION).count8(self.sets().count());
        for set in self.sets() {
            let secrets = set.secrets.encode();
            let length = u16::try_from(secrets.len()).expect("prekeys are about 200 bytes");
            let uses = u16::try_from(set.used.len()).expect("there are at most a few hundred");
            writer = writer.u64(set.created).u16(length).bytes(&secrets).u16(uses);
            writer = set.used.iter().fold(writer, |writer, key| writer.bytes(key));
        }
        Zeroizing::new(writer.finish())
    }

    /// Decodes what [`Self::encode`] gave.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let previous = match reader.u8()? {
                1 => false,
                2 => true,
                _ => return Err(DecodeError::Value),
            };
            let published = read_set(reader)?;
            let previous = if previous { Some(read_set(reader)?) } else { None };
            Ok(Self { published, previous })
        })
    }
}

fn read_set(reader: &mut Reader<'_>) -> Result<Set, DecodeError> {
    let created = reader.u64()?;
    let length = reader.u16()?.into();
    let secrets = PreKeySecrets::decode(reader.bytes(length)?)?;
    let uses = reader.u16()?.into();
    if uses > MAX_LAST_RESORT_USES {
        return Err(DecodeError::Value);
    }
    let mut used = BTreeSet::new();
    for _ in 0..uses {
        let key = reader.array()?;
        if used.last().is_some_and(|last| *last >= key) {
            return Err(DecodeError::Value);
        }
        used.insert(key);
    }
    Ok(Set { secrets, created, used })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crypto::test_rng, identity::AccountSeed};

    const NOW: u64 = 1_000_000;

    fn key(n: usize) -> dh::PublicKey {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&n.to_be_bytes());
        dh::PublicKey(key)
    }

    #[test]
    fn a_set_accepts_a_handshake_once_and_no_more_than_it_remembers() {
        let rng = &mut test_rng(1);
        let device = Device::generate(&AccountSeed::from_bytes([1; 32]), NOW, rng);
        let (mut prekeys, bundle) = LastResortPreKeys::generate(&device, NOW, rng);
        let id = bundle.prekeys.id;
        assert_eq!(bundle.prekeys.one_time_prekey, None);
        assert!(prekeys.find(id.wrapping_add(1), &key(0)).is_none(), "another set");
        for n in 0..MAX_LAST_RESORT_USES {
            assert!(prekeys.find(id, &key(n)).is_some());
            prekeys.spend(id, &key(n));
            assert!(prekeys.find(id, &key(n)).is_none(), "a replay");
        }
        assert!(prekeys.find(id, &key(MAX_LAST_RESORT_USES)).is_none(), "it is full");
        assert!(prekeys.is_due(NOW), "so the next is due");
        assert_eq!(LastResortPreKeys::decode(&prekeys.encode()), Ok(prekeys));
    }

    #[test]
    fn the_set_before_the_published_one_serves_and_the_one_before_that_is_gone() {
        let rng = &mut test_rng(1);
        let device = Device::generate(&AccountSeed::from_bytes([1; 32]), NOW, rng);
        let (mut prekeys, first) = LastResortPreKeys::generate(&device, NOW, rng);
        let rotation = LAST_RESORT_ROTATION.as_secs();
        assert!(!prekeys.is_due(NOW + rotation - 1));
        assert!(prekeys.is_due(NOW + rotation));
        let second = prekeys.rotate(&device, NOW + rotation, rng);
        assert!(!prekeys.is_due(NOW + rotation));
        for bundle in [&first, &second] {
            assert!(prekeys.find(bundle.prekeys.id, &key(1)).is_some());
        }
        assert_eq!(LastResortPreKeys::decode(&prekeys.encode()).as_ref(), Ok(&prekeys));
        let _ = prekeys.rotate(&device, NOW + 2 * rotation, rng);
        assert!(prekeys.find(first.prekeys.id, &key(1)).is_none());
        assert!(second.verify(device.fingerprint(), NOW + 3 * rotation).is_ok(), "still believed");
    }
}
