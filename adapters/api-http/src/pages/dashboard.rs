//! The dashboard: projects down, environments across, grouped by space.

use super::cell::{self, Cell};
use super::moment::Clock;
use super::sheet::{Parts, Sheet};
use super::text::visible;
use super::way::Way;
use super::{links, releases};
use crate::port::Node;
use crate::shape::link::carried;
use engine::decide::permission::Permission;
use engine::decide::rights::{Object, Rights};
use engine::engine::Engine;
use engine::step::Now;
use engine::views::dashboard::cells;
use maud::{Markup, html};
use schema::id::SpaceId;
use schema::name::Name;
use schema::v1::model::ProjectId;

/// The environments of one space.
struct Group {
    space: SpaceId,
    name: String,
    /// Whether it is this one.
    own: bool,
    environments: Vec<Name>,
}

/// Everything that the dashboard shows.
pub(super) struct Dashboard {
    size: u64,
    groups: Vec<Group>,
    rows: Vec<Row>,
    /// None for who may not see them.
    links: Option<Vec<crate::shape::link::Link>>,
    releases: releases::Releases,
    way: Way,
}

/// One project.
struct Row {
    project: ProjectId,
    /// The space that owns it, if that is another one.
    owner: Option<String>,
    cells: Vec<Cell>,
}

/// Looks at a space, as far as it may be seen.
pub(super) fn look(engine: &Engine, now: Now, way: Way, rights: &Rights) -> Dashboard {
    let state = engine.state();
    let mut groups: Vec<Group> = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let seen = cells(state).into_iter();
    let seen = seen.filter(|cell| rights.see_cell(&cell.project, cell.space, &cell.environment));
    for shown in seen {
        let group = groups.iter_mut().find(|group| group.space == shown.space);
        match group {
            Some(group) if group.environments.contains(&shown.environment) => {}
            Some(group) => group.environments.push(shown.environment.clone()),
            None => groups.push(Group {
                space: shown.space,
                name: state.name_of(&shown.space),
                own: shown.space == state.me(),
                environments: vec![shown.environment.clone()],
            }),
        }
        let cell = cell::look(engine, &shown, now, &way);
        match rows.iter_mut().find(|row| row.project == shown.project) {
            Some(row) => row.cells.push(cell),
            None => rows.push(Row {
                owner: (shown.project.space != state.me())
                    .then(|| state.name_of(&shown.project.space)),
                project: shown.project,
                cells: vec![cell],
            }),
        }
    }
    groups.sort_by_cached_key(|group| (group.space != state.me(), group.name.clone()));
    let links = rights.may(Permission::Audit, &Object::SPACE).then(|| {
        let mut links = crate::shape::link::show(engine, now);
        links.sort_by(|one, other| one.peer.cmp(&other.peer));
        links
    });
    let (size, releases) = (engine.checkpoint().0, releases::look(engine, rights));
    Dashboard { size, groups, rows, links, releases, way }
}

impl Dashboard {
    /// Says how each peer is reached. Not while the space is looked at: it would wait for that.
    pub(super) fn carried(&mut self, node: &dyn Node, space: &SpaceId) {
        carried(self.links.as_deref_mut().unwrap_or_default(), node, space);
    }

    /// Writes it. `path` is that of the space's pages.
    pub(super) fn write(&self, path: &str, clock: Clock) -> Sheet {
        Sheet::write(self.size, |parts| {
            html! {
                (parts.add("w", "way", &self.way.says(clock), &self.way.line(clock)))
                section aria-labelledby="places" {
                    h2 #places .aside { "Projects and environments" }
                    @if self.rows.is_empty() {
                        (empty())
                    } @else {
                        (self.table(path, clock, parts))
                    }
                }
                (self.releases.write(path, parts))
                @if let Some(links) = &self.links {
                    (links::write(links, &self.way, clock, parts))
                }
            }
        })
    }

    fn table(&self, path: &str, clock: Clock, parts: &mut Parts) -> Markup {
        html! {
            div .wide role="group" aria-labelledby="places" tabindex="0" {
                table .board role="table" aria-labelledby="places" {
                    thead role="rowgroup" {
                        tr role="row" {
                            td role="cell" {}
                            @for group in &self.groups { (group_head(group)) }
                        }
                        tr role="row" {
                            th scope="col" role="columnheader" { "Project" }
                            @for group in &self.groups {
                                @for environment in &group.environments {
                                    (environment_head(group, environment))
                                }
                            }
                        }
                    }
                    tbody role="rowgroup" {
                        @for (number, row) in self.rows.iter().enumerate() {
                            tr role="row" {
                                th scope="row" role="rowheader" { (row_head(row)) }
                                (self.cells(number, row, path, clock, parts))
                            }
                        }
                    }
                }
            }
        }
    }

    fn cells(
        &self,
        number: usize,
        row: &Row,
        path: &str,
        clock: Clock,
        parts: &mut Parts,
    ) -> Markup {
        let places = self.groups.iter().flat_map(|group| {
            group.environments.iter().map(move |environment| (group.space, environment))
        });
        let mut written = Vec::new();
        for (at, (space, environment)) in places.enumerate() {
            // One for nobody apart, and one for each tenant.
            let there = row.cells.iter().filter(|cell| {
                cell.id().space == space && cell.id().slot.environment == *environment
            });
            let there = there.enumerate().map(|(nth, cell)| {
                let inside = cell.inside(path, clock);
                let key = match nth {
                    0 => format!("c{number}-{at}"),
                    nth => format!("c{number}-{at}-{nth}"),
                };
                parts.add(&key, &cell.class(), &cell.says(clock), &inside)
            });
            written.push(there.collect::<Vec<_>>());
        }
        html! {
            @for cells in &written {
                @if cells.is_empty() {
                    td .none role="cell" { span .aside { "does not go there" } }
                } @else {
                    td role="cell" { @for cell in cells { (cell) } }
                }
            }
        }
    }
}

fn group_head(group: &Group) -> Markup {
    let own = group.own;
    let class = if own { "group near" } else { "group far" };
    html! {
        th class=(class) scope="colgroup" role="columnheader" colspan=(group.environments.len()) {
            span {
                bdi { (visible(&group.name)) }
                small { @if own { "this space" } @else { "another space" } }
            }
        }
    }
}

fn environment_head(group: &Group, environment: &Name) -> Markup {
    html! {
        th scope="col" role="columnheader" {
            @if group.own {
                span .badge.near { bdi { (visible(environment.as_str())) } }
            } @else {
                span .badge.far {
                    bdi { (visible(&format!("{}: {environment}", group.name))) }
                }
            }
        }
    }
}

fn row_head(row: &Row) -> Markup {
    html! {
        @if let Some(owner) = &row.owner {
            small { bdi { (visible(owner)) ":" } " " }
        }
        bdi .project { (visible(row.project.name.as_str())) }
    }
}

fn empty() -> Markup {
    html! {
        div .empty {
            p { b { "No projects yet." } }
            p {
                "Write what this space is into a file and apply it, or let releases of another "
                "space in:"
            }
            pre {
                "interspace apply -f space.toml\n"
                "interspace certificate import FILE --accept-releases PROJECT"
            }
        }
    }
}
