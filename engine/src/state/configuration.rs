//! What `apply` defined: environments, lifecycles, projects, rules of acceptance, people.

use schema::hash::Hash;
use schema::name::Name;
use schema::pattern::covers;
use schema::v1::event::{Change, ConfigurationApplied, Definition, Kind, User};
use schema::v1::model::{Acceptance, Environment, Lifecycle, Phase, Project, Tenant};
use std::collections::BTreeMap;

/// Every definition in force, by kind and key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configuration {
    definitions: BTreeMap<(Kind, String), Definition>,
}

impl Configuration {
    /// Every definition with its kind and key.
    pub fn all(&self) -> impl Iterator<Item = (&(Kind, String), &Definition)> {
        self.definitions.iter()
    }

    /// One definition.
    #[must_use]
    pub fn get(&self, kind: Kind, key: &str) -> Option<&Definition> {
        self.definitions.get(&(kind, key.to_owned()))
    }

    /// The environments of this space, ascending.
    pub fn environments(&self) -> impl Iterator<Item = &Name> {
        self.definitions.values().filter_map(|definition| match definition {
            Definition::Environment(environment) => Some(&environment.name),
            Definition::Lifecycle(_)
            | Definition::Project(_)
            | Definition::Acceptance(_)
            | Definition::User(_)
            | Definition::Tenant(_) => None,
        })
    }

    /// An environment of this space.
    #[must_use]
    pub fn environment(&self, name: &Name) -> Option<&Environment> {
        match self.get(Kind::Environment, name.as_str()) {
            Some(Definition::Environment(environment)) => Some(environment),
            _ => None,
        }
    }

    /// A tenant of this space.
    #[must_use]
    pub fn tenant(&self, name: &Name) -> Option<&Tenant> {
        match self.get(Kind::Tenant, name.as_str()) {
            Some(Definition::Tenant(tenant)) => Some(tenant),
            _ => None,
        }
    }

    /// All tenants of this space.
    pub fn tenants(&self) -> impl Iterator<Item = &Tenant> {
        self.definitions.values().filter_map(|definition| match definition {
            Definition::Tenant(tenant) => Some(tenant),
            Definition::Environment(_)
            | Definition::Lifecycle(_)
            | Definition::Project(_)
            | Definition::Acceptance(_)
            | Definition::User(_) => None,
        })
    }

    /// The environments of this space that the phases of a lifecycle have.
    pub fn own_environments(lifecycle: &Lifecycle) -> impl Iterator<Item = &Name> {
        let all = lifecycle.phases.iter().flat_map(|phase| &phase.environments);
        all.filter(|pattern| pattern.space.is_none()).map(|pattern| &pattern.name)
    }

    /// A lifecycle.
    #[must_use]
    pub fn lifecycle(&self, name: &Name) -> Option<&Lifecycle> {
        match self.get(Kind::Lifecycle, name.as_str()) {
            Some(Definition::Lifecycle(lifecycle)) => Some(lifecycle),
            _ => None,
        }
    }

    /// The place of an environment in the first lifecycle that names it; none if none does.
    #[must_use]
    pub fn place(&self, environment: &Name) -> Option<usize> {
        self.lifecycles().filter_map(|name| self.lifecycle(name)).find_map(|lifecycle| {
            let all = lifecycle.phases.iter().flat_map(|phase| &phase.environments);
            let mut own = all.filter(|pattern| pattern.space.is_none());
            own.position(|pattern| pattern.name == *environment)
        })
    }

    /// The names of all lifecycles.
    pub fn lifecycles(&self) -> impl Iterator<Item = &Name> {
        self.definitions.values().filter_map(|definition| match definition {
            Definition::Lifecycle(lifecycle) => Some(&lifecycle.name),
            Definition::Environment(_)
            | Definition::Project(_)
            | Definition::Acceptance(_)
            | Definition::User(_)
            | Definition::Tenant(_) => None,
        })
    }

    /// A project of this space.
    #[must_use]
    pub fn project(&self, name: &Name) -> Option<&Project> {
        match self.get(Kind::Project, name.as_str()) {
            Some(Definition::Project(project)) => Some(project),
            _ => None,
        }
    }

    /// The names of all projects of this space.
    pub fn projects(&self) -> impl Iterator<Item = &Name> {
        self.definitions.values().filter_map(|definition| match definition {
            Definition::Project(project) => Some(&project.name),
            Definition::Environment(_)
            | Definition::Lifecycle(_)
            | Definition::Acceptance(_)
            | Definition::User(_)
            | Definition::Tenant(_) => None,
        })
    }

