//! An account that hands over to another, when its keys rotate (protocol.md §2).
//!
//! Both sign: the old account, so that nobody can take its place, and the new one, so that nobody
//! can push a place upon it. What a verified statement does not say is that the old keys were still
//! its owner's alone: whoever shows it to a person asks for the safety number again.

use super::{Fingerprint, IdentityKeyPair, Verified};
use crate::{
    crypto::{
        labels,
        sign::{SIGNATURE_BYTES, Signature},
    },
    limits::MAX_CLOCK_SKEW,
    wire::Successor,
};

/// Why a statement is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SuccessorError {
    /// It is about another account.
    #[error("predecessor has another fingerprint")]
    Fingerprint,
    /// It is about one account.
    #[error("an account cannot follow itself")]
    Same,
    /// It was made in the future, by more than [`MAX_CLOCK_SKEW`].
    #[error("made in the future")]
    Future,
    /// One of the two did not sign it.
    #[error("not signed by both")]
    Signature,
}

impl IdentityKeyPair {
    /// States that `successor` takes the place of this account; `now` in seconds since the Unix
    /// epoch.
    #[must_use]
    pub fn hand_over(&self, successor: &Self, now: u64) -> Successor {
        let unsigned = || Signature([0; SIGNATURE_BYTES].into());
        let mut statement = Successor {
            predecessor: self.public().clone(),
            successor: successor.public().clone(),
            created: now,
            handed_over: unsigned(),
            taken_over: unsigned(),
        };
        let signed = statement.signed_bytes();
        statement.handed_over = self.sign(labels::SIGN_SUCCESSOR, &signed);
        statement.taken_over = successor.sign(labels::SIGN_PREDECESSOR, &signed);
        statement
    }
}

impl Successor {
    /// Checks that the account with the `expected` fingerprint has handed over, and to whom; `now` in
    /// seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`SuccessorError`].
    pub fn verify(
        self,
        expected: &Fingerprint,
        now: u64,
    ) -> Result<Verified<Self>, SuccessorError> {
        if self.predecessor.fingerprint() != *expected {
            return Err(SuccessorError::Fingerprint);
        }
        if self.predecessor == self.successor {
            return Err(SuccessorError::Same);
        }
        if self.created > now.saturating_add(MAX_CLOCK_SKEW.as_secs()) {
            return Err(SuccessorError::Future);
        }
        let signed = self.signed_bytes();
        if self.predecessor.verify(labels::SIGN_SUCCESSOR, &signed, &self.handed_over)
            && self.successor.verify(labels::SIGN_PREDECESSOR, &signed, &self.taken_over)
        {
            Ok(Verified(self))
        } else {
            Err(SuccessorError::Signature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::AccountSeed, wire::SUCCESSOR_BYTES};

    const NOW: u64 = 1_000_000;

    fn account(seed: u8) -> IdentityKeyPair {
        IdentityKeyPair::from_seed(&AccountSeed::from_bytes([seed; 32]))
    }

    #[test]
    fn a_statement_of_both_is_believed_and_says_who_follows() {
        let (old, new) = (account(1), account(2));
        let statement = old.hand_over(&new, NOW);
        let encoded = statement.encode();
        assert_eq!(encoded.len(), SUCCESSOR_BYTES);
        assert_eq!(SUCCESSOR_BYTES, 10_725);
        assert_eq!(Successor::decode(&encoded), Ok(statement.clone()));
        let verified = statement.verify(&old.public().fingerprint(), NOW).unwrap();
        assert_eq!(verified.successor, *new.public());
    }

    #[test]
    fn nobody_takes_or_is_given_a_place_alone() {
        let (old, new, mallory) = (account(1), account(2), account(3));
        let fingerprint = old.public().fingerprint();
        let genuine = old.hand_over(&new, NOW);
        let refused = |statement: Successor, why| {
            assert_eq!(statement.verify(&fingerprint, NOW), Err(why), "{why}");
        };
        refused(mallory.hand_over(&new, NOW), SuccessorError::Fingerprint);
        refused(old.hand_over(&old, NOW), SuccessorError::Same);
        let skew = MAX_CLOCK_SKEW.as_secs();
        refused(old.hand_over(&new, NOW + skew + 1), SuccessorError::Future);
        assert!(old.hand_over(&new, NOW + skew).verify(&fingerprint, NOW).is_ok());

        // Mallory puts herself at either end of what was signed, or signs alone.
        let to_mallory = mallory.hand_over(&mallory, NOW);
        for statement in [
            Successor { successor: mallory.public().clone(), ..genuine.clone() },
            Successor { taken_over: to_mallory.taken_over.clone(), ..genuine.clone() },
            Successor { handed_over: to_mallory.handed_over, ..genuine.clone() },
            Successor { created: NOW + 1, ..genuine.clone() },
            Successor {
                handed_over: genuine.taken_over.clone(),
                taken_over: genuine.handed_over.clone(),
                ..genuine.clone()
            },
        ] {
            refused(statement, SuccessorError::Signature);
        }
        let mut backwards = genuine;
        core::mem::swap(&mut backwards.predecessor, &mut backwards.successor);
        refused(backwards, SuccessorError::Fingerprint);
    }
}
