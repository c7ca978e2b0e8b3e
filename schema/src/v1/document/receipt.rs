//! A receipt: what one deployment did, signed by the space that deployed.

use crate::id::{DocumentId, EntryId, ReleaseDigest, SpaceId};
use crate::name::{Name, Text};
use crate::v1::model::{Disclosure, HexHash, Package, ReleaseId};
use serde::{Deserialize, Serialize};

/// How a deployment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every step succeeded.
    Succeeded,
    /// A step failed or ran out of time.
    Failed,
    /// The node stopped in the middle.
    Interrupted,
    /// A person ended it.
    Cancelled,
}

impl Outcome {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepReport {
    /// The step.
    pub name: Name,
    /// For which target of the environment, if for one.
    pub target: Option<Name>,
    /// How it ended.
    pub outcome: Outcome,
    /// How often it was tried; 0 where it never started.
    pub attempts: u32,
    /// The exit code; none when it was ended by a signal, ran out of time, or never started.
    pub exit_code: Option<i32>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// SHA-256 of its whole output.
    pub output_sha256: HexHash,
    /// The end of its output; none below level *full*.
    pub output: Option<Text>,
    /// Why it failed, where the exit code does not say; of a manual step, what the person said.
    pub reason: Option<Text>,
    /// What it passed on to later steps; none below level *full*.
    pub outputs: Vec<StepOutput>,
    /// Who answered a manual step; none for all others, and below level *summary*.
    pub answered_by: Option<Name>,
}

/// A value that a step passed on to later steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepOutput {
    /// Its name.
    pub name: Name,
    /// Its value, with secrets masked.
    pub value: Text,
}

/// What became of one target of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetReport {
    /// The target.
    pub name: Name,
    /// Whether it was up when the deployment began.
    pub up: bool,
    /// How its steps ended; none where it was left out.
    pub outcome: Option<Outcome>,
}

/// Who deployed, as far as the level discloses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeployedBy {
    /// The deploying space's policy.
    Policy,
    /// A person there.
    Person(Name),
    /// Not disclosed.
    Undisclosed,
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The space that deployed and signs.
    pub space: SpaceId,
    /// The name that it gives itself, for people.
    pub space_name: Name,
    /// The deployment: the id of the entry that began it.
    pub deployment: String,
    /// The receipt with everything in it, of which this one discloses a part; none if this is it.
    pub part_of: Option<DocumentId>,
    /// What was deployed.
    pub release: ReleaseId,
    /// The digest of the release.
    pub digest: ReleaseDigest,
    /// Where.
    pub environment: Name,
    /// For which tenant, if for one.
    pub tenant: Option<Name>,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began, milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended, milliseconds since 1970.
    pub finished_ms: u64,
    /// How many times this had been tried before, after interruptions.
    pub restarts: u32,
    /// Who.
    pub by: DeployedBy,
    /// How much this receipt discloses.
    pub disclosure: Disclosure,
    /// The packages whose hashes were checked before the first step.
    pub packages: Vec<Package>,
    /// The targets of the environment, where it has any; empty at level *status*.
    pub targets: Vec<TargetReport>,
    /// The steps; empty at level *status*.
    pub steps: Vec<StepReport>,
    /// The number of the key statement whose signing key signs this.
    pub key: u32,
}

impl Receipt {
    /// The place of an entry as receipts write it.
    #[must_use]
    pub fn deployment_id(entry: &EntryId) -> String {
        format!("{}/{}/{}", entry.origin, entry.incarnation, entry.position)
    }
}
