//! Who one is: the account, its recovery phrase, the device it certifies and its prekeys
//! (protocol.md §2 to §4).
//!
//! Invariant: a [`Verified`] value was signed by the account that its holder expected.
//! Does not know: sessions, contacts, storage.

mod device;
mod fingerprint;
mod prekeys;
mod recovery;

use core::ops::Deref;

pub use device::{CertificateError, Device};
pub use fingerprint::safety_number;
pub use prekeys::{BundleError, PreKeySecrets, generate_prekeys};
pub use recovery::{AccountSeed, PhraseError};

pub use crate::wire::{Fingerprint, IdentityKey};
use crate::{
    crypto::{
        kdf, labels,
        sign::{Signature, SigningKey},
    },
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

/// Checks that `identity` signed `certificate`.
///
/// # Errors
///
/// [`CertificateError`].
pub fn verify_certificate(
    identity: &IdentityKey,
    certificate: DeviceCertificate,
) -> Result<Verified<DeviceCertificate>, CertificateError> {
    let signed = certificate.signed_bytes();
    if identity.verify(labels::SIGN_DEVICE, &signed, &certificate.signature) {
        Ok(Verified(certificate))
    } else {
        Err(CertificateError)
    }
}
