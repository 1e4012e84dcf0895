//! A key under a passphrase or a passkey (docs/storage.md).
//!
//! Invariant: a [`WrappedKey`] opens with the credential and for the [`Purpose`] that it was made
//! with, unchanged in every bit, and says nothing about which of these was wrong.
//!
//! Does not know: where it is kept, and which passkey to ask.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use crate::{
    crypto::{
        aead::{self, NONCE_BYTES, TAG_BYTES},
        kdf, labels,
        passphrase::{Argon2Parameters, OutOfMemory, Passphrase, SALT_BYTES},
        secret::Secret,
    },
    wire::codec::{DecodeError, Reader, Writer},
};

pub mod job;
#[cfg(test)]
mod tests;

/// Length of a wrapped key.
pub const WRAPPED_KEY_BYTES: usize = SEALED_AT + SEALED_BYTES;

const VERSION: u8 = 1;
const METHOD_PASSPHRASE: u8 = 1;
const METHOD_WEBAUTHN_PRF: u8 = 2;

/// Where the nonce begins: all before it is the prefix.
const NONCE_AT: usize = 1 + 1 + 4 + 4 + 1 + SALT_BYTES;
const SEALED_AT: usize = NONCE_AT + NONCE_BYTES;
const SEALED_BYTES: usize = 32 + TAG_BYTES;

/// What a passkey's PRF is evaluated at (WebAuthn Level 3 §10.1.4, `eval.first`).
///
/// The same for every key: a PRF of another passkey gives another output, and the salt of a
/// [`WrappedKey`] makes another wrapping key of it each time.
pub const WEBAUTHN_PRF_INPUT: &[u8] = labels::WEBAUTHN_PRF_INPUT;

/// What the key is for. One that was wrapped for another purpose does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// The database key.
    Database = 1,
    /// The key of a backup file.
    Backup = 2,
}

/// What opens a wrapped key.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'a> {
    /// Typed.
    Passphrase(&'a Passphrase),
    /// The 32 bytes that a passkey's PRF gives at [`WEBAUTHN_PRF_INPUT`].
    WebAuthnPrf(&'a Secret<32>),
}

/// How the wrapping key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// From a passphrase, at this cost.
    Passphrase(Argon2Parameters),
    /// From the output of a passkey's PRF.
    WebAuthnPrf,
}

/// A wrapped key.
///
/// # Layout                                                        (docs/storage.md, big endian)
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 1 | method, 1: passphrase, 2: WebAuthn PRF |
/// | 2 | 4 | Argon2id memory in KiB; zero with method 2 |
/// | 6 | 4 | Argon2id passes; zero with method 2 |
/// | 10 | 1 | Argon2id parallelism; zero with method 2 |
/// | 11 | 16 | salt |
/// | 27 | 24 | nonce |
/// | 51 | 32 + 16 | AEAD(wrapping key)(key); AD: all bytes before |
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    method: Method,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    sealed: [u8; SEALED_BYTES],
}

/// Why a wrapped key gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The credential, the purpose or the bytes are not those that it was made with.
    #[error("does not open")]
    Rejected,
    /// There is not enough memory to try. Nothing is wrong with the passphrase.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

