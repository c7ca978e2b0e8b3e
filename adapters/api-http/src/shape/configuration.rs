//! The configuration of a space, as `space.toml` and the interface hold it. Keys are strict.

use schema::hash::Hash;
use schema::name::{Name, PackageName, Text};
use schema::v1::event::{Assignment, Change, Definition, Pattern, Role, User};
use schema::v1::model::{
    Acceptance, Lifecycle, Phase, Project, Step, Template, TemplateValue, Variable,
};
use serde::{Deserialize, Serialize};

/// The whole configuration of one space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceFile {
    /// Which space.
    pub space: SpaceTable,
    /// People; each gets a token file, and may do what their roles allow.
    #[serde(default)]
    pub users: Vec<UserTable>,
    /// Places to deploy to.
    #[serde(default)]
    pub environments: Vec<NamedTable>,
    /// Lifecycles.
    #[serde(default)]
    pub lifecycles: Vec<LifecycleTable>,
    /// Projects.
    #[serde(default)]
    pub projects: Vec<ProjectTable>,
    /// What is done with bundles of other spaces.
    #[serde(default)]
    pub acceptances: Vec<AcceptanceTable>,
}

/// Which space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceTable {
    /// Its name; a file for another space is refused.
    pub name: Name,
}

/// Something that has only a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedTable {
    /// The name.
    pub name: Name,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserTable {
    /// The name.
    pub name: Name,
    /// What they may do, and where. Without a role they may do nothing.
    #[serde(default)]
    pub roles: Vec<RoleTable>,
}

/// A role of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleTable {
    /// Which.
    pub role: Role,
    /// Of which projects: `*`, `NAME`, `SPACE: NAME` or `SPACE: *`. Everywhere, if left out.
    #[serde(default = "Pattern::all")]
    pub project: Pattern,
    /// In which environments, written alike.
    #[serde(default = "Pattern::all")]
    pub environment: Pattern,
}

impl From<RoleTable> for Assignment {
    fn from(table: RoleTable) -> Self {
        let RoleTable { role, project, environment } = table;
        Self { role, project, environment }
    }
}

/// A lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleTable {
    /// Its name.
    pub name: Name,
    /// Its phases, in order.
    #[serde(default)]
    pub phases: Vec<PhaseTable>,
}

/// A phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseTable {
    /// Its name.
    pub name: Name,
    /// Environments of this space.
    #[serde(default)]
    pub environments: Vec<Name>,
    /// Spaces to promote to, by the names they have here.
    #[serde(default)]
    pub spaces: Vec<Name>,
    /// Whether policy acts by itself when the phase is reached.
    #[serde(default)]
    pub automatic: bool,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectTable {
    /// Its name.
    pub name: Name,
    /// The lifecycle of its releases.
    pub lifecycle: Name,
    /// The packages that a release needs.
    #[serde(default)]
    pub packages: Vec<PackageName>,
    /// The process.
    #[serde(default)]
    pub steps: Vec<StepTable>,
    /// What each environment must supply.
    #[serde(default)]
    pub templates: Vec<TemplateTable>,
    /// What travels with a release.
    #[serde(default)]
    pub variables: Vec<VariableTable>,
    /// The values of this space's environments.
    #[serde(default)]
    pub values: Vec<ValueTable>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTable {
    /// Its name.
    pub name: Name,
    /// The program and its arguments.
    pub run: Vec<Text>,
    /// Seconds after which it has failed.
    #[serde(default = "five_minutes")]
    pub timeout_s: u32,
}

const fn five_minutes() -> u32 {
    300
}

/// A variable: plain with its value, or secret without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "VariableKeys", into = "VariableKeys")]
pub enum VariableTable {
    /// Everybody who sees the release sees the value.
    Plain(Variable),
    /// The value is set apart from the file, and is not for everybody's eyes.
    Secret(Name),
}

/// The keys of a variable.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariableKeys {
    name: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Text>,
    #[serde(default)]
    secret: bool,
}

impl TryFrom<VariableKeys> for VariableTable {
    type Error = String;

    fn try_from(keys: VariableKeys) -> Result<Self, String> {
        let VariableKeys { name, value, secret } = keys;
        match (value, secret) {
            (Some(value), false) => Ok(Self::Plain(Variable { name, value })),
            (None, true) => Ok(Self::Secret(name)),
            (None, false) => {
                Err(format!("the variable {name} has neither a value nor secret = true"))
            }
            (Some(_), true) => Err(format!(
                "the value of the secret {name} does not belong into this file: leave it out, and \
                 `interspace secret set`"
            )),
        }
    }
}

