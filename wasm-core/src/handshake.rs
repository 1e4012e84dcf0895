//! How two people who never talked agree on keys (protocol.md §5).
//!
//! Invariant: the keys depend on the identity keys of both, on four X25519 agreements and on two
//! ML-KEM-768 secrets; whoever lacks one of them has none of the keys.
//! Does not know: the ratchet, and what the first message says.

pub mod pqxdh;

use sha2::{Digest, Sha256};

use crate::{
    crypto::{labels, secret::Secret},
    identity::Fingerprint,
    wire::codec::DecodeError,
};

/// What a handshake yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeKeys {
    /// First root key (RK) of the ratchet.
    pub root_key: Secret<32>,
    /// Header key of the initiator's first chain.
    pub header_key: Secret<32>,
    /// Header key of the recipient's first chain.
    pub next_header_key: Secret<32>,
    /// Seals the initiator's identity and first message.
    pub first_message_key: Secret<32>,
    /// Lives as long as the contact; the blinded addresses come from it.
    pub pair_secret: Secret<32>,
}

/// Why a handshake ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The bytes are no pre-key message.
    #[error("malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// It is for other prekeys.
    #[error("prekey id {0} is another one")]
    PreKeyId(u32),
    /// A key of the other side is of small order.
    #[error("key agreement without contribution")]
    KeyAgreement,
    /// It was changed, or sealed for somebody else.
    #[error("not authentic")]
    NotAuthentic,
}

/// `SHA-256("volly/1/session-ad" ‖ fp_i ‖ fp_r)`: what every message of the session is bound to.
#[must_use]
pub fn associated_data(initiator: &Fingerprint, recipient: &Fingerprint) -> [u8; 32] {
    Sha256::new()
        .chain_update(labels::ASSOCIATED_DATA)
        .chain_update(initiator.0)
        .chain_update(recipient.0)
        .finalize()
        .into()
}
