//! Events of what lets a release go on and what holds it up: approvals, freezes, bypasses, and what
//! policy is told to leave alone.

use crate::id::ReleaseDigest;
use crate::name::{Name, Text, Version};
use crate::v1::model::{Pattern, ReleaseId};
use bincode::{Decode, Encode};
use serde::Serialize;

/// A person approved a release for an environment, or refused to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ApprovalGiven {
    /// The signed approval, as JSON.
    pub approval: String,
}

/// Nothing is deployed or promoted for a while.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FreezeMade {
    /// What it is called; no two freezes that hold are called the same.
    pub name: Name,
    /// Of these projects.
    pub projects: Vec<Pattern>,
    /// In these environments; all of another space stand for promotions to it.
    pub environments: Vec<Pattern>,
    /// From when on, milliseconds since 1970.
    pub from_ms: u64,
    /// Until when, milliseconds since 1970; until it is lifted if not said.
    pub until_ms: Option<u64>,
    /// Why.
    pub reason: Text,
}

/// A freeze is over before its time.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FreezeLifted {
    /// Which.
    pub name: Name,
    /// Why.
    pub reason: Text,
}

/// Somebody who may do so went past what held a release up. What follows is what they did.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct GateBypassed {
    /// The release.
    pub release: ReleaseId,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// The environment or space that it goes to.
    pub place: Name,
    /// For which tenant, if for one.
    pub tenant: Option<Name>,
    /// What held it up, in words.
    pub gates: Vec<Text>,
    /// Why they did not wait.
    pub reason: Text,
}

/// What policy leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyRule {
    /// It does nothing by itself with these projects at these places: environments, or all of
    /// another space for promotions to it.
    Pause {
        /// The projects.
        project: Pattern,
        /// The places.
        place: Pattern,
    },
    /// It deploys no other version of a project to an environment.
    Pin {
        /// The project.
        project: Pattern,
        /// The environment of this space.
        environment: Name,
        /// The version.
        version: Version,
    },
    /// A place does not count for the phase that it is in, as long as it is down.
    Skip {
        /// The place: an environment, or all of another space for the space itself and whatever of
        /// it a phase names.
        place: Pattern,
    },
}

/// Policy was told to leave something alone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PolicySet {
    /// What.
    pub rule: PolicyRule,
    /// Why.
    pub reason: Text,
}

/// Policy need not leave that alone any more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PolicyLifted {
    /// What.
    pub rule: PolicyRule,
}
