//! The route that compares two releases.

use super::reading::{look, may_see};
use super::{Answer, Context};
use crate::gate::Entered;
use crate::shape::compare::{Compared, Revised, compare};
use axum::extract::{Query, State};
use axum::{Extension, Json};
use engine::command::{Rejection, ReleaseName};
use engine::decide::naming::resolve;
use engine::engine::Engine;
use schema::name::{Name, Version};
use schema::v1::model::ReleaseId;
use serde::Deserialize;

/// Which releases, of which project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    owner: Option<Name>,
    project: Name,
    from: Version,
    /// The revision; the one that counts if none is named.
    from_revision: Option<u32>,
    to: Version,
    to_revision: Option<u32>,
}

pub(super) async fn compare_two(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Query(which): Query<Which>,
) -> Answer<Compared> {
    let actor = entered.who.actor();
    let found = look(context, entered, move |engine, _, rights| {
        may_see(engine, rights, &actor, (which.owner.as_ref(), &which.project))?;
        let from = find(engine, &which, &which.from)?;
        let to = find(engine, &which, &which.to)?;
        let (first, second) = (
            revised(engine, &from, which.from_revision)?,
            revised(engine, &to, which.to_revision)?,
        );
        Ok::<_, Rejection>(compare(engine.state(), &from.project, &first, &second))
    });
    Ok(Json(found.await?.0?))
}

fn find(engine: &Engine, which: &Which, version: &Version) -> Result<ReleaseId, Rejection> {
    let (owner, project, version) = (which.owner.clone(), which.project.clone(), version.clone());
    resolve(engine.state(), &ReleaseName::new(owner, project, version))
}

fn revised<'a>(
    engine: &'a Engine,
    id: &'a ReleaseId,
    revision: Option<u32>,
) -> Result<Revised<'a>, Rejection> {
    let name = format!("{} {}", id.project.name, id.version);
    let missing = |what: String, hint: String| Rejection::not_found(what, hint);
    let Some(release) = engine.state().releases.get(id) else {
        let hint = "`interspace release list` shows all releases".to_owned();
        return Err(missing(format!("there is no release {name}"), hint));
    };
    let Some(wanted) = revision else { return Ok(Revised::of(id, release)) };
    Revised::all(id, release).find(|it| it.revision == wanted).ok_or_else(|| {
        let known: Vec<String> =
            Revised::all(id, release).map(|it| it.revision.to_string()).collect();
        let hint = format!("there are: {}", known.join(", "));
        missing(format!("{name} has no revision {wanted} here"), hint)
    })
}
