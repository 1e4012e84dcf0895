//! Sealing, and the beginning of a chain.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{
    Authentication, OurRatchetKeys, Ratchet, SendingChain, TheirRatchetKeys, Turn,
    keys::{HeaderKey, root_step},
};
use crate::{
    crypto::{
        aead::{self, NONCE_BYTES, TAG_BYTES},
        dh,
        kem::DecapsulationKey,
        secret::Secret,
    },
    limits::{TURN_AFTER, TURN_AFTER_MESSAGES},
    wire::{Acknowledges, BODY_OVERHEAD, Header, RatchetStep, StepKind, pad, size_class},
};

/// Why a message is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It does not fit the largest size class.
    #[error("content is too long")]
    TooLong,
    /// There is no chain: the recipient opens the initiator's first message before it seals one.
    #[error("nothing was received yet")]
    NotEstablished,
    /// The peer's ratchet key is of small order; only damaged state can hold one.
    #[error("key agreement without contribution")]
    KeyAgreement,
    /// The chain has 2³² − 1 messages, and the peer has not answered.
    #[error("chain is used up")]
    ChainUsedUp,
}

impl Ratchet {
    /// Seals `content` so that it and `overhead` bytes around it fill a size class; `now` in
    /// seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing has changed.
    pub fn seal(
        &mut self,
        content: &[u8],
        overhead: usize,
        associated_data: &[u8; 32],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        let begun = match &self.turn {
            Turn::Ours(theirs) if self.is_due(now) => Some(self.begin_chain(theirs, now, rng)?),
            Turn::Ours(_) | Turn::Theirs(_) => None,
        };
        let chain = begun.as_ref().map(|begun| &begun.chain).or(self.sending.as_ref());
        let chain = chain.ok_or(SealError::NotEstablished)?;
        let kind = chain.step.as_ref().map_or(StepKind::None, RatchetStep::kind);
        let around = overhead + kind.sealed_header_bytes();
        let length =
            size_class(around + BODY_OVERHEAD + content.len()).ok_or(SealError::TooLong)?;
        let next_index = chain.index.checked_add(1).ok_or(SealError::ChainUsedUp)?;

        let header = Header {
            index: chain.index,
            acknowledges: match (&begun, &self.turn) {
                (None, Turn::Ours(_)) => Acknowledges::Yes,
                (Some(_), _) | (None, Turn::Theirs(_)) => Acknowledges::No,
            },
            step: chain.step.clone(),
        };
        let (message_key, next_chain_key) = chain.chain_key.step();
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let mut message = Vec::with_capacity(length - overhead);
        message.extend_from_slice(&nonce);
        message.extend(aead::seal(&chain.header_key, &nonce, &[], &header.encode()));
        let mut body = pad(content, length - around - TAG_BYTES);
        let bound = [associated_data, message.as_slice()].concat();
        let tag = aead::seal_in_place(&message_key, &nonce, &bound, &mut body);
        message.extend_from_slice(&body);
        message.extend_from_slice(&tag);

        if let Some(begun) = begun {
            self.accept_begun(begun);
        }
        if let Some(chain) = &mut self.sending {
            chain.chain_key = next_chain_key;
            chain.index = next_index;
        }
        Ok(message)
    }

    /// Whether this side, whose turn it is, should begin a chain.
    fn is_due(&self, now: u64) -> bool {
        match (&self.sending, &self.authentication) {
            (None, _) | (Some(_), Authentication::OwesProof) => true,
            (Some(chain), _) => {
                chain.index >= TURN_AFTER_MESSAGES
                    || now.abs_diff(chain.began) >= TURN_AFTER.as_secs()
            }
        }
    }

    fn begin_chain(
        &self,
        theirs: &TheirRatchetKeys,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Begun, SealError> {
        let dh = dh::SecretKey::generate(rng);
        let (kem, kem_key) = DecapsulationKey::generate(rng);
        let (ciphertext, kem_secret) = theirs.kem.encapsulate(rng);
        let (authentication, authentication_secret) = match &self.authentication {
            Authentication::OwesAnswer(key) => {
                let (ciphertext, secret) = key.encapsulate(rng);
                (Some(ciphertext), Some(secret))
            }
            _ => (None, None),
        };
        let dh_secret = dh.agree(&theirs.dh).ok_or(SealError::KeyAgreement)?;
        let root =
            root_step(&self.root_key, &dh_secret, &kem_secret, authentication_secret.as_ref());
        let step = RatchetStep {
            previous_chain_len: self.sending.as_ref().map_or(0, |chain| chain.index),
            ratchet_key: dh.public_key(),
            kem_key,
            ciphertext,
            authentication,
        };
        Ok(Begun {
            root_key: root.root_key,
            next_header_key: root.next_header_key,
            keys: OurRatchetKeys { dh, kem },
            chain: SendingChain {
                header_key: self.next_sending_header_key.clone(),
                chain_key: root.chain_key,
                index: 0,
                began: now,
                step: Some(step),
            },
        })
    }

    fn accept_begun(&mut self, begun: Begun) {
        self.root_key = begun.root_key;
        self.next_sending_header_key = begun.next_header_key;
        self.turn = Turn::Theirs(begun.keys);
        self.sending = Some(begun.chain);
        match self.authentication {
            Authentication::OwesAnswer(_) => self.authentication = Authentication::AwaitsProof,
            Authentication::OwesProof => self.authentication = Authentication::Done,
            Authentication::AwaitsAnswer(_)
            | Authentication::AwaitsProof
            | Authentication::Done => {}
        }
    }
}

/// A chain that is ready and not yet in force.
struct Begun {
    root_key: Secret<32>,
    next_header_key: HeaderKey,
    keys: OurRatchetKeys,
    chain: SendingChain,
}
