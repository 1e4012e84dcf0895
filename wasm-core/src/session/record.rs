//! Every session with one peer: one seals, all open (protocol.md §5).
//!
//! Both sides rank the sessions that both have in the same way, and trust one only once the other
//! has answered in it, and as long as the other does not speak elsewhere alone. So handshakes that
//! cross end in one session after one message each way, a handshake that nobody answers takes
//! nothing away, and nobody goes on sealing where the other has let go.
//!
//! Invariant: there is at least one state, the best comes first, and none is of a device that the
//! peer has replaced by one that has answered.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{OpenError, Opened, SealError, SessionId, SessionState};
use crate::{
    limits::{ARCHIVED_SESSION_LIFETIME, MAX_ARCHIVED_SESSIONS, SILENT_SESSION_TRUST},
    wire::codec::{DecodeError, Reader, Writer},
};

const VERSION: u8 = 1;

/// Why a session is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// It is there already: the handshake was replayed.
    #[error("session is known")]
    Known,
    /// Its device was certified before the one that the peer uses now.
    #[error("device was replaced by a newer one")]
    Revoked,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The best first; never empty.
    held: Vec<Held>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    state: SessionState,
    /// When it began or last opened a message; seconds since the Unix epoch.
    opened_at: u64,
    /// When it last was the current one, as far as is known; 0 for one that never was.
    current_at: u64,
}

impl Held {
    fn new(state: SessionState, now: u64) -> Self {
        Self { state, opened_at: now, current_at: 0 }
    }

    /// When something last happened in it that may bring messages.
    fn used_at(&self) -> u64 {
        self.opened_at.max(self.current_at)
    }
}

impl SessionRecord {
    /// The record of a peer with whom there is a first session; `now` in seconds since the Unix
    /// epoch.
    #[must_use]
    pub fn new(state: SessionState, now: u64) -> Self {
        Self { held: alloc::vec![Held::new(state, now)] }
    }

    /// The one that seals.
    #[must_use]
    pub fn current(&self) -> &SessionState {
        &self.held.first().expect("a record is never empty").state
    }

    /// All of them, the current one first.
    pub fn states(&self) -> impl Iterator<Item = &SessionState> {
        self.held.iter().map(|held| &held.state)
    }

    /// The session with this id.
    #[must_use]
    pub fn state(&self, id: SessionId) -> Option<&SessionState> {
        self.states().find(|state| state.id() == id)
    }

    /// Seals in the current session; see [`SessionState::seal`].
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing has changed.
    pub fn seal(
        &mut self,
        content: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        let best = self.held.first_mut().expect("a record is never empty");
        best.state.seal(content, now, rng)
    }

    /// Opens in whichever session it belongs to; see [`SessionState::open`]. What it says of the
    /// sessions counts at once: an answer can make its session the current one.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; nothing has changed.
    pub fn open(&mut self, envelope: &[u8], now: u64) -> Result<Opened, OpenError> {
        for held in &mut self.held {
            match held.state.open(envelope, now) {
                Ok(content) => {
                    held.opened_at = now;
                    let session = held.state.id();
                    self.settle(now);
                    return Ok(Opened { content, session });
                }
                Err(OpenError::Unreadable) => {}
                Err(error) => return Err(error),
            }
        }
        Err(OpenError::Unreadable)
    }

    /// Adds a session that was initiated or accepted; `now` in seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`AddError`]; nothing has changed.
    pub fn add(&mut self, state: SessionState, now: u64) -> Result<(), AddError> {
        if self.state(state.id()).is_some() {
            return Err(AddError::Known);
        }
        if self.states().any(|known| known.certified_at() > state.certified_at()) {
            return Err(AddError::Revoked);
        }
        self.held.push(Held::new(state, now));
        self.settle(now);
        Ok(())
    }

    /// Lets go of all sessions but one: the peer has forgotten the others.
    pub fn retain_only(&mut self, id: SessionId) {
        if self.state(id).is_some() {
            self.held.retain(|held| held.state.id() == id);
        }
    }

    /// Ranks anew, and lets go of what is revoked, out of use, or too much.
    fn settle(&mut self, now: u64) {
        let current = self.current().id();
        let answered = self.states().filter(|state| state.is_answered());
        let device = answered.map(SessionState::certified_at).max().unwrap_or_default();
        self.held.retain(|held| held.state.certified_at() >= device);
        // A device that took the place of another has none of its sessions, answered or not.
        let heard = self.held.iter().filter(|held| held.state.is_answered());
        let heard = heard.map(|held| held.opened_at).max().unwrap_or_default();
        self.held.sort_by_key(|Held { state, opened_at, .. }| {
            // The peer speaks elsewhere, and may have let go of this one.
            let silent = heard.saturating_sub(*opened_at) > SILENT_SESSION_TRUST.as_secs();
            let answered = state.is_answered();
            core::cmp::Reverse((state.certified_at(), answered, !silent, state.precedence()))
        });
        // What it sealed to the last is answered in it for as long as an envelope lasts.
        if let Some(archived) = self.held.iter_mut().skip(1).find(|it| it.state.id() == current) {
            archived.current_at = now;
        }
        let mut first = true;
        self.held.retain(|held| {
            core::mem::take(&mut first)
                || now.saturating_sub(held.used_at()) <= ARCHIVED_SESSION_LIFETIME.as_secs()
        });
        while self.held.len() > 1 + MAX_ARCHIVED_SESSIONS {
            // Not the last in rank: that is a handshake of ours which waits for its answer.
            let archived = self.held.iter().enumerate().skip(1).rev();
            let oldest = archived.min_by_key(|(_, held)| held.used_at()).map(|(place, _)| place);
            self.held.remove(oldest.expect("there is more than the current one"));
        }
    }

    /// Encodes, secrets and all, for storage:
    /// `u8 version ‖ u8 n ‖ n × (u64 opened at ‖ u64 current at ‖ u32 length ‖ state)`.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let states: Vec<_> = self.held.iter().map(|held| held.state.encode()).collect();
        let length = 2 + states.iter().map(|state| 20 + state.len()).sum::<usize>();
        let n = u8::try_from(states.len()).expect("a record has few states");
        let mut writer = Writer::with_capacity(length).u8(VERSION).u8(n);
        for (held, state) in self.held.iter().zip(&states) {
            let length = u32::try_from(state.len()).expect("a state is far smaller than 4 GB");
            writer = writer.u64(held.opened_at).u64(held.current_at).u32(length).bytes(state);
        }
        Zeroizing::new(writer.finish())
    }

    /// Decodes what [`Self::encode`] gave.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] when there is no state, or more than a record holds.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            reader.version(VERSION)?;
            let n = usize::from(reader.u8()?);
            if n == 0 || n > 1 + MAX_ARCHIVED_SESSIONS {
                return Err(DecodeError::Value);
            }
            let mut held = Vec::with_capacity(n);
            for _ in 0..n {
                let (opened_at, current_at) = (reader.u64()?, reader.u64()?);
                let length = reader.u32()? as usize;
                let state = SessionState::decode(reader.bytes(length)?)?;
                held.push(Held { state, opened_at, current_at });
            }
            Ok(Self { held })
        })
    }
}

#[cfg(test)]
mod tests;
