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
}

/// Each with its name, and of how many of a hundred seeds it is a part.
const SHARES: [(Hardship, &str, u64); 1] = [(Hardship::Rotation, "rotation", 40)];

/// Those of one run.
#[derive(Debug, Clone, Default)]
pub struct Hardships(BTreeSet<Hardship>);

impl Hardships {
    /// Those that chance gives a run.
    pub fn draw(chance: &mut Chance) -> Self {
        let drawn = SHARES.iter().filter(|(_, _, percent)| chance.percent(*percent));
        Self(drawn.map(|(hardship, ..)| *hardship).collect())
    }

    /// One more.
    pub fn add(&mut self, hardship: Hardship) {
        self.0.insert(hardship);
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
        Ok(())
    }
}
