//! The key of the relay: it survives a restart, so that clients find the same PeerId.

use std::{fs, io, path::Path};

use libp2p::identity::Keypair;

use crate::private_file;

const NAME: &str = "identity.key";

/// Reads `identity.key` (32 bytes, an Ed25519 seed) in `folder`, or makes it.
///
/// # Errors
/// When the folder cannot be read or written, or the file is no key. A damaged key is never
/// replaced: clients would see a stranger.
pub fn load(folder: &Path) -> io::Result<Keypair> {
    match fs::read(folder.join(NAME)) {
        Ok(seed) => keypair(seed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(folder),
        Err(error) => Err(error),
    }
}

fn keypair(seed: Vec<u8>) -> io::Result<Keypair> {
    let seed: [u8; 32] =
        seed.try_into().map_err(|_| io::Error::other("identity.key is not 32 bytes long"))?;
    Keypair::ed25519_from_bytes(seed).map_err(io::Error::other)
}

fn create(folder: &Path) -> io::Result<Keypair> {
    let seed: [u8; 32] = crate::clock::random()?;
    private_file::write(folder, NAME, &seed)?;
    keypair(seed.to_vec())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_stays_the_same_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path()).unwrap().public();
        assert_eq!(load(folder.path()).unwrap().public(), first);
        let mode = fs::metadata(folder.path().join("identity.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("identity.key"), [1; 31]).unwrap();
        assert!(load(folder.path()).is_err());
        assert_eq!(fs::read(folder.path().join("identity.key")).unwrap(), [1; 31]);
    }
}
