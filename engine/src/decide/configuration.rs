//! `apply`: what changes when the configuration becomes what a file says.

use crate::command::Rejection;
use crate::decide::Draft;
use crate::state::State;
use schema::latest::{Actor, Event};
use schema::limits::SECRETS_OF_ONE_MAX;
use schema::name::Name;
use schema::v1::event::{Change, ConfigurationApplied, Definition, Kind, Pattern, User};
use schema::v1::model::{Acceptance, Lifecycle, Project, TemplateValue};
use std::collections::{BTreeMap, BTreeSet};

/// The name under which the operator of a node acts; no person has it.
pub const OPERATOR: &str = "operator";

/// One entry with all changes, or nothing where nothing changes.
///
/// # Errors
/// When the definitions contradict each other; then nothing changes at all.
pub fn apply(
    state: &State,
    actor: &Actor,
    definitions: &[Definition],
) -> Result<Vec<Draft>, Rejection> {
    let changes = changes(state, definitions)?;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let event = Event::ConfigurationApplied(ConfigurationApplied { changes });
    Ok(vec![Draft::internal(actor.clone(), event)])
}

/// What would change: first what is defined, then what is removed.
///
/// # Errors
/// When the definitions contradict each other.
pub fn changes(state: &State, definitions: &[Definition]) -> Result<Vec<Change>, Rejection> {
    let wanted = index(definitions)?;
    check(&wanted)?;
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

fn check(wanted: &Wanted<'_>) -> Result<(), Rejection> {
    let mut tokens = BTreeSet::new();
    for definition in wanted.values() {
        match definition {
            Definition::Environment(_) => {}
            Definition::Lifecycle(lifecycle) => check_lifecycle(wanted, lifecycle)?,
            Definition::Project(project) => check_project(wanted, project)?,
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

fn check_lifecycle(wanted: &Wanted<'_>, lifecycle: &Lifecycle) -> Result<(), Rejection> {
    let by = format!("lifecycle {}", lifecycle.name);
    let mut places = BTreeSet::new();
    let mut phases = BTreeSet::new();
    for phase in &lifecycle.phases {
        if !phases.insert(&phase.name) {
            return Err(Rejection::invalid(
                format!("{by} has two phases called {}", phase.name),
                "rename one of them",
            ));
        }
        if phase.environments.is_empty() && phase.spaces.is_empty() {
            return Err(Rejection::invalid(
                format!("phase {} of {by} has no environment and no space", phase.name),
                "name at least one place, or remove the phase",
            ));
        }
        for environment in &phase.environments {
            require(wanted, Kind::Environment, environment, &by)?;
        }
        let named = phase.environments.iter().map(|name| (false, name));
        for place in named.chain(phase.spaces.iter().map(|name| (true, name))) {
            if !places.insert(place) {
                return Err(Rejection::invalid(
                    format!("{by} names {} twice", place.1),
                    "a place belongs to one phase",
                ));
            }
        }
    }
    Ok(())
}

fn check_project(wanted: &Wanted<'_>, project: &Project) -> Result<(), Rejection> {
    let by = format!("project {}", project.name);
    require(wanted, Kind::Lifecycle, &project.lifecycle, &by)?;
    unique(project.steps.iter().map(|step| &step.name), &by, "step")?;
    if let Some(step) = project.steps.iter().find(|step| step.run.is_empty()) {
        return Err(Rejection::invalid(
            format!("step {} of {by} runs nothing", step.name),
            "name a program in `run`",
        ));
    }
    unique_variables(project, &by)?;
    for value in &project.values {
        require(wanted, Kind::Environment, &value.environment, &by)?;
        if !project.templates.iter().any(|template| template.name == value.template) {
            return Err(Rejection::invalid(
                format!("{by} has a value for {}, which is none of its templates", value.template),
                "define the template, or remove the value",
            ));
        }
    }
    unique_values(&project.values, &by)
}

/// Steps see plain variables, secrets and templates alike, so no two have one name.
fn unique_variables(project: &Project, by: &str) -> Result<(), Rejection> {
    let templates = project.templates.iter().map(|template| (&template.name, "template"));
    let variables = project.variables.iter().map(|variable| (&variable.name, "variable"));
    let secrets = project.secrets.iter().map(|name| (name, "secret"));
    let mut seen = BTreeMap::new();
    for (name, word) in templates.chain(variables).chain(secrets) {
        if let Some(other) = seen.insert(name, word) {
            let what = match other == word {
                true => format!("{by} has two {word}s called {name}"),
                false => format!("{by} has both a {word} and a {other} called {name}"),
            };
            return Err(Rejection::invalid(what, "rename one of them"));
        }
    }
    if project.secrets.len() > SECRETS_OF_ONE_MAX {
        return Err(Rejection::invalid(
            format!("{by} has more than {SECRETS_OF_ONE_MAX} secrets"),
            "put several into one, as a file that a step reads",
        ));
    }
    Ok(())
}

fn check_acceptance(wanted: &Wanted<'_>, rule: &Acceptance) -> Result<(), Rejection> {
    let by = format!("the rule for {} from {}", rule.project, rule.from);
    require(wanted, Kind::Lifecycle, &rule.lifecycle, &by)?;
    for value in &rule.values {
        require(wanted, Kind::Environment, &value.environment, &by)?;
    }
    unique_values(&rule.values, &by)
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

fn unique_values(values: &[TemplateValue], by: &str) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for value in values {
        if !seen.insert((&value.template, &value.environment)) {
            return Err(Rejection::invalid(
                format!("{by} has two values of {} for {}", value.template, value.environment),
                "remove one of them",
            ));
        }
    }
    Ok(())
}
