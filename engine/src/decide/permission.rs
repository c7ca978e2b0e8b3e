//! Permission: which role may do what, and what each command needs; the rest is denied.
//!
//! | | viewer | deployer | release-manager | approver | auditor | space-owner |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | see releases, journeys, the inbox, what runs where | yes | yes | yes | yes | yes | yes |
//! | deploy, cancel, answer manual steps | | yes | | | | yes |
//! | push packages, create releases, promote, recall | | | yes | | | yes |
//! | accept and reject releases of other spaces | | | | yes | | yes |
//! | approve releases for environments | | | | yes | | yes |
//! | freeze, pause, pin and skip | | | yes | | | yes |
//! | go past freezes, windows and approvals | | | | | | yes |
//! | carry media to and from other spaces | | yes | yes | yes | | yes |
//! | audit: links, keys, proofs, people and their tokens | | | | | yes | yes |
//! | configure, set secrets, trust spaces, manage people | | | | | | yes |
//!
//! A role holds for projects and environments. What is done in an environment needs it there. What
//! is done with a project as a whole needs it in all environments of that project. What is done
//! with the space as a whole needs it for all projects and all environments. To look at a project's
//! releases, a role in any of its environments is enough.

use crate::command::{Command, Rejection, ReleaseName, Request};
use crate::decide::Given;
use crate::decide::rights::{Object, Rights, Which};
use crate::state::State;
use schema::id::Position;
use schema::latest::Actor;
use schema::name::{Name, PackageName};
use schema::v1::event::Role;
use schema::v1::model::ProjectId;

/// Something that roles allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// To look at releases, journeys, the inbox, packages, and what runs where.
    See,
    /// To run a release in an environment.
    Deploy,
    /// To push a package.
    Push,
    /// To create a release.
    Create,
    /// To send a release on.
    Promote,
    /// To accept or reject a release of another space.
    Answer,
    /// To approve releases for environments, or refuse to.
    Approve,
    /// To freeze, and to tell policy what to leave alone.
    Restrain,
    /// To go past freezes, windows and approvals.
    Bypass,
    /// To make and bring media that carry sealed envelopes.
    Carry,
    /// To look at what proves: links, keys, logs, trails, people.
    Audit,
    /// To change environments, lifecycles, projects, rules and people by a file, and to set the
    /// secrets of a project.
    Configure,
    /// To trust a space, and to say what may flow.
    Trust,
    /// To say who may do what, and to make and revoke tokens of others.
    People,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 14] = [
        Self::See,
        Self::Deploy,
        Self::Push,
        Self::Create,
        Self::Promote,
        Self::Answer,
        Self::Approve,
        Self::Restrain,
        Self::Bypass,
        Self::Carry,
        Self::Audit,
        Self::Configure,
        Self::Trust,
        Self::People,
    ];

    /// The roles that allow it.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::See => &Role::ALL,
            Self::Deploy => &[Role::Deployer, Role::SpaceOwner],
            Self::Push | Self::Create | Self::Promote => &[Role::ReleaseManager, Role::SpaceOwner],
            Self::Restrain => &[Role::ReleaseManager, Role::SpaceOwner],
            Self::Answer | Self::Approve => &[Role::Approver, Role::SpaceOwner],
            Self::Carry => {
                &[Role::Deployer, Role::ReleaseManager, Role::Approver, Role::SpaceOwner]
            }
            Self::Audit => &[Role::Auditor, Role::SpaceOwner],
            Self::Configure | Self::Trust | Self::People | Self::Bypass => &[Role::SpaceOwner],
        }
    }

    /// What it allows, in words that follow *may*.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Deploy => "deploy",
            Self::Push => "push packages for",
            Self::Create => "create releases of",
            Self::Promote => "promote releases of",
            Self::Answer => "accept or reject releases of",
            Self::Approve => "approve releases of",
            Self::Restrain => "freeze, or tell policy what to leave alone in",
            Self::Bypass => "go past what holds up",
            Self::Carry => "carry media for",
            Self::Audit => "audit",
            Self::Configure => "configure",
            Self::Trust => "decide about links of",
            Self::People => "manage the people of",
        }
    }
}

