//! People: what they wish, under which command id they ask for it, and what they were told.

use super::invariants::Told;
use super::{beside, settings};
use crate::pipeline::{PROJECT, text, value, version};
use crate::world::{World, name};
use engine::command::{Command, Done, Rejection, ReleaseName, Request};
use engine::state::State;
use engine::state::configuration::Configuration;
use engine::state::releases::{Answer, Source};
use engine::step::Input;
use schema::id::CommandId;
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::event::Definition;
use schema::v1::model::{HexHash, Lifecycle, Package, ReleaseId};
use std::collections::{BTreeMap, BTreeSet};

/// Sizes of packages around which something may change, in bytes.
const SIZES: [u64; 6] = [1, 1_000, 131_072, 131_073, 262_144, 700_000];

/// One wish of a person; asking again under the same id is still the same wish.
#[derive(Debug, Clone)]
pub struct Wish {
    /// At which site.
    pub site: usize,
    /// How it is asked for.
    pub request: Request,
    /// What was answered.
    pub answer: Option<Result<Done, Rejection>>,
}

/// Everybody's wishes.
#[derive(Debug, Default)]
pub struct People {
    /// All wishes so far.
    pub wishes: Vec<Wish>,
    /// Questions on their way, by the number of the reply.
    asked: BTreeMap<u64, (usize, CommandId)>,
    replies: u64,
    versions: u64,
    /// Sites that lost the end of their log: people wait until they are whole again.
    pub away: BTreeSet<usize>,
    /// Whether the first target sends on to the second.
    pub relayed: bool,
    /// Values that secrets were given, and that nobody looks for yet.
    pub secrets: Vec<String>,
}

impl People {
    /// Somebody wishes something at a random site. What, in words.
    pub fn wish(&mut self, world: &mut World) -> Option<String> {
        let site = world.chance.index(world.sites.len());
        if self.away.contains(&site) {
            return None;
        }
        let state = world.sites[site].space.as_ref()?.engine().state().clone();
        let command = match (site, world.chance.below(100)) {
            (0, 0..=11) => beside::of_the_builder(world, &state)?,
            (_, 12..=39) => beside::anywhere(world, &state, site)?,
            (0, _) => self.of_the_builder(world, &state)?,
            _ => self.of_an_operator(world, &state, site)?,
        };
        if let Command::SetSecret { value, .. } = &command {
            self.secrets.push(value.expose().to_owned());
        }
        let id = CommandId(world.bytes());
        // Nobody's own approval counts, so there are two of them.
        let who = if world.chance.percent(70) { "dana" } else { "erik" };
        let actor = Actor::Person(name(who));
        let request = Request { id, actor, token: None, command };
        Some(self.add(world, site, request))
    }

    /// Adds a wish and asks for it.
    pub fn add(&mut self, world: &mut World, site: usize, request: Request) -> String {
        let number = self.wishes.len();
        let answer = None;
        self.wishes.push(Wish { site, request, answer });
        self.ask(world, number)
    }

    /// Asks, for the first time or again.
    pub fn ask(&mut self, world: &mut World, number: usize) -> String {
        let wish = &self.wishes[number];
        let (site, request) = (wish.site, wish.request.clone());
        let what = format!("wish {number} at site {site}: {}", describe(&request.command));
        self.ask_as(world, number, request);
        what
    }

    /// Asks for a wish in a certain way.
    pub fn ask_as(&mut self, world: &mut World, number: usize, request: Request) {
        self.replies += 1;
        let reply = self.replies;
        let site = &mut world.sites[self.wishes[number].site];
        if site.space.is_some() {
            self.asked.insert(reply, (number, request.id));
            site.inputs.push(Input::Asked { request, reply });
        }
    }

    /// Somebody asks again for something that was asked before.
    pub fn repeat(&mut self, world: &mut World) -> Option<String> {
        let here = |number: &usize| !self.away.contains(&self.wishes[*number].site);
        let known: Vec<usize> = (0..self.wishes.len()).filter(here).collect();
        let number = *world.chance.pick(&known)?;
        world.faults.count("command_repeated");
        Some(self.ask(world, number))
    }

    /// Those who got no answer ask again, under the same id.
    pub fn insist(&mut self, world: &mut World) {
        let waits = |wish: &Wish| wish.answer.is_none() && !self.away.contains(&wish.site);
        let open = |(number, wish): (usize, &Wish)| waits(wish).then_some(number);
        let open: Vec<usize> = self.wishes.iter().enumerate().filter_map(open).collect();
        for number in open {
            let on_its_way = self.asked.values().any(|(asked, _)| *asked == number);
            if !on_its_way {
                self.ask(world, number);
            }
        }
    }

    /// A site is down: what was asked there gets no answer.
    pub fn crashed(&mut self, world: &mut World, site: usize) {
        let wishes = &self.wishes;
        let before = self.asked.len();
        self.asked.retain(|_, (number, _)| wishes[*number].site != site);
        for _ in self.asked.len()..before {
            world.faults.count("answer_lost");
        }
    }

