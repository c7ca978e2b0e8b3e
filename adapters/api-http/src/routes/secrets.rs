//! Routes about the secrets of projects. A value comes in here, and none ever goes out.

use super::writing::{ask_as, body, unique_id};
use super::{Answer, Context, blocking};
use crate::gate::Entered;
use crate::shape::person::Changed;
use crate::shape::scope::Scope;
use crate::shape::secret::{Secret, Setting, list};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use engine::command::Command;
use schema::name::Name;
use schema::v1::model::Where;
use serde::Deserialize;

pub(super) async fn show(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<Secret>> {
    let Entered { space, rights, .. } = entered;
    blocking(move || context.look(&space, move |engine, _| list(engine, &rights))).await.map(Json)
}

pub(super) async fn set(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, project, name)): Path<(String, Name, Name)>,
    json: Result<Json<Setting>, JsonRejection>,
) -> Answer<Changed> {
    // The id of the command is in the log: it is the asker's and says nothing of the value.
    let Setting { id, scope, value } = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let scope = scope.map(Where::from);
        let command = Command::SetSecret { project, name, scope, value };
        let did = ask_as(&context, &space, who, id, command)?;
        Ok(Changed { changed: !did.positions.is_empty() && !did.repeated })
    })
    .await
    .map(Json)
}

/// Which of several secrets of one name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meant {
    /// Where it applies, as JSON: a list has no other form in an address.
    scope: Option<String>,
}

pub(super) async fn unset(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, project, name)): Path<(String, Name, Name)>,
    Query(Meant { scope }): Query<Meant>,
) -> Answer<Changed> {
    let scope = scope.map(|json| body(Json::<Scope>::from_bytes(json.as_bytes()))).transpose()?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let scope = scope.map(Where::from);
        let id = unique_id(&(&project, &name, &scope), &[]);
        let command = Command::UnsetSecret { project, name, scope };
        let did = ask_as(&context, &space, who, id, command)?;
        Ok(Changed { changed: !did.positions.is_empty() })
    })
    .await
    .map(Json)
}
