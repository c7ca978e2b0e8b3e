//! Tenants: for whom apart a project is deployed, and where.

use crate::command::Rejection;
use crate::state::State;
use crate::state::cells::Slot;
use schema::name::Name;
use schema::v1::model::{ProjectId, Tenant};

/// The tenants of this space for which a project is deployed.
pub fn of<'a>(state: &'a State, project: &'a ProjectId) -> impl Iterator<Item = &'a Tenant> {
    let has = |tenant: &&Tenant| tenant.projects.iter().any(|it| state.covers(it, project));
    state.configuration.tenants().filter(has)
}

/// Lets through what is for nobody apart, or for a tenant that has the project and the environment.
///
/// # Errors
/// When it is for another, with those that there are.
pub fn check(state: &State, project: &ProjectId, slot: &Slot) -> Result<(), Rejection> {
    let Some(name) = &slot.tenant else { return Ok(()) };
    let fits = |tenant: &&Tenant| tenant.environments.contains(&slot.environment);
    let all: Vec<&Name> = of(state, project).filter(fits).map(|tenant| &tenant.name).collect();
    if all.contains(&name) {
        return Ok(());
    }
    let list = all.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let hint = match all.is_empty() {
        true => {
            "define it in space.toml: [[tenants]] with `projects` and `environments`".to_owned()
        }
        false => format!("there are: {list}"),
    };
    let (project, environment) = (&project.name, &slot.environment);
    Err(Rejection::not_found(format!("{project} has no tenant {name} in {environment}"), hint))
}
