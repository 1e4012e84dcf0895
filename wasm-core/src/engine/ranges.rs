//! Which of a sender's sequence numbers have arrived: everything up to one number, and a few
//! ranges beyond it.
//!
//! Invariant: `ranges` are ascending, do not touch each other or `up_to`, and there are at most
//! [`MAX_DELIVERED_RANGES`].

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::MAX_DELIVERED_RANGES;

/// A set of sequence numbers, which start from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ranges {
    up_to: u64,
    ranges: Vec<(u64, u64)>,
}

impl Ranges {
    /// Takes a set from a peer. What is not ascending is left out.
    pub(crate) fn from_parts(up_to: u64, ranges: &[(u64, u64)]) -> Self {
        let mut set = Self { up_to, ranges: Vec::new() };
        for &(first, last) in ranges.iter().take(MAX_DELIVERED_RANGES) {
            if first <= last && first > set.max().saturating_add(1) {
                set.ranges.push((first, last));
            }
        }
        set
    }

    /// Everything up to this number is in the set.
    pub(crate) const fn up_to(&self) -> u64 {
        self.up_to
    }

    /// What is in the set beyond [`Self::up_to`].
    pub(crate) fn beyond(&self) -> &[(u64, u64)] {
        &self.ranges
    }

    /// The highest number of the set, 0 when it is empty.
    pub(crate) fn max(&self) -> u64 {
        self.ranges.last().map_or(self.up_to, |&(_, last)| last)
    }

    /// Whether the number is in the set.
    pub(crate) fn contains(&self, sequence: u64) -> bool {
        sequence <= self.up_to
            || self.ranges.iter().any(|&(first, last)| (first..=last).contains(&sequence))
    }

    /// Adds a number; `false` when it was there.
    pub(crate) fn insert(&mut self, sequence: u64) -> bool {
        if self.contains(sequence) {
            return false;
        }
        let at = self.ranges.partition_point(|&(first, _)| first < sequence);
        self.ranges.insert(at, (sequence, sequence));
        self.normalise();
        true
    }

    /// Adds every number of the other set.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.up_to = self.up_to.max(other.up_to);
        self.ranges.extend_from_slice(&other.ranges);
        self.ranges.sort_unstable();
        self.normalise();
    }

    /// The stretches below `end` that are not in the set, from the first number on.
    pub(crate) fn missing_below(&self, end: u64) -> Vec<(u64, u64)> {
        let mut missing = Vec::new();
        let mut next = self.up_to.saturating_add(1);
        for &(first, last) in self.ranges.iter().chain([&(end, end)]) {
            let last_missing = first.min(end).saturating_sub(1);
            if next <= last_missing {
                missing.push((next, last_missing));
            }
            next = last.saturating_add(1);
        }
        missing
    }

    /// The numbers of the set that are not below `first`.
    pub(crate) fn from(&self, first: u64) -> Self {
        let all = core::iter::once((1, self.up_to)).chain(self.ranges.iter().copied());
        let mut rest = Self { up_to: 0, ranges: Vec::new() };
        let above = all.map(|(from, to)| (from.max(first), to)).filter(|(from, to)| from <= to);
        rest.ranges.extend(above);
        rest.normalise();
        rest
    }

    /// Joins what touches, and gives up the lowest gap while there are too many ranges.
    fn normalise(&mut self) {
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(self.ranges.len());
        for &(first, last) in &self.ranges {
            if first <= self.up_to.saturating_add(1) {
                self.up_to = self.up_to.max(last);
                continue;
            }
            match joined.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => {
                    previous.1 = previous.1.max(last);
                }
                _ => joined.push((first, last)),
            }
        }
        while joined.len() > MAX_DELIVERED_RANGES {
            self.up_to = joined.remove(0).1;
        }
        self.ranges = joined;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_gap_that_closes_joins_its_neighbours() {
        let mut set = Ranges::default();
        for sequence in [1, 2, 5, 4] {
            assert!(set.insert(sequence));
        }
        assert_eq!((set.up_to(), set.beyond()), (2, &[(4, 5)][..]));
        assert!(set.insert(3));
        assert_eq!((set.up_to(), set.beyond()), (5, &[][..]));
        assert!(!set.insert(4));
    }

    #[test]
    fn too_many_gaps_give_up_the_lowest() {
        let mut set = Ranges::default();
        for i in 1..=MAX_DELIVERED_RANGES as u64 + 1 {
            set.insert(i * 2);
        }
        assert_eq!(set.up_to(), 2);
        assert_eq!(set.beyond().len(), MAX_DELIVERED_RANGES);
    }

    #[test]
    fn a_peer_cannot_bring_disorder() {
        let set = Ranges::from_parts(5, &[(3, 4), (9, 7), (10, 12), (11, 20), (30, u64::MAX)]);
        assert_eq!(set.beyond(), &[(10, 12), (30, u64::MAX)]);
        assert!(set.contains(u64::MAX));
    }

    proptest! {
        #[test]
        fn it_is_a_set(numbers in prop::collection::vec(1_u64..24, 0..60)) {
            let mut set = Ranges::default();
            let mut model = BTreeSet::new();
            for n in numbers {
                prop_assert_eq!(set.insert(n), model.insert(n));
            }
            for n in 1..30 {
                prop_assert_eq!(set.contains(n), model.contains(&n));
            }
            for end in 0..30 {
                let missing = set.missing_below(end);
                let there = |n: &u64| missing.iter().any(|&(first, last)| (first..=last).contains(n));
                let expected: Vec<u64> = (1..end).filter(|n| !model.contains(n)).collect();
                prop_assert_eq!((0..40).filter(there).collect::<Vec<_>>(), expected);
            }
            let copy = Ranges::from_parts(set.up_to(), set.beyond());
            prop_assert_eq!(&copy, &set);
            let mut merged = Ranges::default();
            merged.merge(&copy);
            prop_assert_eq!(merged, set);
        }
    }
}