impl From<VariableTable> for VariableKeys {
    fn from(table: VariableTable) -> Self {
        match table {
            VariableTable::Plain(Variable { name, value }) => {
                Self { name, value: Some(value), secret: false }
            }
            VariableTable::Secret(name) => Self { name, value: None, secret: true },
        }
    }
}

/// A variable template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateTable {
    /// The name of the value.
    pub name: Name,
    /// What a person is asked.
    pub label: Text,
    /// More about it.
    #[serde(default)]
    pub help: Option<Text>,
    /// Whether a deployment may go without a value.
    #[serde(default)]
    pub required: bool,
    /// The value where none is given.
    #[serde(default)]
    pub default: Option<Text>,
}

/// A value for one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueTable {
    /// The template.
    pub template: Name,
    /// The environment.
    pub environment: Name,
    /// The value; left out for *explicitly no value*.
    #[serde(default)]
    pub value: Option<Text>,
}

/// What is done with bundles of one project of one space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceTable {
    /// The space, by the name it has here.
    pub from: Name,
    /// The project there.
    pub project: Name,
    /// The lifecycle here.
    pub lifecycle: Name,
    /// Whether policy accepts by itself.
    #[serde(default)]
    pub automatic: bool,
    /// Values, known beforehand.
    #[serde(default)]
    pub values: Vec<ValueTable>,
}

/// What `apply` changed or would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Each change in words.
    pub changes: Vec<String>,
    /// Whether it was only looked at.
    pub dry_run: bool,
}

impl SpaceFile {
    /// The names of all users.
    #[must_use]
    pub fn people(&self) -> Vec<Name> {
        self.users.iter().map(|user| user.name.clone()).collect()
    }

    /// All definitions. `tokens` holds the hash of each user's token, in the order of the users.
    #[must_use]
    pub fn definitions(self, tokens: Vec<(Name, Hash)>) -> Vec<Definition> {
        let environments = self.environments.into_iter().map(|e| Definition::Environment(e.name));
        let roles = self.users.into_iter().map(|user| user.roles);
        let users = roles.zip(tokens).map(|(roles, (name, token))| {
            let roles = roles.into_iter().map(Assignment::from).collect();
            Definition::User(User { name, token, roles })
        });
        let lifecycles = self.lifecycles.into_iter().map(|l| Definition::Lifecycle(l.into()));
        let projects = self.projects.into_iter().map(|p| Definition::Project(p.into()));
        let rules = self.acceptances.into_iter().map(|a| Definition::Acceptance(a.into()));
        environments.chain(lifecycles).chain(projects).chain(rules).chain(users).collect()
    }
}

fn texts(values: Vec<ValueTable>) -> Vec<TemplateValue> {
    let value = |ValueTable { template, environment, value }| TemplateValue {
        template,
        environment,
        value,
    };
    values.into_iter().map(value).collect()
}

impl From<LifecycleTable> for Lifecycle {
    fn from(table: LifecycleTable) -> Self {
        let phase = |PhaseTable { name, environments, spaces, automatic }| Phase {
            name,
            environments,
            spaces,
            automatic,
        };
        Self { name: table.name, phases: table.phases.into_iter().map(phase).collect() }
    }
}

impl From<ProjectTable> for Project {
    fn from(table: ProjectTable) -> Self {
        let step = |StepTable { name, run, timeout_s }| Step { name, run, timeout_s };
        let (mut variables, mut secrets) = (Vec::new(), Vec::new());
        for variable in table.variables {
            match variable {
                VariableTable::Plain(variable) => variables.push(variable),
                VariableTable::Secret(name) => secrets.push(name),
            }
        }
        Self {
            name: table.name,
            lifecycle: table.lifecycle,
            packages: table.packages,
            steps: table.steps.into_iter().map(step).collect(),
            templates: table.templates.into_iter().map(Template::from).collect(),
            variables,
            secrets,
            values: texts(table.values),
        }
    }
}

impl From<TemplateTable> for Template {
    fn from(table: TemplateTable) -> Self {
        let TemplateTable { name, label, help, required, default } = table;
        let help = help.or_else(|| "".parse().ok());
        Self { name, help: help.unwrap_or_else(|| label.clone()), label, required, default }
    }
}

impl From<AcceptanceTable> for Acceptance {
    fn from(table: AcceptanceTable) -> Self {
        let AcceptanceTable { from, project, lifecycle, automatic, values } = table;
        Self { from, project, lifecycle, automatic, values: texts(values) }
    }
}

/// One change in words. `known` tells whether something of this kind and key was there before.
#[must_use]
pub fn describe(change: &Change, known: bool) -> String {
    match change {
        Change::Put(definition) => {
            let sign = if known { "~" } else { "+" };
            format!("{sign} {} {}", definition.kind().as_str(), definition.key())
        }
        Change::Remove(kind, key) => format!("- {} {key}", kind.as_str()),
    }
}
