//! What is done with a bundle that a peer sent: accept it, or reject it with a reason.

use crate::command::Rejection;
use crate::decide::result::shown_actor;
use crate::decide::{Draft, Given, recall, secret, tenant, values};
use crate::state::State;
use crate::state::cells::Slot;
use crate::state::configuration::Configuration;
use crate::state::links::Peer;
use crate::state::releases::{Answer, Import, Release, Source};
use schema::id::EntryId;
use schema::latest::{Actor, Audience, Event};
use schema::name::{Name, Text};
use schema::v1::event::{PromotionAnswered, ReleaseAccepted, ReleaseRejected};
use schema::v1::model::{Acceptance, Lifecycle, Per, ReleaseId, Template, TemplateValue};

/// Accepts a bundle: through which lifecycle, with which values. The same again changes nothing.
///
/// # Errors
/// When it was answered differently, the lifecycle is not clear, a required value is missing, or a
/// secret is not what it should be.
pub fn accept(
    given: Given<'_>,
    actor: &Actor,
    id: &ReleaseId,
    lifecycle: Option<&Name>,
    values: &[TemplateValue],
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let (release, import, peer) = waiting(state, id)?;
    recall::allows(state, id, release.revision)?;
    let rule = values::rule(state, id);
    let lifecycle = choose_lifecycle(state, lifecycle, rule)?;
    let values = answers(state, (id, release), lifecycle, rule, values)?;
    match &import.answer {
        Answer::Waiting => {}
        Answer::Accepted { lifecycle: known, values: before }
            if *known == lifecycle.name && *before == values =>
        {
            return Ok(Vec::new());
        }
        Answer::Accepted { .. } => {
            return Err(Rejection::conflict(
                format!("{} {} was accepted already, in another way", id.project.name, id.version),
                "`interspace release show` tells how",
            ));
        }
        Answer::Rejected { reason } => {
            return Err(Rejection::conflict(
                format!("{} {} was rejected: {reason}", id.project.name, id.version),
                "ask the source for a new version",
            ));
        }
    }
    let kept = if secret::are_here(state, release, import) {
        None
    } else {
        Some(secret::keep(given, id, release, import).map_err(|why| {
            let hint = "reject it with that reason; its source can promote a new version";
            Rejection::conflict(why, hint)
        })?)
    };
    let event = ReleaseAccepted {
        bundle: import.bundle,
        release: id.clone(),
        lifecycle: lifecycle.name.clone(),
        values,
    };
    let accepted = Draft::internal(actor.clone(), Event::ReleaseAccepted(event)).about(release);
    let answer = answer(state, actor, id, release, import, peer, None);
    Ok(kept.into_iter().chain([accepted]).chain(answer).collect())
}

/// Keeps the secrets of a bundle that waits, or rejects it where they are not what they should be.
/// What was done already is not done again.
///
/// # Errors
/// When it is no bundle of a peer.
pub fn keep_secrets(given: Given<'_>, id: &ReleaseId) -> Result<Vec<Draft>, Rejection> {
    let (release, import, _) = waiting(given.state, id)?;
    if import.answer != Answer::Waiting || secret::are_here(given.state, release, import) {
        return Ok(Vec::new());
    }
    match secret::keep(given, id, release, import) {
        Ok(kept) => Ok(vec![kept]),
        Err(why) => {
            let reason: Text = why
                .parse()
                .map_err(|_| Rejection::invalid("no text", "this is a mistake of ours"))?;
            reject(given.state, &Actor::Policy, id, &reason)
        }
    }
}

/// Whether policy has secrets of this bundle to open.
#[must_use]
pub fn has_sealed(state: &State, id: &ReleaseId) -> Option<EntryId> {
    let (release, import, _) = waiting(state, id).ok()?;
    let sealed = !secret::are_here(state, release, import);
    (import.answer == Answer::Waiting && sealed).then_some(release.entry)
}

