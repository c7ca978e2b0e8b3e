//! Routes about keys and the life of a log: for the operator of the node alone.

use super::writing::{ask_as, body};
use super::{Answer, Context, blocking};
use crate::authority::Who;
use crate::custody::{Custody, Divided, Since};
use crate::gate::Entered;
use crate::port::Trouble;
use crate::problem::Problem;
use crate::shape::command::Did;
use crate::shape::keys::{self, Ask, Keys, Requested, Revoke};
use crate::shape::space;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use engine::command::Command;
use engine::decide::rights::Rights;
use engine::trust::request;
use schema::id::{CommandId, SpaceId};
use schema::latest::{Document, Revocation};
use serde::{Deserialize, Serialize};

/// What was done about keys.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Answered {
    Requested(Requested),
    Did(Did),
    Divided(Divided),
}

/// How to recover.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recovery {
    /// Also when nothing is known to be lost.
    #[serde(default)]
    force: bool,
}

fn custody(context: &Context) -> Result<&dyn Custody, Problem> {
    let nobody =
        || Problem::not_found("nobody keeps keys here", "ask the node that runs the space");
    context.node.custody().ok_or_else(nobody)
}

pub(super) async fn show(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Keys> {
    blocking(move || {
        let Entered { space, .. } = entered;
        let held = custody(&context)?.held(&space)?;
        context.look(&space, move |engine, _| keys::show(engine, &held))
    })
    .await
    .map(Json)
}

pub(super) async fn x509(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Result<String, Problem> {
    blocking(move || {
        let Entered { space, .. } = entered;
        Ok(custody(&context)?.x509(&space)?)
    })
    .await
}

pub(super) async fn ask(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    json: Result<Json<Ask>, JsonRejection>,
) -> Answer<Answered> {
    let ask = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        match ask {
            Ask::Request { revoke } => requested(&context, space, revoke).map(Answered::Requested),
            Ask::Install { statement } => {
                install(&context, space, who, &statement).map(Answered::Did)
            }
            Ask::Divide { since } => divided(&context, &space, since).map(Answered::Divided),
        }
    })
    .await
    .map(Json)
}

fn divided(context: &Context, space: &SpaceId, since: Since) -> Result<Divided, Problem> {
    Ok(custody(context)?.divided(space, since)?)
}

/// Makes the next statement.
fn requested(context: &Context, space: SpaceId, revoke: Vec<Revoke>) -> Result<Requested, Problem> {
    let newest =
        || context.look(&space, |engine, _| engine.identity().number()).map_err(|p| p.title);
    let mut made = None;
    let fresh = !revoke.is_empty();
    custody(context)?.prepare(
        &space,
        fresh,
        &mut || newest().map(|number| number + 1).map_err(Trouble::Failed),
        &mut |pair| {
            let (pair, revoke) = (pair.clone(), revoke.clone());
            made = Some(context.look(&space, move |engine, now| {
                let keys = engine.state().keys.as_ref()?;
                let incarnation = engine.state().incarnation?;
                let revocation =
                    |it: &Revoke| Revocation { key: it.key, incarnation, size: it.size };
                let revoked = revoke.iter().map(revocation).collect();
                let number = keys.newest().number + 1;
                let document =
                    request::request(keys, engine.identity(), &pair, revoked, now.wall_ms);
                Some(Requested { number, statement: document.write() })
            }));
        },
    )?;
    let missing = || Problem::not_found("the space has no certificate", "verify its log");
    made.ok_or_else(missing)??.ok_or_else(missing)
}

/// Goes on under a statement.
fn install(context: &Context, space: SpaceId, who: Who, statement: &str) -> Result<Did, Problem> {
    let not_one = |why: String| {
        Problem::invalid(
            format!("this is no key statement: {why}"),
            "make it with `interspace key rotate --request`, sign it with `interspace key sign`",
        )
    };
    let document = Document::read(statement).map_err(|why| not_one(why.to_string()))?;
    let number = request::read(&document).map_err(|why| not_one(why.to_string()))?.number;
    let id = CommandId::of(&[b"keys", &document.id().0]);
    let mut asked = Some((who, document));
    let mut did = None;
    custody(context)?.install(&space, number, &mut |pair| {
        if let Some((who, statement)) = asked.take() {
            did = Some(ask_as(context, &space, who, id, Command::StateKeys { statement, pair }));
        }
    })?;
    let nothing = || Problem::from(Trouble::Failed("the keys were not read".to_owned()));
    did.ok_or_else(nothing)?
}

pub(super) async fn recover(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    json: Result<Json<Recovery>, JsonRejection>,
) -> Answer<space::Space> {
    let Recovery { force } = body(json)?;
    blocking(move || {
        let Entered { space, .. } = entered;
        custody(&context)?.recover(&space, force)?;
        context.look(&space, |engine, _| space::show(engine, &Rights::whole()))
    })
    .await
    .map(Json)
}
