//! What a release is made of: processes, templates, values, packages, lifecycles, rules.
//!
//! These parts appear inside events (as bincode) and inside bundles (as JSON). Their order of
//! fields is part of the format.

use crate::hash::{Domain, hash};
use crate::id::{ObjectId, ReleaseDigest, SpaceId};
use crate::name::{Name, PackageName, Text, Version};
use crate::v1::secret::SecretCommitment;
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

/// One step of a process: a program that is run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is called in receipts.
    pub name: Name,
    /// The program and its arguments; no shell is put in between.
    pub run: Vec<Text>,
    /// Seconds after which the step is ended and has failed.
    pub timeout_s: u32,
}

/// A value that each environment must supply.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The name of the value; steps see it as an environment variable.
    pub name: Name,
    /// What a person is asked.
    pub label: Text,
    /// More about it.
    pub help: Text,
    /// Whether a deployment may go without a value.
    pub required: bool,
    /// The value where none is given.
    pub default: Option<Text>,
}

/// An answer to a template for one environment. No value is an answer too.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateValue {
    /// The template.
    pub template: Name,
    /// The environment of the deploying space.
    pub environment: Name,
    /// The value; none stands for *explicitly no value*.
    pub value: Option<Text>,
}

/// A value that travels with the release.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name; steps see it as an environment variable.
    pub name: Name,
    /// Its value.
    pub value: Text,
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

/// What is frozen when a release is created; a later change to the project changes nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The process.
    pub steps: Vec<Step>,
    /// What each environment must supply.
    pub templates: Vec<Template>,
    /// What travels with the release.
    pub variables: Vec<Variable>,
    /// What travels with it and is not for everybody's eyes.
    pub secrets: Vec<SecretCommitment>,
    /// The packages.
    pub packages: Vec<Package>,
}

impl Snapshot {
    /// The digest of the release that this snapshot makes: H(owner, name, version, snapshot), the
    /// last three behind their lengths.
    #[must_use]
    pub fn digest(&self, release: &ReleaseId) -> ReleaseDigest {
        let mut bytes = crate::bytes::Writer::new();
        bytes
            .fixed(&release.project.space.0)
            .variable(release.project.name.as_str().as_bytes())
            .variable(release.version.as_str().as_bytes())
            .variable(&crate::codec::encode(self));
        ReleaseDigest(hash(Domain::Release, &[&bytes.finish()]))
    }
}

/// A project of this space.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Project {
    /// Its name.
    pub name: Name,
    /// The lifecycle that its releases go through here.
    pub lifecycle: Name,
    /// The packages that a release needs.
    pub packages: Vec<PackageName>,
    /// The process.
    pub steps: Vec<Step>,
    /// What each environment must supply.
    pub templates: Vec<Template>,
    /// What travels with a release.
    pub variables: Vec<Variable>,
    /// The names of its secrets; their values are set apart from it.
    pub secrets: Vec<Name>,
    /// The values of this space's own environments.
    pub values: Vec<TemplateValue>,
}

/// A lifecycle: the phases that a release goes through inside one space.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Lifecycle {
    /// Its name.
    pub name: Name,
    /// The phases, in order.
    pub phases: Vec<Phase>,
}

/// One phase: it is complete when the release has succeeded in each of its environments, or was
/// promoted to each of its spaces.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Phase {
    /// Its name.
    pub name: Name,
    /// Environments of this space.
    pub environments: Vec<Name>,
    /// Peers to promote to, by the names that this space gives them.
    pub spaces: Vec<Name>,
    /// Whether policy deploys or promotes by itself as soon as the phase is reached.
    pub automatic: bool,
}

/// What is done with bundles that a peer sends.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Acceptance {
    /// The peer, by the name that this space gives it.
    pub from: Name,
    /// The project there.
    pub project: Name,
    /// The lifecycle that its releases go through here.
    pub lifecycle: Name,
    /// Whether policy accepts by itself when every required value is there.
    pub automatic: bool,
    /// Values of this space's environments, known beforehand.
    pub values: Vec<TemplateValue>,
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
}