/// Rejects a bundle with a reason that travels back. The same again changes nothing.
///
/// # Errors
/// When it was accepted before.
pub fn reject(
    state: &State,
    actor: &Actor,
    id: &ReleaseId,
    reason: &Text,
) -> Result<Vec<Draft>, Rejection> {
    let (release, import, peer) = waiting(state, id)?;
    match &import.answer {
        Answer::Waiting => {}
        Answer::Rejected { .. } => return Ok(Vec::new()),
        Answer::Accepted { .. } => {
            return Err(Rejection::conflict(
                format!("{} {} was accepted already", id.project.name, id.version),
                "what is accepted stays accepted; do not deploy it",
            ));
        }
    }
    if reason.as_str().trim().is_empty() {
        return Err(Rejection::invalid(
            "a rejection needs a reason",
            "say it with --reason; the source will see it",
        ));
    }
    let event =
        ReleaseRejected { bundle: import.bundle, release: id.clone(), reason: reason.clone() };
    let rejected = Draft::internal(actor.clone(), Event::ReleaseRejected(event)).about(release);
    let answer = answer(state, actor, id, release, import, peer, Some(reason.clone()));
    Ok([rejected].into_iter().chain(answer).collect())
}

fn waiting<'a>(
    state: &'a State,
    id: &ReleaseId,
) -> Result<(&'a Release, &'a Import, &'a Peer), Rejection> {
    let newest = state.releases.get(id).map(Release::newest);
    let found = newest.and_then(|release| match &release.source {
        Source::Imported(import) => Some((release, &**import, state.links.peer(&import.from)?)),
        Source::Local => None,
    });
    found.ok_or_else(|| {
        Rejection::conflict(
            format!("{} {} was created here and needs no acceptance", id.project.name, id.version),
            "`interspace inbox list` shows what waits",
        )
    })
}

/// The lifecycle that was named, or that the rule names, or the only one there is.
fn choose_lifecycle<'a>(
    state: &'a State,
    named: Option<&Name>,
    rule: Option<&Acceptance>,
) -> Result<&'a Lifecycle, Rejection> {
    let known: Vec<&Name> = state.configuration.lifecycles().collect();
    let list = known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let name = match (named.or(rule.map(|rule| &rule.lifecycle)), known.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, _) => {
            return Err(Rejection::invalid(
                "it is not clear which lifecycle the release shall go through",
                format!("name one with --lifecycle: {list}"),
            ));
        }
    };
    state.configuration.lifecycle(name).ok_or_else(|| {
        Rejection::not_found(format!("there is no lifecycle {name}"), format!("there are: {list}"))
    })
}

/// What is asked before a release is accepted: every template for every environment of the
/// lifecycle, and for every tenant of the project, as the template says.
#[must_use]
pub fn questions<'a>(
    state: &'a State,
    id: &'a ReleaseId,
    release: &'a Release,
    lifecycle: &'a Lifecycle,
) -> Vec<(&'a Template, TemplateValue)> {
    let environments: Vec<&Name> = Configuration::own_environments(lifecycle).collect();
    let mut slots: Vec<Slot> =
        environments.iter().map(|environment| Slot::of((*environment).clone())).collect();
    for tenant in tenant::of(state, &id.project) {
        let has = environments.iter().filter(|name| tenant.environments.contains(name));
        slots.extend(has.map(|environment| Slot {
            environment: (*environment).clone(),
            tenant: Some(tenant.name.clone()),
        }));
    }
    let mut asked: Vec<(&Template, TemplateValue)> = Vec::new();
    for slot in &slots {
        for template in &release.snapshot.templates {
            // What is asked per environment is asked once, whoever has the environment.
            let apart = slot.tenant.is_some() == (template.per != Per::Environment);
            let Some(question) = values::asked(template, slot).filter(|_| apart) else { continue };
            if !asked.iter().any(|(_, known)| *known == question) {
                asked.push((template, question));
            }
        }
    }
    asked
}

