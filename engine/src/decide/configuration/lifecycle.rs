//! Whether a lifecycle makes sense.

use super::{Wanted, require};
use crate::command::Rejection;
use schema::v1::event::Kind;
use schema::v1::model::{Lifecycle, Phase};
use std::collections::BTreeSet;

/// Whether its places are there, and each in one phase.
///
/// # Errors
/// With what is wrong, and what to do.
pub(super) fn check(wanted: &Wanted<'_>, lifecycle: &Lifecycle) -> Result<(), Rejection> {
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
        check_phase(phase, &by)?;
        for environment in phase.environments.iter().filter(|it| it.space.is_none()) {
            require(wanted, Kind::Environment, &environment.name, &by)?;
        }
        let environments = phase.environments.iter().map(|it| (true, it.to_string()));
        let spaces = phase.spaces.iter().map(|name| (false, name.to_string()));
        for place in environments.chain(spaces) {
            let name = place.1.clone();
            if !places.insert(place) {
                return Err(Rejection::invalid(
                    format!("{by} names {name} twice"),
                    "a place belongs to one phase",
                ));
            }
        }
    }
    Ok(())
}

fn check_phase(phase: &Phase, by: &str) -> Result<(), Rejection> {
    let by = format!("phase {} of {by}", phase.name);
    if phase.environments.is_empty() && phase.spaces.is_empty() {
        return Err(Rejection::invalid(
            format!("{by} has no environment and no space"),
            "name at least one place, or remove the phase",
        ));
    }
    if let Some(all) = phase.environments.iter().find(|pattern| pattern.is_any_name()) {
        return Err(Rejection::invalid(
            format!("{by} names {all}, which is no environment"),
            "name each environment: a phase says what a release must have reached",
        ));
    }
    let count = match phase.environments.len() {
        0 => phase.spaces.len(),
        count => count,
    };
    let minimum = phase.minimum.and_then(|minimum| usize::try_from(minimum).ok());
    if minimum.is_some_and(|minimum| minimum == 0 || minimum > count) {
        return Err(Rejection::invalid(
            format!("{by} cannot be complete: its minimum does not lie between 1 and {count}"),
            "environments count where a phase has any, else spaces; `optional = true` lets \
             releases pass without it",
        ));
    }
    if !phase.onward.is_empty() && phase.spaces.is_empty() {
        return Err(Rejection::invalid(
            format!("{by} names spaces to send a release on to, and none to send it to"),
            "name in `spaces` who sends it on",
        ));
    }
    Ok(())
}
