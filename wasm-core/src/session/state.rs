//! One session: a ratchet, and a secret for the pair's addresses.

use alloc::vec::Vec;
use core::{cmp::Reverse, fmt};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{OpenError, PostQuantumAuthentication, SealError};
use crate::{
    crypto::{kdf, labels, secret::Secret},
    handshake,
    identity::Fingerprint,
    limits::STEP_WITHIN,
    ratchet::Ratchet,
    wire::{
        DeviceCertificate,
        codec::{DecodeError, Reader, Writer},
    },
};

const VERSION: u8 = 1;

/// Names a session, on both sides: `KDF(pair secret, "volly/1/session-id", 8)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub [u8; 8]);

impl SessionId {
    fn of(pair_secret: &Secret<32>) -> Self {
        let id: Secret<8> = kdf::derive(pair_secret.expose(), labels::SESSION_ID, &[]);
        Self(*id.expose())
    }
}

/// Which side of the handshake this was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Initiator = 0,
    Recipient = 1,
}

/// The session with one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionState {
    role: Role,
    ours: Fingerprint,
    theirs: Fingerprint,
    /// When the peer's device was certified, seconds since the Unix epoch.
    certified_at: u64,
    /// By the initiator's clock, seconds since the Unix epoch.
    initiated_at: u64,
    pair_secret: Secret<32>,
    id: SessionId,
    associated_data: [u8; 32],
    pub(super) ratchet: Ratchet,
}

/// What was opened, and in which session.
pub struct Opened {
    /// What the peer says.
    pub content: Zeroizing<Vec<u8>>,
    /// The session that it came in.
    pub session: SessionId,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(..)")
    }
}

/// What both sides of a handshake know of it.
pub(super) struct Agreed<'a> {
    pub(super) role: Role,
    pub(super) ours: Fingerprint,
    pub(super) theirs: Fingerprint,
    /// Of the peer's device.
    pub(super) certificate: &'a DeviceCertificate,
    pub(super) initiated_at: u64,
    pub(super) pair_secret: Secret<32>,
}

impl SessionState {
    pub(super) fn new(agreed: Agreed<'_>, ratchet: Ratchet) -> Self {
        let Agreed { role, ours, theirs, certificate, initiated_at, pair_secret } = agreed;
        Self {
            role,
            ours,
            theirs,
            certified_at: certificate.created,
            initiated_at,
            associated_data: associated_data(role, &ours, &theirs),
            id: SessionId::of(&pair_secret),
            pair_secret,
            ratchet,
        }
    }

    pub(super) const fn associated_data(&self) -> &[u8; 32] {
        &self.associated_data
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

    /// The same on both sides, and of no other session.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The peer has shown that it has this session: a message of its was opened.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        self.ratchet.has_received()
    }

    /// When the peer's device was certified, seconds since the Unix epoch.
    #[must_use]
    pub const fn certified_at(&self) -> u64 {
        self.certified_at
    }

    /// Of two sessions that both sides have, the greater one is used: the newer by its initiator's
    /// clock, and at the same second the one whose initiator has the smaller fingerprint.
    pub(super) const fn precedence(&self) -> (u64, Reverse<Fingerprint>) {
        let initiator = if self.is_initiator() { self.ours } else { self.theirs };
        (self.initiated_at, Reverse(initiator))
    }

    /// For the blinded addresses (protocol.md §9).
    #[must_use]
    pub const fn pair_secret(&self) -> &Secret<32> {
        &self.pair_secret
    }

    /// When this side should seal at the latest, even without news, so that the ratchet takes its
    /// step ([`STEP_WITHIN`]): seconds since the Unix epoch. `None` while it is the peer's turn.
    #[must_use]
    pub fn step_due(&self) -> Option<u64> {
        self.ratchet.steps_since().map(|began| began.saturating_add(STEP_WITHIN.as_secs()))
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
            .u64(self.certified_at)
            .u64(self.initiated_at)
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
            let (certified_at, initiated_at) = (reader.u64()?, reader.u64()?);
            let pair_secret = Secret::new(reader.array()?);
            Ok(Self {
                role,
                ours,
                theirs,
                certified_at,
                initiated_at,
                id: SessionId::of(&pair_secret),
                pair_secret,
                associated_data: associated_data(role, &ours, &theirs),
                ratchet: Ratchet::read(reader)?,
            })
        })
    }
}

fn associated_data(role: Role, ours: &Fingerprint, theirs: &Fingerprint) -> [u8; 32] {
    match role {
        Role::Initiator => handshake::associated_data(ours, theirs),
        Role::Recipient => handshake::associated_data(theirs, ours),
    }
}