    /// The rule for a project of a peer: the one that names it, or else the one whose pattern is
    /// the longest of those that cover it.
    #[must_use]
    pub fn acceptance(&self, from: &Name, project: &Name) -> Option<&Acceptance> {
        let named = match self.get(Kind::Acceptance, &format!("{from}: {project}")) {
            Some(Definition::Acceptance(rule)) => Some(rule),
            _ => None,
        };
        let covering = || {
            let fits = |it: &&Acceptance| it.from == *from && covers(&it.project, project);
            self.acceptances().filter(fits).max_by_key(|it| it.project.as_str().len())
        };
        named.or_else(covering)
    }

    fn acceptances(&self) -> impl Iterator<Item = &Acceptance> {
        self.definitions.values().filter_map(|definition| match definition {
            Definition::Acceptance(rule) => Some(rule),
            Definition::Environment(_)
            | Definition::Lifecycle(_)
            | Definition::Project(_)
            | Definition::User(_)
            | Definition::Tenant(_) => None,
        })
    }

    /// A person of this space.
    #[must_use]
    pub fn user(&self, name: &Name) -> Option<&User> {
        match self.get(Kind::User, name.as_str()) {
            Some(Definition::User(user)) => Some(user),
            _ => None,
        }
    }

    /// The names of all people of this space.
    pub fn users(&self) -> impl Iterator<Item = &Name> {
        self.definitions.values().filter_map(|definition| match definition {
            Definition::User(user) => Some(&user.name),
            Definition::Environment(_)
            | Definition::Lifecycle(_)
            | Definition::Project(_)
            | Definition::Acceptance(_)
            | Definition::Tenant(_) => None,
        })
    }

    /// The names of other spaces that definitions speak of, known or not.
    pub fn spaces(&self) -> impl Iterator<Item = &Name> {
        self.definitions.values().flat_map(|definition| -> Vec<&Name> {
            match definition {
                Definition::Lifecycle(lifecycle) => {
                    lifecycle.phases.iter().flat_map(spaces_of).collect()
                }
                Definition::Acceptance(rule) => vec![&rule.from],
                Definition::User(user) => {
                    let patterns =
                        user.roles.iter().flat_map(|one| [&one.project, &one.environment]);
                    patterns.filter_map(|pattern| pattern.space.as_ref()).collect()
                }
                Definition::Project(project) => {
                    let steps = project.steps.iter().map(|step| &step.scope);
                    let variables = project.variables.iter().map(|variable| &variable.scope);
                    let secrets = project.secrets.iter().map(|secret| &secret.scope);
                    let scopes = steps.chain(variables).chain(secrets);
                    let patterns = scopes.flat_map(|scope| &scope.environments);
                    patterns.filter_map(|pattern| pattern.space.as_ref()).collect()
                }
                Definition::Tenant(tenant) => {
                    tenant.projects.iter().filter_map(|pattern| pattern.space.as_ref()).collect()
                }
                Definition::Environment(_) => Vec::new(),
            }
        })
    }

    /// The person whose token has this hash. The comparison is of hashes of 256 random bits, so
    /// that its time tells nothing.
    #[must_use]
    pub fn person(&self, token: &Hash) -> Option<&Name> {
        self.definitions.values().find_map(|definition| match definition {
            Definition::User(user) if user.token == *token => Some(&user.name),
            Definition::Tenant(_)
            | Definition::User(_)
            | Definition::Environment(_)
            | Definition::Lifecycle(_)
            | Definition::Project(_)
            | Definition::Acceptance(_) => None,
        })
    }

    pub(super) fn apply(&mut self, event: &ConfigurationApplied) {
        for change in &event.changes {
            match change {
                Change::Put(definition) => {
                    let key = (definition.kind(), definition.key());
                    self.definitions.insert(key, definition.clone());
                }
                Change::Remove(kind, key) => {
                    self.definitions.remove(&(*kind, key.clone()));
                }
            }
        }
    }
}

/// The other spaces that a phase speaks of.
fn spaces_of(phase: &Phase) -> Vec<&Name> {
    let environments = phase.environments.iter().filter_map(|pattern| pattern.space.as_ref());
    phase.spaces.iter().chain(&phase.onward).chain(environments).collect()
}
