//! What a stranger needs to start a session: certificate and prekeys (protocol.md §3, §4).

use alloc::{boxed::Box, vec::Vec};

use super::{
    IdentityKey,
    codec::{DecodeError, Reader, Writer},
    identity_key::IDENTITY_KEY_BYTES,
};
use crate::crypto::{
    dh,
    kem::{self, EncapsulationKey},
    sign::{SIGNATURE_BYTES, Signature},
};

const VERSION: u8 = 1;
const RESERVED: [u8; 3] = [0; 3];
/// Kinds of prekeys: with a one-time X25519 prekey, and without.
const ONE_TIME: u8 = 0;
const LAST_RESORT: u8 = 1;

/// Length of a [`DeviceCertificate`].
pub const DEVICE_CERTIFICATE_BYTES: usize = CERTIFIED_BYTES + SIGNATURE_BYTES;
const CERTIFIED_BYTES: usize = 1 + 16 + dh::PUBLIC_KEY_BYTES + kem::ENCAPSULATION_KEY_BYTES + 2 * 8;

const PREKEYS_BYTES: usize = SIGNED_PREKEYS_BYTES + SIGNATURE_BYTES;
const SIGNED_PREKEYS_BYTES: usize =
    1 + 4 + 2 * dh::PUBLIC_KEY_BYTES + kem::ENCAPSULATION_KEY_BYTES + 8 + 4;

/// Length of a [`PreKeyBundle`].
pub const BUNDLE_BYTES: usize = IDENTITY_KEY_BYTES + DEVICE_CERTIFICATE_BYTES + PREKEYS_BYTES;

/// The keys of one device, signed by the account.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 16 | `device_id` |
/// | 17 | 32 | `dh_key` (IK) |
/// | 49 | 1,184 | `kem_key` |
/// | 1,233 | 8 | `created`, seconds since the Unix epoch |
/// | 1,241 | 8 | `expires`, the same |
/// | 1,249 | 3,373 | `signature` over what stands before it |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Random.
    pub device_id: [u8; 16],
    /// X25519 identity key (IK).
    pub dh_key: dh::PublicKey,
    /// ML-KEM-768 identity key.
    pub kem_key: EncapsulationKey,
    /// When the keys were drawn, seconds since the Unix epoch by the device's clock. The newer of
    /// two devices of an account revokes the older one.
    pub created: u64,
    /// Seconds since the Unix epoch.
    pub expires: u64,
    /// Of the account, label [`crate::crypto::labels::SIGN_DEVICE`].
    pub signature: Signature,
}

impl DeviceCertificate {
    /// Decodes exactly [`DEVICE_CERTIFICATE_BYTES`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when the ML-KEM key fails FIPS 203 §7.2.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, Self::read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.version(VERSION)?;
        Ok(Self {
            device_id: reader.array()?,
            dh_key: dh::PublicKey(reader.array()?),
            kem_key: read_kem_key(reader)?,
            created: reader.u64()?,
            expires: reader.u64()?,
            signature: Signature(Box::new(reader.array()?)),
        })
    }

    /// Encodes; [`DEVICE_CERTIFICATE_BYTES`] long.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.signed_bytes();
        bytes.extend_from_slice(self.signature.0.as_slice());
        bytes
    }

    /// What the account signs.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        Writer::with_capacity(DEVICE_CERTIFICATE_BYTES)
            .u8(VERSION)
            .bytes(&self.device_id)
            .bytes(&self.dh_key.0)
            .bytes(&self.kem_key.to_bytes())
            .u64(self.created)
            .u64(self.expires)
            .finish()
    }
}

