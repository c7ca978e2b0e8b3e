//! Routes about the secrets of projects. A value comes in here, and none ever goes out.

use super::writing::{ask_as, body, unique_id};
use super::{Answer, Context, blocking};
use crate::gate::Entered;
use crate::shape::person::Changed;
use crate::shape::secret::{Secret, Setting, list};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use engine::command::Command;
use schema::name::Name;

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
    let Setting { id, value } = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let command = Command::SetSecret { project, name, value };
        let did = ask_as(&context, &space, who, id, command)?;
        Ok(Changed { changed: !did.positions.is_empty() && !did.repeated })
    })
    .await
    .map(Json)
}

pub(super) async fn unset(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, project, name)): Path<(String, Name, Name)>,
) -> Answer<Changed> {
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let id = unique_id(&(&project, &name), &[]);
        let command = Command::UnsetSecret { project, name };
        let did = ask_as(&context, &space, who, id, command)?;
        Ok(Changed { changed: !did.positions.is_empty() })
    })
    .await
    .map(Json)
}
