//! `apply`: what changes when the configuration becomes what a file says.

mod lifecycle;
mod project;

use crate::command::Rejection;
use crate::decide::Draft;
use crate::decide::import::words;
use crate::state::State;
use schema::latest::{Actor, Event};
use schema::limits::ENTRY_BYTES_MAX;
use schema::name::Name;
use schema::v1::event::{Change, ConfigurationApplied, Definition, Kind, Pattern, User};
use schema::v1::model::{Acceptance, Environment, Secret, TemplateValue, Tenant};
use std::collections::{BTreeMap, BTreeSet};

/// The name under which the operator of a node acts; no person has it.
pub const OPERATOR: &str = "operator";

/// Entries with all changes, or nothing where nothing changes. There are several where the changes
/// are too many for one; they are appended in one block, so that all of them count or none.
///
/// # Errors
/// When the definitions contradict each other, or one of them is too large for an entry; then
/// nothing changes at all.
pub fn apply(
    state: &State,
    actor: &Actor,
    definitions: &[Definition],
) -> Result<Vec<Draft>, Rejection> {
    let changes = changes(state, definitions)?;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut drafts = Vec::new();
    let (mut together, mut bytes) = (Vec::new(), 0);
    let mut close = |together: &mut Vec<Change>| {
        let changes = std::mem::take(together);
        let event = Event::ConfigurationApplied(ConfigurationApplied { changes });
        drafts.push(Draft::internal(actor.clone(), event));
    };
    for change in changes {
        let size = schema::codec::encode(&change).len();
        if size > CHANGE_BYTES_MAX {
            return Err(too_large(&change, size));
        }
        if bytes + size > CHANGE_BYTES_MAX {
            close(&mut together);
            bytes = 0;
        }
        bytes += size;
        together.push(change);
    }
    close(&mut together);
    Ok(drafts)
}

/// Bytes of the changes in one entry, which leaves room for its frame.
const CHANGE_BYTES_MAX: usize = ENTRY_BYTES_MAX - 4 * 1024;

fn too_large(change: &Change, size: usize) -> Rejection {
    let name = match change {
        Change::Put(definition) => {
            format!("{} {}", definition.kind().as_str(), definition.key())
        }
        Change::Remove(kind, key) => format!("{} {key}", kind.as_str()),
    };
    Rejection::invalid(
        format!("{name} takes {size} bytes, and no more than {CHANGE_BYTES_MAX} fit into an entry"),
        "make it smaller: fewer or shorter steps, variables and values",
    )
}

/// What would change: first what is defined, then what is removed.
///
/// # Errors
/// When the definitions contradict each other.
pub fn changes(state: &State, definitions: &[Definition]) -> Result<Vec<Change>, Rejection> {
    let wanted = index(definitions)?;
    check(state, &wanted)?;
    let mut changes = Vec::new();
    for ((kind, key), definition) in &wanted {
        if state.configuration.get(*kind, key) != Some(definition) {
            changes.push(Change::Put((*definition).clone()));
        }
    }
    for ((kind, key), _) in state.configuration.all() {
        if !wanted.contains_key(&(*kind, key.clone())) {
            changes.push(Change::Remove(*kind, key.clone()));
        }
    }
    Ok(changes)
}

/// The secrets whose values are forgotten once these definitions are all there is: no project asks
/// for them any more. With the project of each.
pub fn forgotten<'a>(
    state: &'a State,
    definitions: &'a [Definition],
) -> impl Iterator<Item = (&'a Name, &'a Secret)> {
    let asks = |project: &Name, secret: &Secret| {
        definitions.iter().any(|definition| {
            matches!(definition, Definition::Project(it)
                if it.name == *project && it.secrets.contains(secret))
        })
    };
    let all = state.secrets.all().map(|(project, secret, _)| (project, secret));
    all.filter(move |(project, secret)| !asks(project, secret))
}

type Wanted<'a> = BTreeMap<(Kind, String), &'a Definition>;

fn index(definitions: &[Definition]) -> Result<Wanted<'_>, Rejection> {
    let mut wanted = BTreeMap::new();
    for definition in definitions {
        let key = (definition.kind(), definition.key());
        let name = format!("{} {}", key.0.as_str(), key.1);
        if wanted.insert(key, definition).is_some() {
            return Err(Rejection::invalid(
                format!("{name} is defined twice"),
                "remove or rename one of the two",
            ));
        }
    }
    Ok(wanted)
}