    /// A site loses all but `kept` records of its log, and with them what was done there. Whoever
    /// was answered knows nothing of that.
    pub fn lost(&mut self, world: &mut World, site: usize, kept: u64) {
        self.crashed(world, site);
        self.away.insert(site);
        for wish in self.wishes.iter_mut().filter(|wish| wish.site == site) {
            if let Some(Ok(done)) = &wish.answer
                && done.entries.iter().any(|entry| entry.position.0 > kept)
            {
                wish.answer = Some(Err(Rejection::conflict("it was lost", "ask again")));
            }
        }
    }

    /// A wish that was never answered.
    #[must_use]
    pub fn unanswered(&self) -> Option<usize> {
        self.wishes.iter().position(|wish| wish.answer.is_none())
    }

    /// An answer came. What the person now relies on.
    ///
    /// # Errors
    /// When what had been done is now declined.
    pub fn answered(
        &mut self,
        command: CommandId,
        number: usize,
        answer: Result<Done, Rejection>,
    ) -> Result<Option<Told>, String> {
        let wish = &mut self.wishes[number];
        let its_own = command == wish.request.id;
        let told = match (&wish.answer, &answer) {
            (Some(Ok(before)), Err(now)) if its_own && !before.entries.is_empty() => {
                return Err(format!("wish {number} had been done and is declined: {now}"));
            }
            (_, Ok(done)) => {
                Some(Told { site: wish.site, wish: number, command, entries: done.entries.clone() })
            }
            (_, Err(_)) => None,
        };
        if its_own {
            wish.answer = Some(answer);
        }
        Ok(told)
    }

    /// The wish that a reply belongs to, and the id under which it was asked for.
    pub fn reply(&mut self, reply: u64) -> Option<(usize, CommandId)> {
        self.asked.remove(&reply)
    }

    fn of_the_builder(&mut self, world: &mut World, state: &State) -> Option<Command> {
        match world.chance.below(12) {
            0..=2 => Some(self.push(world)),
            3..=5 => create(world, state),
            6..=8 => deploy(world, state),
            9 => {
                let release = any_release(world, state)?;
                let peers: Vec<_> = state.links.all().map(|(_, peer)| peer).collect();
                let peer = world.chance.pick(&peers)?.name.clone();
                Some(Command::Promote { release, peer, bypass: None })
            }
            10 => {
                let peers = world.sites.len() - 1;
                let definitions = settings::of(0, peers, self.relayed, &mut world.chance);
                Some(Command::Apply { definitions })
            }
            _ => self.grant(world, state, settings::source_grants),
        }
    }

    fn of_an_operator(&self, world: &mut World, state: &State, site: usize) -> Option<Command> {
        match world.chance.below(12) {
            0..=4 => answer(world, state),
            5..=9 => deploy(world, state),
            10 => {
                let peers = world.sites.len() - 1;
                let definitions = settings::of(site, peers, self.relayed, &mut world.chance);
                Some(Command::Apply { definitions })
            }
            _ => self.grant(world, state, settings::target_grants),
        }
    }

    /// Between the source and a target other grants; what is passed on stays as it is.
    fn grant(
        &self,
        world: &mut World,
        state: &State,
        draw: fn(&mut crate::chance::Chance) -> Vec<schema::v1::model::Grant>,
    ) -> Option<Command> {
        let [source, first] = [settings::SOURCE, settings::TARGETS[0]];
        let me = world.sites[world.site_of(&state.me())?].called.clone();
        let known = state.links.all().map(|(_, peer)| peer.name.clone());
        let ends = |peer: &Name| me == source || peer.as_str() == source;
        let peers: Vec<_> = known.filter(ends).collect();
        let peer = world.chance.pick(&peers)?.clone();
        let grants = draw(&mut world.chance);
        let relays = self.relayed && (me == first || peer.as_str() == first);
        let grants = if relays { settings::relayed(grants) } else { grants };
        Some(Command::Grant { peer, grants })
    }

    fn push(&mut self, world: &mut World) -> Command {
        // Sometimes a patch of an older version, so that versions do not only grow.
        self.versions += 1;
        let patch = if world.chance.percent(30) { self.versions } else { 0 };
        let minor = self.versions - world.chance.below(self.versions.min(3));
        let size = SIZES[world.chance.index(SIZES.len())];
        let size = if world.chance.percent(5) { 0 } else { size };
        let package = package(world, &format!("1.{minor}.{patch}"), size);
        Command::PushPackage { package }
    }
}

/// Puts a package of `size` bytes into the store of the source.
pub fn package(world: &mut World, called: &str, size: u64) -> Package {
    let seed = world.bytes::<32>();
    let length = usize::try_from(size).expect("a small package");
    let bytes: Vec<u8> = seed.iter().copied().cycle().take(length).collect();
    let sha256 = HexHash(schema::hash::sha256(&[&bytes]));
    Package {
        id: "web".parse().expect("a package"),
        version: version(called),
        size,
        sha256,
        object: world.put_object(0, bytes),
    }
}

