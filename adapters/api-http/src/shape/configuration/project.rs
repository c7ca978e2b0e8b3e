//! Projects as the file holds them.

use super::is_default;
use super::step::StepTable;
use super::template::{TemplateTable, ValueTable};
use super::variable::VariableTable;
use schema::name::{Name, PackageName, Version};
use schema::v1::model::{Channel, Project, Step, Template, TemplateValue, VersionRule, Where};
use serde::{Deserialize, Serialize};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectTable {
    /// Its name.
    pub name: Name,
    /// The lifecycle of its releases.
    pub lifecycle: Name,
    /// The packages that a release needs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub packages: Vec<PackageName>,
    /// The ways that some releases go and others do not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub channels: Vec<ChannelTable>,
    /// The process.
    #[serde(default, skip_serializing_if = "is_default")]
    pub steps: Vec<StepTable>,
    /// What each environment or tenant must supply.
    #[serde(default, skip_serializing_if = "is_default")]
    pub templates: Vec<TemplateTable>,
    /// What travels with a release.
    #[serde(default, skip_serializing_if = "is_default")]
    pub variables: Vec<VariableTable>,
    /// The values of this space's environments and tenants.
    #[serde(default, skip_serializing_if = "is_default")]
    pub values: Vec<ValueTable>,
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelTable {
    /// Its name.
    pub name: Name,
    /// The lifecycle of its releases; that of the project if left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lifecycle: Option<Name>,
    /// The first version that it lets in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: Option<Version>,
    /// The first version that is too new.
    #[serde(default, skip_serializing_if = "is_default")]
    pub below: Option<Version>,
    /// What stands behind the hyphen of a version, `*` for any run of characters; `none` for
    /// versions without one. Not looked at if left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pre_release: Option<Name>,
}

impl From<ChannelTable> for Channel {
    fn from(table: ChannelTable) -> Self {
        let ChannelTable { name, lifecycle, from, below, pre_release } = table;
        Self { name, lifecycle, versions: VersionRule { from, below, pre_release } }
    }
}

impl From<Channel> for ChannelTable {
    fn from(channel: Channel) -> Self {
        let Channel { name, lifecycle, versions: VersionRule { from, below, pre_release } } =
            channel;
        Self { name, lifecycle, from, below, pre_release }
    }
}

impl From<ProjectTable> for Project {
    fn from(table: ProjectTable) -> Self {
        let (mut variables, mut secrets) = (Vec::new(), Vec::new());
        for variable in table.variables {
            match variable {
                VariableTable::Plain(variable) => variables.push(variable),
                VariableTable::Secret(secret) => secrets.push(secret),
            }
        }
        Self {
            name: table.name,
            lifecycle: table.lifecycle,
            channels: table.channels.into_iter().map(Channel::from).collect(),
            packages: table.packages,
            steps: table.steps.into_iter().map(Step::<Where>::from).collect(),
            templates: table.templates.into_iter().map(Template::from).collect(),
            variables,
            secrets,
            values: table.values.into_iter().map(TemplateValue::from).collect(),
        }
    }
}

impl From<Project> for ProjectTable {
    fn from(project: Project) -> Self {
        let plain = project.variables.into_iter().map(VariableTable::Plain);
        let secret = project.secrets.into_iter().map(VariableTable::Secret);
        Self {
            name: project.name,
            lifecycle: project.lifecycle,
            packages: project.packages,
            channels: project.channels.into_iter().map(ChannelTable::from).collect(),
            steps: project.steps.into_iter().map(StepTable::from).collect(),
            templates: project.templates.into_iter().map(TemplateTable::from).collect(),
            variables: plain.chain(secret).collect(),
            values: project.values.into_iter().map(ValueTable::from).collect(),
        }
    }
}
