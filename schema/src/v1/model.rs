//! What a release is made of: processes, templates, values, packages, lifecycles, rules.
//!
//! These parts appear inside events (as bincode) and inside bundles (as JSON). Their order of
//! fields is part of the format.

pub mod configuration;
pub mod process;
pub mod scope;
pub mod snapshot;
pub mod values;

pub use configuration::{
    Acceptance, ApprovalRule, ApprovedPer, Channel, Environment, Lifecycle, Phase, Project, Target,
    Tenant, VersionRule, WhenDown, Window,
};
pub use process::{Condition, Step, Work};
pub use scope::{Pattern, Scope, Site, Where};
pub use snapshot::{Leaf, Outline, PartKind, Snapshot, Titled};
pub use values::{Bound, Per, Secret, Template, TemplateValue, ValueType, Variable};

use crate::id::{ObjectId, SpaceId};
use crate::name::{Name, PackageName, Version};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A project, by its owner and name: two spaces may both have one called Web.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectId {
    /// The space that owns it.
    pub space: SpaceId,
    /// Its name there.
    pub name: Name,
}

/// A release: a frozen version of a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseId {
    /// The project.
    pub project: ProjectId,
    /// The version.
    pub version: Version,
}

/// One package of a release, with what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its id.
    pub id: PackageName,
    /// Its version.
    pub version: Version,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, hex, for other people's tools.
    pub sha256: HexHash,
    /// BLAKE3 of its bytes: the object that travels.
    pub object: ObjectId,
}

/// A SHA-256 hash that is written as lowercase hex in documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct HexHash(pub [u8; 32]);

impl Serialize for HexHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&crate::id::hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected 64 lowercase hex digits"))
    }
}

/// How much of a result is disclosed to a peer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Disclosure {
    /// What, where, when, outcome; the space as the actor.
    Status,
    /// Also who, and the steps with their outcomes.
    Summary,
    /// Also the output of the steps.
    Full,
}

/// One directed, typed permission on a link. Nothing flows without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Grant {
    /// We accept releases of the peer's projects that this [pattern](crate::pattern) covers.
    AcceptReleases(Name),
    /// We accept the peer's results.
    AcceptResults,
    /// We send results to the peer.
    SendResults(Disclosure),
    /// The peer may bring us what other spaces that we trust have signed, and pass on to whom it
    /// concerns what we sent it.
    Relay,
}
