//! Places as the file holds them: environments with their targets, and tenants.

use super::is_default;
use super::window::WindowText;
use schema::name::{Name, Text};
use schema::v1::event::Pattern;
use schema::v1::model::{ApprovalRule, ApprovedPer, Environment, Target, Tenant, WhenDown, Window};
use serde::{Deserialize, Serialize};

/// A place to deploy to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EnvironmentKeys", into = "EnvironmentKeys")]
pub struct EnvironmentTable(Environment);

/// The keys of an environment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvironmentKeys {
    name: Name,
    /// What a deployment does about targets that are down.
    #[serde(default, skip_serializing_if = "is_default")]
    when_down: Down,
    /// How many people have to approve before something is deployed there; 0 if nobody has to.
    #[serde(default, skip_serializing_if = "is_default")]
    approvals: u32,
    /// For what an approval is good.
    #[serde(default, skip_serializing_if = "is_default")]
    approvals_per: Option<ApprovalsPer>,
    /// When something may be deployed there; at any time if none is named.
    #[serde(default, skip_serializing_if = "is_default")]
    windows: Vec<WindowText>,
    /// What it is made of, where steps tell that apart.
    #[serde(default, skip_serializing_if = "is_default")]
    targets: Vec<TargetTable>,
}

/// What a deployment does about targets that are down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Down {
    /// It fails before its first step.
    #[default]
    Fail,
    /// It leaves them out.
    Skip,
}

/// For what an approval is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ApprovalsPer {
    /// For every deployment of the release to the environment, as where nothing is said.
    Release,
    /// For the next one.
    Deployment,
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

impl TryFrom<EnvironmentKeys> for EnvironmentTable {
    type Error = String;

    fn try_from(keys: EnvironmentKeys) -> Result<Self, String> {
        let per = match keys.approvals_per {
            None | Some(ApprovalsPer::Release) => ApprovedPer::Release,
            Some(ApprovalsPer::Deployment) => ApprovedPer::Deployment,
        };
        if keys.approvals == 0 && keys.approvals_per.is_some() {
            return Err(format!(
                "the environment {} says for what approvals are good and needs none: write \
                 approvals = 1, or leave approvals_per out",
                keys.name
            ));
        }
        let rule = ApprovalRule { quorum: keys.approvals, per };
        let target = |TargetTable { name, roles, health }| Target { name, roles, health };
        Ok(Self(Environment {
            name: keys.name,
            targets: keys.targets.into_iter().map(target).collect(),
            when_down: match keys.when_down {
                Down::Fail => WhenDown::Fail,
                Down::Skip => WhenDown::Skip,
            },
            approval: Some(rule).filter(|rule| rule.quorum > 0),
            windows: keys.windows.into_iter().map(Window::from).collect(),
        }))
    }
}

impl From<EnvironmentTable> for EnvironmentKeys {
    fn from(EnvironmentTable(environment): EnvironmentTable) -> Self {
        let target = |Target { name, roles, health }| TargetTable { name, roles, health };
        let approval = environment.approval;
        let for_one = approval.is_some_and(|rule| rule.per == ApprovedPer::Deployment);
        Self {
            name: environment.name,
            when_down: match environment.when_down {
                WhenDown::Fail => Down::Fail,
                WhenDown::Skip => Down::Skip,
            },
            approvals: approval.map_or(0, |rule| rule.quorum),
            approvals_per: for_one.then_some(ApprovalsPer::Deployment),
            windows: environment.windows.into_iter().map(WindowText::from).collect(),
            targets: environment.targets.into_iter().map(target).collect(),
        }
    }
}

impl From<EnvironmentTable> for Environment {
    fn from(EnvironmentTable(environment): EnvironmentTable) -> Self {
        environment
    }
}

impl From<Environment> for EnvironmentTable {
    fn from(environment: Environment) -> Self {
        Self(environment)
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
