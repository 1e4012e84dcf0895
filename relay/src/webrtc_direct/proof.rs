//! Who has shown lately that he is where his packets say: he has answered a question that was sent
//! there.
//!
//! Invariant: the memory is fixed, whatever addresses are forged. Questions are remembered by nobody:
//! what they are called follows from the address, with a key that is drawn at the start.

use core::{hash::BuildHasher, net::SocketAddr, time::Duration};
use std::hash::RandomState;

use crate::defaults;

/// Names a question.
type Transaction = [u8; 12];

/// See the module.
#[derive(Debug)]
pub(crate) struct Proofs {
    /// Each address has one place, which it shares by chance.
    places: Box<[Option<(SocketAddr, Duration)>]>,
    key: RandomState,
}

impl Default for Proofs {
    fn default() -> Self {
        Self { places: vec![None; defaults::WEBRTC_PROOFS].into(), key: RandomState::new() }
    }
}

impl Proofs {
    /// What the question to an address is called; nobody else can know that.
    pub(crate) fn transaction(&self, to: SocketAddr) -> Transaction {
        let mut transaction = Transaction::default();
        let random = [0_u8, 1].map(|part| self.key.hash_one((to, part)).to_be_bytes());
        for (byte, random) in transaction.iter_mut().zip(random.as_flattened()) {
            *byte = *random;
        }
        transaction
    }

    /// Takes an answer from an address at `now` (any clock that does not go back).
    pub(crate) fn take(&mut self, answered: &Transaction, from: SocketAddr, now: Duration) {
        let right = *answered == self.transaction(from);
        let place = self.place(from);
        if let Some(place) = self.places.get_mut(place).filter(|_| right) {
            *place = Some((from, now + defaults::WEBRTC_PROOF_LIFETIME));
        }
    }

    /// Whether an address has answered lately.
    pub(crate) fn has(&self, address: SocketAddr, now: Duration) -> bool {
        let proof = self.places.get(self.place(address)).copied().flatten();
        proof.is_some_and(|(proved, until)| proved == address && now < until)
    }

    fn place(&self, address: SocketAddr) -> usize {
        let places = u64::try_from(self.places.len()).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.key.hash_one(address) % places).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_is_believed_for_a_while_and_nobody_else() {
        let mut proofs = Proofs::default();
        let (one, other) = ("192.0.2.1:1".parse().unwrap(), "192.0.2.1:2".parse().unwrap());
        let now = Duration::from_secs(100);
        assert_ne!(proofs.transaction(one), proofs.transaction(other));
        assert_ne!(proofs.transaction(one), Proofs::default().transaction(one));
        proofs.take(&proofs.transaction(other), one, now);
        assert!(!proofs.has(one, now), "the answer of another");
        proofs.take(&proofs.transaction(one), one, now);
        assert!(proofs.has(one, now) && !proofs.has(other, now));
        assert!(!proofs.has(one, now + defaults::WEBRTC_PROOF_LIFETIME));
    }
}
