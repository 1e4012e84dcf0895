//! Cases out of seeds: bytes changed, cut, repeated, spliced, and numbers moved a little.

use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Longest case: above every bound on what comes over a network.
const MAX_CASE_BYTES: usize = 80_000;

/// Changes of one case: one most of the time, as many as this now and then.
const MAX_CHANGES: usize = 8;

/// Values at which lengths, counts and flags break.
const EDGES: [u64; 12] =
    [0, 1, 2, 16, 64, 127, 128, 255, 16_384, 65_535, u32::MAX as u64, u64::MAX];

/// The same cases for the same seed and seeds.
pub(crate) struct Mutator(ChaCha8Rng);

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `n`, 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0.next_u64() % n).unwrap_or_default()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// A place in `bytes`. Half of them are near the beginning, where lengths and flags are.
    fn place(&mut self, bytes: &[u8]) -> usize {
        let within = if self.one_in(2) { bytes.len().min(64) } else { bytes.len() };
        self.below(within)
    }

    /// Writes a case into `case`: `seed` with a few changes, with stretches of `other` in it.
    pub(crate) fn case(&mut self, case: &mut Vec<u8>, seed: &[u8], other: &[u8]) {
        case.clear();
        if self.one_in(64) {
            let length = self.below(256);
            case.resize(length, 0);
            self.0.fill_bytes(case);
            return;
        }
        case.extend_from_slice(seed);
        let changes = if self.one_in(4) { 1 + self.below(MAX_CHANGES) } else { 1 };
        for _ in 0..changes {
            self.change(case, other);
        }
        case.truncate(MAX_CASE_BYTES);
    }

    fn change(&mut self, case: &mut Vec<u8>, other: &[u8]) {
        let at = self.place(case);
        match self.below(10) {
            0 | 1 => {
                let bit = self.below(8);
                case.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
            }
            2 => {
                let random = self.0.next_u32().to_le_bytes();
                let length = 1 + self.below(random.len());
                overwrite(case, at, random.get(..length).unwrap_or_default());
            }
            3 | 4 => self.move_number(case, at),
            5 => case.truncate(at),
            6 => {
                let length = self.stretch();
                let byte = if self.one_in(2) { 0 } else { b'a' };
                case.splice(at..at, core::iter::repeat_n(byte, length));
            }
            7 => {
                let end = case.len().min(at + self.stretch());
                case.drain(at.min(end)..end);
            }
            8 => {
                let end = case.len().min(at + self.stretch());
                let again = case.get(at..end).unwrap_or_default().to_vec();
                case.splice(at..at, again);
            }
            _ => self.splice(case, at, other),
        }
    }

    /// Lengths of what is taken out or put in: mostly a field, sometimes more than a bound.
    fn stretch(&mut self) -> usize {
        match self.below(8) {
            0 => self.below(MAX_CASE_BYTES),
            1 | 2 => self.below(1_500),
            _ => 1 + self.below(36),
        }
    }

    /// Takes one, two, four or eight bytes as a number, big endian, and moves or replaces it.
    fn move_number(&mut self, case: &mut [u8], at: usize) {
        let width = 1 << self.below(4);
        let Some(field) = case.get_mut(at..at + width) else { return };
        let number = field.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let number = if self.one_in(2) {
            EDGES.get(self.below(EDGES.len())).copied().unwrap_or_default()
        } else {
            let step = u64::from(self.0.next_u32() % 33);
            number.wrapping_add(step).wrapping_sub(16)
        };
        let bytes = number.to_be_bytes();
        field.copy_from_slice(bytes.get(bytes.len() - width..).unwrap_or_default());
    }

    /// Puts a stretch of the other seed in the same place, or at another, over or between.
    fn splice(&mut self, case: &mut Vec<u8>, at: usize, other: &[u8]) {
        let from = if self.one_in(2) { at } else { self.place(other) };
        let end = other.len().min(from + self.stretch());
        let Some(piece) = other.get(from..end) else { return };
        if self.one_in(2) {
            overwrite(case, at, piece);
        } else {
            case.splice(at..at, piece.iter().copied());
        }
    }
}

fn overwrite(case: &mut [u8], at: usize, piece: &[u8]) {
    case.iter_mut().skip(at).zip(piece).for_each(|(byte, new)| *byte = *new);
}
