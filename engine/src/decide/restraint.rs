//! Freezes, and what policy is told to leave alone.

use crate::argument::argument;
use crate::command::Rejection;
use crate::decide::{Draft, Given, naming};
use crate::state::State;
use schema::latest::{Actor, Event};
use schema::name::{Name, Text};
use schema::v1::event::{FreezeLifted, FreezeMade, PolicyLifted, PolicyRule, PolicySet};
use schema::v1::model::Pattern;
use std::collections::BTreeSet;

/// Makes a freeze. The same again changes nothing.
///
/// # Errors
/// When another that holds has its name, it has no reason, ends before it begins, or names what is
/// not known here: it would hold nothing.
pub fn freeze(
    given: Given<'_>,
    actor: &Actor,
    wanted: &FreezeMade,
) -> Result<Vec<Draft>, Rejection> {
    let (state, name) = (given.state, &wanted.name);
    if wanted.reason.as_str().trim().is_empty() {
        return Err(Rejection::invalid(
            "a freeze needs a reason",
            "say it with --reason; everybody who is held up will see it",
        ));
    }
    if wanted.until_ms.is_some_and(|until| until <= wanted.from_ms.max(given.wall_ms)) {
        return Err(Rejection::invalid(
            format!("the freeze {name} would be over before it begins"),
            "choose a later end with --until",
        ));
    }
    let known = state.restraints.freeze(name).filter(|it| !it.is_over(given.wall_ms));
    match known {
        Some(known) if known.content == *wanted => Ok(Vec::new()),
        Some(_) => Err(Rejection::conflict(
            format!("there is a freeze {name} already, and it is another"),
            format!("choose another name, or lift it first: `interspace freeze lift \"{name}\"`"),
        )),
        None => {
            wanted.projects.iter().try_for_each(|it| a_project(state, it))?;
            wanted.environments.iter().try_for_each(|it| a_place(state, it))?;
            let event = Event::FreezeMade(wanted.clone());
            Ok(vec![Draft::internal(actor.clone(), event)])
        }
    }
}

/// Lifts a freeze before its time.
///
/// # Errors
/// When there is none of that name that holds.
pub fn lift(
    given: Given<'_>,
    actor: &Actor,
    name: &Name,
    reason: &Text,
) -> Result<Vec<Draft>, Rejection> {
    let freezes = given.state.restraints.freezes();
    let open: Vec<&str> = freezes
        .filter(|freeze| !freeze.is_over(given.wall_ms))
        .map(|freeze| freeze.content.name.as_str())
        .collect();
    if !open.contains(&name.as_str()) {
        let hint = match open.is_empty() {
            true => "nothing is frozen".to_owned(),
            false => format!("there are: {}", open.join(", ")),
        };
        return Err(Rejection::not_found(format!("there is no freeze {name}"), hint));
    }
    let event = FreezeLifted { name: name.clone(), reason: reason.clone() };
    Ok(vec![Draft::internal(actor.clone(), Event::FreezeLifted(event))])
}

/// Tells policy to leave something alone. The same again changes nothing.
///
/// # Errors
/// When no reason is given, or it names what is not known here.
pub fn set(
    state: &State,
    actor: &Actor,
    rule: &PolicyRule,
    reason: &Text,
) -> Result<Vec<Draft>, Rejection> {
    if reason.as_str().trim().is_empty() {
        return Err(Rejection::invalid("it needs a reason", "say it with --reason"));
    }
    if state.restraints.has(rule) {
        return Ok(Vec::new());
    }
    match rule {
        PolicyRule::Pause { project, place } => {
            a_project(state, project)?;
            a_place(state, place)?;
        }
        PolicyRule::Pin { project, environment, .. } => {
            a_project(state, project)?;
            an_environment(state, environment)?;
        }
        PolicyRule::Skip { place } => a_part_of_a_phase(state, place)?,
    }
    let event = PolicySet { rule: rule.clone(), reason: reason.clone() };
    Ok(vec![Draft::internal(actor.clone(), Event::PolicySet(event))])
}

