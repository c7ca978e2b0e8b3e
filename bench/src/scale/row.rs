//! What is measured, in what unit, and what of it is counted.

use super::measured::{Counts, Found};

/// One thing that is measured.
pub(super) struct Row {
    /// Under which it is reported.
    pub(super) name: &'static str,
    /// What was done.
    pub(super) how: &'static str,
    /// What there is many of.
    pub(super) each: &'static str,
    pub(super) unit: Unit,
    /// How many there were.
    pub(super) count: fn(&Counts) -> u64,
    /// What was found for all of them together, each time.
    pub(super) found: fn(&Found) -> &[f64],
}

/// In what something is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Found in seconds of processor time, reported in microseconds.
    Time,
    /// Bytes.
    Bytes,
}

impl Unit {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Time => "us",
            Self::Bytes => "bytes",
        }
    }

    /// Of this unit in what is found.
    pub(super) const fn factor(self) -> f64 {
        match self {
            Self::Time => 1e6,
            Self::Bytes => 1.0,
        }
    }
}

/// All of them, in the order in which a space meets them.
pub(super) const ROWS: [Row; 8] = [
    Row {
        name: "apply",
        how: "the whole configuration applied to an empty space",
        each: "project",
        unit: Unit::Time,
        count: |counts| counts.projects,
        found: |found| &found.apply_s,
    },
    Row {
        name: "apply_again",
        how: "the whole configuration applied again, with one project changed",
        each: "project",
        unit: Unit::Time,
        count: |counts| counts.projects,
        found: |found| &found.apply_again_s,
    },
    Row {
        name: "create",
        how: "a package recorded and a release of it created, in one turn, as a block",
        each: "release",
        unit: Unit::Time,
        count: |counts| counts.releases,
        found: |found| &found.create_s,
    },
    Row {
        name: "deploy",
        how: "a deployment begun by command or policy and ended with a signed receipt; those of \
              one phase of a project share their turns",
        each: "deployment",
        unit: Unit::Time,
        count: |counts| counts.deployments,
        found: |found| &found.deploy_s,
    },
    Row {
        name: "fold",
        how: "Engine::replay of the log in memory: every leaf and root computed again, everything \
              folded; no disk",
        each: "entry",
        unit: Unit::Time,
        count: |counts| counts.entries,
        found: |found| &found.fold_s,
    },
    Row {
        name: "dashboard",
        how: "engine::views::dashboard::cells once, with the signatures of all receipts checked",
        each: "cell",
        unit: Unit::Time,
        count: |counts| counts.cells,
        found: |found| &found.dashboard_s,
    },
    Row {
        name: "memory",
        how: "resident memory (/proc/self/statm) after a replay less that before it, while the \
              living space stays: everything that the engine holds, deployments and configuration \
              included, divided by the releases",
        each: "release",
        unit: Unit::Bytes,
        count: |counts| counts.releases,
        found: |found| &found.resident_bytes,
    },
    Row {
        name: "log",
        how: "the blocks of the log, divided by the releases",
        each: "release",
        unit: Unit::Bytes,
        count: |counts| counts.releases,
        found: |found| &found.log_bytes,
    },
];
