//! Routes that show what lets releases go on and what holds them up.

use super::reading::{look, other};
use super::{Answer, Context};
use crate::gate::Entered;
use crate::shape::explain::{Explained, show};
use crate::shape::restraint::{Freeze, Told, freezes, policy};
use axum::extract::{Query, State};
use axum::{Extension, Json};
use engine::command::{Rejection, ReleaseName};
use engine::decide::permission::{Permission, require};
use engine::decide::resolve;
use engine::decide::rights::Object;
use schema::name::{Name, Version};
use schema::v1::model::ProjectId;
use serde::Deserialize;

pub(super) async fn frozen(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<Freeze>> {
    look(context, entered, |engine, _, _| freezes(engine)).await
}

pub(super) async fn told(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<Told>> {
    look(context, entered, |engine, _, _| policy(engine)).await
}

/// Which release, and for whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    owner: Option<Name>,
    project: Name,
    version: Version,
    tenant: Option<Name>,
}

pub(super) async fn explain(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Query(which): Query<Which>,
) -> Answer<Vec<Explained>> {
    let actor = entered.who.actor();
    let found = look(context, entered, move |engine, now, rights| {
        let Which { owner, project, version, tenant } = which;
        let (state, name) = (engine.state(), project.clone());
        // What may not be seen is denied before it is looked for.
        let object = other(engine, owner.as_ref())
            .map_or(Object::SPACE, |space| Object::seen(ProjectId { space, name }));
        require(state, rights, &actor, Permission::See, &object)?;
        let id = resolve(state, &ReleaseName { owner, project, version })?;
        Ok::<_, Rejection>(show(state, &id, tenant.as_ref(), &actor, now.wall_ms))
    });
    Ok(Json(found.await?.0?))
}
