//! This device: the account's keys and its own (protocol.md §3).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{AccountSeed, Fingerprint, IdentityKey, IdentityKeyPair};
use crate::{
    crypto::{
        dh,
        kem::{self, DecapsulationKey},
        labels,
        secret::Secret,
        sign::{SIGNATURE_BYTES, Signature, SigningKey},
    },
    limits::CERTIFICATE_LIFETIME,
    wire::{
        DEVICE_CERTIFICATE_BYTES, DeviceCertificate,
        codec::{DecodeError, Reader, Writer},
    },
};

const VERSION: u8 = 1;
const ENCODED_BYTES: usize = 1 + 32 + 32 + 32 + kem::SEED_BYTES + DEVICE_CERTIFICATE_BYTES;

/// Why a certificate is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The account did not sign it.
    #[error("certificate is not signed by the identity key")]
    Signature,
    /// It has expired, or begins in the future.
    #[error("certificate is not valid at this time")]
    Validity,
}

/// What this device holds: the account's keys, its own X25519 and ML-KEM-768 identity keys, and
/// the certificate that binds the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    identity: IdentityKeyPair,
    fingerprint: Fingerprint,
    pub(crate) dh_key: dh::SecretKey,
    pub(crate) kem_key: DecapsulationKey,
    certificate: DeviceCertificate,
}

impl Device {
    /// Draws the keys of a device and certifies them; `now` in seconds since the Unix epoch.
    #[must_use]
    pub fn generate(seed: &AccountSeed, now: u64, rng: &mut impl CryptoRng) -> Self {
        let identity = IdentityKeyPair::from_seed(seed);
        let dh_key = dh::SecretKey::generate(rng);
        let (kem_key, kem_public) = DecapsulationKey::generate(rng);
        let mut device_id = [0; 16];
        rng.fill_bytes(&mut device_id);
        let mut certificate = DeviceCertificate {
            device_id,
            dh_key: dh_key.public_key(),
            kem_key: kem_public,
            created: now,
            expires: expiry(now),
            signature: Signature([0; SIGNATURE_BYTES].into()),
        };
        sign(&identity, &mut certificate);
        let fingerprint = identity.public().fingerprint();
        Self { identity, fingerprint, dh_key, kem_key, certificate }
    }

    /// Certifies the same keys for longer, when half of the time has passed; `now` in seconds since
    /// the Unix epoch. Says whether there is something to store.
    pub fn renew(&mut self, now: u64) -> bool {
        let half = CERTIFICATE_LIFETIME.as_secs() / 2;
        let due = self.certificate.expires <= now.saturating_add(half);
        if due {
            self.certificate.expires = expiry(now);
            sign(&self.identity, &mut self.certificate);
        }
        due
    }

    /// The public key of the account.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        self.identity.public()
    }

    /// Both halves of the account's key.
    #[must_use]
    pub const fn identity_key_pair(&self) -> &IdentityKeyPair {
        &self.identity
    }

    /// Of the account.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Binds the keys of this device to the account.
    #[must_use]
    pub const fn certificate(&self) -> &DeviceCertificate {
        &self.certificate
    }

    /// Encodes, private keys and all, for storage.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let [ed25519, ml_dsa] = self.identity.signing.expose();
        let writer = Writer::with_capacity(ENCODED_BYTES)
            .u8(VERSION)
            .bytes(ed25519)
            .bytes(ml_dsa)
            .bytes(self.dh_key.expose())
            .bytes(self.kem_key.expose())
            .bytes(&self.certificate.encode());
        Zeroizing::new(writer.finish())
    }

    /// Decodes what [`Self::encode`] gave. The public halves are computed again.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when the X25519 key is not the certified one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let (ed25519, ml_dsa) = (Secret::new(reader.array()?), Secret::new(reader.array()?));
            let dh_key = dh::SecretKey::from_bytes(reader.array()?);
            let kem_key = DecapsulationKey::from_bytes(reader.array()?);
            let certificate = DeviceCertificate::decode(reader.bytes(DEVICE_CERTIFICATE_BYTES)?)?;
            if dh_key.public_key() != certificate.dh_key {
                return Err(DecodeError::Value);
            }
            let identity = IdentityKeyPair::new(SigningKey::new(ed25519, ml_dsa));
            let fingerprint = identity.public().fingerprint();
            Ok(Self { identity, fingerprint, dh_key, kem_key, certificate })
        })
    }
}

