//! What the steps of one deployment see: for each name the value that applies most narrowly, with
//! the references in it replaced.
//!
//! Of several values of one name the narrowest counts: first one for the step, then one for the
//! tenant, then one for the environment, then one for all environments of the space, then one for
//! everywhere. In each respect that order is strict, so that no two are equally narrow; `apply`
//! refuses projects where two would be. (One for the channel counts before one for every channel;
//! that was settled when the release was frozen.) The answers to templates have names of their own.

use crate::command::Rejection;
use crate::decide::references::{DEPTH_MAX, Names, Raw, Reading, too_long};
use crate::state::State;
use crate::state::cells::Slot;
use crate::state::releases::{Answer, Release, Source};
use crate::trust::secret::SecretValue;
use schema::id::SpaceId;
use schema::name::{Name, Text};
use schema::v1::model::{
    Acceptance, Bound, Per, ReleaseId, Scope, Site, Step, Template, TemplateValue,
};
use std::collections::BTreeMap;

/// What the steps of one deployment see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// What everybody may read who may read the log.
    pub open: Vec<Bound>,
    /// What hangs on a secret: the name, the value, the steps that see it, all if none is named.
    pub hidden: Vec<(Name, SecretValue, Vec<Name>)>,
}

/// Whether something with this scope applies at a slot of `me`, in whatever step.
#[must_use]
pub fn applies(scope: &Scope, me: SpaceId, slot: &Slot) -> bool {
    let at = |site: &Site| {
        site.space == me && site.environment.as_ref().is_none_or(|name| *name == slot.environment)
    };
    let tenant = |tenant: &Name| scope.tenants.contains(tenant);
    (scope.sites.is_empty() || scope.sites.iter().any(at))
        && (scope.tenants.is_empty() || slot.tenant.as_ref().is_some_and(tenant))
}

/// The steps of a release that are run at a slot of `me`, in order.
pub fn steps<'a>(
    release: &'a Release,
    me: SpaceId,
    slot: &'a Slot,
) -> impl Iterator<Item = &'a Step> {
    release.snapshot.steps.iter().filter(move |step| applies(&step.scope, me, slot))
}

/// How narrowly a scope that applies does so; more is narrower.
fn narrowness(scope: &Scope, slot: &Slot) -> [u8; 3] {
    let named = |site: &Site| site.environment.as_ref() == Some(&slot.environment);
    let environment = match scope.sites.as_slice() {
        [] => 0,
        sites if sites.iter().any(named) => 2,
        _ => 1,
    };
    [u8::from(!scope.steps.is_empty()), u8::from(!scope.tenants.is_empty()), environment]
}

/// What the steps of a release see at a slot. `secrets` are the values of those secrets of its
/// snapshot that this space can read, by their index; without them, nothing hidden is given.
///
/// # Errors
/// When a required value is missing, or a reference leads nowhere or round in a circle.
pub fn seen(
    state: &State,
    id: &ReleaseId,
    release: &Release,
    slot: &Slot,
    secrets: Option<&BTreeMap<usize, SecretValue>>,
) -> Result<Seen, Rejection> {
    let me = state.me();
    let answers = answers(state, id, release, slot)?;
    let steps: Vec<&Step> = steps(release, me, slot).collect();
    let mut open: BTreeMap<(Name, String), Vec<Name>> = BTreeMap::new();
    let mut hidden: BTreeMap<(Name, String), Vec<Name>> = BTreeMap::new();
    for step in &steps {
        let mut names = narrowest(release, me, slot, &step.name, secrets);
        for (name, value) in &answers {
            names.insert(name, Raw::Open(value.as_str()));
        }
        let mut reading = Reading::of(&names);
        for name in names.keys().copied() {
            let (value, is_hidden) = reading.value(name, DEPTH_MAX)?;
            let into = if is_hidden { &mut hidden } else { &mut open };
            let key = (name.clone(), value);
            into.entry(key).or_default().push(step.name.clone());
        }
    }
    let whom = |by: Vec<Name>| if by.len() == steps.len() { Vec::new() } else { by };
    let open = open.into_iter().map(|((name, value), by)| {
        let value: Text = value.parse().map_err(|_| too_long(&name))?;
        Ok(Bound { name, value, steps: whom(by) })
    });
    let hidden = hidden.into_iter().filter(|_| secrets.is_some()).map(|((name, value), by)| {
        let value = SecretValue::new(value).map_err(|_| too_long(&name))?;
        Ok((name, value, whom(by)))
    });
    let open: Result<Vec<Bound>, Rejection> = open.collect();
    let hidden: Result<Vec<_>, Rejection> = hidden.collect();
    Ok(Seen { open: open?, hidden: hidden? })
}

/// For each name the value that applies most narrowly in a step.
fn narrowest<'a>(
    release: &'a Release,
    me: SpaceId,
    slot: &Slot,
    step: &Name,
    secrets: Option<&'a BTreeMap<usize, SecretValue>>,
) -> Names<'a> {
    let snapshot = &release.snapshot;
    let open = snapshot
        .variables
        .iter()
        .map(|variable| (&variable.name, &variable.scope, Raw::Open(variable.value.as_str())));
    let hidden = snapshot.secrets.iter().enumerate().map(|(index, secret)| {
        let value = secrets.and_then(|secrets| secrets.get(&index)).map(SecretValue::expose);
        (&secret.name, &secret.scope, Raw::Hidden(value))
    });
    let fits = |scope: &Scope| {
        applies(scope, me, slot) && (scope.steps.is_empty() || scope.steps.contains(step))
    };
    let mut best: BTreeMap<&Name, ([u8; 3], Raw<'a>)> = BTreeMap::new();
    for (name, scope, raw) in open.chain(hidden).filter(|(_, scope, _)| fits(scope)) {
        let narrow = narrowness(scope, slot);
        let known = best.entry(name).or_insert((narrow, raw));
        if known.0 < narrow {
            *known = (narrow, raw);
        }
    }
    best.into_iter().map(|(name, (_, raw))| (name, raw)).collect()
}

