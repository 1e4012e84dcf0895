//! Which messages of a contact nobody has read: their sequence numbers. What lies between them is
//! about other messages, or not here.
//!
//! Invariant: the ranges are ascending, do not touch each other, and there are at most
//! [`MAX_UNREAD_RANGES`].

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::MAX_UNREAD_RANGES;

/// A set of sequence numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unread(Vec<(u64, u64)>);

impl Unread {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        let of = |&(first, last): &(u64, u64)| last.saturating_sub(first).saturating_add(1);
        self.0.iter().map(of).fold(0, u64::saturating_add)
    }

    /// Whether one of them is not above this.
    pub(super) fn has_up_to(&self, sequence: u64) -> bool {
        self.0.first().is_some_and(|&(first, _)| first <= sequence)
    }

    /// Adds a message. When there are too many ranges, what lies between the lowest two counts too.
    pub(super) fn insert(&mut self, sequence: u64) {
        let at = self.0.partition_point(|&(_, last)| last < sequence);
        if self.0.get(at).is_some_and(|&(first, _)| first <= sequence) {
            return;
        }
        self.0.insert(at, (sequence, sequence));
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            match joined.last_mut() {
                Some(before) if before.1.saturating_add(1) == first => before.1 = last,
                _ => joined.push((first, last)),
            }
        }
        if joined.len() > MAX_UNREAD_RANGES {
            let (lowest, _) = joined.remove(0);
            if let Some(next) = joined.first_mut() {
                next.0 = lowest;
            }
        }
        self.0 = joined;
    }

    /// Takes a message out.
    pub(super) fn remove(&mut self, sequence: u64) {
        self.keep(|(first, last)| {
            let below = (first, last.min(sequence.saturating_sub(1)));
            [below, (first.max(sequence.saturating_add(1)), last)]
        });
    }

    /// Takes all up to this one out.
    pub(super) fn read_up_to(&mut self, sequence: u64) {
        let empty = (1, 0);
        self.keep(|(first, last)| [(first.max(sequence.saturating_add(1)), last), empty]);
    }

    fn keep(&mut self, parts: impl Fn((u64, u64)) -> [(u64, u64); 2]) {
        let all = self.0.iter().flat_map(|&range| parts(range));
        self.0 = all.filter(|(first, last)| first <= last).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_counts_what_is_in_it(steps in prop::collection::vec((0..3_u8, 1..40_u64), 0..80)) {
            let (mut unread, mut model) = (Unread::default(), BTreeSet::new());
            for (kind, sequence) in steps {
                match kind {
                    0 => {
                        unread.insert(sequence);
                        model.insert(sequence);
                    }
                    1 => {
                        unread.remove(sequence);
                        model.remove(&sequence);
                    }
                    _ => {
                        unread.read_up_to(sequence);
                        model.retain(|&it| it > sequence);
                    }
                }
                prop_assert_eq!(unread.count(), model.len() as u64);
                let any = model.iter().any(|&it| it <= sequence);
                prop_assert_eq!(unread.has_up_to(sequence), any);
            }
        }
    }

    #[test]
    fn too_many_ranges_count_too_much_and_never_too_little() {
        let mut unread = Unread::default();
        let many = 3 * MAX_UNREAD_RANGES as u64;
        (1..=many).for_each(|n| unread.insert(2 * n));
        assert_eq!(unread.0.len(), MAX_UNREAD_RANGES);
        assert!((many..2 * many).contains(&unread.count()));
        unread.read_up_to(2 * many);
        assert_eq!(unread.count(), 0);
    }
}