/// The answer that is known to a question: given now, or by a rule, or the template's own default.
#[must_use]
pub fn answered<'a>(
    template: &Template,
    question: &TemplateValue,
    known: impl Iterator<Item = &'a TemplateValue>,
) -> Option<TemplateValue> {
    let mut known = known;
    // "No value" is an answer, but not where a value is required.
    let value = match known.find(|answer| values::answers_to(answer, question)) {
        Some(answer) => answer.value.clone(),
        None => template.default.clone(),
    };
    // Nothing at all is none either.
    let complete =
        value.as_ref().is_some_and(|value| !value.as_str().is_empty()) || !template.required;
    complete.then(|| TemplateValue { value, ..question.clone() })
}

/// An answer for every question.
///
/// # Errors
/// When a required value is missing or not of its type, or a value is for something that is not
/// asked.
pub fn answers(
    state: &State,
    (id, release): (&ReleaseId, &Release),
    lifecycle: &Lifecycle,
    rule: Option<&Acceptance>,
    given: &[TemplateValue],
) -> Result<Vec<TemplateValue>, Rejection> {
    let questions = questions(state, id, release, lifecycle);
    let odd = given
        .iter()
        .find(|value| !questions.iter().any(|(_, question)| values::answers_to(value, question)));
    if let Some(odd) = odd {
        let templates = &release.snapshot.templates;
        let names: Vec<&str> = templates.iter().map(|template| template.name.as_str()).collect();
        return Err(Rejection::invalid(
            format!("nobody asks for {}", words(odd)),
            format!("asked for are: {}", names.join(", ")),
        ));
    }
    let known = rule.map_or([].as_slice(), |rule| rule.values.as_slice());
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for (template, question) in &questions {
        let Some(answer) = answered(template, question, given.iter().chain(known)) else {
            missing.push(format!("{} ({})", words(question), template.label));
            continue;
        };
        if let Some(value) = answer.value.as_ref().filter(|value| !template.kind.admits(value)) {
            return Err(Rejection::invalid(
                format!("{value:?} is no value of {}", words(question)),
                format!("it has to be {}", template.kind.words()),
            ));
        }
        values.push(answer);
    }
    if missing.is_empty() {
        return Ok(values);
    }
    Err(Rejection::invalid(
        format!("values are missing: {}", missing.join(", ")),
        "give each with --value 'ENVIRONMENT/NAME=VALUE', 'TENANT@/NAME=VALUE' or \
         'TENANT@ENVIRONMENT/NAME=VALUE', or --value 'NAME=VALUE' for all of them",
    ))
}

/// What a value is for, for people.
#[must_use]
pub fn words(value: &TemplateValue) -> String {
    let name = &value.template;
    match (&value.tenant, &value.environment) {
        (Some(tenant), Some(environment)) => format!("{name} of {tenant} in {environment}"),
        (Some(tenant), None) => format!("{name} of {tenant}"),
        (None, Some(environment)) => format!("{name} for {environment}"),
        (None, None) => name.to_string(),
    }
}

/// What the sender is told; nothing when the link to it was ended.
fn answer(
    state: &State,
    actor: &Actor,
    id: &ReleaseId,
    release: &Release,
    import: &Import,
    peer: &Peer,
    rejected: Option<Text>,
) -> Option<Draft> {
    if !peer.is_open() {
        return None;
    }
    let event = PromotionAnswered { bundle: import.bundle, release: id.clone(), rejected };
    let shown = shown_actor(state, peer, actor);
    let draft = Draft::internal(shown, Event::PromotionAnswered(event)).about(release);
    Some(Draft { audience: Audience::Link(peer.link), ..draft })
}

/// Whether a rule accepts this bundle by itself: automatic, no required value is missing, and its
/// secrets are what they should be.
#[must_use]
pub fn accepts_by_itself(state: &State, id: &ReleaseId) -> Option<EntryId> {
    let (release, import, _) = waiting(state, id).ok()?;
    let rule = values::rule(state, id).filter(|rule| rule.automatic)?;
    let lifecycle = state.configuration.lifecycle(&rule.lifecycle)?;
    let complete = answers(state, (id, release), lifecycle, Some(rule), &[]).is_ok();
    let complete = complete && secret::are_here(state, release, import);
    let complete = complete && recall::allows(state, id, release.revision).is_ok();
    (import.answer == Answer::Waiting && complete).then_some(release.entry)
}
