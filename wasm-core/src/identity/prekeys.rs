//! The prekeys behind an invite, and the check of somebody else's (protocol.md §4).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{CertificateError, Device, Fingerprint, Verified, verify_certificate};
use crate::{
    crypto::{
        dh,
        kem::{self, DecapsulationKey},
        labels,
        sign::{SIGNATURE_BYTES, Signature},
    },
    limits::MAX_CLOCK_SKEW,
    wire::{
        PreKeyBundle, PreKeys,
        codec::{DecodeError, Reader, Writer},
    },
};

const VERSION: u8 = 1;
const ENCODED_BYTES: usize = 1 + 4 + 32 + 1 + 32 + kem::SEED_BYTES;

/// What a bundle's prekeys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreKeyKind {
    /// One handshake: they are deleted with the commit that stores its session.
    OneTime,
    /// Any number of handshakes until they are replaced ([`super::LastResortPreKeys`]).
    LastResort,
}

/// The private halves of one bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreKeySecrets {
    pub(crate) id: u32,
    pub(crate) signed_prekey: dh::SecretKey,
    pub(crate) one_time_prekey: Option<dh::SecretKey>,
    pub(crate) kem_prekey: DecapsulationKey,
}

impl PreKeySecrets {
    /// Names them in a pre-key message.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Encodes for storage.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(ENCODED_BYTES)
            .u8(VERSION)
            .u32(self.id)
            .bytes(self.signed_prekey.expose())
            .u8(self.one_time_prekey.is_some().into());
        if let Some(key) = &self.one_time_prekey {
            writer = writer.bytes(key.expose());
        }
        Zeroizing::new(writer.bytes(self.kem_prekey.expose()).finish())
    }

    /// Decodes what [`Self::encode`] gave.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            Ok(Self {
                id: reader.u32()?,
                signed_prekey: dh::SecretKey::from_bytes(reader.array()?),
                one_time_prekey: match reader.u8()? {
                    0 => None,
                    1 => Some(dh::SecretKey::from_bytes(reader.array()?)),
                    _ => return Err(DecodeError::Value),
                },
                kem_prekey: DecapsulationKey::from_bytes(reader.array()?),
            })
        })
    }
}

/// Draws prekeys and signs them; `expires` in seconds since the Unix epoch.
#[must_use]
pub fn generate_prekeys(
    device: &Device,
    kind: PreKeyKind,
    id: u32,
    expires: u64,
    rng: &mut impl CryptoRng,
) -> (PreKeySecrets, PreKeyBundle) {
    let signed_prekey = dh::SecretKey::generate(rng);
    let one_time_prekey = match kind {
        PreKeyKind::OneTime => Some(dh::SecretKey::generate(rng)),
        PreKeyKind::LastResort => None,
    };
    let (kem_prekey, kem_public) = DecapsulationKey::generate(rng);
    let certificate = device.certificate().clone();
    let mut prekeys = PreKeys {
        id,
        signed_prekey: signed_prekey.public_key(),
        one_time_prekey: one_time_prekey.as_ref().map(dh::SecretKey::public_key),
        kem_prekey: kem_public,
        expires,
        signature: Signature([0; SIGNATURE_BYTES].into()),
    };
    let signed = prekeys.signed_bytes(&certificate.device_id);
    prekeys.signature = device.identity_key_pair().sign(labels::SIGN_PREKEYS, &signed);
    let bundle = PreKeyBundle { identity: device.identity().clone(), certificate, prekeys };
    (PreKeySecrets { id, signed_prekey, one_time_prekey, kem_prekey }, bundle)
}

/// Why a bundle is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is another account's.
    #[error("identity key has another fingerprint")]
    Fingerprint,
    /// The device certificate is not believed.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The account did not sign the prekeys for this device.
    #[error("prekeys are not signed by the identity key")]
    PreKeys,
    /// The prekeys have expired, more than [`MAX_CLOCK_SKEW`] ago.
    #[error("prekeys have expired")]
    Expired,
}

