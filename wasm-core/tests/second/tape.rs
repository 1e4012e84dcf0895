//! Randomness from a seed that remembers what it gave: a reader of one side needs the secrets that
//! this side drew.

use core::convert::Infallible;

use chacha20::ChaCha20Rng;
use rand_core::{SeedableRng as _, TryCryptoRng, TryRng, utils::next_word_via_fill};

#[derive(Debug)]
pub struct Tape {
    rng: ChaCha20Rng,
    draws: Vec<Vec<u8>>,
}

impl Tape {
    pub fn new(seed: u64) -> Self {
        Self { rng: ChaCha20Rng::seed_from_u64(seed), draws: Vec::new() }
    }

    /// What was drawn since the last time, one piece for each draw.
    pub fn take(&mut self) -> Vec<Vec<u8>> {
        core::mem::take(&mut self.draws)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.rng.try_next_u64().unwrap() % n
    }

    /// True `n` times in a hundred.
    pub fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    /// As many bytes as asked for, which are not remembered.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.rng.try_fill_bytes(&mut bytes).unwrap();
        bytes
    }
}

impl TryRng for Tape {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.rng.try_fill_bytes(bytes)?;
        self.draws.push(bytes.to_vec());
        Ok(())
    }
}

impl TryCryptoRng for Tape {}
