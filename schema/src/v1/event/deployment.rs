//! Events of deployments in the space whose environment it is.

use crate::id::{Position, ReleaseDigest};
use crate::name::Name;
use crate::v1::model::{ReleaseId, Variable};
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
    /// The values that the steps see.
    pub variables: Vec<Variable>,
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
