//! The envelopes that were told of late, so that the copy of the other relay is not.
//!
//! Invariant: bounded; what is forgotten is told twice, which the engine notices.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::effect::EnvelopeId;

/// Envelopes that are remembered.
///
/// Lower: more are told twice. Higher: about 150 bytes each.
const MAX_TOLD: usize = 4_096;

/// The address and the id.
type Name = ([u8; 32], EnvelopeId);

/// Whether the engine has acknowledged an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acknowledged {
    No,
    Yes,
}

/// See the module.
#[derive(Default)]
pub(super) struct Told {
    known: BTreeMap<Name, Acknowledged>,
    order: VecDeque<Name>,
}

impl Told {
    /// Remembers an envelope; what was known of it before.
    pub(super) fn tell(&mut self, address: [u8; 32], id: EnvelopeId) -> Option<Acknowledged> {
        let name = (address, id);
        if let Some(known) = self.known.get(&name) {
            return Some(*known);
        }
        self.known.insert(name, Acknowledged::No);
        self.order.push_back(name);
        if self.order.len() > MAX_TOLD
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        None
    }

    /// The engine has acknowledged it.
    pub(super) fn acknowledge(&mut self, address: [u8; 32], id: EnvelopeId) {
        if let Some(known) = self.known.get_mut(&(address, id)) {
            *known = Acknowledged::Yes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_new_once_until_it_is_forgotten() {
        let mut told = Told::default();
        let id = |number: u32| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            EnvelopeId(id)
        };
        assert_eq!(told.tell([1; 32], id(0)), None);
        assert_eq!(told.tell([1; 32], id(0)), Some(Acknowledged::No));
        assert_eq!(told.tell([2; 32], id(0)), None, "of another mailbox");
        told.acknowledge([1; 32], id(0));
        assert_eq!(told.tell([1; 32], id(0)), Some(Acknowledged::Yes));
        for number in 1..u32::try_from(MAX_TOLD).unwrap() {
            told.tell([1; 32], id(number));
        }
        assert_eq!(told.tell([1; 32], id(0)), None, "it is forgotten");
    }
}
