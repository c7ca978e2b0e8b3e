//! Makes the streams and consumers of a plan, as the operator of the server.

use super::{Making, Plan};
use crate::examine::{Finding, Visit};
use crate::settings::Settings;
use async_nats::client::RequestErrorKind;
use schema::id::SpaceId;
use serde::Deserialize;

/// What a server answers.
#[derive(Deserialize)]
struct Answer {
    error: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    description: String,
}

/// Makes what is not there and changes no stream that is, over a connection of its own with the
/// operator's login in `settings`. Says of each what became of it, and ends at the first that the
/// server does not answer.
pub async fn apply(settings: &Settings, plan: &Plan) -> Vec<Finding> {
    // The operator is no space; its answers come to an inbox that no space has.
    let visit = match Visit::begin(settings, SpaceId([0; 32])).await {
        Ok(visit) => visit,
        Err(finding) => return vec![finding],
    };
    let mut findings = Vec::new();
    for making in plan.makings() {
        findings.push(make(&visit, &making).await);
        if findings.last().is_some_and(Finding::ends_the_visit) {
            break;
        }
    }
    let _ = visit.client.drain().await;
    findings
}

async fn make(visit: &Visit, making: &Making) -> Finding {
    let Making { what, subject, body } = making;
    let hint = "Is this the operator's login, and the server the one of the plan?";
    match visit.client.request(subject.clone(), body.to_string().into()).await {
        Ok(answer) => match serde_json::from_slice::<Answer>(&answer.payload) {
            Ok(Answer { error: None }) => Finding::good(format!("There is {what}.")),
            Ok(Answer { error: Some(why) }) => Finding::problem(
                format!("The server refused {what}: {}.", crate::events::said(&why.description)),
                "Delete it if nothing waits there that is needed, and ask again.",
            ),
            Err(why) => Finding::problem(format!("No answer for {what}: {why}."), hint),
        },
        Err(why) if why.kind() == RequestErrorKind::NoResponders => {
            let what = format!("Nobody there makes {what}: the account has no JetStream.");
            Finding::problem(what, hint).and_that_is_all()
        }
        Err(why) => {
            let what = format!("The server did not make {what}: {why}{}.", visit.denials());
            Finding::problem(what, hint).and_that_is_all()
        }
    }
}