/// Tells policy that it need not leave that alone any more. What it was not told changes nothing.
#[must_use]
pub fn unset(state: &State, actor: &Actor, rule: &PolicyRule) -> Vec<Draft> {
    if !state.restraints.has(rule) {
        return Vec::new();
    }
    let event = PolicyLifted { rule: rule.clone() };
    vec![Draft::internal(actor.clone(), Event::PolicyLifted(event))]
}

/// Projects that there are, or that there may be by a rule of this space.
fn a_project(state: &State, pattern: &Pattern) -> Result<(), Rejection> {
    let space = naming::space(state, pattern.space.as_ref())?;
    if pattern.is_any_name() {
        return Ok(());
    }
    let mut known: BTreeSet<&Name> =
        state.releases.projects().filter(|it| it.space == space).map(|it| &it.name).collect();
    if space == state.me() {
        known.extend(state.configuration.projects());
    }
    let ruled =
        pattern.space.as_ref().and_then(|from| state.configuration.acceptance(from, &pattern.name));
    let granted = state.links.peer(&space).is_some_and(|peer| peer.may_release(&pattern.name));
    if known.contains(&pattern.name) || ruled.is_some() || granted {
        return Ok(());
    }
    Err(unknown(format!("project {pattern}"), known.into_iter()))
}

fn an_environment(state: &State, name: &Name) -> Result<(), Rejection> {
    if state.configuration.environment(name).is_some() {
        return Ok(());
    }
    let what = format!("environment {name}");
    if state.links.named(name).is_some() {
        let hint = format!("{name} is a space; all of it is `{}`", argument(&format!("{name}: *")));
        return Err(Rejection::not_found(format!("there is no {what} here"), hint));
    }
    Err(unknown(what, state.configuration.environments()))
}

/// Environments of this space, or all of another.
fn a_place(state: &State, pattern: &Pattern) -> Result<(), Rejection> {
    let space = naming::space(state, pattern.space.as_ref())?;
    match pattern.is_any_name() {
        true => Ok(()),
        false if space == state.me() => an_environment(state, &pattern.name),
        // Who deploys there decides there.
        false => Err(Rejection::invalid(
            format!("{pattern} is in another space, and what is deployed there is decided there"),
            format!(
                "to hold up what goes to it: `{}`",
                argument(&format!("{}: *", state.name_of(&space)))
            ),
        )),
    }
}

/// What a phase may have: an environment, here or elsewhere, or a space.
fn a_part_of_a_phase(state: &State, pattern: &Pattern) -> Result<(), Rejection> {
    let space = naming::space(state, pattern.space.as_ref())?;
    if pattern.is_any_name() {
        return Ok(());
    }
    if space == state.me() {
        return an_environment(state, &pattern.name);
    }
    let lifecycles = state.configuration.lifecycles();
    let lifecycles = lifecycles.filter_map(|name| state.configuration.lifecycle(name));
    let named = lifecycles.flat_map(|it| &it.phases).flat_map(|it| &it.environments);
    let named = named.filter(|it| it.space == pattern.space).map(|it| &it.name);
    let told = state.links.peer(&space).into_iter().flat_map(|peer| &peer.environments);
    let known: BTreeSet<&Name> = named.chain(told).collect();
    match known.contains(&pattern.name) {
        true => Ok(()),
        false => Err(unknown(format!("environment {pattern}"), known.into_iter())),
    }
}

fn unknown<'a>(what: String, known: impl Iterator<Item = &'a Name>) -> Rejection {
    let known = known.map(Name::as_str).collect::<Vec<_>>().join(", ");
    let hint = match known.is_empty() {
        true => "none is known yet".to_owned(),
        false => format!("there are: {known}"),
    };
    Rejection::not_found(format!("there is no {what} here"), hint)
}
