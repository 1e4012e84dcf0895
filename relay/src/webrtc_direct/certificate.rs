//! The certificate in the relay's folder. Its hash is part of the relay's address, so it stays the
//! same for as long as the folder does.
//!
//! Browsers look at nothing in it but its key: the time for which it says to be valid, and for whom,
//! is not asked (RFC 8827 §5.6.4).
//!
//! Invariant: a file that is damaged, or of another version, is as good as none. It costs clients
//! one look at the bootstrap document, so it is replaced, and never an error.

use std::{io, path::Path};

use dimpl::DtlsCertificate;
use sha2::{Digest, Sha256};

use super::Multihash;
use crate::{
    private_file,
    webtransport::certificates::{Certificate, CertificateError},
};

const NAME: &str = "webrtc-direct.certificate";

/// The first byte of the file.
const VERSION: u8 = 1;

/// Longest file in bytes; one has about 500. A longer one is damaged, and is not read.
const MAX_BYTES: u64 = 4 * 1_024;

const HASH_BYTES: usize = 32;

/// SHA-256 in a multihash.
const SHA2_256: u64 = 0x12;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be used.
    #[error("the certificate of WebRTC-direct cannot be kept: {0}")]
    Io(#[from] io::Error),
    /// None could be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// That in `folder`, or a new one.
///
/// # Errors
/// See [`OpenError`].
pub fn load(folder: &Path) -> Result<DtlsCertificate, OpenError> {
    if let Some(stored) =
        private_file::read(folder, NAME, MAX_BYTES)?.and_then(|bytes| decode(&bytes))
    {
        return Ok(stored);
    }
    let Certificate { der, key, .. } = Certificate::lasting()?;
    let certificate = DtlsCertificate { certificate: der, private_key: key };
    private_file::write(folder, NAME, &encode(&certificate))?;
    Ok(certificate)
}

/// As an address has it.
#[must_use]
pub fn hash(certificate: &DtlsCertificate) -> Multihash {
    let digest = Sha256::digest(&certificate.certificate);
    Multihash::wrap(SHA2_256, &digest).expect("32 bytes fit into a multihash of 64")
}

/// `u8 version ‖ u16 n ‖ DER ‖ u16 n ‖ key ‖ SHA-256 of all before (32)`.
fn encode(certificate: &DtlsCertificate) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for part in [&certificate.certificate, &certificate.private_key] {
        // A length that does not fit makes a file that is taken for damaged.
        bytes.extend(u16::try_from(part.len()).unwrap_or_default().to_be_bytes());
        bytes.extend(part);
    }
    let hash = Sha256::digest(&bytes);
    bytes.extend(hash);
    bytes
}

fn decode(bytes: &[u8]) -> Option<DtlsCertificate> {
    let (bytes, hash) = bytes.split_last_chunk::<HASH_BYTES>()?;
    let (version, mut bytes) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let certificate = part(&mut bytes)?;
    let private_key = part(&mut bytes)?;
    let certificate = DtlsCertificate { certificate, private_key };
    let sound = bytes.is_empty() && encode(&certificate).ends_with(hash);
    (sound && fits(&certificate)).then_some(certificate)
}

/// Whether the key is that of the certificate.
fn fits(certificate: &DtlsCertificate) -> bool {
    let DtlsCertificate { certificate: der, private_key: key } = certificate.clone();
    Certificate { not_before: 0, not_after: 0, der, key }.tls().is_ok()
}

fn part(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (part, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *bytes = rest;
    Some(part.to_vec())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn the_certificate_stays_the_same_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path()).unwrap();
        assert_eq!(hash(&load(folder.path()).unwrap()), hash(&first));
        let mode = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_damaged_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let first = load(folder.path()).unwrap();
        let good = fs::read(&path).unwrap();
        for place in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[place] ^= 1;
            assert!(decode(&bad).is_none(), "byte {place}");
            assert!(decode(&good[..place]).is_none(), "length {place}");
        }
        for bad in [vec![], vec![0; 100_000], good[1..].to_vec()] {
            fs::write(&path, bad).unwrap();
            let new = load(folder.path()).unwrap();
            assert_ne!(hash(&new), hash(&first));
            assert_eq!(hash(&load(folder.path()).unwrap()), hash(&new));
        }
    }

    #[test]
    fn a_key_of_another_is_none() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut mixed = load(one.path()).unwrap();
        assert!(decode(&encode(&mixed)).is_some());
        mixed.private_key = load(other.path()).unwrap().private_key;
        assert!(decode(&encode(&mixed)).is_none());
    }
}
