//! Ranges of numbers, merged, and what is missing between them.

use schema::id::LinkSeq;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Numbers, kept as ranges that neither touch nor overlap; in JSON a list of first and last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranges {
    /// The last number of each range by its first.
    last: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds the numbers from `first` to `last`, both included; none when `last` comes before.
    pub fn insert(&mut self, mut first: u64, mut last: u64) {
        if last < first {
            return;
        }
        // From behind: those that touch the new one become a part of it.
        while let Some((&begin, &end)) = self.last.range(..=last.saturating_add(1)).next_back() {
            if end.saturating_add(1) < first {
                break;
            }
            (first, last) = (first.min(begin), last.max(end));
            self.last.remove(&begin);
        }
        self.last.insert(first, last);
    }

    /// Adds all numbers of `other`.
    pub fn absorb(&mut self, other: &Self) {
        for (first, last) in other.iter() {
            self.insert(first, last);
        }
    }

    /// First and last of each range, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.last.iter().map(|(first, last)| (*first, *last))
    }

    /// Whether there is no number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// First and last of each gap between two ranges.
    #[must_use]
    pub fn gaps(&self) -> Vec<(u64, u64)> {
        let pairs = self.iter().zip(self.iter().skip(1));
        pairs.map(|((_, end), (begin, _))| (end + 1, begin - 1)).collect()
    }

    /// First and last of each range of numbers above `from`, up to `to`, that are not here.
    #[must_use]
    pub fn missing(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let mut missing = Vec::new();
        // The highest number that is not missing any more.
        let mut reached = from;
        for (first, last) in self.iter() {
            if first.saturating_sub(1) > reached && reached < to {
                missing.push((reached + 1, (first - 1).min(to)));
            }
            reached = reached.max(last);
        }
        if reached < to {
            missing.push((reached + 1, to));
        }
        missing
    }
}

impl Serialize for Ranges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// What is still missing after an import: first and last of each range of entries above `have`,
/// which is the newest LinkSeq that the recipient holds without a gap, up to `newest`, which the
/// sender says it has, that `ranges` does not bring. LinkSeqs of one incarnation only compare with
/// each other.
#[must_use]
pub fn missing(have: LinkSeq, ranges: &Ranges, newest: LinkSeq) -> Vec<(LinkSeq, LinkSeq)> {
    let missing = ranges.missing(have.0, newest.0).into_iter();
    missing.map(|(first, last)| (LinkSeq(first), LinkSeq(last))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(given: &[(u64, u64)]) -> Ranges {
        let mut ranges = Ranges::default();
        for (first, last) in given {
            ranges.insert(*first, *last);
        }
        ranges
    }

    #[test]
    fn ranges_that_touch_or_overlap_become_one() {
        type Pairs = &'static [(u64, u64)];
        let cases: [(Pairs, Pairs); 8] = [
            (&[], &[]),
            (&[(5, 4)], &[]),
            (&[(1, 2), (3, 4)], &[(1, 4)]),
            (&[(3, 4), (1, 2)], &[(1, 4)]),
            (&[(1, 2), (4, 5)], &[(1, 2), (4, 5)]),
            (&[(1, 2), (4, 5), (7, 9), (3, 7)], &[(1, 9)]),
            (&[(1, 9), (3, 4)], &[(1, 9)]),
            (&[(u64::MAX, u64::MAX), (0, 0), (1, u64::MAX - 1)], &[(0, u64::MAX)]),
        ];
        for (given, expected) in cases {
            assert_eq!(ranges(given).iter().collect::<Vec<_>>(), expected, "{given:?}");
        }
    }

    #[test]
    fn gaps_lie_between_ranges() {
        assert_eq!(ranges(&[(3, 4), (8, 8), (10, 12)]).gaps(), [(5, 7), (9, 9)]);
        assert!(ranges(&[(3, 4)]).gaps().is_empty());
    }

    /// The same, one number after the other.
    fn naively(have: u64, ranges: &Ranges, newest: u64) -> Vec<u64> {
        let here = |n: &u64| ranges.iter().any(|(first, last)| (first..=last).contains(n));
        (have + 1..=newest).filter(|n| !here(n)).collect()
    }

    #[test]
    fn what_is_missing_is_exactly_what_is_neither_here_nor_brought() {
        let brought = [
            ranges(&[]),
            ranges(&[(1, 3)]),
            ranges(&[(2, 2), (5, 6), (9, 12)]),
            ranges(&[(4, 8)]),
            ranges(&[(1, 12)]),
        ];
        for ranges in &brought {
            for have in 0..13 {
                for newest in 0..13 {
                    let told = missing(LinkSeq(have), ranges, LinkSeq(newest));
                    let numbers: Vec<u64> =
                        told.iter().flat_map(|(first, last)| first.0..=last.0).collect();
                    let expected = naively(have, ranges, newest);
                    assert_eq!(numbers, expected, "{have} {ranges:?} {newest}");
                    let apart = told.windows(2).all(|two| two[0].1.0 + 1 < two[1].0.0);
                    assert!(apart, "{told:?}");
                }
            }
        }
        let all = missing(LinkSeq(0), &ranges(&[]), LinkSeq(u64::MAX));
        assert_eq!(all, [(LinkSeq(1), LinkSeq(u64::MAX))]);
        assert!(missing(LinkSeq(u64::MAX), &ranges(&[]), LinkSeq(u64::MAX)).is_empty());
    }
}
