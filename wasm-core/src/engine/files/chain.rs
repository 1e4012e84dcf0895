//! The hash of a file's chunks, taken as they come, and the sealing of a chunk (protocol.md §7.1).

use alloc::{collections::BTreeMap, vec::Vec};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    crypto::{
        aead::{self, NONCE_BYTES, TAG_BYTES},
        labels,
        secret::Secret,
    },
    limits::{CHUNK_BYTES, MAX_PUSHED_BYTES},
};

/// Chunks that came before those in front of them; only pieces do.
const MAX_HELD: usize = 8;

const _: () = assert!(MAX_HELD as u64 * CHUNK_BYTES as u64 == MAX_PUSHED_BYTES);

/// How many chunks a file has.
pub(super) fn chunk_count(size: u64) -> u32 {
    u32::try_from(size.div_ceil(CHUNK_BYTES as u64)).unwrap_or(u32::MAX)
}

/// How long a chunk is; 0 behind the end.
pub(super) fn plain_len(size: u64, index: u32) -> usize {
    let before = u64::from(index).saturating_mul(CHUNK_BYTES as u64);
    let rest = usize::try_from(size.saturating_sub(before)).unwrap_or(usize::MAX);
    rest.min(CHUNK_BYTES)
}

/// How long it is sealed.
pub(super) fn sealed_len(size: u64, index: u32) -> usize {
    plain_len(size, index) + TAG_BYTES
}

/// No two chunks are sealed with one key and index: the key is of one file.
fn nonce(index: u32) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    if let Some(end) = nonce.last_chunk_mut() {
        *end = index.to_be_bytes();
    }
    nonce
}

pub(super) fn seal_chunk(key: &Secret<32>, index: u32, chunk: &[u8]) -> Vec<u8> {
    aead::seal(key, &nonce(index), &[], chunk)
}

pub(super) fn open_chunk(
    key: &Secret<32>,
    index: u32,
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    aead::open(key, &nonce(index), &[], sealed).ok()
}

/// The chunks that are here, by their number and the hash of all.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::engine) struct Chain {
    next: u32,
    /// `None` before the first.
    hash: Option<[u8; 32]>,
    /// Hashes of chunks behind one that is missing.
    held: BTreeMap<u32, [u8; 32]>,
}

impl Chain {
    pub(super) const fn new() -> Self {
        Self { next: 0, hash: None, held: BTreeMap::new() }
    }

    /// Every chunk before this one is here.
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// `h₀ = SHA-256("volly/1/file")`, `hᵢ₊₁ = SHA-256(hᵢ ‖ SHA-256(sealed chunk i))`.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.hash.unwrap_or_else(|| Sha256::digest(labels::FILE).into())
    }

    /// Counts a chunk; `false` when it is here already, or too far ahead.
    pub(super) fn add(&mut self, index: u32, sealed: &[u8]) -> bool {
        let is_new = index >= self.next && !self.held.contains_key(&index);
        if !is_new || (index > self.next && self.held.len() >= MAX_HELD) {
            return false;
        }
        self.held.insert(index, Sha256::digest(sealed).into());
        while let Some(hash) = self.held.remove(&self.next) {
            self.hash = Some(
                Sha256::new().chain_update(self.digest()).chain_update(hash).finalize().into(),
            );
            self.next = self.next.saturating_add(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_lengths_of_all_chunks_are_that_of_the_file() {
        for size in [1, CHUNK_BYTES as u64 - 1, CHUNK_BYTES as u64, 3 * CHUNK_BYTES as u64 + 7] {
            let chunks = chunk_count(size);
            let sum: u64 = (0..chunks).map(|index| plain_len(size, index) as u64).sum();
            assert_eq!(sum, size);
            assert_eq!(plain_len(size, chunks), 0);
            assert!((0..chunks).all(|index| plain_len(size, index) > 0));
        }
    }

    #[test]
    fn a_chunk_opens_at_its_place_alone() {
        let (key, other) = (Secret::new([7; 32]), Secret::new([8; 32]));
        let sealed = seal_chunk(&key, 3, b"bytes");
        assert_eq!(open_chunk(&key, 3, &sealed).unwrap().as_slice(), b"bytes");
        assert!(open_chunk(&key, 2, &sealed).is_none());
        assert!(open_chunk(&other, 3, &sealed).is_none());
    }

    fn digest_of(order: &[u32]) -> (u32, [u8; 32]) {
        let mut chain = Chain::new();
        order.iter().for_each(|index| {
            chain.add(*index, &index.to_be_bytes());
        });
        (chain.next(), chain.digest())
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            order in Just((0..8_u32).collect::<Vec<_>>()).prop_shuffle(), again in 0..8_u32,
        ) {
            let all: Vec<u32> = (0..8).collect();
            prop_assert_eq!(digest_of(&order), digest_of(&all));
            let twice: Vec<u32> = order.iter().copied().chain([again]).collect();
            prop_assert_eq!(digest_of(&twice), digest_of(&all));
            prop_assert_ne!(digest_of(&all[..7]).1, digest_of(&all).1);
        }
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut chain = Chain::new();
        let held = (1..100).filter(|index| chain.add(*index, b"")).count();
        assert_eq!((held, chain.next()), (MAX_HELD, 0));
        assert!(chain.add(0, b""), "what closes the gap is always taken");
    }
}
