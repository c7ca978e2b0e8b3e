//! From where something applies as people write it to what a release freezes: spaces by their ids,
//! and of the channels only what applies in the one of the release.

use crate::command::Rejection;
use crate::state::State;
use schema::name::Name;
use schema::v1::model::{Pattern, Project, Scope, Secret, Site, Step, Variable, Where};

/// The scope that something has in releases of a channel; none if it does not apply there.
///
/// # Errors
/// When it names a space that is not known here.
pub fn frozen(
    state: &State,
    by: &Name,
    applies: &Where,
    channel: Option<&Name>,
) -> Result<Option<Scope>, Rejection> {
    let Where { environments, tenants, channels, steps } = applies;
    if !channels.is_empty() && !channel.is_some_and(|channel| channels.contains(channel)) {
        return Ok(None);
    }
    let mut sites = Vec::with_capacity(environments.len());
    // One that is for everything makes the others idle.
    if !environments.iter().any(Pattern::is_all) {
        for pattern in environments {
            sites.push(site(state, by, pattern)?);
        }
    }
    let (tenants, steps) = (tenants.clone(), steps.clone());
    Ok(Some(Scope { sites, tenants, steps }))
}

fn site(state: &State, by: &Name, pattern: &Pattern) -> Result<Site, Rejection> {
    let space = match &pattern.space {
        None => state.me(),
        Some(name) => state.space_named(name).ok_or_else(|| {
            Rejection::not_found(
                format!("project {by} speaks of {pattern}, and no space is called {name} here"),
                "import its certificate first: `interspace certificate import`",
            )
        })?,
    };
    let environment = (!pattern.is_any_name()).then(|| pattern.name.clone());
    Ok(Site { space, environment })
}

/// The steps that a release of a channel has.
///
/// # Errors
/// When one names a space that is not known here.
pub fn steps(
    state: &State,
    project: &Project,
    channel: Option<&Name>,
) -> Result<Vec<Step>, Rejection> {
    let mut frozen = Vec::with_capacity(project.steps.len());
    for step in &project.steps {
        let Some(scope) = self::frozen(state, &project.name, &step.scope, channel)? else {
            continue;
        };
        frozen.push(Step {
            name: step.name.clone(),
            work: step.work.clone(),
            timeout_s: step.timeout_s,
            retries: step.retries,
            retry_delay_s: step.retry_delay_s,
            when: step.when,
            scope,
            roles: step.roles.clone(),
            packages: step.packages.clone(),
        });
    }
    Ok(frozen)
}

/// The variables that a release of a channel has.
///
/// # Errors
/// When one names a space that is not known here.
pub fn variables(
    state: &State,
    project: &Project,
    channel: Option<&Name>,
) -> Result<Vec<Variable>, Rejection> {
    let mut all = Vec::with_capacity(project.variables.len());
    for variable in &project.variables {
        let scope = frozen(state, &project.name, &variable.scope, channel)?;
        let Some(scope) = scope else { continue };
        let apart = !variable.scope.channels.is_empty();
        let (name, value) = (variable.name.clone(), variable.value.clone());
        all.push((apart, Variable { name, value, scope }));
    }
    Ok(narrowed(all, |variable| (&variable.name, &variable.scope)))
}

/// The secrets that a release of a channel has, with the scopes that they have there.
///
/// # Errors
/// When one names a space that is not known here.
pub fn secrets<'a>(
    state: &State,
    project: &'a Project,
    channel: Option<&Name>,
) -> Result<Vec<(&'a Secret, Scope)>, Rejection> {
    let mut all = Vec::with_capacity(project.secrets.len());
    for secret in &project.secrets {
        let scope = frozen(state, &project.name, &secret.scope, channel)?;
        let Some(scope) = scope else { continue };
        all.push((!secret.scope.channels.is_empty(), (secret, scope)));
    }
    Ok(narrowed(all, |(secret, scope)| (&secret.name, scope)))
}

/// Without what is for every channel where the same is there for this one.
fn narrowed<T>(all: Vec<(bool, T)>, key: impl Fn(&T) -> (&Name, &Scope)) -> Vec<T> {
    let keys: Vec<(Name, Scope)> = all
        .iter()
        .filter(|(apart, _)| *apart)
        .map(|(_, it)| {
            let (name, scope) = key(it);
            (name.clone(), scope.clone())
        })
        .collect();
    let idle = |apart: bool, it: &T| {
        let (name, scope) = key(it);
        !apart && keys.iter().any(|(other, its)| other == name && its == scope)
    };
    all.into_iter().filter(|(apart, it)| !idle(*apart, it)).map(|(_, it)| it).collect()
}
