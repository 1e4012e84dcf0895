//! Who one is: the account, its recovery phrase, the device it certifies and its prekeys
//! (protocol.md §2 to §4).
//!
//! Invariant: a [`Verified`] value was signed by the account that its holder expected.
//! Does not know: sessions, contacts, storage.

mod device;
mod fingerprint;
mod last_resort;
mod prekeys;
mod recovery;
mod successor;

use core::ops::Deref;

pub use device::{CertificateError, Device};
pub use fingerprint::safety_number;
pub use last_resort::LastResortPreKeys;
pub use prekeys::{BundleError, PreKeyKind, PreKeySecrets, generate_prekeys};
pub use recovery::{AccountSeed, PhraseError};
pub use successor::SuccessorError;

pub use crate::wire::{Fingerprint, IdentityKey};
use crate::{
    crypto::{
        kdf, labels,
        sign::{Signature, SigningKey},
    },
    limits::MAX_CLOCK_SKEW,
    wire::DeviceCertificate,
};

/// The private keys of an account: Ed25519 and ML-DSA-65, with their public halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityKeyPair {
    signing: SigningKey,
    public: IdentityKey,
}

impl IdentityKeyPair {
    /// Derives the keys of an account (protocol.md §2).
    #[must_use]
    pub fn from_seed(seed: &AccountSeed) -> Self {
        Self::new(SigningKey::new(
            kdf::derive(seed.expose(), labels::IDENTITY_ED25519, &[]),
            kdf::derive(seed.expose(), labels::IDENTITY_ML_DSA_65, &[]),
        ))
    }

    fn new(signing: SigningKey) -> Self {
        let public = IdentityKey::new(signing.verifying_key());
        Self { signing, public }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &IdentityKey {
        &self.public
    }

    /// Signs `label ‖ 0x00 ‖ message`, deterministically.
    #[must_use]
    pub fn sign(&self, label: &[u8], message: &[u8]) -> Signature {
        self.signing.sign(label, message)
    }
}

/// Something whose signatures and dates were checked. Only this module makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Checks that `identity` signed `certificate`, and that it is valid at `now`, in seconds since the
/// Unix epoch, give or take [`MAX_CLOCK_SKEW`].
///
/// # Errors
///
/// [`CertificateError`].
pub fn verify_certificate(
    identity: &IdentityKey,
    certificate: DeviceCertificate,
    now: u64,
) -> Result<Verified<DeviceCertificate>, CertificateError> {
    let skew = MAX_CLOCK_SKEW.as_secs();
    if certificate.created > now.saturating_add(skew)
        || certificate.expires.saturating_add(skew) < now
    {
        return Err(CertificateError::Validity);
    }
    let signed = certificate.signed_bytes();
    if identity.verify(labels::SIGN_DEVICE, &signed, &certificate.signature) {
        Ok(Verified(certificate))
    } else {
        Err(CertificateError::Signature)
    }
}