/// The answers to the templates of a release at a slot; what has explicitly no value is not among
/// them.
fn answers(
    state: &State,
    id: &ReleaseId,
    release: &Release,
    slot: &Slot,
) -> Result<Vec<(Name, Text)>, Rejection> {
    let known = known(state, id, release);
    let mut given = Vec::new();
    for template in &release.snapshot.templates {
        let asked = asked(template, slot);
        let answer = asked.as_ref().and_then(|asked| known.iter().find(|it| answers_to(it, asked)));
        // Never what was said for something wider: only the default that the template itself has.
        let value = answer.map_or(template.default.as_ref(), |answer| answer.value.as_ref());
        // Nothing at all is no value where one is required.
        let value = value.filter(|value| !template.required || !value.as_str().is_empty());
        match (value, asked.is_some()) {
            (Some(value), true) => given.push((template.name.clone(), value.clone())),
            (None, true) if template.required => return Err(missing(template, slot, release)),
            (_, false) if template.required => return Err(apart(template, slot)),
            (None, true) | (_, false) => {}
        }
    }
    Ok(given)
}

/// What is asked of a template at a slot; none where it is not asked there.
#[must_use]
pub fn asked(template: &Template, slot: &Slot) -> Option<TemplateValue> {
    let (environment, tenant) = match template.per {
        Per::Environment => (Some(slot.environment.clone()), None),
        Per::Tenant => (None, Some(slot.tenant.clone()?)),
        Per::TenantEnvironment => (Some(slot.environment.clone()), Some(slot.tenant.clone()?)),
    };
    Some(TemplateValue { template: template.name.clone(), environment, tenant, value: None })
}

/// Whether an answer is one to what is asked.
#[must_use]
pub fn answers_to(answer: &TemplateValue, asked: &TemplateValue) -> bool {
    answer.template == asked.template
        && answer.environment == asked.environment
        && answer.tenant == asked.tenant
}

/// All answers that are known for a release, the newest first: of the project, where it is of this
/// space; else those with which it was accepted, and those of the rule that now holds for it.
#[must_use]
pub fn known<'a>(state: &'a State, id: &ReleaseId, release: &'a Release) -> Vec<&'a TemplateValue> {
    match &release.source {
        Source::Local => {
            let project = state.configuration.project(&id.project.name);
            project.map(|project| project.values.iter().collect()).unwrap_or_default()
        }
        Source::Imported(import) => {
            let given: &[TemplateValue] = match &import.answer {
                Answer::Accepted { values, .. } => values,
                Answer::Waiting | Answer::Rejected { .. } => &[],
            };
            let rule = rule(state, id).map_or([].as_slice(), |rule| rule.values.as_slice());
            given.iter().chain(rule).collect()
        }
    }
}

/// The rule for the releases of a project of another space.
#[must_use]
pub fn rule<'a>(state: &'a State, id: &ReleaseId) -> Option<&'a Acceptance> {
    let owner = state.links.peer(&id.project.space)?;
    state.configuration.acceptance(&owner.name, &id.project.name)
}

fn missing(template: &Template, slot: &Slot, release: &Release) -> Rejection {
    let table = match release.source {
        Source::Local => "[[projects.values]]",
        Source::Imported(_) => "[[acceptances.values]]",
    };
    let place = match (template.per, &slot.tenant) {
        (Per::Tenant, Some(tenant)) => tenant.to_string(),
        _ => slot.to_string(),
    };
    Rejection::invalid(
        format!("{place} has no value for {} ({})", template.name, template.label),
        format!("give it in space.toml under {table}, and `interspace apply -f space.toml`"),
    )
}

fn apart(template: &Template, slot: &Slot) -> Rejection {
    Rejection::invalid(
        format!(
            "{} ({}) is asked of each tenant, and {slot} is for none",
            template.name, template.label
        ),
        "say for which: `--tenant NAME`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn the_narrowest_is_for_the_step_then_the_tenant_then_the_environment() {
        let me = SpaceId([1; 32]);
        let slot = Slot { environment: name("Prod"), tenant: Some(name("acme")) };
        let site =
            |environment: Option<&str>| Site { space: me, environment: environment.map(name) };
        let everywhere = Scope::default();
        let space = Scope { sites: vec![site(None)], ..Scope::default() };
        let here = Scope { sites: vec![site(Some("Prod")), site(None)], ..Scope::default() };
        let tenant = Scope { tenants: vec![name("acme")], ..Scope::default() };
        let step = Scope { steps: vec![name("install")], ..Scope::default() };
        let order = [everywhere, space, here, tenant, step];
        assert!(order.iter().all(|scope| applies(scope, me, &slot)));
        let ranks: Vec<[u8; 3]> = order.iter().map(|scope| narrowness(scope, &slot)).collect();
        assert!(ranks.windows(2).all(|two| two[0] < two[1]), "{ranks:?}");
    }
}