const fn expiry(now: u64) -> u64 {
    now.saturating_add(CERTIFICATE_LIFETIME.as_secs())
}

fn sign(identity: &IdentityKeyPair, certificate: &mut DeviceCertificate) {
    certificate.signature = identity.sign(labels::SIGN_DEVICE, &certificate.signed_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crypto::test_rng, identity::verify_certificate, limits::MAX_CLOCK_SKEW};

    fn device(seed: u8) -> Device {
        Device::generate(&AccountSeed::from_bytes([seed; 32]), 1_000, &mut test_rng(1))
    }

    #[test]
    fn a_stored_device_is_the_same_device() {
        let device = device(1);
        let encoded = device.encode();
        assert_eq!(encoded.len(), ENCODED_BYTES);
        assert_eq!(Device::decode(&encoded), Ok(device));
        assert_eq!(Device::decode(&encoded[1..]), Err(DecodeError::Version(encoded[1])));
        assert_eq!(Device::decode(&encoded[..ENCODED_BYTES - 1]), Err(DecodeError::TooShort));
    }

    #[test]
    fn the_account_follows_from_the_seed_and_the_device_does_not() {
        let seed = AccountSeed::from_bytes([1; 32]);
        let other = Device::generate(&seed, 1_000, &mut test_rng(2));
        assert_eq!(other.identity(), device(1).identity());
        assert_ne!(other.certificate(), device(1).certificate());
        assert_ne!(device(2).fingerprint(), device(1).fingerprint());
    }

    #[test]
    fn a_certificate_changed_in_any_byte_is_refused() {
        let device = device(1);
        let encoded = device.certificate().encode();
        assert_eq!(encoded.len(), DEVICE_CERTIFICATE_BYTES);
        let accepted = |bytes: &[u8]| {
            DeviceCertificate::decode(bytes).is_ok_and(|certificate| {
                verify_certificate(device.identity(), certificate, 1_000).is_ok()
            })
        };
        assert!(accepted(&encoded));
        for i in (0..encoded.len()).filter(|i| *i < 60 || i % 61 == 0) {
            let mut flipped = encoded.clone();
            flipped[i] ^= 1;
            assert!(!accepted(&flipped), "byte {i}");
        }
    }

    #[test]
    fn a_certificate_is_valid_from_a_day_before_it_was_made_to_a_day_after_it_expires() {
        let skew = MAX_CLOCK_SKEW.as_secs();
        let created = 10 * skew;
        let seed = AccountSeed::from_bytes([1; 32]);
        let mut device = Device::generate(&seed, created, &mut test_rng(1));
        let expires = device.certificate().expires;
        let check = |device: &Device, now| {
            verify_certificate(device.identity(), device.certificate().clone(), now).err()
        };
        for (now, error) in [
            (created - skew - 1, Some(CertificateError::Validity)),
            (created - skew, None),
            (expires + skew, None),
            (expires + skew + 1, Some(CertificateError::Validity)),
        ] {
            assert_eq!(check(&device, now), error, "{now}");
        }

        let half = CERTIFICATE_LIFETIME.as_secs() / 2;
        assert!(!device.renew(expires - half - 1), "not yet due");
        assert!(device.renew(expires - half) && !device.renew(expires - half));
        assert_eq!(check(&device, expires + half), None, "the same keys, for longer");
        assert_eq!(device.certificate().created, created, "and no new device");
    }
}
