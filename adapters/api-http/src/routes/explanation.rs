//! The route that tells why a release is where it is.

use super::reading::{look, may_see};
use super::{Answer, Context};
use crate::gate::Entered;
use crate::problem::Problem;
use crate::shape::explanation::{self, Explanation};
use axum::extract::{Query, State};
use axum::{Extension, Json};
use engine::command::{Rejection, ReleaseName};
use engine::decide::naming::resolve;
use schema::name::{Name, Version};
use serde::Deserialize;

/// Which release is asked about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// The space that owns the project; the asked one if none is given.
    owner: Option<Name>,
    project: Name,
    version: Version,
    /// The tenant, where it is about one.
    tenant: Option<Name>,
}

pub(super) async fn show(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Query(Asked { owner, project, version, tenant }): Query<Asked>,
) -> Answer<Explanation> {
    let actor = entered.who.actor();
    let found = look(context, entered, move |engine, now, rights| {
        may_see(engine, rights, &actor, (owner.as_ref(), &project))?;
        let state = engine.state();
        if let Some(name) = tenant.as_ref().filter(|it| state.configuration.tenant(it).is_none()) {
            let what = format!("there is no tenant {name} here");
            return Err(Rejection::not_found(what, "`interspace export` shows all tenants"));
        }
        let id = resolve(state, &ReleaseName::new(owner, project, version))?;
        Ok(explanation::show(engine, &id, tenant.as_ref(), &actor, now.wall_ms))
    });
    let gone = || Problem::not_found("there is no such release", "`interspace release list`");
    found.await?.0?.map(Json).ok_or_else(gone)
}
