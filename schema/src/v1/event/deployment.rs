//! Events of deployments in the space whose environment it is.

use crate::id::{Position, ReleaseDigest};
use crate::name::{Name, Text};
use crate::v1::model::{Bound, ReleaseId};
use bincode::{Decode, Encode};

/// A deployment began. Nothing runs before this is durable.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeploymentStarted {
    /// What is deployed.
    pub release: ReleaseId,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// Where.
    pub environment: Name,
    /// For which tenant, if for one.
    pub tenant: Option<Name>,
    /// The values that the steps see. What hangs on a secret is not among them.
    pub variables: Vec<Bound>,
    /// How many times this had been tried before, after interruptions.
    pub restarts: u32,
}

/// A deployment ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeploymentFinished {
    /// Where it began in this log.
    pub deployment: Position,
    /// The signed receipt at level *full*, as JSON.
    pub receipt: String,
}

/// The result of a deployment, as far as the recipient may see it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeploymentReported {
    /// The signed receipt at the level that was granted, as JSON.
    pub receipt: String,
}

/// A manual step waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ManualStepReached {
    /// Where the deployment began in this log.
    pub deployment: Position,
    /// The step.
    pub step: Name,
}

/// A person said how a manual step went. Who is the actor of the entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ManualStepAnswered {
    /// Where the deployment began in this log.
    pub deployment: Position,
    /// The step.
    pub step: Name,
    /// Whether it was done; the step has failed if not.
    pub done: bool,
    /// What there is to say about it.
    pub note: Text,
}

/// Somebody asked to end a deployment that runs. Its receipt tells how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeploymentCancelled {
    /// Where it began in this log.
    pub deployment: Position,
    /// Why.
    pub reason: Text,
}
