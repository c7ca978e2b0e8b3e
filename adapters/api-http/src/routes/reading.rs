//! Routes that only look.

use super::{Answer, Context, blocking};
use crate::authority::Who;
use crate::gate::{Entered, may};
use crate::problem::Problem;
use crate::shape::configuration::SpaceFile;
use crate::shape::{audit, cell, deployment, inbox, journey, link, release, space};
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use engine::command::Rejection;
use engine::decide::permission::{Permission, require};
use engine::decide::rights::{Object, Rights};
use engine::engine::Engine;
use engine::state::cells::{CellId, Slot};
use engine::step::Now;
use schema::id::{Position, SpaceId};
use schema::latest::Actor;
use schema::name::{Name, Version};
use schema::v1::model::{Package, ProjectId};
use serde::Deserialize;

pub(super) async fn spaces(
    State(context): State<Context>,
    Extension(who): Extension<Who>,
) -> Answer<Vec<space::Space>> {
    blocking(move || {
        let entered = context.node.spaces();
        let entered = entered.into_iter().filter(|(id, _)| who.may_enter(id).is_ok());
        let show = |(id, name): (SpaceId, Name)| {
            let rights = may(&*context.node, &who, &id, Permission::See, &Object::SOMETHING)?;
            let shown = context.look(&id, move |engine, _| space::show(engine, &rights));
            Ok(shown.unwrap_or_else(|problem| space::closed(id, &name, &problem.title)))
        };
        entered.map(show).collect()
    })
    .await
    .map(Json)
}

/// Looks at the space that somebody entered, with what they may see in it.
pub(super) async fn look<T: Send + 'static>(
    context: Context,
    entered: Entered,
    look: impl FnOnce(&Engine, Now, &Rights) -> T + Send + 'static,
) -> Answer<T> {
    let Entered { space, rights, .. } = entered;
    blocking(move || context.look(&space, move |engine, now| look(engine, now, &rights)))
        .await
        .map(Json)
}

