//! What two people who have met share: a ratchet, and a secret for their addresses.
//!
//! Invariant: a record changes with every message that is sealed or opened, and is stored before
//! the message leaves or is shown; only then is no key used twice.
//! Does not know: contacts, envelopes' ids, storage.

mod establish;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use self::establish::{Accepted, EstablishError};
pub use crate::ratchet::{OpenError, PostQuantumAuthentication, SealError};
use crate::{
    crypto::secret::Secret,
    handshake,
    identity::Fingerprint,
    ratchet::Ratchet,
    wire::codec::{DecodeError, Reader, Writer},
};

const VERSION: u8 = 1;

/// Which side of the handshake this was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Initiator = 0,
    Recipient = 1,
}

/// The session with one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    role: Role,
    ours: Fingerprint,
    theirs: Fingerprint,
    pair_secret: Secret<32>,
    associated_data: [u8; 32],
    ratchet: Ratchet,
}

impl SessionRecord {
    fn new(
        role: Role,
        ours: Fingerprint,
        theirs: Fingerprint,
        pair_secret: Secret<32>,
        ratchet: Ratchet,
    ) -> Self {
        let associated_data = match role {
            Role::Initiator => handshake::associated_data(&ours, &theirs),
            Role::Recipient => handshake::associated_data(&theirs, &ours),
        };
        Self { role, ours, theirs, pair_secret, associated_data, ratchet }
    }

    /// Seals `content` into an envelope of a size class; `now` in seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing has changed.
    pub fn seal(
        &mut self,
        content: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        self.ratchet.seal(content, 0, &self.associated_data, now, rng)
    }

    /// Opens an envelope that [`Self::seal`] made on the other side; `now` in seconds since the
    /// Unix epoch.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; nothing has changed.
    pub fn open(&mut self, envelope: &[u8], now: u64) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.ratchet.open(envelope, &self.associated_data, now)
    }

    /// For the blinded addresses (protocol.md §9).
    #[must_use]
    pub const fn pair_secret(&self) -> &Secret<32> {
        &self.pair_secret
    }

    /// Whether the peer has proven its certified ML-KEM key.
    #[must_use]
    pub const fn post_quantum_authentication(&self) -> PostQuantumAuthentication {
        self.ratchet.post_quantum_authentication()
    }

    /// Whether this side began the handshake.
    #[must_use]
    pub const fn is_initiator(&self) -> bool {
        matches!(self.role, Role::Initiator)
    }

    /// Of the account on the other side.
    #[must_use]
    pub const fn peer_fingerprint(&self) -> &Fingerprint {
        &self.theirs
    }

    /// Encodes, secrets and all, for storage.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let writer = Writer::with_capacity(self.ratchet.encoded_capacity())
            .u8(VERSION)
            .u8(self.role as u8)
            .bytes(&self.ours.0)
            .bytes(&self.theirs.0)
            .bytes(self.pair_secret.expose());
        Zeroizing::new(self.ratchet.write(writer).finish())
    }

    /// Decodes what [`Self::encode`] gave.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let role = match reader.u8()? {
                0 => Role::Initiator,
                1 => Role::Recipient,
                _ => return Err(DecodeError::Value),
            };
            let ours = Fingerprint(reader.array()?);
            let theirs = Fingerprint(reader.array()?);
            let pair_secret = Secret::new(reader.array()?);
            Ok(Self::new(role, ours, theirs, pair_secret, Ratchet::read(reader)?))
        })
    }
}
