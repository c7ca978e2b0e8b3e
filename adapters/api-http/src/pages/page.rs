//! The live pages of a space: which one is wanted, and writing it.

use super::moment::Clock;
use super::sheet::Sheet;
use super::text::space_path;
use super::way::Way;
use super::{cell, dashboard, journey, receipt};
use crate::port::{Node, Trouble};
use crate::problem::Problem;
use engine::command::Rejection;
use engine::decide::permission::{Permission, require};
use engine::decide::rights::{Object, Rights};
use engine::engine::Engine;
use engine::state::cells::{CellId, Slot};
use engine::step::Now;
use schema::id::SpaceId;
use schema::latest::Actor;
use schema::name::{Name, Version};
use schema::v1::model::{ProjectId, ReleaseId};
use serde::Deserialize;

/// A live page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    /// Everything at a glance.
    Dashboard,
    /// One release.
    Journey(ReleaseId),
    /// One cell.
    Cell(CellId),
}

/// The query that names a page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    owner: Option<SpaceId>,
    project: Option<Name>,
    version: Option<Version>,
    of: Option<SpaceId>,
    environment: Option<Name>,
    tenant: Option<Name>,
}

impl Wanted {
    /// The page.
    pub(super) fn page(self) -> Result<Page, Problem> {
        let tenant = self.tenant;
        match (self.owner, self.project, self.version, self.of, self.environment) {
            (None, None, None, None, None) if tenant.is_none() => Ok(Page::Dashboard),
            (Some(space), Some(name), Some(version), None, None) if tenant.is_none() => {
                Ok(Page::Journey(ReleaseId { project: ProjectId { space, name }, version }))
            }
            (Some(owner), Some(name), None, Some(space), Some(environment)) => {
                let project = ProjectId { space: owner, name };
                Ok(Page::Cell(CellId { project, space, slot: Slot { environment, tenant } }))
            }
            _ => Err(Problem::not_found("there is no such page here", "begin at the dashboard")),
        }
    }
}

/// For whom a page is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Viewer {
    /// What they may do.
    pub(super) rights: Rights,
    /// Who they are, for what is denied to them.
    pub(super) actor: Actor,
}

/// What is looked at between two turns, and written after.
enum Looked {
    Dashboard(Box<dashboard::Dashboard>),
    Journey(Box<journey::Journey>),
    Cell(Box<receipt::Details>),
}

impl Page {
    /// The query that names it; empty for the dashboard.
    pub(super) fn query(&self) -> String {
        match self {
            Self::Dashboard => String::new(),
            Self::Journey(release) => cell::of_release(release),
            Self::Cell(id) => cell::query(id),
        }
    }

    /// What must be seen to see the page.
    pub(super) fn object(&self) -> Object {
        match self {
            Self::Dashboard => Object::SOMETHING,
            Self::Journey(release) => Object::seen(release.project.clone()),
            Self::Cell(id) => {
                Object::cell(id.project.clone(), id.space, id.slot.environment.clone())
            }
        }
    }

    /// What there is to be seen of it; none if it is not there.
    ///
    /// # Errors
    /// When it may not be seen, whether it is there or not.
    fn look(
        &self,
        engine: &Engine,
        now: Now,
        way: Way,
        viewer: &Viewer,
    ) -> Result<Option<Looked>, Rejection> {
        let (rights, state) = (&viewer.rights, engine.state());
        let object = self.object();
        require(state, rights, &viewer.actor, Permission::See, &object)?;
        Ok(match self {
            Self::Dashboard => {
                let dashboard = dashboard::look(engine, now, way, rights);
                Some(Looked::Dashboard(Box::new(dashboard)))
            }
            Self::Journey(release) => {
                journey::look(engine, release).map(Box::new).map(Looked::Journey)
            }
            Self::Cell(id) => {
                let audits = rights.may(Permission::Audit, &object);
                let details = receipt::look(engine, id, now, &way, audits);
                details.map(Box::new).map(Looked::Cell)
            }
        })
    }

    fn missing(&self) -> Problem {
        let what = match self {
            Self::Dashboard => "there is no dashboard here".to_owned(),
            Self::Journey(id) => {
                format!("there is no release {} {} here", id.project.name, id.version)
            }
            Self::Cell(id) => format!("there is no {} in {}", id.project.name, id.slot),
        };
        Problem::not_found(what, "the dashboard shows what there is")
    }

    /// Writes it: its title, its sheet, and the clock by which it was written. Blocks.
    ///
    /// # Errors
    /// When the space is closed, there is no such page in it, or it may not be seen.
    pub(super) fn write(
        &self,
        node: &dyn Node,
        space: &SpaceId,
        viewer: &Viewer,
        clock: impl FnOnce(u64) -> Clock,
    ) -> Result<(String, Sheet, Clock), Problem> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let (page, way, viewer) = (self.clone(), Way::of(node, space), viewer.clone());
        node.look(
            space,
            Box::new(move |engine, now| {
                let name = engine.identity().name().to_string();
                let _ = sender.send((name, page.look(engine, now, way, &viewer), now.wall_ms));
            }),
        )?;
        let gone = || Problem::from(Trouble::Closed("the node stops".to_owned()));
        let (name, looked, now_ms) = receiver.recv().map_err(|_| gone())?;
        let (path, clock) = (space_path(&name, space), clock(now_ms));
        let (title, sheet) = match looked?.ok_or_else(|| self.missing())? {
            Looked::Dashboard(mut dashboard) => {
                dashboard.carried(node, space);
                (name, dashboard.write(&path, clock))
            }
            Looked::Journey(journey) => (journey.title(), journey.write(clock)),
            Looked::Cell(details) => (details.title(), details.write(&path, clock)),
        };
        Ok((title, sheet, clock))
    }
}
