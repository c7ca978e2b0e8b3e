//! What somebody may do, worked out: their roles where they hold, less what their token takes away.

use crate::decide::configuration::OPERATOR;
use crate::decide::permission::Permission;
use crate::state::State;
use schema::id::{SpaceId, TokenId};
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::event::{Pattern, Role};
use schema::v1::model::ProjectId;

/// Which of several things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which<T> {
    /// One of them at least, whichever it is.
    Some,
    /// Every one.
    All,
    /// This one.
    One(T),
}

/// What is to be done something with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Which projects.
    pub project: Which<ProjectId>,
    /// Which environments, and whose.
    pub environment: Which<(SpaceId, Name)>,
}

impl Object {
    /// Anything at all.
    pub const SOMETHING: Self = Self { project: Which::Some, environment: Which::Some };

    /// The space as a whole.
    pub const SPACE: Self = Self { project: Which::All, environment: Which::All };

    /// A project as it is looked at: a role in any environment is enough.
    #[must_use]
    pub const fn seen(project: ProjectId) -> Self {
        Self { project: Which::One(project), environment: Which::Some }
    }

    /// A project as a whole: a role in some environments is not enough.
    #[must_use]
    pub const fn project(project: ProjectId) -> Self {
        Self { project: Which::One(project), environment: Which::All }
    }

    /// A project in an environment.
    #[must_use]
    pub const fn cell(project: ProjectId, space: SpaceId, environment: Name) -> Self {
        Self { project: Which::One(project), environment: Which::One((space, environment)) }
    }
}

/// A pattern, with the space that it names found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    All,
    OfSpace(SpaceId),
    One(SpaceId, Name),
}

impl Reach {
    /// None where the space is not known here: such a pattern reaches nothing.
    fn of(state: &State, pattern: &Pattern) -> Option<Self> {
        if pattern.is_all() {
            return Some(Self::All);
        }
        let space = state.space_of(pattern)?;
        let any = pattern.is_any_name();
        Some(if any { Self::OfSpace(space) } else { Self::One(space, pattern.name.clone()) })
    }

    /// What both reach.
    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::All, one) | (one, Self::All) => Some(one),
            (Self::OfSpace(space), Self::OfSpace(other)) => {
                (space == other).then_some(Self::OfSpace(space))
            }
            (Self::OfSpace(space), Self::One(other, name))
            | (Self::One(other, name), Self::OfSpace(space)) => {
                (space == other).then_some(Self::One(space, name))
            }
            (one @ Self::One(..), other) => (one == other).then_some(one),
        }
    }

    fn covers(&self, which: &Which<(SpaceId, &Name)>) -> bool {
        match (self, which) {
            (Self::All, _) | (_, Which::Some) => true,
            (_, Which::All) => false,
            (Self::OfSpace(own), Which::One((space, _))) => own == space,
            (Self::One(own, known), Which::One((space, name))) => own == space && known == *name,
        }
    }
}

/// A role where it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    role: Role,
    projects: Reach,
    environments: Reach,
}

/// What somebody may do in one space, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rights {
    /// The operator of the node, and the space's own policy.
    everything: bool,
    held: Vec<Held>,
    /// Nothing that none of these roles allows either; no such limit if there are none.
    within: Vec<Role>,
}

impl Rights {
    /// The operator's: everything.
    #[must_use]
    pub const fn whole() -> Self {
        Self { everything: true, held: Vec::new(), within: Vec::new() }
    }

    /// What `actor` may do through `token`, or through their own login, at `now_ms`. Nothing for
    /// who is not known, and for a token that is not theirs or not good any more.
    #[must_use]
    pub fn of(state: &State, actor: &Actor, token: Option<&TokenId>, now_ms: u64) -> Self {
        let name = match actor {
            Actor::Policy => return Self::whole(),
            Actor::Person(name) if name.as_str() == OPERATOR && token.is_none() => {
                return Self::whole();
            }
            Actor::Person(name) => name,
            Actor::Space(_) => return Self::default(),
        };
        let scope = match token.map(|id| state.tokens.get(id)) {
            None => None,
            Some(Some(token)) if token.user == *name && token.is_good(now_ms) => Some(&token.scope),
            Some(_) => return Self::default(),
        };
        let roles = state.configuration.user(name).map_or([].as_slice(), |user| &user.roles);
        let held = roles.iter().filter_map(|assigned| {
            let mut projects = Reach::of(state, &assigned.project)?;
            let mut environments = Reach::of(state, &assigned.environment)?;
            if let Some(scope) = scope {
                projects = projects.and(Reach::of(state, &scope.project)?)?;
                environments = environments.and(Reach::of(state, &scope.environment)?)?;
            }
            Some(Held { role: assigned.role, projects, environments })
        });
        let within = scope.map(|scope| scope.roles.clone()).unwrap_or_default();
        Self { everything: false, held: held.collect(), within }
    }

    /// Whether they may do this with that.
    #[must_use]
    pub fn may(&self, permission: Permission, object: &Object) -> bool {
        let project = match &object.project {
            Which::Some => Which::Some,
            Which::All => Which::All,
            Which::One(project) => Which::One((project.space, &project.name)),
        };
        let environment = match &object.environment {
            Which::Some => Which::Some,
            Which::All => Which::All,
            Which::One((space, name)) => Which::One((*space, name)),
        };
        let allows = |role: &Role| permission.roles().contains(role);
        if self.everything {
            return true;
        }
        (self.within.is_empty() || self.within.iter().any(allows))
            && self.held.iter().any(|held| {
                allows(&held.role)
                    && held.projects.covers(&project)
                    && held.environments.covers(&environment)
            })
    }

    /// Whether they may see the releases of a project and where they have been.
    #[must_use]
    pub fn see(&self, project: &ProjectId) -> bool {
        self.may(Permission::See, &Object::seen(project.clone()))
    }

    /// Whether they may see what is deployed of a project in an environment.
    #[must_use]
    pub fn see_cell(&self, project: &ProjectId, space: SpaceId, environment: &Name) -> bool {
        let object = Object::cell(project.clone(), space, environment.clone());
        self.may(Permission::See, &object)
    }

    /// Whether they may see that there is such an environment.
    #[must_use]
    pub fn see_environment(&self, space: SpaceId, environment: &Name) -> bool {
        let environment = Which::One((space, environment.clone()));
        self.may(Permission::See, &Object { project: Which::Some, environment })
    }
}
