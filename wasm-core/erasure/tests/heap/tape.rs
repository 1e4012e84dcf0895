//! Randomness from a seed that remembers what it gave. What has 32 bytes or more is a secret: nonces
//! have 24, ids fewer.

use core::convert::Infallible;

use chacha20::ChaCha20Rng;
use rand_core::{SeedableRng as _, TryCryptoRng, TryRng};

pub struct Tape {
    rng: ChaCha20Rng,
    pub secrets: Vec<Vec<u8>>,
    remembers: bool,
}

impl Tape {
    /// To learn the secrets.
    pub fn recording(seed: u64) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(seed);
        Self { rng, secrets: Vec::new(), remembers: true }
    }

    /// For the picture, in which a copy on a tape would be found.
    pub fn silent(seed: u64) -> Self {
        Self { remembers: false, ..Self::recording(seed) }
    }
}

impl TryRng for Tape {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.rng.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.rng.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.rng.try_fill_bytes(bytes)?;
        if self.remembers && bytes.len() >= 32 {
            self.secrets.push(bytes.to_vec());
        }
        Ok(())
    }
}

impl TryCryptoRng for Tape {}
