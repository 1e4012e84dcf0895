//! Opening, in and out of order.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{
    Authentication, Ratchet, ReceivingChain, TheirRatchetKeys, Turn,
    keys::{HeaderKey, MessageKey, root_step},
};
use crate::{
    crypto::aead::{self, NONCE_BYTES},
    limits::MAX_SKIP,
    wire::{Acknowledges, Header, StepKind, codec::DecodeError, unpad},
};

/// Whose header key is tried.
#[derive(Clone, Copy)]
enum Chain {
    /// That of the chain that is being received.
    Current,
    /// That of the chain which the peer may begin.
    New,
}

/// The length of a header is not on the wire (protocol.md §6). What is expected comes first, a
/// chain that goes on without a step and one that begins with it: each trial reads so many bytes.
const TRIALS: [(Chain, StepKind); 6] = [
    (Chain::Current, StepKind::None),
    (Chain::New, StepKind::Step),
    (Chain::Current, StepKind::Step),
    (Chain::New, StepKind::Authentication),
    (Chain::Current, StepKind::Authentication),
    (Chain::New, StepKind::None),
];

/// Why a message is not opened. In every case nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No key that we have opens the header: it is of another session, or very late.
    #[error("no key opens it")]
    Unreadable,
    /// Its key is used up: it came before, or so late that the key was dropped.
    #[error("message {index} of its chain was opened before")]
    Duplicate {
        /// Position in its chain.
        index: u32,
    },
    /// Too many messages before it are missing.
    #[error("{gap} messages are missing, more than {max}")]
    GapTooLarge {
        /// So many.
        gap: u32,
        /// [`MAX_SKIP`].
        max: u32,
    },
    /// The header is authentic, the rest is not.
    #[error("not authentic")]
    NotAuthentic,
    /// It is authentic, and not what the protocol allows: the peer is at fault.
    #[error("malformed: {0}")]
    Malformed(#[from] DecodeError),
}

impl Ratchet {
    /// Opens a message; `now` in seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; nothing has changed.
    pub fn open(
        &mut self,
        message: &[u8],
        associated_data: &[u8; 32],
        now: u64,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        for (chain, kind) in TRIALS {
            let key = match chain {
                Chain::Current => self.receiving.as_ref().map(|chain| &chain.header_key),
                Chain::New => {
                    matches!(self.turn, Turn::Theirs(_)).then_some(&self.next_receiving_header_key)
                }
            };
            let Some(key) = key else { continue };
            if let Some(sealed) = Sealed::open(key, kind, message, associated_data)? {
                return match chain {
                    Chain::Current => self.open_in_chain(&sealed, now),
                    Chain::New => self.open_new_chain(&sealed, now),
                };
            }
        }
        let (sealed, age) = self.find_older(message, associated_data)?;
        self.open_skipped(&sealed, age)
    }

