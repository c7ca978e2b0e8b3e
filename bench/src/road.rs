//! The steps of the road, each measured beside the plainest thing that does a part of the same.

mod append;
mod open;
mod replay;
mod seal;

pub(crate) use open::Link;

use crate::Failure;
use crate::pair::Pace;
use crate::report::Figure;
use clap::ValueEnum;
use std::path::PathBuf;
use std::time::Duration;

/// Entries in the largest envelope, and in the largest block that is measured.
const MANY: usize = 256;

/// How often the sides take turns in each pair where they wait for a device.
const DEVICE_TURNS: u32 = 64;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Step {
    /// Durable blocks of one event beside a plain file
    #[value(name = "append_1")]
    Append1,
    /// Durable blocks of 64 events beside a plain file
    #[value(name = "append_64")]
    Append64,
    /// Durable blocks of 256 events beside a plain file
    #[value(name = "append_256")]
    Append256,
    /// Sealing an envelope of 256 events beside sealing each
    #[value(name = "seal_256")]
    Seal256,
    /// Opening an envelope of 256 events beside opening each
    #[value(name = "open_256")]
    Open256,
    /// Opening and replaying a log that is not cached beside reading and hashing its bytes
    ReplayCold,
    /// Verifying a log from its bytes alone beside reading and hashing them
    Verify,
    /// Folding a log that is in memory
    Fold,
}

/// How much is measured, and where.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Pairs of each measurement, at least one.
    pub rounds: usize,
    /// Measured time of each side in each pair; a pair does at least one unit of work on each.
    pub window: Duration,
    /// Events in the log that is replayed.
    pub replay_events: u64,
    /// An existing folder; each measurement makes one of its own in it and removes it.
    pub folder: PathBuf,
}

impl Plan {
    /// The pace of measurements whose unit of work takes a few milliseconds.
    const fn pace(&self) -> Pace {
        Pace { rounds: self.rounds, turns: 8, window: self.window }
    }

    /// The pace of measurements that wait for a device: what else uses it comes and goes, so the
    /// sides take turns often.
    const fn pace_of_device(&self) -> Pace {
        Pace { rounds: self.rounds, turns: DEVICE_TURNS, window: self.window }
    }

    /// The pace of measurements whose unit of work is large: one for each side in each pair.
    const fn pace_by_unit(&self) -> Pace {
        Pace { rounds: self.rounds, turns: 1, window: Duration::ZERO }
    }

    fn own_folder(&self) -> Result<tempfile::TempDir, Failure> {
        Ok(tempfile::Builder::new().prefix("road-").tempdir_in(&self.folder)?)
    }
}

impl Step {
    /// All of them, in the order in which an event meets them.
    pub const ALL: [Self; 8] = [
        Self::Append1,
        Self::Append64,
        Self::Append256,
        Self::Seal256,
        Self::Open256,
        Self::ReplayCold,
        Self::Verify,
        Self::Fold,
    ];

    /// The name, under which ratio and figure are reported.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Append1 => "append_1",
            Self::Append64 => "append_64",
            Self::Append256 => "append_256",
            Self::Seal256 => "seal_256",
            Self::Open256 => "open_256",
            Self::ReplayCold => "replay_cold",
            Self::Verify => "verify",
            Self::Fold => "fold",
        }
    }

    /// Measures it.
    ///
    /// # Errors
    /// When the folder cannot be used, or what is measured fails.
    pub fn measure(self, plan: &Plan) -> Result<Figure, Failure> {
        match self {
            Self::Append1 => append::measure(plan, 1),
            Self::Append64 => append::measure(plan, 64),
            Self::Append256 => append::measure(plan, MANY),
            Self::Seal256 => seal::measure(plan, MANY),
            Self::Open256 => open::measure(plan, MANY),
            Self::ReplayCold => replay::cold(plan),
            Self::Verify => replay::verify(plan),
            Self::Fold => replay::fold(plan),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_asked_for_by_the_name_under_which_it_is_reported() {
        for step in Step::ALL {
            assert_eq!(Step::from_str(step.name(), false), Ok(step));
        }
        assert_eq!(Step::ALL.len(), Step::value_variants().len());
    }
}
