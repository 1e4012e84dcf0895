//! Passphrases, and keys out of them: Argon2id (RFC 9106).
//!
//! Invariant: a [`Passphrase`] is normalised, [`Argon2Parameters`] are within the bounds of `limits`,
//! and the memory that Argon2id has filled is erased.
//!
//! Does not know: how hard a passphrase is to guess.

use alloc::{string::String, vec::Vec};
use core::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::{UnicodeNormalization, char::is_public_assigned};
use zeroize::Zeroizing;

use super::secret::Secret;
use crate::limits::{
    ARGON2_MEMORY_KIB, ARGON2_PARALLELISM, ARGON2_PASSES, MAX_ARGON2_MEMORY_KIB,
    MAX_ARGON2_PARALLELISM, MAX_ARGON2_PASSES, MAX_PASSPHRASE_BYTES,
};

/// Length of a salt (RFC 9106 §3.1).
pub const SALT_BYTES: usize = 16;

/// Fewest blocks of 1 KiB for each lane (RFC 9106 §3.1).
const MIN_MEMORY_OF_LANE_KIB: u32 = 8;

/// What a person types to open something, in normalisation form NFKD (Unicode Standard Annex #15).
///
/// Two keyboards write the same `é` as one or as two characters; normalised they are the same bytes,
/// and so are full-width and ordinary letters. Case and spaces stay as they are typed.
pub struct Passphrase(Zeroizing<String>);

/// Why a text is no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// There is nothing.
    #[error("empty")]
    Empty,
    /// It is longer than [`MAX_PASSPHRASE_BYTES`].
    #[error("{0} bytes")]
    TooLong(usize),
    /// The character at this place, counted from 1, is none of Unicode's: not assigned, or for private
    /// use. A later version of Unicode could normalise it to something else, and nothing would open.
    #[error("character {0} is not assigned")]
    Unassigned(usize),
}

impl Passphrase {
    /// Normalises what was typed. The caller erases `typed`.
    ///
    /// # Errors
    ///
    /// [`PassphraseError`].
    pub fn new(typed: &str) -> Result<Self, PassphraseError> {
        if typed.is_empty() {
            return Err(PassphraseError::Empty);
        }
        if typed.len() > MAX_PASSPHRASE_BYTES {
            return Err(PassphraseError::TooLong(typed.len()));
        }
        if let Some(place) = typed.chars().position(|character| !is_public_assigned(character)) {
            return Err(PassphraseError::Unassigned(place + 1));
        }
        // The exact capacity: a string that grows leaves its old bytes behind.
        let length = typed.nfkd().map(char::len_utf8).sum();
        let mut normalised = Zeroizing::new(String::with_capacity(length));
        normalised.extend(typed.nfkd());
        Ok(Self(normalised))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(***)")
    }
}

/// What it costs to try a passphrase: memory, passes over it, and lanes (RFC 9106 §3.1: m, t, p).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Parameters {
    memory_kib: u32,
    passes: u32,
    parallelism: u8,
}

/// Parameters are below those that Argon2id needs, or above the bounds of `limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Argon2id parameters out of bounds")]
pub struct OutOfBounds;

/// The browser does not give the memory that the parameters ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory for Argon2id")]
pub struct OutOfMemory;

impl Argon2Parameters {
    /// For what is wrapped now: [`ARGON2_MEMORY_KIB`], [`ARGON2_PASSES`], [`ARGON2_PARALLELISM`].
    pub const RECOMMENDED: Self = Self {
        memory_kib: ARGON2_MEMORY_KIB,
        passes: ARGON2_PASSES,
        parallelism: ARGON2_PARALLELISM,
    };

    /// Checks parameters from outside, before anything is allocated.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`]: less than one pass, one lane or 8 KiB a lane, or more than
    /// [`MAX_ARGON2_MEMORY_KIB`], [`MAX_ARGON2_PASSES`] or [`MAX_ARGON2_PARALLELISM`].
    pub fn new(memory_kib: u32, passes: u32, parallelism: u8) -> Result<Self, OutOfBounds> {
        let least_kib = MIN_MEMORY_OF_LANE_KIB * u32::from(parallelism);
        let within = (least_kib..=MAX_ARGON2_MEMORY_KIB).contains(&memory_kib)
            && (1..=MAX_ARGON2_PASSES).contains(&passes)
            && (1..=MAX_ARGON2_PARALLELISM).contains(&parallelism);
        within.then_some(Self { memory_kib, passes, parallelism }).ok_or(OutOfBounds)
    }

    /// Memory in KiB.
    #[must_use]
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    #[must_use]
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes.
    #[must_use]
    pub const fn parallelism(&self) -> u8 {
        self.parallelism
    }

