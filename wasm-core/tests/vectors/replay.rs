//! Randomness that a vector prescribes.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng, utils::next_word_via_fill};

/// Gives these bytes once, in order. Asking for more than there are fails the test.
#[derive(Debug)]
pub struct Replay<'a>(pub &'a [u8]);

impl TryRng for Replay<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let (now, later) = self.0.split_at(bytes.len());
        bytes.copy_from_slice(now);
        self.0 = later;
        Ok(())
    }
}

impl TryCryptoRng for Replay<'_> {}
