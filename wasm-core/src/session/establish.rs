//! From a handshake to a session (protocol.md §5), on either side.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    OpenError, SealError, SessionState,
    state::{Agreed, Role},
};
use crate::{
    crypto::aead,
    handshake::{HandshakeError, HandshakeKeys, pqxdh},
    identity::{
        Device, IdentityKey, LastResortPreKeys, PreKeySecrets, Verified, verify_certificate,
    },
    ratchet::{InitialKeys, OurRatchetKeys, Ratchet, TheirRatchetKeys},
    wire::{
        Enclosed, PREKEY_MESSAGE_OVERHEAD, PreKeyBundle, PreKeyMessage, Prologue,
        codec::DecodeError,
    },
};

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EstablishError {
    /// The handshake ended.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The identity inside is not the one that the keys were agreed with, or did not certify them.
    #[error("identity does not match the keys")]
    Identity,
    /// The prekeys of last resort are gone or used up, or this handshake was accepted before.
    #[error("no prekeys for this handshake")]
    NoPreKeys,
    /// The first content was not sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The first content was not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<DecodeError> for EstablishError {
    fn from(error: DecodeError) -> Self {
        Self::Handshake(error.into())
    }
}

/// What the recipient of a pre-key message has.
pub struct Accepted {
    /// With the initiator.
    pub session: SessionState,
    /// Of the initiator; it has certified the keys of the session.
    pub identity: IdentityKey,
    /// What the initiator says.
    pub first_content: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accepted(..)")
    }
}

impl SessionState {
    /// Begins a session with the owner of `bundle`; `now` in seconds since the Unix epoch.
    ///
    /// Returns the record and the envelope that carries `first_content`, of a size class.
    ///
    /// # Errors
    ///
    /// [`EstablishError::Handshake`], [`EstablishError::Seal`].
    pub fn initiate(
        device: &Device,
        bundle: &Verified<PreKeyBundle>,
        first_content: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Vec<u8>), EstablishError> {
        let pqxdh::Initiation { keys, head, nonce } = pqxdh::initiate(device, bundle, rng)?;
        let theirs = TheirRatchetKeys {
            dh: bundle.prekeys.signed_prekey,
            kem: bundle.prekeys.kem_prekey.clone(),
        };
        let ratchet = Ratchet::initiator(initial(&keys), theirs, device.kem_key.clone());
        let agreed = Agreed {
            role: Role::Initiator,
            ours: *device.fingerprint(),
            theirs: bundle.identity.fingerprint(),
            certificate: &bundle.certificate,
            initiated_at: now,
            pair_secret: keys.pair_secret,
        };
        let mut session = Self::new(agreed, ratchet);
        let associated_data = *session.associated_data();
        let ratchet_message = session.ratchet.seal(
            first_content,
            PREKEY_MESSAGE_OVERHEAD,
            &associated_data,
            now,
            rng,
        )?;
        let enclosed = Enclosed {
            identity: device.identity().clone(),
            certificate: device.certificate().clone(),
            initiated_at: now,
            ratchet_message: &ratchet_message,
        };
        let sealed = aead::seal(&keys.first_message_key, &nonce, &head, &enclosed.encode());
        Ok((session, [head, sealed].concat()))
    }

    /// Accepts, once, a session that `envelope` begins with prekeys of last resort; `now` in seconds
    /// since the Unix epoch.
    ///
    /// The caller stores `prekeys` in the commit that stores the session.
    ///
    /// # Errors
    ///
    /// [`EstablishError`]; `prekeys` have not changed.
    pub fn accept_last_resort(
        device: &Device,
        prekeys: &mut LastResortPreKeys,
        envelope: &[u8],
        now: u64,
    ) -> Result<Accepted, EstablishError> {
        let Prologue { prekey_id, ephemeral_key, .. } = PreKeyMessage::decode(envelope)?.prologue;
        let secrets = prekeys.find(prekey_id, &ephemeral_key).ok_or(EstablishError::NoPreKeys)?;
        let accepted = Self::accept(device, secrets, envelope, now)?;
        prekeys.spend(prekey_id, &ephemeral_key);
        Ok(accepted)
    }

    /// Accepts the session that `envelope` begins; `now` in seconds since the Unix epoch.
    ///
    /// The caller deletes one-time `prekeys` in the commit that stores the session.
    ///
    /// # Errors
    ///
    /// [`EstablishError`].
    pub fn accept(
        device: &Device,
        prekeys: &PreKeySecrets,
        envelope: &[u8],
        now: u64,
    ) -> Result<Accepted, EstablishError> {
        let message = PreKeyMessage::decode(envelope)?;
        let pqxdh::Acceptance { keys, initiator } = pqxdh::accept(device, prekeys, &message)?;
        let opened = aead::open(
            &keys.first_message_key,
            &message.prologue.nonce,
            message.head_bytes,
            message.sealed_enclosed,
        )
        .map_err(|_| HandshakeError::NotAuthentic)?;
        let Enclosed { identity, certificate, initiated_at, ratchet_message } =
            Enclosed::decode(&opened)?;
        if identity.fingerprint() != initiator.fingerprint || certificate.dh_key != initiator.dh_key
        {
            return Err(EstablishError::Identity);
        }
        let certificate = verify_certificate(&identity, certificate, now)
            .map_err(|_| EstablishError::Identity)?;

        let ours =
            OurRatchetKeys { dh: prekeys.signed_prekey.clone(), kem: prekeys.kem_prekey.clone() };
        let ratchet = Ratchet::recipient(initial(&keys), ours, certificate.kem_key.clone());
        let agreed = Agreed {
            role: Role::Recipient,
            ours: *device.fingerprint(),
            theirs: initiator.fingerprint,
            certificate: &certificate,
            initiated_at,
            pair_secret: keys.pair_secret,
        };
        let mut session = Self::new(agreed, ratchet);
        let first_content = session.open(ratchet_message, now)?;
        Ok(Accepted { session, identity, first_content })
    }
}

fn initial(keys: &HandshakeKeys) -> InitialKeys {
    InitialKeys {
        root_key: keys.root_key.clone(),
        header_key: keys.header_key.clone(),
        next_header_key: keys.next_header_key.clone(),
    }
}
