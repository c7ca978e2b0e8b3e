//! From the small size to the large one: how much more each of many costs, and whether that is
//! linear.

use super::measured::Found;
use super::row::Row;
use crate::Failure;
use crate::spread::Spread;
use serde::Serialize;

/// The power of the size up to which a cost counts as linear. At ten times the size that leaves 1.4
/// times for each: what a search in a map (1.3 times) and colder caches cost. At the power of two
/// it would be 10.
const LINEAR_POWER_MAX: f64 = 1.15;

/// Below this power it is better than linear: noise does not get there.
const BETTER_POWER_MAX: f64 = 0.85;

/// How a cost grows with the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Word {
    #[serde(rename = "better than linear")]
    Better,
    #[serde(rename = "linear")]
    Linear,
    #[serde(rename = "more than linear")]
    More,
}

impl Word {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better than linear",
            Self::Linear => "linear",
            Self::More => "more than linear",
        }
    }

    const fn of(power: f64) -> Self {
        if power > LINEAR_POWER_MAX {
            Self::More
        } else if power < BETTER_POWER_MAX {
            Self::Better
        } else {
            Self::Linear
        }
    }
}

/// What one row costs at one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Cost {
    /// How many there are.
    pub(super) count: u64,
    /// All of them together.
    pub(super) all: Spread,
    /// Each of them: the least of all, divided. What else runs on the machine only adds to it.
    pub(super) each: f64,
}

impl Cost {
    fn of(row: &Row, found: &Found) -> Result<Self, Failure> {
        let factor = row.unit.factor();
        let all: Vec<f64> = (row.found)(found).iter().map(|one| one * factor).collect();
        let all = Spread::of(&all).ok_or_else(|| format!("{} was not measured", row.name))?;
        let count = (row.count)(&found.counts);
        if count == 0 {
            return Err(format!("no {} was there for {}", row.each, row.name).into());
        }
        Ok(Self { count, all, each: all.min / count as f64 })
    }
}

/// One row at both sizes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Growth {
    pub(super) how: &'static str,
    /// Of `all`; `each` is in this for each of what is counted.
    pub(super) unit: &'static str,
    /// What is counted.
    pub(super) of: &'static str,
    pub(super) small: Cost,
    pub(super) large: Cost,
    /// What each costs at the large size, divided by what each costs at the small one.
    pub(super) ratio: f64,
    /// The power of the size with which all of them together grow.
    pub(super) power: f64,
    pub(super) growth: Word,
}

impl Growth {
    pub(super) fn of(row: &Row, small: &Found, large: &Found) -> Result<Self, Failure> {
        let (small, large) = (Cost::of(row, small)?, Cost::of(row, large)?);
        let ratio = large.each / small.each.max(f64::MIN_POSITIVE);
        let power = power(ratio, large.count as f64 / small.count as f64);
        let (unit, of) = (row.unit.name(), row.each);
        let growth = Word::of(power);
        Ok(Self { how: row.how, unit, of, small, large, ratio, power, growth })
    }

    pub(super) fn is_linear_or_better(&self) -> bool {
        self.growth != Word::More
    }
}

/// The power of the size with which a cost grows that is `ratio` times as much for each where there
/// are `times` as many.
fn power(ratio: f64, times: f64) -> f64 {
    1.0 + ratio.ln() / times.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_each_the_same_is_linear() {
        assert_eq!(Word::of(power(1.0, 10.0)), Word::Linear);
        // Five thousand or fifty thousand in a map.
        let searched = 50_000_f64.log2() / 5_000_f64.log2();
        assert_eq!(Word::of(power(searched, 10.0)), Word::Linear);
    }

    #[test]
    fn what_looks_at_all_of_them_for_each_is_more_than_linear() {
        assert!((power(10.0, 10.0) - 2.0).abs() < 1e-9);
        assert_eq!(Word::of(power(10.0, 10.0)), Word::More);
        // A scan beside a constant of the same cost at the small size.
        assert_eq!(Word::of(power((10.0 + 1.0) / 2.0, 10.0)), Word::More);
        assert_eq!(Word::of(power(1.5, 10.0)), Word::More);
    }

    #[test]
    fn what_costs_all_of_them_the_same_is_better_than_linear() {
        assert!(power(0.1, 10.0).abs() < 1e-9);
        assert_eq!(Word::of(power(0.1, 10.0)), Word::Better);
    }
}