    /// Looks for the chain of a late message, newest first.
    fn find_older<'a>(
        &self,
        message: &'a [u8],
        associated_data: &[u8; 32],
    ) -> Result<(Sealed<'a>, usize), OpenError> {
        for (age, chain) in self.skipped.chains().enumerate().skip(1) {
            for kind in StepKind::ALL {
                let opened = Sealed::open(&chain.header_key, kind, message, associated_data)?;
                if let Some(sealed) = opened {
                    return Ok((sealed, age));
                }
            }
        }
        Err(OpenError::Unreadable)
    }

    /// A message of the chain that is being received.
    fn open_in_chain(
        &mut self,
        sealed: &Sealed<'_>,
        now: u64,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Some(chain) = &self.receiving else { return Err(OpenError::Unreadable) };
        let index = sealed.header.index;
        let content = if index < chain.index {
            self.open_skipped(sealed, 0)?
        } else {
            let advanced = chain.advance(index)?;
            let content = sealed.open_body(&advanced.message_key)?;
            self.skipped.insert(chain.index, advanced.skipped, now);
            self.receiving = Some(advanced.chain);
            content
        };
        if sealed.header.acknowledges == Acknowledges::Yes {
            self.step_arrived();
        }
        Ok(content)
    }

    /// The first message that comes of a chain that builds on our newest keys.
    fn open_new_chain(
        &mut self,
        sealed: &Sealed<'_>,
        now: u64,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Turn::Theirs(ours) = &self.turn else { return Err(OpenError::Unreadable) };
        let step = sealed.header.step.as_ref().ok_or(DecodeError::Value)?;
        let authentication = match (&self.authentication, &step.authentication) {
            (Authentication::AwaitsAnswer(key), Some(ct)) => Some(key.decapsulate(ct)),
            (Authentication::AwaitsAnswer(_), None) | (_, Some(_)) => {
                return Err(DecodeError::Value.into());
            }
            (_, None) => None,
        };
        let closed = match &self.receiving {
            Some(chain) => Some((chain.index, chain.rest(step.previous_chain_len)?)),
            None => None,
        };
        let dh_secret = ours.dh.agree(&step.ratchet_key).ok_or(DecodeError::Value)?;
        let kem_secret = ours.kem.decapsulate(&step.ciphertext);
        let root = root_step(&self.root_key, &dh_secret, &kem_secret, authentication.as_ref());
        let chain = ReceivingChain {
            header_key: self.next_receiving_header_key.clone(),
            chain_key: root.chain_key,
            index: 0,
        };
        let advanced = chain.advance(sealed.header.index)?;
        let content = sealed.open_body(&advanced.message_key)?;

        if let Some((first, keys)) = closed {
            self.skipped.insert(first, keys, now);
        }
        self.skipped.begin_chain(chain.header_key, now);
        self.skipped.insert(0, advanced.skipped, now);
        self.receiving = Some(advanced.chain);
        self.root_key = root.root_key;
        self.next_receiving_header_key = root.next_header_key;
        let theirs = TheirRatchetKeys { dh: step.ratchet_key, kem: step.kem_key.clone() };
        self.turn = Turn::Ours(theirs);
        self.step_arrived();
        match self.authentication {
            Authentication::AwaitsAnswer(_) => self.authentication = Authentication::OwesProof,
            Authentication::AwaitsProof => self.authentication = Authentication::Done,
            Authentication::OwesAnswer(_) | Authentication::OwesProof | Authentication::Done => {}
        }
        Ok(content)
    }

    /// A late message of the chain `age` chains before the newest.
    fn open_skipped(
        &mut self,
        sealed: &Sealed<'_>,
        age: usize,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let index = sealed.header.index;
        let key = self.skipped.get(age, index).ok_or(OpenError::Duplicate { index })?;
        let content = sealed.open_body(key)?;
        self.skipped.remove(age, index);
        Ok(content)
    }

    /// The peer has the step of our newest chain.
    fn step_arrived(&mut self) {
        if let Some(chain) = &mut self.sending {
            chain.step = None;
        }
    }
}

/// A receiving chain moved past one message, and not yet in force.
struct Advanced {
    skipped: Vec<MessageKey>,
    message_key: MessageKey,
    chain: ReceivingChain,
}

impl ReceivingChain {
    /// The key of the message at `index`, which is not before this chain's.
    fn advance(&self, index: u32) -> Result<Advanced, OpenError> {
        let (skipped, chain_key) = self.chain_key.skip(gap(self.index, index)?);
        let (message_key, chain_key) = chain_key.step();
        // An honest sender stops before the last index: `ChainUsedUp`.
        let index = index.checked_add(1).ok_or(DecodeError::Value)?;
        let header_key = self.header_key.clone();
        Ok(Advanced { skipped, message_key, chain: Self { header_key, chain_key, index } })
    }

    /// The keys of what has not come of a chain with `length` messages.
    fn rest(&self, length: u32) -> Result<Vec<MessageKey>, OpenError> {
        Ok(self.chain_key.skip(gap(self.index, length)?).0)
    }
}

fn gap(from: u32, to: u32) -> Result<u32, OpenError> {
    let gap = to.saturating_sub(from);
    if gap > MAX_SKIP {
        return Err(OpenError::GapTooLarge { gap, max: MAX_SKIP });
    }
    Ok(gap)
}

/// A message whose header was opened.
struct Sealed<'a> {
    header: Header,
    nonce: [u8; NONCE_BYTES],
    /// Associated data of the body.
    bound: Vec<u8>,
    body: &'a [u8],
}

impl<'a> Sealed<'a> {
    /// Takes a header of this length; `None` when the key does not open it.
    fn open(
        key: &HeaderKey,
        kind: StepKind,
        message: &'a [u8],
        associated_data: &[u8; 32],
    ) -> Result<Option<Self>, OpenError> {
        let Some((sealed, body)) = message.split_at_checked(kind.sealed_header_bytes()) else {
            return Ok(None);
        };
        let Some((nonce, header)) = sealed.split_first_chunk() else { return Ok(None) };
        let Ok(header) = aead::open(key, nonce, &[], header) else { return Ok(None) };
        let header = Header::decode(&header)?;
        let bound = [associated_data, sealed].concat();
        Ok(Some(Self { header, nonce: *nonce, bound, body }))
    }

    fn open_body(&self, key: &MessageKey) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let padded = aead::open(key, &self.nonce, &self.bound, self.body)
            .map_err(|_| OpenError::NotAuthentic)?;
        Ok(Zeroizing::new(unpad(&padded)?.to_vec()))
    }
}
