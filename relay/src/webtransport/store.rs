//! The certificates in the relay's folder, so that a client which was told of them finds the relay
//! after a restart.
//!
//! Invariant: a file that is damaged, or of another version, is as good as none. It costs clients
//! one look at the bootstrap document, so it is replaced, and never an error.

use std::{io, path::Path};

use sha2::{Digest, Sha256};

use super::certificates::{Certificate, CertificateError, Certificates};
use crate::private_file;

const NAME: &str = "webtransport.certificates";

/// The first byte of the file.
const VERSION: u8 = 1;

/// Longest file in bytes; one has about 1,100. A longer one is damaged, and is not read.
const MAX_BYTES: u64 = 8 * 1_024;

const HASH_BYTES: usize = 32;

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be used.
    #[error("the certificates of WebTransport cannot be kept: {0}")]
    Io(#[from] io::Error),
    /// None could be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Those in `folder` if they are for `now`, else those that follow, or new ones.
///
/// # Errors
/// See [`OpenError`].
pub fn load(folder: &Path, now: u64) -> Result<Certificates, OpenError> {
    let stored = private_file::read(folder, NAME, MAX_BYTES)?.and_then(|bytes| decode(&bytes));
    let certificates = match stored {
        Some(stored) => match stored.renewed(now)? {
            None => return Ok(stored),
            Some(renewed) => renewed,
        },
        None => Certificates::generate(now)?,
    };
    save(folder, &certificates)?;
    Ok(certificates)
}

/// Keeps them.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(folder: &Path, certificates: &Certificates) -> io::Result<()> {
    private_file::write(folder, NAME, &encode(certificates))
}

/// `u8 version ‖ previous hash, or zeros (32) ‖ twice (u64 not before ‖ u64 not after ‖ u16 n ‖ DER
/// ‖ u16 n ‖ key) ‖ SHA-256 of all before (32)`.
fn encode(certificates: &Certificates) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(certificates.previous.unwrap_or_default());
    for Certificate { not_before, not_after, der, key } in
        [&certificates.current, &certificates.next]
    {
        bytes.extend(not_before.to_be_bytes());
        bytes.extend(not_after.to_be_bytes());
        for part in [der, key] {
            // A length that does not fit makes a file that is taken for damaged.
            bytes.extend(u16::try_from(part.len()).unwrap_or_default().to_be_bytes());
            bytes.extend(part);
        }
    }
    let hash = Sha256::digest(&bytes);
    bytes.extend(hash);
    bytes
}

fn decode(bytes: &[u8]) -> Option<Certificates> {
    let (mut bytes, hash) = bytes.split_last_chunk::<HASH_BYTES>()?;
    if Sha256::digest(bytes).as_slice() != hash || take::<1>(&mut bytes)? != [VERSION] {
        return None;
    }
    let previous = take::<HASH_BYTES>(&mut bytes)?;
    let previous = (previous != [0; HASH_BYTES]).then_some(previous);
    let (current, next) = (certificate(&mut bytes)?, certificate(&mut bytes)?);
    bytes.is_empty().then_some(Certificates { previous, current, next })
}

fn certificate(bytes: &mut &[u8]) -> Option<Certificate> {
    let not_before = u64::from_be_bytes(take(bytes)?);
    let not_after = u64::from_be_bytes(take(bytes)?);
    let certificate = Certificate { not_before, not_after, der: part(bytes)?, key: part(bytes)? };
    certificate.tls().is_ok().then_some(certificate)
}

fn part(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let len = u16::from_be_bytes(take(bytes)?);
    let (part, rest) = bytes.split_at_checked(usize::from(len))?;
    *bytes = rest;
    Some(part.to_vec())
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::webtransport::certificates::VALIDITY;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn certificates_stay_the_same_and_nobody_else_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path(), NOW).unwrap();
        assert_eq!(load(folder.path(), NOW + 60).unwrap(), first);
        let mode = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let second = load(folder.path(), first.replaced_at()).unwrap();
        assert_eq!(second.announced()[0], first.announced()[1]);
        assert_eq!(load(folder.path(), first.replaced_at()).unwrap(), second);
    }

    #[test]
    fn what_is_damaged_or_expired_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let first = load(folder.path(), NOW).unwrap();
        let good = fs::read(&path).unwrap();
        for place in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[place] ^= 1;
            assert_eq!(decode(&bad), None, "byte {place}");
            assert_eq!(decode(&good[..place]), None, "length {place}");
        }
        for bad in [vec![], vec![0; 100_000], good[1..].to_vec()] {
            fs::write(&path, bad).unwrap();
            let new = load(folder.path(), NOW).unwrap();
            assert!(new.known().is_disjoint(&first.known()));
            assert_eq!(load(folder.path(), NOW).unwrap(), new);
        }
        let late = NOW + 3 * VALIDITY;
        let new = load(folder.path(), late).unwrap();
        assert_eq!(new.renewed(late).unwrap(), None);
    }

    #[test]
    fn a_sound_file_with_a_key_of_another_is_replaced() {
        let mut mixed = Certificates::generate(NOW).unwrap();
        assert_eq!(decode(&encode(&mixed)).as_ref(), Some(&mixed));
        mixed.current.key.clone_from(&mixed.next.key);
        assert_eq!(decode(&encode(&mixed)), None);
    }
}