    /// `Argon2id(passphrase, salt, m, t, p, 32)`, version 0x13, without secret and associated data
    /// (RFC 9106 §3).
    ///
    /// Takes a third of a second in wasm with [`Self::RECOMMENDED`]: not for the thread that draws.
    /// The memory of a wasm instance never shrinks again.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`].
    pub fn stretch(
        &self,
        passphrase: &Passphrase,
        salt: &[u8; SALT_BYTES],
    ) -> Result<Secret<32>, OutOfMemory> {
        let lanes = u32::from(self.parallelism);
        let params = Params::new(self.memory_kib, self.passes, lanes, Some(32))
            .expect("the bounds of `new` are within those of RFC 9106 §3.1");
        let mut memory = Zeroizing::new(Vec::new());
        memory.try_reserve_exact(params.block_count()).map_err(|_| OutOfMemory)?;
        memory.resize(params.block_count(), Block::new());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let passphrase = passphrase.0.as_bytes();
        Ok(Secret::filled(|key| {
            argon2
                .hash_password_into_with_memory(passphrase, salt, key, memory.as_mut_slice())
                .expect("passphrase, salt and output have lengths that RFC 9106 §3.1 allows");
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Argon2Parameters = Argon2Parameters { memory_kib: 8, passes: 1, parallelism: 1 };

    fn key(typed: &str) -> Secret<32> {
        CHEAP.stretch(&Passphrase::new(typed).unwrap(), &[1; SALT_BYTES]).unwrap()
    }

    #[test]
    fn what_looks_the_same_opens_the_same() {
        for (one, other) in [
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{212b}", "A\u{30a}"),
            ("\u{ff30}\u{ff41}\u{ff53}\u{ff53}", "Pass"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("a\u{a0}b", "a b"),
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [("pass", "Pass"), ("a b", "a  b"), ("a", "a "), ("ss", "\u{df}")] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn a_text_that_is_no_passphrase_is_refused() {
        let error = |typed: &str| Passphrase::new(typed).err();
        assert_eq!(error(""), Some(PassphraseError::Empty));
        assert_eq!(error(&"a".repeat(1_024)), None);
        assert_eq!(error(&"a".repeat(1_025)), Some(PassphraseError::TooLong(1_025)));
        assert_eq!(error("a\u{378}b"), Some(PassphraseError::Unassigned(2)));
        assert_eq!(error("\u{e000}"), Some(PassphraseError::Unassigned(1)));
    }

    #[test]
    fn a_normalised_passphrase_has_its_exact_capacity() {
        let longest = "\u{fdfa}".repeat(MAX_PASSPHRASE_BYTES / 3);
        let passphrase = Passphrase::new(&longest).unwrap();
        assert_eq!(passphrase.0.len(), 11 * longest.len());
        assert_eq!(passphrase.0.capacity(), passphrase.0.len());
    }

    #[test]
    fn debug_shows_no_character() {
        assert_eq!(format!("{:?}", Passphrase::new("hunter2").unwrap()), "Passphrase(***)");
    }

    #[test]
    fn parameters_out_of_bounds_are_refused() {
        let parameters = Argon2Parameters::new;
        for (memory_kib, passes, parallelism) in [
            (7, 1, 1),
            (0, 1, 1),
            (8, 0, 1),
            (8, 1, 0),
            (31, 1, 4),
            (MAX_ARGON2_MEMORY_KIB + 1, 1, 1),
            (u32::MAX, 1, 1),
            (8, MAX_ARGON2_PASSES + 1, 1),
            (8, u32::MAX, 1),
            (64, 1, MAX_ARGON2_PARALLELISM + 1),
            (u32::MAX, u32::MAX, u8::MAX),
        ] {
            let refused = parameters(memory_kib, passes, parallelism);
            assert_eq!(refused, Err(OutOfBounds), "{memory_kib} {passes} {parallelism}");
        }
        let highest = parameters(MAX_ARGON2_MEMORY_KIB, MAX_ARGON2_PASSES, MAX_ARGON2_PARALLELISM);
        assert!(highest.is_ok());
        let least = parameters(32, 1, 4).unwrap();
        assert!(least.stretch(&Passphrase::new("a").unwrap(), &[0; SALT_BYTES]).is_ok());
        let recommended = Argon2Parameters::RECOMMENDED;
        let Argon2Parameters { memory_kib, passes, parallelism: lanes } = recommended;
        assert_eq!(parameters(memory_kib, passes, lanes), Ok(recommended));
    }

    #[test]
    fn every_input_changes_the_key() {
        let parameters = |m, t, p| Argon2Parameters::new(m, t, p).unwrap();
        let stretch = |parameters: Argon2Parameters, typed, salt| {
            *parameters.stretch(&Passphrase::new(typed).unwrap(), &[salt; 16]).unwrap().expose()
        };
        let keys = [
            stretch(CHEAP, "one", 0),
            stretch(CHEAP, "two", 0),
            stretch(CHEAP, "one", 1),
            stretch(parameters(16, 1, 1), "one", 0),
            stretch(parameters(8, 2, 1), "one", 0),
            stretch(parameters(16, 1, 2), "one", 0),
        ];
        for (i, one) in keys.iter().enumerate() {
            assert!(keys.iter().skip(i + 1).all(|other| one != other), "{i}");
        }
    }
}