/// The prekeys of one bundle, signed by the account: for one handshake, or as a last resort for
/// any number of them until they expire.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 4 | `id` |
/// | 5 | 32 | `signed_prekey` (SPK) |
/// | 37 | 32 | `one_time_prekey` (OPK), or zeroes |
/// | 69 | 1,184 | `kem_prekey` (PQOPK, or PQSPK) |
/// | 1,253 | 8 | `expires`, seconds since the Unix epoch |
/// | 1,261 | 1 | kind, 0: one-time, 1: last resort, without OPK |
/// | 1,262 | 3 | reserved, zero |
/// | 1,265 | 3,373 | `signature` over the device id and what stands before it |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreKeys {
    /// One id for the keys.
    pub id: u32,
    /// X25519 (SPK).
    pub signed_prekey: dh::PublicKey,
    /// X25519 (OPK); a last resort has none.
    pub one_time_prekey: Option<dh::PublicKey>,
    /// ML-KEM-768 (PQOPK; of a last resort PQSPK).
    pub kem_prekey: EncapsulationKey,
    /// Seconds since the Unix epoch.
    pub expires: u64,
    /// Of the account, label [`crate::crypto::labels::SIGN_PREKEYS`].
    pub signature: Signature,
}

impl PreKeys {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.version(VERSION)?;
        let id = reader.u32()?;
        let signed_prekey = dh::PublicKey(reader.array()?);
        let one_time_prekey: [u8; 32] = reader.array()?;
        let kem_prekey = read_kem_key(reader)?;
        let expires = reader.u64()?;
        let one_time_prekey = match reader.u8()? {
            ONE_TIME => Some(dh::PublicKey(one_time_prekey)),
            LAST_RESORT if one_time_prekey == [0; 32] => None,
            _ => return Err(DecodeError::Value),
        };
        if reader.array()? != RESERVED {
            return Err(DecodeError::Value);
        }
        let signature = Signature(Box::new(reader.array()?));
        Ok(Self { id, signed_prekey, one_time_prekey, kem_prekey, expires, signature })
    }

    fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(PREKEYS_BYTES)
            .u8(VERSION)
            .u32(self.id)
            .bytes(&self.signed_prekey.0)
            .bytes(&self.one_time_prekey.map_or([0; 32], |key| key.0))
            .bytes(&self.kem_prekey.to_bytes())
            .u64(self.expires)
            .u8(if self.one_time_prekey.is_some() { ONE_TIME } else { LAST_RESORT })
            .bytes(&RESERVED)
            .bytes(self.signature.0.as_slice())
            .finish()
    }

    /// What the account signs: the device id, and the fields before the signature.
    #[must_use]
    pub fn signed_bytes(&self, device_id: &[u8; 16]) -> Vec<u8> {
        let encoded = self.encode();
        let signed = encoded.get(..SIGNED_PREKEYS_BYTES).unwrap_or_default();
        [device_id, signed].concat()
    }
}

/// `IdentityKey ‖ DeviceCertificate ‖ PreKeys`, [`BUNDLE_BYTES`] long.
///
/// Decoded it is well formed; `identity` says whether it is the right person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreKeyBundle {
    /// Whose.
    pub identity: IdentityKey,
    /// Of the device that holds the private halves.
    pub certificate: DeviceCertificate,
    /// For one handshake.
    pub prekeys: PreKeys,
}

impl PreKeyBundle {
    /// Decodes exactly [`BUNDLE_BYTES`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when a key is none or a reserved field is not zero.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            Ok(Self {
                identity: IdentityKey::read(reader)?,
                certificate: DeviceCertificate::read(reader)?,
                prekeys: PreKeys::read(reader)?,
            })
        })
    }

    /// Encodes; [`BUNDLE_BYTES`] long.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(BUNDLE_BYTES)
            .bytes(&self.identity.to_bytes())
            .bytes(&self.certificate.encode())
            .bytes(&self.prekeys.encode())
            .finish()
    }
}

fn read_kem_key(reader: &mut Reader<'_>) -> Result<EncapsulationKey, DecodeError> {
    EncapsulationKey::from_bytes(&reader.array()?).map_err(|_| DecodeError::Value)
}
