//! Whether a project makes sense.

use super::{Wanted, check_values, require, unique};
use crate::command::Rejection;
use crate::decide::import::words;
use crate::decide::references::{Part, parts};
use crate::run::name_flaw;
use schema::limits::{RETRIES_MAX, SECRETS_OF_ONE_MAX};
use schema::name::Name;
use schema::v1::event::Kind;
use schema::v1::model::{Channel, Pattern, Per, Project, Step, VersionRule, Where, Work};
use std::collections::{BTreeMap, BTreeSet};

/// Whether what it names is there, no two of its values could be meant at one place, and it could
/// ever be deployed; that last is not asked of a project that `holds` as it is.
///
/// # Errors
/// With what is wrong, and what to do.
pub(super) fn check(wanted: &Wanted<'_>, project: &Project, holds: bool) -> Result<(), Rejection> {
    let by = format!("project {}", project.name);
    if !holds {
        could_go(project, &by)?;
    }
    require(wanted, Kind::Lifecycle, &project.lifecycle, &by)?;
    unique(project.channels.iter().map(|channel| &channel.name), &by, "channel")?;
    for lifecycle in project.channels.iter().filter_map(|channel| channel.lifecycle.as_ref()) {
        require(wanted, Kind::Lifecycle, lifecycle, &by)?;
    }
    unique(project.steps.iter().map(|step| &step.name), &by, "step")?;
    for step in &project.steps {
        check_step(wanted, project, step)?;
    }
    check_variables(wanted, project, &by)?;
    check_answers(wanted, project, &by)
}

/// Whether a release of the project could be made and deployed at all.
fn could_go(project: &Project, by: &str) -> Result<(), Rejection> {
    project.channels.iter().try_for_each(|channel| check_channel(channel, by))?;
    let mut runs = project.steps.iter().filter(|step| matches!(step.work, Work::Run(_)));
    if let Some(step) = runs.find(|step| step.timeout_s == 0) {
        return Err(Rejection::invalid(
            format!("step {} of {by} has no time to run", step.name),
            "give it some with `timeout_s`, or leave that out",
        ));
    }
    let variables = project.variables.iter().map(|it| &it.name);
    let secrets = project.secrets.iter().map(|it| &it.name);
    let templates = project.templates.iter().map(|it| &it.name);
    let mut names = variables.chain(secrets).chain(templates);
    let flaw = |name: &Name| name_flaw(name.as_str()).map(|flaw| (name.clone(), flaw));
    if let Some((name, flaw)) = names.find_map(flaw) {
        return Err(Rejection::invalid(
            format!("{name:?} of {by} {flaw}"),
            "rename it: steps see it as an environment variable",
        ));
    }
    if let Some(round) = circle(project) {
        return Err(Rejection::invalid(
            format!("the variables {round} of {by} refer to each other in a circle"),
            "let one of them have a value of its own",
        ));
    }
    for value in &project.values {
        let template = project.templates.iter().find(|it| it.name == value.template);
        let named = (value.environment.is_some(), value.tenant.is_some());
        if let Some(template) = template.filter(|template| named != asked_of(template.per)) {
            return Err(Rejection::invalid(
                format!("{by} has a value of {}, which nobody asks for", words(value)),
                format!("{} is asked {}", template.name, per(template.per)),
            ));
        }
    }
    Ok(())
}