pub(super) async fn space(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<space::Space> {
    look(context, entered, |engine, _, rights| space::show(engine, rights)).await
}

/// The configuration in force, as `apply` takes it.
pub(super) async fn configuration(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<SpaceFile> {
    look(context, entered, |engine, _, _| SpaceFile::of(engine)).await
}

pub(super) async fn certificate(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Result<String, Problem> {
    let found = look(context, entered, |engine, _, _| engine.state().certificate()).await?;
    let missing = || Problem::not_found("the space has no certificate", "verify its log");
    found.0.map(|certificate| certificate.write()).ok_or_else(missing)
}

pub(super) async fn dashboard(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<cell::Cell>> {
    look(context, entered, cell::show).await
}

pub(super) async fn links(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<link::Link>> {
    blocking(move || {
        let mut links = context.look(&entered.space, link::show)?;
        link::carried(&mut links, &*context.node, &entered.space);
        Ok(links)
    })
    .await
    .map(Json)
}

/// Packages that a project uses which may be seen; all of them for who may see everything.
pub(super) async fn packages(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<Package>> {
    let seen = |engine: &Engine, _, rights: &Rights| {
        let state = engine.state();
        let whole = rights.may(Permission::See, &Object::SPACE);
        let used = |package: &&Package| {
            let mut uses = state.configuration.projects().filter(|name| {
                let project = state.configuration.project(name);
                project.is_some_and(|project| project.packages.contains(&package.id))
            });
            uses.any(|name| rights.see(&ProjectId { space: state.me(), name: name.clone() }))
        };
        state.packages.values().filter(|package| whole || used(package)).cloned().collect()
    };
    look(context, entered, seen).await
}

pub(super) async fn releases(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<release::Release>> {
    look(context, entered, |engine, _, rights| release::list(engine, rights)).await
}

/// How bundles that wait are shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Through {
    /// The lifecycle that they would go through; by rule, or the only one, if none is named.
    lifecycle: Option<Name>,
}

pub(super) async fn inbox(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Query(Through { lifecycle }): Query<Through>,
) -> Answer<Vec<inbox::Bundle>> {
    look(context, entered, move |engine, _, rights| inbox::show(engine, rights, lifecycle.as_ref()))
        .await
}

pub(super) async fn deployments(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<deployment::Deployment>> {
    look(context, entered, |engine, _, rights| deployment::list(engine, rights)).await
}

pub(super) async fn output(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, number)): Path<(String, u64)>,
) -> Result<String, Problem> {
    blocking(move || {
        let actor = entered.who.actor();
        let (rights, space) = (entered.rights, entered.space);
        context.look(&space, move |engine, _| {
            let state = engine.state();
            // One that is not there could be any: only who may see all is told so.
            let object = state.cells.deployment(Position(number)).map_or(Object::SPACE, |known| {
                let CellId { project, space, slot } = known.cell.clone();
                Object::cell(project, space, slot.environment)
            });
            require(state, &rights, &actor, Permission::See, &object)
        })??;
        context.node.output(&space, Position(number)).ok_or_else(|| {
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
    Extension(entered): Extension<Entered>,
    Query(which): Query<Which>,
) -> Answer<Vec<journey::Step>> {
    let actor = entered.who.actor();
    let found = look(context, entered, move |engine, _, rights| {
        may_see(engine, rights, &actor, (which.owner.as_ref(), &which.project))?;
        let name = engine::command::ReleaseName::new(which.owner, which.project, which.version);
        let id = engine::decide::naming::resolve(engine.state(), &name)?;
        Ok::<_, Rejection>(journey::show(engine, &id))
    });
    Ok(Json(found.await?.0?))
}

pub(super) async fn verify(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<audit::Verified> {
    blocking(move || {
        let called = entered.name.to_string();
        Ok(match context.node.verify(&entered.space)? {
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
    /// The tenant, where it is for one.
    #[serde(default)]
    tenant: Option<Name>,
    project: Name,
    /// The space that owns the project, where several have one of this name.
    owner: Option<Name>,
}

pub(super) async fn trail(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Query(which): Query<Cell>,
) -> Answer<Vec<audit::Reason>> {
    let slot = Slot { environment: which.environment, tenant: which.tenant };
    let what = format!("{} in {slot}", which.project);
    let actor = entered.who.actor();
    let found = look(context, entered, move |engine, _, rights| {
        let of = other(engine, which.of.as_ref());
        let owned = |id: &CellId| {
            which.owner.is_none() || other(engine, which.owner.as_ref()) == Some(id.project.space)
        };
        let cells = engine.state().cells.all().map(|(id, _)| id).filter(|id| {
            Some(id.space) == of && id.slot == slot && id.project.name == which.project && owned(id)
        });
        let cell =
            |id: &CellId| Object::cell(id.project.clone(), id.space, id.slot.environment.clone());
        let mut objects: Vec<Object> = cells.map(cell).collect();
        if objects.is_empty() {
            objects.push(Object::SPACE);
        }
        for object in &objects {
            require(engine.state(), rights, &actor, Permission::Audit, object)?;
        }
        let owner = which.owner.as_ref();
        let trail = of.and_then(|of| audit::trail(engine, of, &slot, &which.project, owner));
        Ok::<_, Rejection>(trail)
    });
    let nothing = || {
        Problem::not_found(
            format!("nothing is installed: {what}"),
            "`interspace dashboard` shows what is installed where",
        )
    };
    found.await?.0?.map(Json).ok_or_else(nothing)
}

/// Whether somebody may see a project of a space, by their names: what may not be seen is denied
/// before it is looked for.
pub(super) fn may_see(
    engine: &Engine,
    rights: &Rights,
    actor: &Actor,
    (owner, project): (Option<&Name>, &Name),
) -> Result<(), Rejection> {
    let seen = |space| Object::seen(ProjectId { space, name: project.clone() });
    let object = other(engine, owner).map_or(Object::SPACE, seen);
    require(engine.state(), rights, actor, Permission::See, &object)
}

/// The space that a name stands for here.
pub(super) fn other(engine: &Engine, name: Option<&Name>) -> Option<SpaceId> {
    let state = engine.state();
    name.map_or_else(|| Some(state.me()), |name| state.space_named(name))
}
