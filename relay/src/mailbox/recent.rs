//! The acknowledgements of late, with their signatures.
//!
//! An envelope may come after its acknowledgement: the two take different ways between relays, and a
//! relay that was away still has what was delivered meanwhile. Whoever brings it is told.
//!
//! Invariant: bounded; what is forgotten costs a delivery more, which the reader recognises.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use volly_core::wire::mailbox::{Address, EnvelopeId, Op};

use super::Change;
use crate::defaults;

/// See the module.
#[derive(Debug, Default)]
pub struct Recent(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: HashMap<(Address, EnvelopeId), Arc<Change>>,
    order: VecDeque<(Address, EnvelopeId)>,
}

impl Recent {
    /// Remembers `change` if it is an acknowledgement.
    pub fn remember(&self, address: &Address, change: &Arc<Change>) {
        let Op::Acknowledge { id, .. } = change.op else { return };
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.known.insert((*address, id), Arc::clone(change)).is_none() {
            state.order.push_back((*address, id));
        }
        if state.order.len() > defaults::RECENT_ACKNOWLEDGEMENTS
            && let Some(oldest) = state.order.pop_front()
        {
            state.known.remove(&oldest);
        }
    }

    /// The acknowledgement of an envelope.
    #[must_use]
    pub fn of(&self, address: &Address, id: &EnvelopeId) -> Option<Arc<Change>> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.known.get(&(*address, *id)).cloned()
    }

    /// The acknowledgement of what `change` deposits.
    #[must_use]
    pub fn of_deposit(&self, address: &Address, change: &Change) -> Option<Arc<Change>> {
        match &change.op {
            Op::Deposit { id, .. } => self.of(address, id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use volly_core::{
        address::{AddressKeys, Direction, Purpose},
        crypto::secret::Secret,
    };

    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let keys =
            AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 1);
        let Op::Acknowledge { keys: public, signature, .. } = Op::acknowledge(&keys, [0; 16])
        else {
            panic!("an acknowledgement");
        };
        let id = |number: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            id
        };
        let recent = Recent::default();
        for number in 0..=defaults::RECENT_ACKNOWLEDGEMENTS {
            let op = Op::Acknowledge { keys: public, id: id(number), signature };
            let change = Arc::new(Change::of_client(op, 0));
            recent.remember(&[1; 32], &change);
            recent.remember(&[1; 32], &change);
        }
        assert!(recent.of(&[1; 32], &id(0)).is_none());
        assert!(recent.of(&[1; 32], &id(1)).is_some());
        assert!(recent.of(&[2; 32], &id(1)).is_none(), "of another address");
    }
}