fn check_channel(channel: &Channel, by: &str) -> Result<(), Rejection> {
    let VersionRule { from, below, .. } = &channel.versions;
    match from.as_ref().zip(below.as_ref()) {
        Some((from, below)) if from.precedence(below).is_ge() => Err(Rejection::invalid(
            format!("channel {} of {by} lets no version in", channel.name),
            format!("it begins with {from} and ends before {below}"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn check_step(wanted: &Wanted<'_>, project: &Project, step: &Step<Where>) -> Result<(), Rejection> {
    let by = format!("step {} of project {}", step.name, project.name);
    if matches!(&step.work, Work::Run(run) if run.is_empty()) {
        return Err(Rejection::invalid(format!("{by} runs nothing"), "name a program in `run`"));
    }
    if let Some(package) = step.packages.iter().find(|it| !project.packages.contains(it)) {
        return Err(Rejection::invalid(
            format!("{by} uses package {package}, which the project has not"),
            "name it in `packages` of the project",
        ));
    }
    if !step.scope.steps.is_empty() {
        return Err(Rejection::invalid(
            format!("{by} names steps that it applies in"),
            "only variables and secrets do",
        ));
    }
    if step.retries > RETRIES_MAX {
        return Err(Rejection::invalid(
            format!("{by} is tried again more than {RETRIES_MAX} times"),
            "choose fewer `retries` with a longer `retry_delay_s`",
        ));
    }
    let manual = matches!(step.work, Work::Manual(_));
    if manual && (step.retries > 0 || !step.roles.is_empty()) {
        return Err(Rejection::invalid(
            format!("{by} is done by a person, and has roles or retries"),
            "leave them out: it is asked once for the environment",
        ));
    }
    check_where(wanted, project, &step.scope, &by)
}

fn check_where(
    wanted: &Wanted<'_>,
    project: &Project,
    scope: &Where,
    by: &str,
) -> Result<(), Rejection> {
    for pattern in scope.environments.iter().filter(|pattern| pattern.space.is_none()) {
        if !pattern.is_any_name() {
            require(wanted, Kind::Environment, &pattern.name, by)?;
        }
    }
    scope.tenants.iter().try_for_each(|tenant| require(wanted, Kind::Tenant, tenant, by))?;
    let named = [
        ("channel", &scope.channels, project.channels.iter().map(|it| &it.name).collect()),
        ("step", &scope.steps, project.steps.iter().map(|it| &it.name).collect::<Vec<_>>()),
    ];
    for (word, names, known) in named {
        if let Some(odd) = names.iter().find(|name| !known.contains(name)) {
            let list = known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Rejection::invalid(
                format!("{by} names the {word} {odd}, which the project has not"),
                format!("there are: {list}"),
            ));
        }
    }
    Ok(())
}

/// Steps see variables, secrets and answers to templates alike: templates have names of their own,
/// and of variables and secrets with one name never two are equally narrow at one place.
fn check_variables(wanted: &Wanted<'_>, project: &Project, by: &str) -> Result<(), Rejection> {
    let variables = project.variables.iter().map(|it| (&it.name, "variable", &it.scope));
    let secrets = project.secrets.iter().map(|it| (&it.name, "secret", &it.scope));
    let mut all: BTreeMap<&Name, Vec<(&str, &Where)>> = BTreeMap::new();
    for (name, word, scope) in variables.chain(secrets) {
        check_where(wanted, project, scope, &format!("{word} {name} of {by}"))?;
        let others = all.entry(name).or_default();
        if let Some((other, _)) = others.iter().find(|(_, other)| ambiguous(scope, other)) {
            let what = match *other == word {
                true => format!("{by} has two {word}s called {name}"),
                false => format!("{by} has both a {word} and a {other} called {name}"),
            };
            let hint = "rename one of them, or let one apply more narrowly";
            return Err(Rejection::invalid(format!("{what} that apply alike"), hint));
        }
        others.push((word, scope));
    }
    let templates = project.templates.iter().map(|template| &template.name);
    unique(templates.clone(), by, "template")?;
    if let Some(name) = templates.clone().find(|name| all.contains_key(name)) {
        return Err(Rejection::invalid(
            format!("{by} has both a template and a variable or secret called {name}"),
            "rename one of them",
        ));
    }
    if project.secrets.len() > SECRETS_OF_ONE_MAX {
        return Err(Rejection::invalid(
            format!("{by} has more than {SECRETS_OF_ONE_MAX} secrets"),
            "put several into one, as a file that a step reads",
        ));
    }
    let known: BTreeSet<&str> = all.keys().copied().chain(templates).map(Name::as_str).collect();
    for variable in &project.variables {
        for part in parts(variable.value.as_str()) {
            if let Part::Reference(other) = part
                && !known.contains(other)
            {
                return Err(Rejection::invalid(
                    format!(
                        "variable {} of {by} refers to {other}, which it has not",
                        variable.name
                    ),
                    "define it, or write ##{ for a plain #{",
                ));
            }
        }
    }
    Ok(())
}

/// Variables that refer to each other in a circle wherever they apply: each has one value alone,
/// for everything. Others show only where a value is worked out.
fn circle(project: &Project) -> Option<String> {
    let mut only: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for variable in &project.variables {
        let value = Some(variable.value.as_str()).filter(|_| variable.scope == Where::default());
        let known = only.entry(variable.name.as_str()).or_insert(value);
        // Another of the same name may come between.
        *known = known.filter(|known| Some(*known) == value);
    }
    let refers = |name: &str| {
        let value = only.get(name).copied().flatten().unwrap_or_default();
        let next = |part: Part<'_>| match part {
            Part::Reference(other) => only.get_key_value(other).map(|(name, _)| *name),
            Part::Text(_) => None,
        };
        parts(value).into_iter().filter_map(next).collect::<Vec<&str>>()
    };
    // What refers to nothing that is left, or is referred to by nothing, is in no circle: it is
    // taken away until nothing is.
    let mut left: BTreeMap<&str, Vec<&str>> =
        only.keys().map(|name| (*name, refers(name))).collect();
    loop {
        let names: BTreeSet<&str> = left.keys().copied().collect();
        let referred: BTreeSet<&str> = left.values().flatten().copied().collect();
        left.retain(|name, to| referred.contains(name) && to.iter().any(|it| names.contains(it)));
        if left.len() == names.len() {
            break;
        }
    }
    let round = || left.keys().copied().collect::<Vec<_>>().join(", ");
    (!left.is_empty()).then(round)
}

/// Whether two scopes can fit at one place and are equally narrow there.
fn ambiguous(one: &Where, other: &Where) -> bool {
    fn alike<T: PartialEq>(one: &[T], other: &[T]) -> bool {
        (one.is_empty() && other.is_empty()) || one.iter().any(|it| other.contains(it))
    }
    // `*` among environments is the same as naming none.
    let everywhere = |scope: &Where| scope.environments.iter().any(Pattern::is_all);
    let bare = |scope: &Where| scope.environments.is_empty() || everywhere(scope);
    let environments = match (bare(one), bare(other)) {
        (true, true) => true,
        (false, false) => alike(&one.environments, &other.environments),
        (true, false) | (false, true) => false,
    };
    environments
        && alike(&one.tenants, &other.tenants)
        && alike(&one.channels, &other.channels)
        && alike(&one.steps, &other.steps)
}

fn check_answers(wanted: &Wanted<'_>, project: &Project, by: &str) -> Result<(), Rejection> {
    check_values(wanted, &project.values, by)?;
    for value in &project.values {
        let template = project.templates.iter().find(|it| it.name == value.template);
        let Some(template) = template else {
            return Err(Rejection::invalid(
                format!("{by} has a value for {}, which is none of its templates", value.template),
                "define the template, or remove the value",
            ));
        };
        if let Some(odd) = value.value.as_ref().filter(|it| !template.kind.admits(it)) {
            return Err(Rejection::invalid(
                format!("{odd:?} is no value of {} in {by}", template.name),
                format!("it has to be {}", template.kind.words()),
            ));
        }
    }
    for template in &project.templates {
        if let Some(odd) = template.default.as_ref().filter(|it| !template.kind.admits(it)) {
            return Err(Rejection::invalid(
                format!("{odd:?} is no default of {} in {by}", template.name),
                format!("it has to be {}", template.kind.words()),
            ));
        }
    }
    Ok(())
}

/// Whether an answer names an environment, and whether a tenant.
const fn asked_of(per: Per) -> (bool, bool) {
    match per {
        Per::Environment => (true, false),
        Per::Tenant => (false, true),
        Per::TenantEnvironment => (true, true),
    }
}

const fn per(per: Per) -> &'static str {
    match per {
        Per::Environment => "once for each environment: name that alone",
        Per::Tenant => "once for each tenant: name that alone",
        Per::TenantEnvironment => "for each tenant in each environment: name both",
    }
}
