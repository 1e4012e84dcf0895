//! The keys of messages that have not come yet (MKSKIPPED), and the chains they belong to.
//!
//! Invariant: at most [`MAX_SKIPPED_KEYS`] keys and [`MAX_REMEMBERED_CHAINS`] chains. A key leaves
//! when its message was opened, when it is too old, or when newer ones need the room.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use super::keys::{HeaderKey, MessageKey};
use crate::limits::{MAX_REMEMBERED_CHAINS, MAX_SKIPPED_KEYS, SKIPPED_KEY_LIFETIME};

/// A key and when it was skipped, in seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SkippedKey {
    pub(super) key: MessageKey,
    pub(super) at: u64,
}

/// One receiving chain. Without keys it still tells a message that comes again from a strange one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RememberedChain {
    pub(super) header_key: HeaderKey,
    pub(super) keys: BTreeMap<u32, SkippedKey>,
}

/// Every remembered chain; the last is the one that is being received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SkippedKeys(pub(super) VecDeque<RememberedChain>);

impl SkippedKeys {
    /// Every chain, newest first.
    pub(super) fn chains(&self) -> impl Iterator<Item = &RememberedChain> {
        self.0.iter().rev()
    }

    /// The key at `index` of the chain `age` chains before the newest.
    pub(super) fn get(&self, age: usize, index: u32) -> Option<&MessageKey> {
        self.chains().nth(age)?.keys.get(&index).map(|skipped| &skipped.key)
    }

    /// Drops what [`Self::get`] gave, once its message was opened.
    pub(super) fn remove(&mut self, age: usize, index: u32) {
        if let Some(chain) = self.0.iter_mut().rev().nth(age) {
            chain.keys.remove(&index);
        }
    }

    /// Begins the newest chain, and drops what is too old.
    pub(super) fn begin_chain(&mut self, header_key: HeaderKey, now: u64) {
        self.expire(now);
        if self.0.len() >= MAX_REMEMBERED_CHAINS {
            let empty = self.0.iter().position(|chain| chain.keys.is_empty());
            self.0.remove(empty.unwrap_or(0));
        }
        self.0.push_back(RememberedChain { header_key, keys: BTreeMap::new() });
    }

    /// Adds the keys from `first` on to the newest chain.
    pub(super) fn insert(&mut self, first: u32, keys: Vec<MessageKey>, now: u64) {
        if let Some(chain) = self.0.back_mut() {
            let keys = keys.into_iter().map(|key| SkippedKey { key, at: now });
            // An open range would step past the last index of a chain.
            chain.keys.extend((first..=u32::MAX).zip(keys));
        }
        let count: usize = self.0.iter().map(|chain| chain.keys.len()).sum();
        for _ in MAX_SKIPPED_KEYS..count {
            if let Some(chain) = self.0.iter_mut().find(|chain| !chain.keys.is_empty()) {
                chain.keys.pop_first();
            }
        }
    }

    fn expire(&mut self, now: u64) {
        let lifetime = SKIPPED_KEY_LIFETIME.as_secs();
        for chain in &mut self.0 {
            chain.keys.retain(|_, skipped| now.saturating_sub(skipped.at) <= lifetime);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        crypto::secret::Secret,
        wire::codec::{DecodeError, Reader, Writer},
    };

    fn key(byte: u8) -> Secret<32> {
        Secret::new([byte; 32])
    }

    #[test]
    fn the_oldest_keys_make_room() {
        let mut skipped = SkippedKeys::default();
        skipped.begin_chain(key(1), 0);
        skipped.insert(0, vec![key(0); 1_500], 0);
        skipped.begin_chain(key(2), 0);
        skipped.insert(0, vec![key(0); 1_000], 0);
        assert_eq!(skipped.chains().map(|chain| chain.keys.len()).sum::<usize>(), 2_000);
        assert_eq!(skipped.get(1, 499), None);
        assert_eq!(skipped.get(1, 500), Some(&key(0)));
        assert_eq!(skipped.get(0, 0), Some(&key(0)));
    }

    #[test]
    fn a_chain_may_end_at_the_last_index() {
        let mut skipped = SkippedKeys::default();
        skipped.begin_chain(key(1), 0);
        skipped.insert(u32::MAX - 2, vec![key(0); 2], 0);
        assert_eq!(skipped.get(0, u32::MAX - 1), Some(&key(0)));
        assert_eq!(skipped.get(0, u32::MAX), None);
    }

    #[test]
    fn keys_out_of_order_or_twice_are_no_encoding() {
        let mut skipped = SkippedKeys::default();
        skipped.begin_chain(key(1), 0);
        skipped.insert(7, vec![key(0); 2], 0);
        let mut bytes = skipped.write(Writer::default()).finish();
        assert_eq!(Reader::whole(&bytes, SkippedKeys::read), Ok(skipped));
        // A count, a header key, a count, and the first index.
        let last_byte_of_first_index = 1 + 32 + 2 + 3;
        for index in [8, 9] {
            bytes[last_byte_of_first_index] = index;
            assert_eq!(Reader::whole(&bytes, SkippedKeys::read), Err(DecodeError::Value));
        }
    }

    #[test]
    fn a_key_goes_when_it_is_older_than_an_envelope_can_be() {
        let lifetime = SKIPPED_KEY_LIFETIME.as_secs();
        let mut skipped = SkippedKeys::default();
        skipped.begin_chain(key(1), 0);
        skipped.insert(4, vec![key(9)], 100);
        skipped.begin_chain(key(2), 100 + lifetime);
        assert_eq!(skipped.get(1, 4), Some(&key(9)));
        skipped.begin_chain(key(3), 101 + lifetime);
        assert_eq!(skipped.get(2, 4), None);
    }

    #[test]
    fn a_chain_that_waits_for_nothing_is_forgotten_before_one_that_does() {
        let mut skipped = SkippedKeys::default();
        skipped.begin_chain(key(255), 0);
        skipped.insert(0, vec![key(9)], 0);
        for chain in 0..200 {
            skipped.begin_chain(key(chain), 0);
        }
        assert_eq!(skipped.0.len(), MAX_REMEMBERED_CHAINS);
        assert_eq!(skipped.get(MAX_REMEMBERED_CHAINS - 1, 0), Some(&key(9)));
    }
}
