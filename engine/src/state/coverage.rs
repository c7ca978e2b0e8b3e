//! What patterns of projects and environments cover here.

use super::State;
use crate::progress::Place;
use schema::id::SpaceId;
use schema::name::Name;
use schema::v1::event::PolicyRule;
use schema::v1::model::{Pattern, ProjectId};

impl State {
    /// The space that a pattern names: this one, or a peer by its name here; none if it is not
    /// known.
    #[must_use]
    pub fn space_of(&self, pattern: &Pattern) -> Option<SpaceId> {
        pattern.space.as_ref().map_or_else(|| Some(self.me()), |name| self.space_named(name))
    }

    /// Whether a pattern of projects covers this one.
    #[must_use]
    pub fn covers(&self, pattern: &Pattern, project: &ProjectId) -> bool {
        let named = pattern.is_any_name() || pattern.name == project.name;
        pattern.is_all() || (named && self.space_of(pattern) == Some(project.space))
    }

    /// Whether a pattern of environments covers a place; a peer as a place is covered where all of
    /// its environments are.
    #[must_use]
    pub fn covers_place(&self, pattern: &Pattern, place: &Place) -> bool {
        let peer = |name: &Name| self.links.named(name).map(|(space, _)| space);
        let (space, environment) = match place {
            Place::Environment(name) => (Some(self.me()), Some(name)),
            Place::Remote { space, environment } => (peer(space), Some(environment)),
            Place::Space(name) => (peer(name), None),
        };
        let named = pattern.is_any_name() || environment == Some(&pattern.name);
        let same = space.is_some() && self.space_of(pattern) == space;
        pattern.is_all() || (named && same)
    }

    /// Whether a place does not count for its phase, because somebody said so.
    #[must_use]
    pub fn skips(&self, place: &Place) -> bool {
        self.restraints.rules().any(|(rule, _)| match rule {
            PolicyRule::Skip { place: pattern } => self.covers_place(pattern, place),
            PolicyRule::Pause { .. } | PolicyRule::Pin { .. } => false,
        })
    }
}