/// Lets through who may do what they ask.
///
/// # Errors
/// [`RejectionKind::Denied`](crate::command::RejectionKind::Denied) with what is missing, and who
/// may do it.
pub fn check(given: Given<'_>, request: &Request) -> Result<(), Rejection> {
    let state = given.state;
    let rights = Rights::of(state, &request.actor, request.token.as_ref(), given.wall_ms);
    let need =
        |permission, object: Object| require(state, &rights, &request.actor, permission, &object);
    match &request.command {
        Command::Apply { .. } => need(Permission::Configure, Object::SPACE),
        Command::PutUser { .. } | Command::RemoveUser { .. } => {
            need(Permission::People, Object::SPACE)
        }
        Command::CreateToken { user, .. } => {
            if request.token.is_some() {
                return Err(no_tokens_by_tokens(&request.actor));
            }
            own_or_all(&rights, request, user, need)
        }
        Command::RevokeToken { token } => match state.tokens.get(token) {
            Some(known) => own_or_all(&rights, request, &known.user, need),
            None => need(Permission::People, Object::SPACE),
        },
        Command::Trust { .. }
        | Command::Grant { .. }
        | Command::Revoke { .. }
        | Command::Invite { .. }
        | Command::Uninvite { .. }
        | Command::Join { .. }
        | Command::StateKeys { .. } => need(Permission::Trust, Object::SPACE),
        Command::SetSecret { project, .. } | Command::UnsetSecret { project, .. } => {
            need(Permission::Configure, Object::project(own(state, project)))
        }
        Command::PushPackage { package } => push(state, &rights, &request.actor, &package.id),
        Command::CreateRelease { project, .. } => {
            need(Permission::Create, Object::project(own(state, project)))
        }
        Command::Promote { release, bypass, .. } => {
            need(Permission::Promote, whole(state, release))?;
            bypass.as_ref().map_or(Ok(()), |_| need(Permission::Bypass, whole(state, release)))
        }
        Command::Recall { release, .. } => need(Permission::Promote, whole(state, release)),
        Command::Approve { release, environment, .. } => {
            let environment = Which::One((state.me(), environment.clone()));
            need(Permission::Approve, Object { environment, ..whole(state, release) })
        }
        Command::Freeze { .. }
        | Command::LiftFreeze { .. }
        | Command::SetPolicy { .. }
        | Command::LiftPolicy { .. } => need(Permission::Restrain, Object::SPACE),
        Command::Accept { release, .. } | Command::Reject { release, .. } => {
            need(Permission::Answer, whole(state, release))
        }
        Command::Deploy { release, environment, bypass, .. } => {
            let environment = Which::One((state.me(), environment.clone()));
            let object = Object { environment, ..whole(state, release) };
            need(Permission::Deploy, object.clone())?;
            bypass.as_ref().map_or(Ok(()), |_| need(Permission::Bypass, object))
        }
        Command::Cancel { deployment, .. } | Command::AnswerManual { deployment, .. } => {
            need(Permission::Deploy, deployed(state, *deployment))
        }
        Command::PassRecall { .. } | Command::PassResult { .. } => {
            policy_alone(request, "only policy passes on what others have signed", "wait for it")
        }
        Command::Restart { .. } => {
            policy_alone(request, "only policy starts again what was cut short", "deploy it")
        }
        Command::KeepSecrets { .. } => {
            policy_alone(request, "only policy opens what came sealed", "accept the release")
        }
    }
}

/// Lets through who may do this with that.
///
/// # Errors
/// Denied, with what is missing, and who may do it.
pub fn require(
    state: &State,
    rights: &Rights,
    actor: &Actor,
    permission: Permission,
    object: &Object,
) -> Result<(), Rejection> {
    if rights.may(permission, object) {
        return Ok(());
    }
    let roles: Vec<&str> = match permission.roles() {
        roles if roles.len() == Role::ALL.len() => vec!["any role"],
        roles => roles.iter().map(|role| role.as_str()).collect(),
    };
    let what = format!(
        "{} may not {} {}: it needs {}",
        called(state, actor),
        permission.words(),
        words(state, object),
        roles.join(" or ")
    );
    Err(Rejection::denied(what, format!("who may do it: {}", who(state, permission, object))))
}

