//! The configuration of a space, as `space.toml` and the interface hold it. Keys are strict, and
//! what is left out has its default.

pub mod acceptance;
pub mod lifecycle;
pub mod person;
pub mod place;
pub mod project;
pub mod step;
pub mod template;
pub mod variable;
pub mod window;

use acceptance::AcceptanceTable;
use engine::engine::Engine;
use lifecycle::LifecycleTable;
use person::UserTable;
use place::{EnvironmentTable, TenantTable};
use project::ProjectTable;
use schema::hash::Hash;
use schema::name::Name;
use schema::v1::event::{Assignment, Change, Definition, User};
use serde::{Deserialize, Serialize};

/// The whole configuration of one space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceFile {
    /// Which space.
    pub space: SpaceTable,
    /// Places to deploy to.
    #[serde(default, skip_serializing_if = "is_default")]
    pub environments: Vec<EnvironmentTable>,
    /// For whom there are deployments apart.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tenants: Vec<TenantTable>,
    /// Lifecycles.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lifecycles: Vec<LifecycleTable>,
    /// Projects.
    #[serde(default, skip_serializing_if = "is_default")]
    pub projects: Vec<ProjectTable>,
    /// What is done with bundles of other spaces.
    #[serde(default, skip_serializing_if = "is_default")]
    pub acceptances: Vec<AcceptanceTable>,
    /// People; each gets a token file, and may do what their roles allow.
    #[serde(default, skip_serializing_if = "is_default")]
    pub users: Vec<UserTable>,
}

/// Which space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceTable {
    /// Its name; a file for another space is refused.
    pub name: Name,
}

/// What `apply` changed or would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Each change in words.
    pub changes: Vec<String>,
    /// Whether it was only looked at.
    pub dry_run: bool,
}

/// Whether a key has the value that it has when it is left out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl SpaceFile {
    /// The configuration in force, each kind by name; no values of secrets, and no tokens.
    #[must_use]
    pub fn of(engine: &Engine) -> Self {
        let mut file = Self {
            space: SpaceTable { name: engine.identity().name().clone() },
            environments: Vec::new(),
            tenants: Vec::new(),
            lifecycles: Vec::new(),
            projects: Vec::new(),
            acceptances: Vec::new(),
            users: Vec::new(),
        };
        for (_, definition) in engine.state().configuration.all() {
            file.add(definition.clone());
        }
        file
    }

    fn add(&mut self, definition: Definition) {
        match definition {
            Definition::Environment(it) => self.environments.push(it.into()),
            Definition::Tenant(it) => self.tenants.push(it.into()),
            Definition::Lifecycle(it) => self.lifecycles.push(it.into()),
            Definition::Project(it) => self.projects.push(it.into()),
            Definition::Acceptance(it) => self.acceptances.push(it.into()),
            Definition::User(it) => self.users.push(it.into()),
        }
    }

    /// The names of all users.
    #[must_use]
    pub fn people(&self) -> Vec<Name> {
        self.users.iter().map(|user| user.name.clone()).collect()
    }

    /// All definitions. `tokens` holds the hash of each user's token, in the order of the users.
    #[must_use]
    pub fn definitions(mut self, tokens: Vec<(Name, Hash)>) -> Vec<Definition> {
        for lifecycle in &mut self.lifecycles {
            lifecycle.at_home(&self.space.name);
        }
        let environments =
            self.environments.into_iter().map(|it| Definition::Environment(it.into()));
        let tenants = self.tenants.into_iter().map(|it| Definition::Tenant(it.into()));
        let lifecycles = self.lifecycles.into_iter().map(|it| Definition::Lifecycle(it.into()));
        let projects = self.projects.into_iter().map(|it| Definition::Project(it.into()));
        let rules = self.acceptances.into_iter().map(|it| Definition::Acceptance(it.into()));
        let roles = self.users.into_iter().map(|user| user.roles);
        let users = roles.zip(tokens).map(|(roles, (name, token))| {
            let roles = roles.into_iter().map(Assignment::from).collect();
            Definition::User(User { name, token, roles })
        });
        let places = environments.chain(tenants).chain(lifecycles);
        places.chain(projects).chain(rules).chain(users).collect()
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