fn check(state: &State, wanted: &Wanted<'_>) -> Result<(), Rejection> {
    let mut tokens = BTreeSet::new();
    for ((kind, key), definition) in wanted {
        // What holds already was let in by the rules of its time, and keeps nobody from changing
        // something else; only what it names must still be there.
        let holds = state.configuration.get(*kind, key) == Some(*definition);
        match definition {
            Definition::Environment(environment) => check_environment(environment)?,
            Definition::Lifecycle(it) => lifecycle::check(wanted, it)?,
            Definition::Project(it) => project::check(wanted, it, holds)?,
            Definition::Tenant(tenant) => check_tenant(wanted, tenant)?,
            Definition::Acceptance(rule) => check_acceptance(wanted, rule)?,
            Definition::User(user) if user.name.as_str() == OPERATOR => {
                return Err(Rejection::invalid(
                    format!("a user cannot be called {OPERATOR}"),
                    "that is who operates the node; choose another name",
                ));
            }
            Definition::User(user) => {
                check_roles(wanted, user)?;
                if !tokens.insert(user.token) {
                    return Err(Rejection::invalid(
                        format!("user {} has the token of another user", user.name),
                        "give each person a token of their own",
                    ));
                }
            }
        }
    }
    Ok(())
}

fn require(wanted: &Wanted<'_>, kind: Kind, name: &Name, by: &str) -> Result<(), Rejection> {
    if wanted.contains_key(&(kind, name.to_string())) {
        return Ok(());
    }
    let word = kind.as_str();
    let known: Vec<&str> =
        wanted.keys().filter(|(known, _)| *known == kind).map(|(_, name)| name.as_str()).collect();
    let hint = if known.is_empty() {
        format!("define it with [[{word}s]]")
    } else {
        format!("define it with [[{word}s]], or use one of: {}", known.join(", "))
    };
    Err(Rejection::invalid(format!("{by} uses {word} {name}, which is not defined"), hint))
}

fn check_environment(environment: &Environment) -> Result<(), Rejection> {
    let by = format!("environment {}", environment.name);
    unique(environment.targets.iter().map(|target| &target.name), &by, "target")
}

fn check_acceptance(wanted: &Wanted<'_>, rule: &Acceptance) -> Result<(), Rejection> {
    let by = format!("the rule for {} from {}", rule.project, rule.from);
    require(wanted, Kind::Lifecycle, &rule.lifecycle, &by)?;
    check_values(wanted, &rule.values, &by)
}

fn check_tenant(wanted: &Wanted<'_>, tenant: &Tenant) -> Result<(), Rejection> {
    let by = format!("tenant {}", tenant.name);
    for pattern in tenant.projects.iter().filter(|pattern| pattern.space.is_none()) {
        if !pattern.is_any_name() {
            require(wanted, Kind::Project, &pattern.name, &by)?;
        }
    }
    tenant.environments.iter().try_for_each(|it| require(wanted, Kind::Environment, it, &by))
}

/// Values are for environments and tenants that there are, and no two for the same.
fn check_values(wanted: &Wanted<'_>, values: &[TemplateValue], by: &str) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for value in values {
        if let Some(environment) = &value.environment {
            require(wanted, Kind::Environment, environment, by)?;
        }
        if let Some(tenant) = &value.tenant {
            require(wanted, Kind::Tenant, tenant, by)?;
        }
        if !seen.insert((&value.template, &value.environment, &value.tenant)) {
            return Err(Rejection::invalid(
                format!("{by} has two values of {}", words(value)),
                "remove one of them",
            ));
        }
    }
    Ok(())
}

/// What a role names of this space must be there; what it names of others may come later.
fn check_roles(wanted: &Wanted<'_>, user: &User) -> Result<(), Rejection> {
    let by = format!("a role of {}", user.name);
    let named = |pattern: &Pattern| pattern.space.is_none() && !pattern.is_all();
    let mut seen = BTreeSet::new();
    for assigned in &user.roles {
        if !seen.insert(assigned) {
            return Err(Rejection::invalid(
                format!("{} has the role {} twice", user.name, assigned.role.as_str()),
                "remove one of them",
            ));
        }
        let others = |rejection: Rejection| Rejection {
            hint: format!("{}; another space's is written SPACE: NAME", rejection.hint),
            ..rejection
        };
        if named(&assigned.project) {
            require(wanted, Kind::Project, &assigned.project.name, &by).map_err(others)?;
        }
        if named(&assigned.environment) {
            require(wanted, Kind::Environment, &assigned.environment.name, &by).map_err(others)?;
        }
    }
    Ok(())
}

fn unique<'a>(
    names: impl Iterator<Item = &'a Name>,
    by: &str,
    word: &str,
) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Rejection::invalid(
                format!("{by} has two {word}s called {name}"),
                "rename one of them",
            ));
        }
    }
    Ok(())
}
