//! Double Ratchet with header encryption (revision 3 §4), with an ML-KEM-768 step in every turn
//! (protocol.md §6).
//!
//! ```text
//!            begins a chain on their newest keys            their chain on our newest keys
//!          ┌──────────────── seal ───────────────┐       ┌────────────── open ──────────────┐
//!  Turn::Ours ──────────────────────────────────► Turn::Theirs ─────────────────────────────► Turn::Ours
//! ```
//!
//! A step rides on every message of its chain until the peer is known to have it: the peer has
//! begun a newer chain, or acknowledged it in the header of the older one. Whose turn it is may
//! begin a chain at once, or go on with the one it has ([`crate::limits::TURN_AFTER`],
//! [`crate::limits::TURN_AFTER_MESSAGES`]).
//!
//! Invariant: a message key seals one message. What does not open changes nothing: every check
//! comes before the first change.
//! Does not know: identities, contacts, storage.

mod encoding;
mod keys;
mod open;
mod seal;
mod skipped_keys;
#[cfg(test)]
mod tests;

use self::{
    keys::{ChainKey, HeaderKey},
    skipped_keys::SkippedKeys,
};
pub use self::{open::OpenError, seal::SealError};
use crate::{
    crypto::{
        dh,
        kem::{DecapsulationKey, EncapsulationKey},
        secret::Secret,
    },
    wire::RatchetStep,
};

/// The keys that a handshake gives to a ratchet.
#[derive(Clone, Debug)]
pub struct InitialKeys {
    /// First root key (RK).
    pub root_key: Secret<32>,
    /// Header key of the initiator's first chain.
    pub header_key: Secret<32>,
    /// Header key of the recipient's first chain.
    pub next_header_key: Secret<32>,
}

/// The private halves of what a chain of ours began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurRatchetKeys {
    /// X25519 (DHs).
    pub dh: dh::SecretKey,
    /// ML-KEM-768.
    pub kem: DecapsulationKey,
}

/// What a chain of theirs began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TheirRatchetKeys {
    /// X25519 (DHr).
    pub dh: dh::PublicKey,
    /// ML-KEM-768 (ek).
    pub kem: EncapsulationKey,
}

/// Who may begin the next chain, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Turn {
    /// Theirs is the newer chain.
    Ours(TheirRatchetKeys),
    /// Ours is the newer chain.
    Theirs(OurRatchetKeys),
}

/// Where the proof of the certified ML-KEM keys stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Authentication {
    /// Initiator: the recipient has not answered. Its first chain will use this key of ours.
    AwaitsAnswer(DecapsulationKey),
    /// Initiator: the recipient is proven. The next message proves us, and begins a chain for it.
    OwesProof,
    /// Recipient: has no chain yet. The first will use this certified key of theirs.
    OwesAnswer(EncapsulationKey),
    /// Recipient: the initiator has not built on our first chain.
    AwaitsProof,
    /// Both are proven, as far as this side can know.
    Done,
}

/// Whether the peer has proven its certified ML-KEM key, so that breaking X25519 is not enough to
/// pose as it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostQuantumAuthentication {
    /// Not yet; the classical proof alone stands.
    Pending,
    /// It has.
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct SendingChain {
    header_key: HeaderKey,
    chain_key: ChainKey,
    /// Of the next message (Ns).
    index: u32,
    /// Seconds since the Unix epoch.
    began: u64,
    /// Until the peer is known to have it.
    step: Option<RatchetStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ReceivingChain {
    header_key: HeaderKey,
    chain_key: ChainKey,
    /// Of the next message that was not skipped (Nr).
    index: u32,
}

/// The ratchet of one side of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratchet {
    root_key: Secret<32>,
    next_sending_header_key: HeaderKey,
    next_receiving_header_key: HeaderKey,
    turn: Turn,
    authentication: Authentication,
    sending: Option<SendingChain>,
    receiving: Option<ReceivingChain>,
    skipped: SkippedKeys,
}

impl Ratchet {
    /// The initiator's. `identity_key` is its certified ML-KEM key, for the recipient's answer.
    #[must_use]
    pub fn initiator(
        keys: InitialKeys,
        prekeys: TheirRatchetKeys,
        identity_key: DecapsulationKey,
    ) -> Self {
        Self {
            root_key: keys.root_key,
            next_sending_header_key: keys.header_key,
            next_receiving_header_key: keys.next_header_key,
            turn: Turn::Ours(prekeys),
            authentication: Authentication::AwaitsAnswer(identity_key),
            sending: None,
            receiving: None,
            skipped: SkippedKeys::default(),
        }
    }

    /// The recipient's. `identity_key` is the initiator's certified ML-KEM key.
    #[must_use]
    pub fn recipient(
        keys: InitialKeys,
        prekeys: OurRatchetKeys,
        identity_key: EncapsulationKey,
    ) -> Self {
        Self {
            root_key: keys.root_key,
            next_sending_header_key: keys.next_header_key,
            next_receiving_header_key: keys.header_key,
            turn: Turn::Theirs(prekeys),
            authentication: Authentication::OwesAnswer(identity_key),
            sending: None,
            receiving: None,
            skipped: SkippedKeys::default(),
        }
    }

    /// Whether a message of the peer was opened.
    #[must_use]
    pub const fn has_received(&self) -> bool {
        self.receiving.is_some()
    }

    /// When the chain that this side has, and may replace, began: seconds since the Unix epoch.
    /// `None` while it is the peer's turn.
    #[must_use]
    pub fn steps_since(&self) -> Option<u64> {
        match self.turn {
            Turn::Ours(_) => self.sending.as_ref().map(|chain| chain.began),
            Turn::Theirs(_) => None,
        }
    }

    /// Whether the peer has proven its certified ML-KEM key.
    #[must_use]
    pub const fn post_quantum_authentication(&self) -> PostQuantumAuthentication {
        match self.authentication {
            Authentication::OwesProof | Authentication::Done => PostQuantumAuthentication::Done,
            Authentication::AwaitsAnswer(_)
            | Authentication::OwesAnswer(_)
            | Authentication::AwaitsProof => PostQuantumAuthentication::Pending,
        }
    }
}
