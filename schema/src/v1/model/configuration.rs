//! What `apply` defines: environments, lifecycles, projects, tenants, rules of acceptance.

use crate::name::{Name, PackageName, Text, Version};
use crate::v1::model::{Pattern, Secret, Step, Template, TemplateValue, Variable, Where};
use bincode::{Decode, Encode};
use serde::Serialize;

/// A place to deploy to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: Name,
    /// The machines or services that it is made of, where steps tell them apart.
    pub targets: Vec<Target>,
    /// What is done about targets that are down.
    pub when_down: WhenDown,
    /// Who has to approve before something is deployed, if anybody has to.
    pub approval: Option<ApprovalRule>,
    /// When something may be deployed; at any time if no window is named.
    pub windows: Vec<Window>,
}

/// How many people have to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ApprovalRule {
    /// So many, none of them whoever made the release or deploys it.
    pub quorum: u32,
    /// For what an approval is good.
    pub per: ApprovedPer,
}

/// For what an approval is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize)]
pub enum ApprovedPer {
    /// For every deployment of the release to the environment.
    #[default]
    Release,
    /// For the next one.
    Deployment,
}

/// A time of the week, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Window {
    /// On these days on which it begins, Monday being 0; every day if none is named.
    pub days: Vec<u8>,
    /// Minutes of the day with which it begins.
    pub from_min: u16,
    /// Minutes of the day before which it ends; of the next day, where that is not later.
    pub until_min: u16,
}

impl Environment {
    /// An environment without targets.
    #[must_use]
    pub const fn named(name: Name) -> Self {
        Self {
            name,
            targets: Vec::new(),
            when_down: WhenDown::Fail,
            approval: None,
            windows: Vec::new(),
        }
    }
}

/// One target of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Target {
    /// Its name; steps see it.
    pub name: Name,
    /// Its roles: steps are run for targets that have one of theirs.
    pub roles: Vec<Name>,
    /// A program with arguments that succeeds where the target is up; without one it counts as up.
    pub health: Vec<Text>,
}

/// What a deployment does about targets that are down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize)]
pub enum WhenDown {
    /// It fails before its first step.
    #[default]
    Fail,
    /// It leaves them out, and its receipt says so. With all of them down it fails.
    Skip,
}

/// A customer, or whatever else is deployed for apart from others in the same environment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Tenant {
    /// Its name.
    pub name: Name,
    /// The projects that are deployed for it.
    pub projects: Vec<Pattern>,
    /// The environments of this space that it has.
    pub environments: Vec<Name>,
}

/// A project of this space.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Project {
    /// Its name.
    pub name: Name,
    /// The lifecycle that its releases go through here.
    pub lifecycle: Name,
    /// Its channels; without any, every release is alike.
    pub channels: Vec<Channel>,
    /// The packages that a release needs.
    pub packages: Vec<PackageName>,
    /// The process.
    pub steps: Vec<Step<Where>>,
    /// What each environment or tenant must supply.
    pub templates: Vec<Template>,
    /// What travels with a release.
    pub variables: Vec<Variable<Where>>,
    /// Its secrets; their values are set apart from it.
    pub secrets: Vec<Secret>,
    /// The values of this space's own environments and tenants.
    pub values: Vec<TemplateValue>,
}

/// A way that some releases of a project go and others do not.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Channel {
    /// Its name.
    pub name: Name,
    /// The lifecycle of its releases; that of the project if none is named.
    pub lifecycle: Option<Name>,
    /// The versions that releases in it may have.
    pub versions: VersionRule,
}

/// Which versions are let in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, Serialize)]
pub struct VersionRule {
    /// This one and newer ones.
    pub from: Option<Version>,
    /// Only older ones than this.
    pub below: Option<Version>,
    /// A [pattern](crate::pattern) for what stands behind the first hyphen; `none` lets in only
    /// versions without one, and without a pattern it is not looked at.
    pub pre_release: Option<Name>,
}

/// A lifecycle: the phases that a release goes through inside one space.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Lifecycle {
    /// Its name.
    pub name: Name,
    /// The phases, in order.
    pub phases: Vec<Phase>,
}

/// One phase. Where it has environments, it is complete when the release has succeeded in enough
/// of them, by receipts; where it has only spaces, when it was promoted to enough of them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Phase {
    /// Its name.
    pub name: Name,
    /// Environments of this space, and of others, whose signed receipts tell.
    pub environments: Vec<Pattern>,
    /// Peers to promote to, by the names that this space gives them.
    pub spaces: Vec<Name>,
    /// Spaces that those may send the release on to: its bundle is for them too.
    pub onward: Vec<Name>,
    /// Whether policy deploys or promotes by itself as soon as the phase is reached.
    pub automatic: bool,
    /// How many of its environments, or else of its spaces, are enough; all of them if not said.
    pub minimum: Option<u32>,
    /// Whether the next phase is reached without it.
    pub optional: bool,
    /// Seconds that must have passed since it was complete before the next phase is reached.
    pub soak_s: u32,
}

impl Phase {
    /// A phase with environments of this space, and peers to promote to, all of which it needs.
    #[must_use]
    pub fn of(name: Name, environments: Vec<Name>, spaces: Vec<Name>, automatic: bool) -> Self {
        let own = |name| Pattern { space: None, name };
        Self {
            name,
            environments: environments.into_iter().map(own).collect(),
            spaces,
            onward: Vec::new(),
            automatic,
            minimum: None,
            optional: false,
            soak_s: 0,
        }
    }
}

/// What is done with bundles of one project of another space.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Acceptance {
    /// The space that owns the project, by the name that it has here.
    pub from: Name,
    /// The project there.
    pub project: Name,
    /// The lifecycle that its releases go through here.
    pub lifecycle: Name,
    /// Whether policy accepts by itself when every required value is there.
    pub automatic: bool,
    /// Values of this space's environments and tenants, known beforehand.
    pub values: Vec<TemplateValue>,
}
