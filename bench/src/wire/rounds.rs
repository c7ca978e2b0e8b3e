//! Two sides in turn, and pairs that do not count because the other side was hardly there.

use crate::Failure;

/// After so many void pairs nothing is measured any more.
const VOID_PAIRS_MAX: u32 = 10;

/// Pairs, and how many of them were void in all that was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    /// Pairs of each measurement that count.
    pub(crate) count: usize,
    /// Pairs that did not.
    pub(crate) voids: u32,
}

/// Who is to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// We.
    Ours,
    /// The other.
    Theirs,
}

impl Rounds {
    /// Measures both sides in every pair; one of each comes before and does not count, and who
    /// begins changes. A pair whose second is `void` is measured again.
    ///
    /// # Errors
    /// When a side fails, and after ten void pairs in all.
    pub(crate) fn measure<T>(
        &mut self,
        mut side: impl FnMut(Side) -> Result<T, Failure>,
        void: impl Fn(&T) -> bool,
    ) -> Result<Vec<(T, T)>, Failure> {
        side(Side::Ours)?;
        side(Side::Theirs)?;
        let mut pairs = Vec::with_capacity(self.count);
        while pairs.len() < self.count {
            let pair = if pairs.len().is_multiple_of(2) {
                let first = side(Side::Ours)?;
                (first, side(Side::Theirs)?)
            } else {
                let first = side(Side::Theirs)?;
                (side(Side::Ours)?, first)
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

    const fn rounds(count: usize) -> Rounds {
        Rounds { count, voids: 0 }
    }

    /// Ours is always 5, theirs what comes next.
    fn measured(rounds: &mut Rounds, theirs: &[u32]) -> Result<Vec<(u32, u32)>, Failure> {
        let mut theirs = theirs.iter();
        let side = |side| match side {
            Side::Ours => Ok(5),
            Side::Theirs => theirs.next().copied().ok_or_else(|| "no more".into()),
        };
        rounds.measure(side, |rate| *rate < 2)
    }

    #[test]
    fn who_begins_changes_and_the_first_of_each_does_not_count() {
        let mut told = Vec::new();
        let side = |side| {
            told.push(side);
            Ok(told.len())
        };
        let pairs = rounds(3).measure(side, |_| false).unwrap();
        assert_eq!(pairs, [(3, 4), (6, 5), (7, 8)]);
        let (o, t) = (Side::Ours, Side::Theirs);
        assert_eq!(told, [o, t, o, t, t, o, o, t]);
    }

    #[test]
    fn a_void_pair_is_measured_again() {
        let mut rounds = rounds(2);
        assert_eq!(measured(&mut rounds, &[9, 1, 8, 7]).unwrap(), [(5, 8), (5, 7)]);
        assert_eq!(rounds.voids, 1);
    }

    #[test]
    fn a_slow_one_before_the_first_pair_is_not_void() {
        let mut rounds = rounds(2);
        assert_eq!(measured(&mut rounds, &[1, 8, 7]).unwrap(), [(5, 8), (5, 7)]);
        assert_eq!(rounds.voids, 0);
    }

    #[test]
    fn after_ten_void_pairs_nothing_is_measured() {
        let mut rounds = rounds(5);
        let failure = measured(&mut rounds, &[1; 20]).unwrap_err();
        assert!(failure.to_string().contains("10 void pairs"), "{failure}");
        assert_eq!(rounds.voids, 10);
    }

    #[test]
    fn void_pairs_of_all_measurements_are_counted_together() {
        let mut rounds = rounds(1);
        for voids in [4, 8] {
            assert!(measured(&mut rounds, &[9, 1, 1, 1, 1, 9]).is_ok());
            assert_eq!(rounds.voids, voids);
        }
        assert!(measured(&mut rounds, &[9, 1, 1, 9]).is_err());
    }
}
