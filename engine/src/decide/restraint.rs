//! Freezes, and what policy is told to leave alone.

use crate::command::Rejection;
use crate::decide::{Draft, Given};
use crate::state::State;
use schema::latest::{Actor, Event};
use schema::name::{Name, Text};
use schema::v1::event::{FreezeLifted, FreezeMade, PolicyLifted, PolicyRule, PolicySet};
use schema::v1::model::Pattern;

/// Makes a freeze. The same again changes nothing.
///
/// # Errors
/// When another that holds has its name, it has no reason, or ends before it begins.
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
            let patterns = wanted.projects.iter().chain(&wanted.environments);
            known_spaces(state, patterns)?;
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
/// When no reason is given, or it names a space that is not known.
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
    let patterns = match rule {
        PolicyRule::Pause { project, place } => vec![project, place],
        PolicyRule::Pin { project, .. } => vec![project],
        PolicyRule::Skip { place } => vec![place],
    };
    known_spaces(state, patterns.into_iter())?;
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

fn known_spaces<'a>(
    state: &State,
    patterns: impl Iterator<Item = &'a Pattern>,
) -> Result<(), Rejection> {
    let mut named = patterns.filter_map(|pattern| pattern.space.as_ref());
    match named.find(|name| state.space_named(name).is_none()) {
        None => Ok(()),
        Some(name) => Err(Rejection::not_found(
            format!("no space is called {name} here"),
            "`interspace link list` shows the spaces that are known",
        )),
    }
}
