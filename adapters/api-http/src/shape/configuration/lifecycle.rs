//! Lifecycles as the file holds them.

use super::is_default;
use schema::name::Name;
use schema::v1::event::Pattern;
use schema::v1::model::{Lifecycle, Phase};
use serde::{Deserialize, Serialize};

/// A lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleTable {
    /// Its name.
    pub name: Name,
    /// Its phases, in order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub phases: Vec<PhaseTable>,
}

/// A phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseTable {
    /// Its name.
    pub name: Name,
    /// Environments: `NAME` of this space, `SPACE: NAME` of another, whose receipts tell.
    #[serde(default, skip_serializing_if = "is_default")]
    pub environments: Vec<Pattern>,
    /// Spaces to promote to, by the names they have here.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spaces: Vec<Name>,
    /// Spaces that those may send the release on to.
    #[serde(default, skip_serializing_if = "is_default")]
    pub onward: Vec<Name>,
    /// Whether policy acts by itself when the phase is reached.
    #[serde(default, skip_serializing_if = "is_default")]
    pub automatic: bool,
    /// How many of its environments, or else of its spaces, are enough; all of them if left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub minimum: Option<u32>,
    /// Whether the next phase is reached without it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// Seconds that must have passed since it was complete before the next phase is reached.
    #[serde(default, skip_serializing_if = "is_default")]
    pub soak_s: u32,
}

impl LifecycleTable {
    /// Lets environments that are written with the name of this space itself be its own: no
    /// receipt of another space ever tells of those.
    pub(super) fn at_home(&mut self, own: &Name) {
        for pattern in self.phases.iter_mut().flat_map(|phase| &mut phase.environments) {
            pattern.space.take_if(|space| space == own);
        }
    }
}

impl From<PhaseTable> for Phase {
    fn from(table: PhaseTable) -> Self {
        Self {
            name: table.name,
            environments: table.environments,
            spaces: table.spaces,
            onward: table.onward,
            automatic: table.automatic,
            minimum: table.minimum,
            optional: table.optional,
            soak_s: table.soak_s,
        }
    }
}

impl From<Phase> for PhaseTable {
    fn from(phase: Phase) -> Self {
        Self {
            name: phase.name,
            environments: phase.environments,
            spaces: phase.spaces,
            onward: phase.onward,
            automatic: phase.automatic,
            minimum: phase.minimum,
            optional: phase.optional,
            soak_s: phase.soak_s,
        }
    }
}

impl From<LifecycleTable> for Lifecycle {
    fn from(table: LifecycleTable) -> Self {
        Self { name: table.name, phases: table.phases.into_iter().map(Phase::from).collect() }
    }
}

impl From<Lifecycle> for LifecycleTable {
    fn from(lifecycle: Lifecycle) -> Self {
        let phases = lifecycle.phases.into_iter().map(PhaseTable::from).collect();
        Self { name: lifecycle.name, phases }
    }
}
