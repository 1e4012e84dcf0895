//! A session as Volly stores it, taken apart: all that somebody has who copies it.
//!
//! No document gives these bytes; the code does, in `SessionState::encode`.

use super::primitives::{array, concat, sha256, take, take_u32};

const STEP: usize = 4 + 32 + 1_184 + 1_088;

/// A chain from a message on.
#[derive(Clone, Debug)]
pub struct StoredChain {
    pub header_key: [u8; 32],
    /// Gives the key of the message at `index`, and those of all that follow.
    pub key: [u8; 32],
    pub index: u32,
}

/// The keys of messages of one chain that had not come.
#[derive(Clone, Debug)]
pub struct StoredSkipped {
    pub header_key: [u8; 32],
    pub keys: Vec<(u32, [u8; 32])>,
}

/// What the next chain builds on.
#[derive(Clone, Debug)]
pub enum StoredTurn {
    /// Public keys of the peer: this side begins it.
    Ours { dh: [u8; 32], kem: Vec<u8> },
    /// An X25519 key and an ML-KEM seed: the peer begins it.
    Theirs { dh: [u8; 32], kem: Vec<u8> },
}

#[derive(Clone, Debug)]
pub struct StoredSession {
    pub associated_data: [u8; 32],
    pub root: [u8; 32],
    pub next_sending_header_key: [u8; 32],
    pub next_receiving_header_key: [u8; 32],
    pub turn: StoredTurn,
    /// The initiator's ML-KEM identity seed, until the recipient has answered.
    pub proof_key: Option<Vec<u8>>,
    pub sending: Option<StoredChain>,
    pub receiving: Option<StoredChain>,
    pub skipped: Vec<StoredSkipped>,
}

/// Takes `SessionState::encode` apart.
pub fn stored_session(encoded: &[u8]) -> Option<StoredSession> {
    let bytes = &mut &*encoded;
    (take(bytes, 1)? == [1]).then_some(())?;
    let is_recipient = take(bytes, 1)?[0] == 1;
    let (ours, theirs) = (take(bytes, 32)?, take(bytes, 32)?);
    let (initiator, recipient) = if is_recipient { (theirs, ours) } else { (ours, theirs) };
    let associated_data = sha256(&concat(&[b"volly/1/session-ad", initiator, recipient]));
    // When the peer's device was certified, and the session initiated; the pair secret.
    take(bytes, 8 + 8 + 32)?;
    let session = StoredSession {
        associated_data,
        root: array(take(bytes, 32)?),
        next_sending_header_key: array(take(bytes, 32)?),
        next_receiving_header_key: array(take(bytes, 32)?),
        turn: turn(bytes)?,
        proof_key: proof_key(bytes)?,
        sending: sending(bytes)?,
        receiving: if take(bytes, 1)? == [0] { None } else { Some(chain(bytes)?) },
        skipped: skipped(bytes)?,
    };
    bytes.is_empty().then_some(session)
}

fn turn(bytes: &mut &[u8]) -> Option<StoredTurn> {
    let is_theirs = take(bytes, 1)? == [1];
    let dh = array(take(bytes, 32)?);
    let kem = take(bytes, if is_theirs { 64 } else { 1_184 })?.to_vec();
    Some(if is_theirs { StoredTurn::Theirs { dh, kem } } else { StoredTurn::Ours { dh, kem } })
}

fn proof_key(bytes: &mut &[u8]) -> Option<Option<Vec<u8>>> {
    match take(bytes, 1)?[0] {
        0 => Some(Some(take(bytes, 64)?.to_vec())),
        2 => take(bytes, 1_184).map(|_| None),
        _ => Some(None),
    }
}

fn chain(bytes: &mut &[u8]) -> Option<StoredChain> {
    Some(StoredChain {
        header_key: array(take(bytes, 32)?),
        key: array(take(bytes, 32)?),
        index: take_u32(bytes)?,
    })
}

fn sending(bytes: &mut &[u8]) -> Option<Option<StoredChain>> {
    if take(bytes, 1)? == [0] {
        return Some(None);
    }
    let chain = chain(bytes)?;
    // When it began, and the step that it carries.
    take(bytes, 8)?;
    let step = match take(bytes, 1)?[0] {
        0 => 0,
        1 => STEP,
        _ => STEP + 1_088,
    };
    take(bytes, step)?;
    Some(Some(chain))
}

fn skipped(bytes: &mut &[u8]) -> Option<Vec<StoredSkipped>> {
    let chains = take(bytes, 1)?[0];
    let mut skipped = Vec::new();
    for _ in 0..chains {
        let header_key = array(take(bytes, 32)?);
        let count: [u8; 2] = array(take(bytes, 2)?);
        let mut keys = Vec::new();
        for _ in 0..u16::from_be_bytes(count) {
            let index = take_u32(bytes)?;
            // When it was skipped.
            take(bytes, 8)?;
            keys.push((index, array(take(bytes, 32)?)));
        }
        skipped.push(StoredSkipped { header_key, keys });
    }
    Some(skipped)
}