impl PreKeyBundle {
    /// Checks that everything in the bundle is signed by the account with the `expected`
    /// fingerprint, and has not expired; `now` in seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`BundleError`].
    pub fn verify(self, expected: &Fingerprint, now: u64) -> Result<Verified<Self>, BundleError> {
        if self.identity.fingerprint() != *expected {
            return Err(BundleError::Fingerprint);
        }
        if now > self.prekeys.expires.saturating_add(MAX_CLOCK_SKEW.as_secs()) {
            return Err(BundleError::Expired);
        }
        let Self { identity, certificate, prekeys } = self;
        let certificate = verify_certificate(&identity, certificate, now)?.0;
        let signed = prekeys.signed_bytes(&certificate.device_id);
        if !identity.verify(labels::SIGN_PREKEYS, &signed, &prekeys.signature) {
            return Err(BundleError::PreKeys);
        }
        Ok(Verified(Self { identity, certificate, prekeys }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crypto::test_rng, identity::AccountSeed, wire::BUNDLE_BYTES};

    const EXPIRES: u64 = 2_000_000;
    const DAY: u64 = 86_400;

    fn bundle(account: u8) -> (Fingerprint, PreKeySecrets, PreKeyBundle) {
        let rng = &mut test_rng(account.into());
        let device = Device::generate(&AccountSeed::from_bytes([account; 32]), 1_000, rng);
        let (secrets, bundle) = generate_prekeys(&device, PreKeyKind::OneTime, 7, EXPIRES, rng);
        (*device.fingerprint(), secrets, bundle)
    }

    #[test]
    fn stored_secrets_are_the_same_secrets() {
        let (_, secrets, _) = bundle(1);
        assert_eq!(secrets.encode().len(), ENCODED_BYTES);
        assert_eq!(PreKeySecrets::decode(&secrets.encode()), Ok(secrets.clone()));
        let last_resort = PreKeySecrets { one_time_prekey: None, ..secrets };
        assert_eq!(PreKeySecrets::decode(&last_resort.encode()), Ok(last_resort));
    }

    #[test]
    fn a_bundle_is_believed_until_a_day_after_it_expires() {
        let (fingerprint, _, bundle) = bundle(1);
        assert!(bundle.clone().verify(&fingerprint, EXPIRES + DAY).is_ok());
        assert_eq!(bundle.verify(&fingerprint, EXPIRES + DAY + 1), Err(BundleError::Expired));
    }

    #[test]
    fn a_bundle_is_made_of_the_parts_of_one_device() {
        let (fingerprint, _, ours) = bundle(1);
        let (_, _, theirs) = bundle(2);
        let with = |change: fn(&mut PreKeyBundle, PreKeyBundle)| {
            let mut mixed = ours.clone();
            change(&mut mixed, theirs.clone());
            mixed.verify(&fingerprint, 0).err()
        };
        assert_eq!(with(|_, _| ()), None);
        assert_eq!(with(|a, b| a.identity = b.identity), Some(BundleError::Fingerprint));
        assert_eq!(
            with(|a, b| a.certificate = b.certificate),
            Some(BundleError::Certificate(CertificateError::Signature))
        );
        assert_eq!(with(|a, b| a.prekeys = b.prekeys), Some(BundleError::PreKeys));

        // The prekeys of another device of the same account.
        let rng = &mut test_rng(9);
        let second = Device::generate(&AccountSeed::from_bytes([1; 32]), 1_000, rng);
        let mut mixed = ours;
        mixed.prekeys = generate_prekeys(&second, PreKeyKind::OneTime, 7, EXPIRES, rng).1.prekeys;
        assert_eq!(mixed.verify(&fingerprint, 0), Err(BundleError::PreKeys));
    }

    #[test]
    fn a_bundle_without_one_half_of_its_keys_or_signatures_is_refused() {
        const CERTIFICATE: usize = 1_985;
        const PREKEYS: usize = CERTIFICATE + 4_622;
        let (fingerprint, _, bundle) = bundle(1);
        let encoded = bundle.encode();
        // Where protocol.md §2 to §4 put them, with their lengths.
        for (half, start, bytes) in [
            ("Ed25519 key", 1, 32),
            ("ML-DSA key", 33, 1_952),
            ("ML-KEM identity key", CERTIFICATE + 49, 1_184),
            ("Ed25519 signature of the device", CERTIFICATE + 1_249, 64),
            ("ML-DSA signature of the device", CERTIFICATE + 1_313, 3_309),
            ("ML-KEM prekey", PREKEYS + 69, 1_184),
            ("Ed25519 signature of the prekeys", PREKEYS + 1_265, 64),
            ("ML-DSA signature of the prekeys", PREKEYS + 1_329, 3_309),
        ] {
            let part = start..start + bytes;
            let mut zeroed = encoded.clone();
            zeroed[part.clone()].fill(0);
            let mut cut = encoded.clone();
            cut.drain(part);
            for stripped in [zeroed, cut] {
                let read = PreKeyBundle::decode(&stripped);
                assert!(read.is_err() || read.unwrap().verify(&fingerprint, 0).is_err(), "{half}");
            }
        }
    }

    #[test]
    fn a_bundle_changed_in_any_byte_is_refused() {
        let (fingerprint, _, bundle) = bundle(1);
        let encoded = bundle.encode();
        assert_eq!(encoded.len(), BUNDLE_BYTES);
        assert_eq!(BUNDLE_BYTES, 11_245);
        let accepted = |bytes: &[u8]| {
            PreKeyBundle::decode(bytes).is_ok_and(|bundle| bundle.verify(&fingerprint, 0).is_ok())
        };
        assert!(accepted(&encoded));
        for i in (0..BUNDLE_BYTES).step_by(83).chain([BUNDLE_BYTES - 1]) {
            let mut flipped = encoded.clone();
            flipped[i] ^= 1;
            assert!(!accepted(&flipped), "byte {i}");
        }
        assert!(!accepted(&encoded[..BUNDLE_BYTES - 1]));
        assert!(!accepted(&[&encoded[..], &[0]].concat()));
    }
}
