//! Two sides in turn, and pairs that do not count because the other side was hardly there.

use crate::Failure;

/// After so many void pairs nothing is measured any more.
const VOID_PAIRS_MAX: u32 = 10;

/// Pairs, and how many of them were void in all that was measured.
#[derive(Debug)]
pub(crate) struct Rounds {
    /// Pairs of each measurement that count.
    pub(crate) count: usize,
    /// Pairs that did not.
    pub(crate) voids: u32,
}

impl Rounds {
    /// Measures both sides in every pair; one of each comes before and does not count, and who
    /// begins changes. A pair whose second is `void` is measured again.
    ///
    /// # Errors
    /// When a side fails, and after ten void pairs in all.
    pub(crate) fn measure<T>(
        &mut self,
        mut ours: impl FnMut() -> Result<T, Failure>,
        mut theirs: impl FnMut() -> Result<T, Failure>,
        void: impl Fn(&T) -> bool,
    ) -> Result<Vec<(T, T)>, Failure> {
        ours()?;
        theirs()?;
        let mut pairs = Vec::with_capacity(self.count);
        while pairs.len() < self.count {
            let pair = if pairs.len().is_multiple_of(2) {
                let first = ours()?;
                (first, theirs()?)
            } else {
                let first = theirs()?;
                (ours()?, first)
            };
            if void(&pair.1) {
                self.voids += 1;
                eprint!("void ... ");
                if self.voids == VOID_PAIRS_MAX {
                    let why = "the raw JetStream was too slow to be a measure";
                    return Err(format!("{VOID_PAIRS_MAX} void pairs: {why}").into());
                }
            } else {
                pairs.push(pair);
            }
        }
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const fn rounds(count: usize) -> Rounds {
        Rounds { count, voids: 0 }
    }

    #[test]
    fn who_begins_changes_and_the_first_of_each_does_not_count() {
        let told = RefCell::new(String::new());
        let side = |name: char| {
            told.borrow_mut().push(name);
            Ok(told.borrow().len())
        };
        let pairs = rounds(3).measure(|| side('o'), || side('t'), |_| false).unwrap();
        assert_eq!(pairs, [(3, 4), (6, 5), (7, 8)]);
        assert_eq!(told.into_inner(), "ot".to_owned() + "ot" + "to" + "ot");
    }

    #[test]
    fn a_void_pair_is_measured_again() {
        let mut theirs = [1, 9, 2, 9].into_iter();
        let mut rounds = rounds(2);
        let next = || theirs.next().ok_or_else(|| "no more".into());
        let pairs = rounds.measure(|| Ok(5), next, |rate| *rate < 2).unwrap();
        // The one before the first pair may be slow.
        assert_eq!(pairs, [(5, 9), (5, 2)]);
        assert_eq!(rounds.voids, 0);
        let mut theirs = [9, 1, 9].into_iter();
        let next = || theirs.next().ok_or_else(|| "no more".into());
        rounds.count = 1;
        assert_eq!(rounds.measure(|| Ok(5), next, |rate| *rate < 2).unwrap(), [(5, 9)]);
        assert_eq!(rounds.voids, 1);
    }

    #[test]
    fn after_ten_void_pairs_nothing_is_measured() {
        let mut rounds = rounds(5);
        let failure = rounds.measure(|| Ok(1), || Ok(1), |_| true).unwrap_err();
        assert!(failure.to_string().contains("10 void pairs"), "{failure}");
        assert_eq!(rounds.voids, 10);
    }
}
