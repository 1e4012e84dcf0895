//! The slow work with a passphrase as one message in and one out, so that a thread of its own can do
//! it: it takes a third of a second, and 64 MiB that a wasm instance never gives back.

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{Argon2Parameters, Credential, OpenError, Passphrase, Purpose, Secret, WrappedKey};
use crate::crypto::passphrase::PassphraseError;

/// What is to be done.
#[derive(Serialize, Deserialize)]
pub enum Job {
    /// Wrap a key under a passphrase, at the recommended cost.
    Wrap {
        /// Which.
        key: [u8; 32],
        /// What it is for: a [`Purpose`].
        purpose: u8,
        /// As it was typed.
        passphrase: String,
    },
    /// Open one.
    Open {
        /// [`WrappedKey::encode`].
        wrapped: Vec<u8>,
        /// What it is for: a [`Purpose`].
        purpose: u8,
        /// As it was typed.
        passphrase: String,
    },
}

impl core::fmt::Debug for Job {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Job(..)")
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        match self {
            Self::Wrap { key, passphrase, .. } => {
                key.zeroize();
                passphrase.zeroize();
            }
            Self::Open { passphrase, .. } => passphrase.zeroize(),
        }
    }
}

/// Why it was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The passphrase is not the one, or what is wrapped is not as it was written.
    #[error("does not open")]
    Rejected,
    /// There is not enough memory.
    #[error("not enough memory")]
    OutOfMemory,
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// The passphrase is longer than [`crate::limits::MAX_PASSPHRASE_BYTES`].
    #[error("too long")]
    TooLong,
    /// There is a character in it that Unicode has not assigned.
    #[error("unassigned character")]
    Unassigned,
    /// The thread gave no answer that can be read.
    #[error("no answer")]
    NoAnswer,
}

impl From<PassphraseError> for JobError {
    fn from(error: PassphraseError) -> Self {
        match error {
            PassphraseError::Empty => Self::Empty,
            PassphraseError::TooLong(_) => Self::TooLong,
            PassphraseError::Unassigned(_) => Self::Unassigned,
        }
    }
}

impl From<OpenError> for JobError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Rejected => Self::Rejected,
            OpenError::OutOfMemory(_) => Self::OutOfMemory,
        }
    }
}

impl Job {
    /// As a message, which its sender erases.
    ///
    /// # Panics
    ///
    /// Never: plain data serialises.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(postcard::to_allocvec(self).expect("plain data serialises"))
    }

    /// The wrapped key, or the key.
    fn run(&self, rng: &mut impl CryptoRng) -> Result<Zeroizing<Vec<u8>>, JobError> {
        match self {
            Self::Wrap { key, purpose, passphrase } => {
                let passphrase = Passphrase::new(passphrase)?;
                let (key, purpose) = (Secret::new(*key), named(*purpose)?);
                let cost = Argon2Parameters::RECOMMENDED;
                let wrapped = WrappedKey::with_passphrase(&key, purpose, &passphrase, cost, rng);
                let wrapped = wrapped.map_err(|_| JobError::OutOfMemory)?;
                Ok(Zeroizing::new(wrapped.encode()))
            }
            Self::Open { wrapped, purpose, passphrase } => {
                let passphrase = Passphrase::new(passphrase)?;
                let wrapped = WrappedKey::decode(wrapped).map_err(|_| JobError::Rejected)?;
                let credential = Credential::Passphrase(&passphrase);
                let key = wrapped.open(named(*purpose)?, credential)?;
                Ok(Zeroizing::new(key.expose().to_vec()))
            }
        }
    }
}

fn named(purpose: u8) -> Result<Purpose, JobError> {
    let known = [Purpose::Database, Purpose::Backup].into_iter();
    known.into_iter().find(|known| *known as u8 == purpose).ok_or(JobError::NoAnswer)
}

/// Does what [`Job::encode`] asks for, and gives what [`read`] reads.
///
/// # Panics
///
/// Never: plain data serialises.
#[must_use]
pub fn answer(job: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
    let done = match postcard::from_bytes::<Job>(job) {
        Ok(job) => job.run(rng),
        Err(_) => Err(JobError::NoAnswer),
    };
    let done = done.as_ref().map(|bytes| bytes.as_slice());
    postcard::to_allocvec(&done).expect("plain data serialises")
}

/// Reads an answer: the wrapped key, or the key.
///
/// # Errors
///
/// [`JobError`]; [`JobError::NoAnswer`] for bytes that are none.
pub fn read(answer: &[u8]) -> Result<Zeroizing<Vec<u8>>, JobError> {
    let read = postcard::from_bytes::<Result<Vec<u8>, JobError>>(answer);
    read.map_err(|_| JobError::NoAnswer)?.map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::test_rng;

    fn done(job: &Job) -> Result<Vec<u8>, JobError> {
        read(&answer(&job.encode(), &mut test_rng(1))).map(|bytes| bytes.to_vec())
    }

    fn open(wrapped: &[u8], purpose: Purpose, passphrase: &str) -> Result<Vec<u8>, JobError> {
        let (purpose, passphrase) = (purpose as u8, passphrase.into());
        done(&Job::Open { wrapped: wrapped.to_vec(), purpose, passphrase })
    }

    #[test]
    fn a_key_comes_back_with_its_passphrase_and_purpose_alone() {
        let wrap = |passphrase: &str| {
            let (purpose, passphrase) = (Purpose::Backup as u8, passphrase.into());
            done(&Job::Wrap { key: [5; 32], purpose, passphrase })
        };
        let wrapped = wrap("a passphrase").unwrap();
        assert_eq!(open(&wrapped, Purpose::Backup, "a passphrase"), Ok(vec![5; 32]));
        let rejected = Err(JobError::Rejected);
        assert_eq!(open(&wrapped, Purpose::Backup, "another"), rejected);
        assert_eq!(open(&wrapped, Purpose::Database, "a passphrase"), rejected);
        assert_eq!(open(&wrapped[1..], Purpose::Backup, "a passphrase"), rejected);
        assert_eq!(wrap(""), Err(JobError::Empty));
        assert_eq!(wrap(&"a".repeat(1_025)), Err(JobError::TooLong));
        assert_eq!(wrap("\u{378}"), Err(JobError::Unassigned));
    }

    #[test]
    fn bytes_that_are_no_job_are_answered_and_no_answer_is_an_error() {
        for bytes in [&[][..], &[9], &[0, 1]] {
            let said = answer(bytes, &mut test_rng(1));
            assert_eq!(read(&said), Err(JobError::NoAnswer));
            assert_eq!(read(bytes), Err(JobError::NoAnswer));
        }
    }
}
