//! Randomness from a seed: SHA-256 in counter mode. For tests alone.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng, utils::next_word_via_fill};
use sha2::{Digest, Sha256};

/// The same numbers for the same seed.
#[derive(Debug)]
pub struct TestRng {
    seed: u64,
    counter: u64,
}

impl TestRng {
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.try_next_u64().unwrap() % n
    }

    /// One of `places`, of which there are some.
    pub fn one_of(&mut self, places: &[usize]) -> usize {
        let count = u64::try_from(places.len()).unwrap();
        places[usize::try_from(self.below(count)).unwrap()]
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for chunk in dst.chunks_mut(32) {
            self.counter += 1;
            let block = Sha256::new()
                .chain_update(self.seed.to_le_bytes())
                .chain_update(self.counter.to_le_bytes())
                .finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}
