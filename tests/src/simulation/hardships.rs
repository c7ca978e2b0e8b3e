//! What befalls a run beside bad weather: a share of the seeds has each, so that plain ones stay.

use super::Run;
use super::watch::Watched;
use crate::chance::Chance;
use std::collections::BTreeSet;
use std::fmt;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hardship {
    /// Spaces replace their keys.
    Rotation,
    /// Spaces lose the end of their log.
    Restore,
    /// Keys are stolen, used and revoked.
    Theft,
    /// A space that is trusted keeps to no rule.
    Liar,
}

/// Each with its name, and of how many of a hundred seeds it is a part.
const SHARES: [(Hardship, &str, u64); 4] = [
    (Hardship::Rotation, "rotation", 20),
    (Hardship::Restore, "restore", 25),
    (Hardship::Theft, "theft", 20),
    (Hardship::Liar, "liar", 20),
];

/// Those of one run.
#[derive(Debug, Clone, Default)]
pub struct Hardships(BTreeSet<Hardship>);

impl Hardships {
    /// Those that chance gives a run.
    pub fn draw(chance: &mut Chance) -> Self {
        // A backup older than a change of keys is no backup: one or the other.
        let mut drawn = chance.below(100);
        let mut shares = SHARES.iter();
        let hardship = shares.find_map(|(hardship, _, percent)| {
            let hit = drawn < *percent;
            drawn = drawn.saturating_sub(*percent);
            hit.then_some(*hardship)
        });
        Self(hardship.into_iter().collect())
    }

    /// This one and no other, or none.
    pub fn only(&mut self, hardship: Option<Hardship>) {
        self.0 = hardship.into_iter().collect();
    }

    /// Whether it is a part of the run.
    #[must_use]
    pub fn has(&self, hardship: Hardship) -> bool {
        self.0.contains(&hardship)
    }
}

impl fmt::Display for Hardships {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let here = SHARES.iter().filter(|(hardship, ..)| self.has(*hardship));
        let names: Vec<&str> = here.map(|(_, name, _)| *name).collect();
        write!(
            out,
            "hardships: {}",
            if names.is_empty() { "none".into() } else { names.join(", ") }
        )
    }
}

impl Run {
    /// What befalls the run after a step.
    pub(super) fn suffer(&mut self) -> Watched {
        if self.hardships.has(Hardship::Rotation) {
            self.suffer_rotation();
        }
        if self.hardships.has(Hardship::Restore) {
            self.suffer_restores()?;
        }
        if self.hardships.has(Hardship::Theft) {
            self.suffer_thefts()?;
        }
        if self.hardships.has(Hardship::Liar) {
            self.suffer_liars()?;
        }
        Ok(())
    }
}
