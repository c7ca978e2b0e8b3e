//! Places as the file holds them: environments with their targets, and tenants.

use super::is_default;
use schema::name::{Name, Text};
use schema::v1::event::Pattern;
use schema::v1::model::{Environment, Target, Tenant, WhenDown};
use serde::{Deserialize, Serialize};

/// A place to deploy to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentTable {
    /// Its name.
    pub name: Name,
    /// What a deployment does about targets that are down.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when_down: Down,
    /// What it is made of, where steps tell that apart.
    #[serde(default, skip_serializing_if = "is_default")]
    pub targets: Vec<TargetTable>,
}

/// What a deployment does about targets that are down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Down {
    /// It fails before its first step.
    #[default]
    Fail,
    /// It leaves them out.
    Skip,
}

/// One target of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetTable {
    /// Its name.
    pub name: Name,
    /// Its roles.
    #[serde(default, skip_serializing_if = "is_default")]
    pub roles: Vec<Name>,
    /// A program with arguments that succeeds where it is up; left out, it counts as up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub health: Vec<Text>,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantTable {
    /// Its name.
    pub name: Name,
    /// The projects that are deployed for it: `*`, `NAME`, `SPACE: NAME` or `SPACE: *`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub projects: Vec<Pattern>,
    /// The environments of this space that it has.
    #[serde(default, skip_serializing_if = "is_default")]
    pub environments: Vec<Name>,
}

impl From<EnvironmentTable> for Environment {
    fn from(table: EnvironmentTable) -> Self {
        let EnvironmentTable { name, when_down, targets } = table;
        let when_down = match when_down {
            Down::Fail => WhenDown::Fail,
            Down::Skip => WhenDown::Skip,
        };
        let target = |TargetTable { name, roles, health }| Target { name, roles, health };
        Self { name, targets: targets.into_iter().map(target).collect(), when_down }
    }
}

impl From<Environment> for EnvironmentTable {
    fn from(environment: Environment) -> Self {
        let Environment { name, targets, when_down } = environment;
        let when_down = match when_down {
            WhenDown::Fail => Down::Fail,
            WhenDown::Skip => Down::Skip,
        };
        let target = |Target { name, roles, health }| TargetTable { name, roles, health };
        Self { name, when_down, targets: targets.into_iter().map(target).collect() }
    }
}

impl From<TenantTable> for Tenant {
    fn from(TenantTable { name, projects, environments }: TenantTable) -> Self {
        Self { name, projects, environments }
    }
}

impl From<Tenant> for TenantTable {
    fn from(Tenant { name, projects, environments }: Tenant) -> Self {
        Self { name, projects, environments }
    }
}
