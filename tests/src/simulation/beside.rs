//! What people wish beside releasing and deploying: approvals, freezes, rules for policy, ways past
//! a gate, recalls, revisions, secrets.

use super::people::{any_release, deploy};
use crate::chance::Chance;
use crate::pipeline::{PROJECT, text};
use crate::world::{World, name};
use engine::command::Command;
use engine::state::State;
use engine::trust::secret::SecretValue;
use schema::name::Name;
use schema::v1::event::{FreezeMade, Pattern, PolicyRule};

/// The secrets of the project: one for everybody, one for a single target.
pub const SECRETS: [&str; 2] = ["SHARED", "KEPT"];

/// How the value of each secret begins, and nothing else does.
pub const BEGINS: &str = "xyzzy-plugh-";

/// Freezes and rules last up to so long, in milliseconds.
const LASTING_MS_MAX: u64 = 120_000;

/// A wish at any site.
pub fn anywhere(world: &mut World, state: &State, site: usize) -> Option<Command> {
    match world.chance.below(15) {
        12.. => running(world, state),
        0..=3 => approve(world, state),
        4 => Some(freeze(world, state, site)),
        5 | 6 => lift(world, state),
        7 => rule(world, state),
        8 | 9 => take_back(world, state),
        _ => go_past(world, state),
    }
}

/// A wish at the site that builds.
pub fn of_the_builder(world: &mut World, state: &State) -> Option<Command> {
    match world.chance.below(6) {
        0 => {
            let (release, reason) = (any_release(world, state)?, text("it is bad"));
            Some(Command::Recall { release, reason })
        }
        1..=3 => {
            let version = any_release(world, state)?.version;
            let notes = text("notes of another revision");
            let (packages, channel) = (Vec::new(), None);
            Some(Command::CreateRelease {
                project: name(PROJECT),
                version,
                notes,
                packages,
                channel,
                revise: true,
            })
        }
        _ => {
            let secret = SECRETS[world.chance.index(SECRETS.len())];
            Some(set_secret(world, secret))
        }
    }
}

/// Somebody gives a secret a value that nobody else has.
pub fn set_secret(world: &mut World, called: &str) -> Command {
    let value = format!("{BEGINS}{}", schema::id::hex(&world.bytes::<16>()));
    let value = SecretValue::new(value).expect("a short value");
    Command::SetSecret { project: name(PROJECT), name: name(called), scope: None, value }
}

/// Somebody says how a manual step went, or ends what runs.
fn running(world: &mut World, state: &State) -> Option<Command> {
    let known: Vec<_> = state.cells.running().map(|(_, it)| it.clone()).collect();
    let running = world.chance.pick(&known)?;
    let (deployment, waits) = (running.deployment.position, running.awaits.is_some());
    if waits && world.chance.percent(70) {
        let (done, note) = (!world.chance.percent(15), text("I looked at it"));
        return Some(Command::AnswerManual {
            deployment,
            step: running.awaits.clone(),
            done,
            note,
        });
    }
    Some(Command::Cancel { deployment, reason: text("not now") })
}

fn any_environment(world: &mut World, state: &State) -> Option<Name> {
    let known: Vec<_> = state.configuration.environments().collect();
    world.chance.pick(&known).map(|name| (*name).clone())
}

fn approve(world: &mut World, state: &State) -> Option<Command> {
    let release = any_release(world, state)?;
    let environment = any_environment(world, state)?;
    let (approved, reason) = (!world.chance.percent(20), text("I looked at it"));
    Some(Command::Approve { release, environment, approved, reason })
}

/// All places, an environment of this space, or everything of a peer.
fn place(world: &mut World, state: &State) -> Pattern {
    let mut places: Vec<Pattern> = vec![Pattern::all()];
    let here = |name: &Name| Pattern { space: None, name: name.clone() };
    places.extend(state.configuration.environments().map(here));
    let peers = state.links.all().map(|(_, peer)| peer.name.clone());
    places.extend(peers.map(|peer| Pattern { space: Some(peer), ..Pattern::all() }));
    world.chance.pick(&places).expect("one at least").clone()
}

fn freeze(world: &mut World, state: &State, site: usize) -> Command {
    let now_ms = world.now_at(site).wall_ms;
    let from_ms = now_ms + world.below(10_000);
    let lasts_ms = 1 + world.below(LASTING_MS_MAX);
    let until_ms = (!world.chance.percent(20)).then(|| from_ms + lasts_ms);
    let freeze = FreezeMade {
        name: numbered(&mut world.chance),
        projects: vec![Pattern::all()],
        environments: vec![place(world, state)],
        from_ms,
        until_ms,
        reason: text("a holiday"),
    };
    Command::Freeze { freeze: Box::new(freeze) }
}

fn numbered(chance: &mut Chance) -> Name {
    name(["Christmas", "Easter", "Incident"][chance.index(3)])
}

fn lift(world: &mut World, state: &State) -> Option<Command> {
    let known: Vec<_> = state.restraints.freezes().map(|it| it.content.name.clone()).collect();
    let name = world.chance.pick(&known)?.clone();
    Some(Command::LiftFreeze { name, reason: text("it is over") })
}

fn rule(world: &mut World, state: &State) -> Option<Command> {
    let project = Pattern::all();
    let rule = match world.chance.below(3) {
        0 => PolicyRule::Pause { project, place: place(world, state) },
        1 => {
            let environment = any_environment(world, state)?;
            PolicyRule::Pin { project, environment, version: any_release(world, state)?.version }
        }
        _ => PolicyRule::Skip { place: place(world, state) },
    };
    Some(Command::SetPolicy { rule, reason: text("we look at it") })
}

fn take_back(world: &mut World, state: &State) -> Option<Command> {
    let known: Vec<_> = state.restraints.rules().map(|(rule, _)| rule.clone()).collect();
    Some(Command::LiftPolicy { rule: world.chance.pick(&known)?.clone() })
}

/// Somebody deploys past freezes, windows and approvals.
fn go_past(world: &mut World, state: &State) -> Option<Command> {
    let mut command = deploy(world, state)?;
    if let Command::Deploy { bypass, .. } = &mut command {
        *bypass = Some(text("it cannot wait"));
    }
    Some(command)
}
