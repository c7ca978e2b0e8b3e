//! Events of configuration: what `apply` changed, all of it in one entry or none.

use crate::name::Name;
use crate::v1::event::people::Assignment;
use crate::v1::model::{Acceptance, Environment, Lifecycle, Project, Tenant};
use bincode::{Decode, Encode};

/// What can be defined.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Definition {
    /// A place to deploy to.
    Environment(Environment),
    /// A lifecycle.
    Lifecycle(Lifecycle),
    /// A project.
    Project(Project),
    /// What is done with a peer's bundles.
    Acceptance(Acceptance),
    /// A person.
    User(User),
    /// A tenant.
    Tenant(Tenant),
}

/// The kinds of definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Kind {
    /// An environment.
    Environment,
    /// A lifecycle.
    Lifecycle,
    /// A project.
    Project,
    /// A rule of acceptance.
    Acceptance,
    /// A person.
    User,
    /// A tenant.
    Tenant,
}

impl Kind {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Lifecycle => "lifecycle",
            Self::Project => "project",
            Self::Acceptance => "acceptance",
            Self::User => "user",
            Self::Tenant => "tenant",
        }
    }
}

/// A person who may act in this space.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct User {
    /// The name.
    pub name: Name,
    /// H(token). A token is 256 random bits, so a plain hash is enough.
    pub token: [u8; 32],
    /// What they may do, and where. Without a role they may do nothing.
    pub roles: Vec<Assignment>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// Defined anew or differently.
    Put(Definition),
    /// Gone.
    Remove(Kind, String),
}

/// The configuration changed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ConfigurationApplied {
    /// The changes.
    pub changes: Vec<Change>,
}

impl Definition {
    /// Which kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Environment(_) => Kind::Environment,
            Self::Lifecycle(_) => Kind::Lifecycle,
            Self::Project(_) => Kind::Project,
            Self::Acceptance(_) => Kind::Acceptance,
            Self::User(_) => Kind::User,
            Self::Tenant(_) => Kind::Tenant,
        }
    }

    /// What tells it from others of its kind.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Environment(environment) => environment.name.to_string(),
            Self::Lifecycle(lifecycle) => lifecycle.name.to_string(),
            Self::Project(project) => project.name.to_string(),
            Self::Acceptance(rule) => format!("{}: {}", rule.from, rule.project),
            Self::User(user) => user.name.to_string(),
            Self::Tenant(tenant) => tenant.name.to_string(),
        }
    }
}