impl WrappedKey {
    /// Wraps `key` under a passphrase.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`].
    pub fn with_passphrase(
        key: &Secret<32>,
        purpose: Purpose,
        passphrase: &Passphrase,
        parameters: Argon2Parameters,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, OutOfMemory> {
        let method = Method::Passphrase(parameters);
        let salt = draw(rng);
        let wrapping_key = from_passphrase(purpose, passphrase, parameters, &salt)?;
        Ok(Self::seal(key, method, salt, &wrapping_key, rng))
    }

    /// Wraps `key` under what a passkey's PRF gives at [`WEBAUTHN_PRF_INPUT`].
    #[must_use]
    pub fn with_webauthn_prf(
        key: &Secret<32>,
        purpose: Purpose,
        output: &Secret<32>,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let salt = draw(rng);
        let wrapping_key = from_webauthn_prf(purpose, output, &salt);
        Self::seal(key, Method::WebAuthnPrf, salt, &wrapping_key, rng)
    }

    fn seal(
        key: &Secret<32>,
        method: Method,
        salt: [u8; SALT_BYTES],
        wrapping_key: &Secret<32>,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let mut wrapped = Self { method, salt, nonce: draw(rng), sealed: [0; SEALED_BYTES] };
        let sealed = aead::seal(
            wrapping_key,
            &wrapped.nonce,
            &wrapped.associated_data().finish(),
            key.expose(),
        );
        wrapped.sealed.copy_from_slice(&sealed);
        wrapped
    }

    /// How the wrapping key is made: whether to ask for a passphrase or for a passkey.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Gives the key.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] for another credential, another purpose and changed bytes alike, and
    /// [`OpenError::OutOfMemory`].
    pub fn open(
        &self,
        purpose: Purpose,
        credential: Credential<'_>,
    ) -> Result<Secret<32>, OpenError> {
        let wrapping_key = match (self.method, credential) {
            (Method::Passphrase(parameters), Credential::Passphrase(passphrase)) => {
                from_passphrase(purpose, passphrase, parameters, &self.salt)?
            }
            (Method::WebAuthnPrf, Credential::WebAuthnPrf(output)) => {
                from_webauthn_prf(purpose, output, &self.salt)
            }
            _ => return Err(OpenError::Rejected),
        };
        let associated_data = self.associated_data().finish();
        let key = aead::open(&wrapping_key, &self.nonce, &associated_data, &self.sealed)
            .map_err(|_| OpenError::Rejected)?;
        key.as_slice().try_into().map(Secret::new).map_err(|_| OpenError::Rejected)
    }

    /// The bytes before the sealed key.
    fn associated_data(&self) -> Writer {
        let writer = Writer::with_capacity(WRAPPED_KEY_BYTES).u8(VERSION);
        let writer = match self.method {
            Method::Passphrase(parameters) => writer
                .u8(METHOD_PASSPHRASE)
                .u32(parameters.memory_kib())
                .u32(parameters.passes())
                .u8(parameters.parallelism()),
            Method::WebAuthnPrf => writer.u8(METHOD_WEBAUTHN_PRF).u32(0).u32(0).u8(0),
        };
        writer.bytes(&self.salt).bytes(&self.nonce)
    }

    /// The [`WRAPPED_KEY_BYTES`] bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.associated_data().bytes(&self.sealed).finish()
    }

    /// Takes what [`Self::encode`] gave.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] for an unknown method, and for parameters that are not
    /// those of the method or out of bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let method = (reader.u8()?, reader.u32()?, reader.u32()?, reader.u8()?);
            let method = match method {
                (METHOD_PASSPHRASE, memory_kib, passes, parallelism) => {
                    Argon2Parameters::new(memory_kib, passes, parallelism)
                        .map(Method::Passphrase)
                        .map_err(|_| DecodeError::Value)?
                }
                (METHOD_WEBAUTHN_PRF, 0, 0, 0) => Method::WebAuthnPrf,
                _ => return Err(DecodeError::Value),
            };
            Ok(Self {
                method,
                salt: reader.array()?,
                nonce: reader.array()?,
                sealed: reader.array()?,
            })
        })
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey").field("method", &self.method).finish_non_exhaustive()
    }
}

/// `KDF(Argon2id(passphrase, salt), "volly/1/wrap/passphrase" ‖ u8 purpose, 32)`.
fn from_passphrase(
    purpose: Purpose,
    passphrase: &Passphrase,
    parameters: Argon2Parameters,
    salt: &[u8; SALT_BYTES],
) -> Result<Secret<32>, OutOfMemory> {
    let stretched = parameters.stretch(passphrase, salt)?;
    Ok(kdf::derive(stretched.expose(), labels::WRAP_PASSPHRASE, &[&[purpose as u8]]))
}

/// `KDF[salt](output, "volly/1/wrap/webauthn-prf" ‖ u8 purpose, 32)`.
fn from_webauthn_prf(purpose: Purpose, output: &Secret<32>, salt: &[u8; SALT_BYTES]) -> Secret<32> {
    let label = labels::WRAP_WEBAUTHN_PRF;
    kdf::derive_salted(salt, output.expose(), label, &[&[purpose as u8]])
}

fn draw<const N: usize>(rng: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
