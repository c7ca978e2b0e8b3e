//! Routes that only look.

use super::{Answer, Context, blocking};
use crate::authority::bearer;
use crate::problem::Problem;
use crate::shape::{audit, cell, deployment, inbox, journey, link, release, space};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use engine::engine::Engine;
use engine::step::Now;
use schema::id::{Position, SpaceId};
use schema::name::{Name, Version};
use schema::v1::model::Package;
use serde::Deserialize;

pub(super) async fn spaces(
    State(context): State<Context>,
    headers: HeaderMap,
) -> Answer<Vec<space::Space>> {
    blocking(move || {
        let who = bearer(&headers, &*context.node)?;
        let entered = context.node.spaces();
        let entered = entered.into_iter().filter(|(id, _)| who.may_enter(id).is_ok());
        let show = |(id, name): (SpaceId, Name)| {
            let shown = context.look(&id, |engine, _| space::show(engine));
            shown.unwrap_or_else(|problem| space::closed(id, &name, &problem.title))
        };
        Ok(entered.map(show).collect())
    })
    .await
    .map(Json)
}

/// Looks at the space that a path names.
async fn look<T: Send + 'static>(
    context: Context,
    headers: HeaderMap,
    space: String,
    look: impl FnOnce(&Engine, Now) -> T + Send + 'static,
) -> Answer<T> {
    blocking(move || {
        let (_, id) = context.enter(&headers, &space)?;
        context.look(&id, look)
    })
    .await
    .map(Json)
}

pub(super) async fn space(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<space::Space> {
    look(context, headers, space, |engine, _| space::show(engine)).await
}

pub(super) async fn certificate(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Result<String, Problem> {
    let found = look(context, headers, space, |engine, _| engine.state().certificate()).await?;
    let missing = || Problem::not_found("the space has no certificate", "verify its log");
    found.0.map(|certificate| certificate.write()).ok_or_else(missing)
}

pub(super) async fn dashboard(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<Vec<cell::Cell>> {
    look(context, headers, space, cell::show).await
}

pub(super) async fn links(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<Vec<link::Link>> {
    blocking(move || {
        let (_, id) = context.enter(&headers, &space)?;
        let mut links = context.look(&id, link::show)?;
        link::carried(&mut links, &*context.node, &id);
        Ok(links)
    })
    .await
    .map(Json)
}

pub(super) async fn packages(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<Vec<Package>> {
    let all = |engine: &Engine, _| engine.state().packages.values().cloned().collect();
    look(context, headers, space, all).await
}

pub(super) async fn releases(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<Vec<release::Release>> {
    look(context, headers, space, |engine, _| release::list(engine)).await
}

pub(super) async fn inbox(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<Vec<inbox::Bundle>> {
    look(context, headers, space, |engine, _| inbox::show(engine)).await
}

pub(super) async fn deployments(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<Vec<deployment::Deployment>> {
    look(context, headers, space, |engine, _| deployment::list(engine)).await
}

pub(super) async fn output(
    State(context): State<Context>,
    headers: HeaderMap,
    Path((space, number)): Path<(String, u64)>,
) -> Result<String, Problem> {
    blocking(move || {
        let (_, id) = context.enter(&headers, &space)?;
        context.node.output(&id, Position(number)).ok_or_else(|| {
            Problem::not_found(
                format!("there is no output of deployment {number}"),
                "`interspace deployment list` shows all deployments",
            )
        })
    })
    .await
}

/// Which release a journey is asked of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    owner: Option<Name>,
    project: Name,
    version: Version,
}

pub(super) async fn journey(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Vec<journey::Step>> {
    let found = look(context, headers, space, move |engine, _| {
        let name = engine::command::ReleaseName {
            owner: which.owner,
            project: which.project,
            version: which.version,
        };
        let id = engine::decide::resolve(engine.state(), &name)?;
        Ok::<_, engine::command::Rejection>(journey::show(engine, &id))
    });
    Ok(Json(found.await?.0?))
}

pub(super) async fn verify(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
) -> Answer<audit::Verified> {
    blocking(move || {
        let (_, id) = context.enter(&headers, &space)?;
        let called = context.look(&id, |engine, _| engine.identity().name().to_string())?;
        Ok(match context.node.verify(&id)? {
            Ok(intact) => audit::Verified::intact(&intact),
            Err(damage) => audit::Verified::damaged(&called, &damage),
        })
    })
    .await
    .map(Json)
}

/// Which cell a trail is asked of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cell {
    /// The space whose environment it is; the asked one if none is given.
    of: Option<Name>,
    environment: Name,
    project: Name,
    /// The space that owns the project, where several have one of this name.
    owner: Option<Name>,
}

pub(super) async fn trail(
    State(context): State<Context>,
    headers: HeaderMap,
    Path(space): Path<String>,
    Query(which): Query<Cell>,
) -> Answer<Vec<audit::Reason>> {
    let what = format!("{} in {}", which.project, which.environment);
    let found = look(context, headers, space, move |engine, _| {
        let of = other(engine, which.of.as_ref())?;
        let owner = which.owner.as_ref();
        audit::trail(engine, of, &which.environment, &which.project, owner)
    });
    let nothing = || {
        Problem::not_found(
            format!("nothing is installed: {what}"),
            "`interspace dashboard` shows what is installed where",
        )
    };
    found.await?.0.map(Json).ok_or_else(nothing)
}

/// The space that a name stands for here.
fn other(engine: &Engine, name: Option<&Name>) -> Option<SpaceId> {
    let state = engine.state();
    match name {
        None => Some(state.me()),
        Some(name) if state.name_of(&state.me()) == name.as_str() => Some(state.me()),
        Some(name) => state.links.named(name).map(|(space, _)| space),
    }
}