/// Lets through who may push a package: for a project that uses it, or for all projects.
///
/// # Errors
/// Denied, with what is missing, and who may do it.
pub fn push(
    state: &State,
    rights: &Rights,
    actor: &Actor,
    package: &PackageName,
) -> Result<(), Rejection> {
    // Who may push for all of them need not be asked for each.
    if rights.may(Permission::Push, &Object::SPACE) {
        return Ok(());
    }
    let projects = state.configuration.projects().filter_map(|name| {
        let project = state.configuration.project(name)?;
        project.packages.contains(package).then(|| Object::project(own(state, name)))
    });
    let mut uses = projects.peekable();
    let first = uses.peek().cloned().unwrap_or(Object::SPACE);
    if uses.any(|object| rights.may(Permission::Push, &object)) {
        return Ok(());
    }
    require(state, rights, actor, Permission::Push, &first)
}

fn policy_alone(request: &Request, what: &str, hint: &str) -> Result<(), Rejection> {
    match request.actor {
        Actor::Policy => Ok(()),
        Actor::Person(_) | Actor::Space(_) => Err(Rejection::denied(what, hint)),
    }
}

/// People may do with their own what otherwise is for who manages people.
fn own_or_all(
    rights: &Rights,
    request: &Request,
    user: &Name,
    need: impl Fn(Permission, Object) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    if request.actor == Actor::Person(user.clone())
        && rights.may(Permission::See, &Object::SOMETHING)
    {
        return Ok(());
    }
    need(Permission::People, Object::SPACE)
}

fn no_tokens_by_tokens(actor: &Actor) -> Rejection {
    let name = match actor {
        Actor::Person(name) => name.as_str(),
        Actor::Policy | Actor::Space(_) => "this",
    };
    // Otherwise one that is stolen for an hour would be good for ever.
    Rejection::denied(
        "an API token makes no tokens",
        format!("let {name} do it with their own login: `--as {name}` on the node"),
    )
}

fn own(state: &State, name: &Name) -> ProjectId {
    ProjectId { space: state.me(), name: name.clone() }
}

/// The project of a release as a whole. One of a space that is not known could be any.
fn whole(state: &State, release: &ReleaseName) -> Object {
    let space = match &release.owner {
        None => Some(state.me()),
        Some(name) if state.name_of(&state.me()) == name.as_str() => Some(state.me()),
        Some(name) => state.links.named(name).map(|(space, _)| space),
    };
    space.map_or(Object::SPACE, |space| {
        Object::project(ProjectId { space, name: release.project.clone() })
    })
}

/// What a deployment is of, and where. One that is not known could be anything.
fn deployed(state: &State, deployment: Position) -> Object {
    state.cells.deployment(deployment).map_or(Object::SPACE, |deployment| {
        let cell = &deployment.cell;
        Object::cell(cell.project.clone(), cell.space, cell.slot.environment.clone())
    })
}

fn called(state: &State, actor: &Actor) -> String {
    match actor {
        Actor::Policy => "policy".to_owned(),
        Actor::Person(name) => name.to_string(),
        Actor::Space(space) => state.name_of(space),
    }
}

fn words(state: &State, object: &Object) -> String {
    let name = |space, name: &Name| match space == state.me() {
        true => name.to_string(),
        false => format!("{}: {name}", state.name_of(&space)),
    };
    match (&object.project, &object.environment) {
        (Which::Some, _) => "anything here".to_owned(),
        (Which::All, Which::One((space, environment))) => {
            format!("everything in {}", name(*space, environment))
        }
        (Which::All, _) => "the whole space".to_owned(),
        (Which::One(project), Which::One((space, environment))) => {
            format!("{} in {}", name(project.space, &project.name), name(*space, environment))
        }
        (Which::One(project), _) => name(project.space, &project.name),
    }
}

/// People who may do it, by name, and always the operator.
fn who(state: &State, permission: Permission, object: &Object) -> String {
    let people = state.configuration.users();
    let may = people.filter(|name| {
        Rights::of(state, &Actor::Person((*name).clone()), None, 0).may(permission, object)
    });
    let mut names: Vec<String> = may.take(NAMED_MAX).map(Name::to_string).collect();
    names.push("the operator of the node".to_owned());
    names.join(", ")
}

/// People who are named to somebody who may not, at the most.
const NAMED_MAX: usize = 8;
