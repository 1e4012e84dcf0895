//! What the app lock is opened with.

use alloc::string::String;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// What the evaluation of a passkey's PRF begins from (WebAuthn Level 3 §10.1.4, `eval.first`).
pub use crate::key_wrap::WEBAUTHN_PRF_INPUT;

/// How the database is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockMethod {
    /// With a passphrase.
    Passphrase,
    /// With a passkey.
    Passkey,
}

/// What opens a lock, or is to open it from now on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockKey {
    /// Nothing: there is no lock, or there is to be none.
    Open,
    /// As it was typed.
    Passphrase(String),
    /// The 32 bytes that a passkey's PRF gives at [`WEBAUTHN_PRF_INPUT`].
    Passkey([u8; 32]),
}

impl Drop for LockKey {
    fn drop(&mut self) {
        match self {
            Self::Open => {}
            Self::Passphrase(passphrase) => passphrase.zeroize(),
            Self::Passkey(output) => output.zeroize(),
        }
    }
}

impl core::fmt::Debug for LockKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LockKey(..)")
    }
}
