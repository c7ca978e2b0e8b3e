//! Approvals: what people say about a release before it is deployed to an environment.

use crate::command::Rejection;
use crate::decide::{Draft, Given};
use crate::gates::{approvals, is_author};
use schema::latest::{Actor, Approval, Event, Kind};
use schema::name::{Name, Text};
use schema::v1::event::ApprovalGiven;
use schema::v1::model::ReleaseId;

/// What a person says.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// About which environment.
    pub environment: &'a Name,
    /// Whether the release may be deployed there.
    pub approved: bool,
    /// Why.
    pub reason: &'a Text,
}

/// Signs and writes down what a person says. The same again changes nothing; the newest counts.
///
/// # Errors
/// When the environment asks nobody, the person made the release, or refuses without a reason.
pub fn approve(
    given: Given<'_>,
    actor: &Actor,
    id: &ReleaseId,
    said: &Said<'_>,
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let Said { environment, approved, reason } = *said;
    let name = format!("{} {}", id.project.name, id.version);
    let Some(release) = state.releases.get(id) else {
        return Err(Rejection::not_found("there is no such release", "`interspace release list`"));
    };
    let Some(known) = state.configuration.environment(environment) else {
        let all: Vec<&str> = state.configuration.environments().map(Name::as_str).collect();
        return Err(Rejection::not_found(
            format!("there is no environment {environment} here"),
            format!("there are: {}", all.join(", ")),
        ));
    };
    let Some(rule) = known.approval else {
        return Err(Rejection::conflict(
            format!("{environment} needs no approval"),
            "deploy: `interspace deploy`; or let it need one: `approvals` in space.toml",
        ));
    };
    let Actor::Person(by) = actor else {
        return Err(Rejection::denied("only people approve", "let a person do it"));
    };
    if is_author(release, by) {
        return Err(Rejection::denied(
            format!("{by} made {name}, and nobody approves their own"),
            "let somebody else do it who has the role approver",
        ));
    }
    if !approved && reason.as_str().trim().is_empty() {
        return Err(Rejection::invalid(
            "a refusal needs a reason",
            "say it with --reason; whoever wants to deploy it will see it",
        ));
    }
    let before = approvals(release, environment, rule).get(by).map(|it| it.content.approved);
    if before == Some(approved) {
        return Ok(Vec::new());
    }
    let approval = Approval {
        space: state.me(),
        release: id.clone(),
        digest: release.digest,
        environment: environment.clone(),
        approved,
        by: by.clone(),
        reason: reason.clone(),
        time_ms: given.wall_ms,
        key: given.identity.number(),
    };
    let approval = given.identity.document(Kind::Approval, &approval).write();
    let event = Event::ApprovalGiven(ApprovalGiven { approval });
    Ok(vec![Draft::internal(actor.clone(), event).about(release)])
}