fn create(world: &mut World, state: &State) -> Option<Command> {
    let pushed: Vec<_> = state.packages.keys().map(|(_, version)| version).collect();
    let version = (*world.chance.pick(&pushed)?).clone();
    Some(Command::CreateRelease {
        project: name(PROJECT),
        version,
        notes: text("notes"),
        packages: Vec::new(),
        channel: None,
        revise: false,
    })
}

fn named(state: &State, id: &ReleaseId) -> ReleaseName {
    let owner = (id.project.space != state.me()).then(|| name(settings::SOURCE));
    ReleaseName::new(owner, id.project.name.clone(), id.version.clone())
}

/// Any release that a site knows, as it names it.
pub fn any_release(world: &mut World, state: &State) -> Option<ReleaseName> {
    let known: Vec<_> = state.releases.all().map(|(id, _)| id).collect();
    let id = world.chance.pick(&known)?;
    Some(named(state, id))
}

/// Somebody deploys any release anywhere.
pub fn deploy(world: &mut World, state: &State) -> Option<Command> {
    let release = any_release(world, state)?;
    let environments: Vec<_> = state.configuration.environments().collect();
    let environment = (*world.chance.pick(&environments)?).clone();
    let tenant = world.chance.percent(15).then(|| name(settings::TENANT));
    Some(Command::Deploy { release, environment, tenant, bypass: None })
}

/// Somebody accepts or rejects a bundle that waits.
fn answer(world: &mut World, state: &State) -> Option<Command> {
    let waits = |source: &Source| match source {
        Source::Imported(import) => import.answer == Answer::Waiting,
        Source::Local => false,
    };
    let waiting = state.releases.all().filter(|(_, found)| waits(&found.source));
    let waiting: Vec<_> = waiting.map(|(id, _)| id).collect();
    let release = named(state, world.chance.pick(&waiting)?);
    if world.chance.percent(20) {
        let reason = text("not now");
        return Some(Command::Reject { release, reason });
    }
    let lifecycle: &Lifecycle = state.configuration.lifecycle(&name("Production"))?;
    let places = Configuration::own_environments(lifecycle);
    let values = places.map(|place| value(place.as_str(), "erik")).collect();
    Some(Command::Accept { release, lifecycle: None, values })
}

/// A command in a few words.
fn describe(command: &Command) -> String {
    match command {
        Command::Apply { definitions } => {
            let places = definitions
                .iter()
                .filter(|definition| matches!(definition, Definition::Environment(_)));
            format!("apply {} environments", places.count())
        }
        Command::PutUser { user } => format!("put user {}", user.name),
        Command::RemoveUser { name } => format!("remove user {name}"),
        Command::CreateToken { user, name, .. } => format!("create token {name} of {user}"),
        Command::RevokeToken { token } => format!("revoke token {}", token.short()),
        Command::Trust { .. } => "trust".to_owned(),
        Command::Invite { .. } => "invite".to_owned(),
        Command::Uninvite { .. } => "uninvite".to_owned(),
        Command::Join { .. } => "accept an invitation".to_owned(),
        Command::StateKeys { .. } => "rotate".to_owned(),
        Command::Grant { peer, grants } => format!("grant {peer} {grants:?}"),
        Command::Revoke { peer } => format!("revoke {peer}"),
        Command::PushPackage { package } => {
            format!("push {} of {} bytes", package.version, package.size)
        }
        Command::CreateRelease { version, revise, .. } => {
            format!("{} {version}", if *revise { "revise" } else { "create" })
        }
        Command::Promote { release, peer, .. } => {
            format!("promote {} to {peer}", release.version)
        }
        Command::Approve { release, environment, approved, .. } => {
            let what = if *approved { "approve" } else { "refuse" };
            format!("{what} {} for {environment}", release.version)
        }
        Command::Freeze { freeze } => format!("freeze {}", freeze.name),
        Command::LiftFreeze { name, .. } => format!("lift {name}"),
        Command::SetPolicy { rule, .. } => format!("tell policy {rule:?}"),
        Command::LiftPolicy { rule } => format!("take back {rule:?}"),
        Command::Accept { release, .. } => format!("accept {}", release.version),
        Command::Reject { release, .. } => format!("reject {}", release.version),
        Command::Deploy { release, environment, bypass, .. } => {
            let how = if bypass.is_some() { " past its gates" } else { "" };
            format!("deploy {} to {environment}{how}", release.version)
        }
        Command::Recall { release, .. } => format!("recall {}", release.version),
        Command::PassRecall { release } => format!("pass the recall of {}", release.version),
        Command::PassResult { release, .. } => format!("pass a result of {}", release.version),
        Command::Cancel { deployment, .. } => format!("cancel {deployment}"),
        Command::AnswerManual { deployment, .. } => format!("answer for {deployment}"),
        Command::Restart { deployment } => format!("restart {deployment}"),
        Command::SetSecret { name, .. } => format!("set secret {name}"),
        Command::UnsetSecret { name, .. } => format!("unset secret {name}"),
        Command::KeepSecrets { release } => format!("keep the secrets of {}", release.version),
    }
}
