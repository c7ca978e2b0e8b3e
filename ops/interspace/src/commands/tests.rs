//! A space for tests, with people, a project and a way from Dev to Live: commands are asked as the
//! interface asks them, and what it shows is looked at.

use api_http::shape::command::{Ask, Release, command};
use api_http::shape::configuration::SpaceFile;
use api_http::shape::explanation::{self, Explanation};
use engine::command::{Command, Rejection, Request};
use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::entropy::Entropy;
use engine::run::Report;
use engine::space::Space;
use engine::step::{Effect, Input, Now};
use engine::trust::identity::Seeds;
use log_sled::LogSled;
use schema::id::{CommandId, Position};
use schema::latest::{Actor, Outcome};
use schema::name::{Name, Text};
use schema::v1::model::{ProjectId, ReleaseId};
use tempfile::TempDir;

/// Two environments, Live with an approval; a project each for what may be seen and what may not.
const FILE: &str = r#"
[space]
name = "Home"
[[environments]]
name = "Dev"
[[environments]]
name = "Live"
approvals = 1
[[lifecycles]]
name = "Standard"
phases = [
    { name = "Dev", environments = ["Dev"] },
    { name = "Live", environments = ["Live"], automatic = false },
]
[[projects]]
name = "Web"
lifecycle = "Standard"
steps = [{ name = "run", run = ["true"] }]
[[projects]]
name = "Vault"
lifecycle = "Standard"
steps = [{ name = "run", run = ["true"] }]
[[users]]
name = "dana"
roles = [{ role = "space-owner" }]
[[users]]
name = "anna"
roles = [{ role = "space-owner" }]
[[users]]
name = "vera"
roles = [{ role = "viewer", project = "Web" }]
"#;

/// 22 November 2026, 12:00 UTC, a Sunday.
pub(super) const NOON_MS: u64 = 1_795_348_800_000;

/// The space.
pub(super) struct Stage {
    _kept: TempDir,
    space: Space<LogSled>,
    pub(super) now_ms: u64,
    asked: u8,
}

impl Stage {
    /// A space whose file is the usual one with some words replaced.
    pub(super) fn with(words: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seeds = Seeds::draw(&mut Entropy::from_seed([7; 32]));
        let path = folder.path().join("log");
        let log = |incarnation| LogSled::create(&path, incarnation);
        let (name, entropy) = ("Home".parse().unwrap(), Entropy::from_seed([7; 32]));
        let space = Space::found(&name, &seeds, entropy, at(NOON_MS), log).unwrap();
        let mut stage = Self { _kept: folder, space, now_ms: NOON_MS, asked: 0 };
        let text = words.iter().fold(FILE.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old} is not there to be replaced");
            text.replace(old, new)
        });
        let file: SpaceFile = toml::from_str(&text).unwrap();
        let people = file.people().into_iter().zip(1_u8..);
        let tokens = people.map(|(name, number)| (name, [number; 32])).collect();
        let definitions = file.definitions(tokens);
        stage.turn("operator", Command::Apply { definitions }).unwrap();
        stage
    }

    pub(super) fn given() -> Self {
        Self::with(&[])
    }

    pub(super) fn engine(&self) -> &Engine {
        self.space.engine()
    }

    /// Asks as the interface does; how many entries that wrote.
    pub(super) fn ask(&mut self, who: &str, ask: Ask) -> Result<usize, Rejection> {
        let command = command(ask, self.engine());
        self.turn(who, command)
    }

    fn turn(&mut self, who: &str, command: Command) -> Result<usize, Rejection> {
        self.asked += 1;
        let (id, actor) = (CommandId([self.asked; 16]), person(who));
        let request = Request { id, actor, token: None, command };
        let input = Input::Asked { request, reply: 1 };
        let effects = self.space.turn(at(self.now_ms), vec![input]).unwrap();
        let answer = effects.into_iter().find_map(|effect| {
            let Effect::Reply { answer, .. } = effect else { return None };
            Some(answer)
        });
        answer.unwrap().map(|done| done.entries.len())
    }

    /// A release of Web, made by dana.
    pub(super) fn create(&mut self, version: &str) {
        let Release { project, version, .. } = release(version);
        let (notes, packages) = ("".parse().unwrap(), Vec::new());
        let (channel, revise) = (None, false);
        let ask = Ask::CreateRelease { project, version, notes, packages, channel, revise };
        self.ask("dana", ask).unwrap();
    }

    pub(super) fn deploy(&mut self, version: &str, environment: &str) -> Result<usize, Rejection> {
        let (release, environment) = (release(version), environment.parse().unwrap());
        let ask = Ask::Deploy { release, environment, tenant: None, bypass: None };
        self.ask("dana", ask)
    }

    /// What runs, ends so.
    pub(super) fn end(&mut self, outcome: Outcome) {
        let (started_ms, finished_ms) = (self.now_ms, self.now_ms + 1_000);
        let running = self.engine().state().cells.running();
        let all: Vec<Position> = running.map(|(_, it)| it.deployment.position).collect();
        let ended = |deployment| Input::Ended {
            deployment,
            report: Report {
                outcome,
                started_ms,
                finished_ms,
                proven: Vec::new(),
                targets: Vec::new(),
                steps: Vec::new(),
            },
        };
        assert!(!all.is_empty(), "nothing runs");
        let ended = all.into_iter().map(ended).collect();
        self.now_ms = finished_ms;
        self.space.turn(at(finished_ms), ended).unwrap();
    }

    /// A release that succeeded in Dev.
    pub(super) fn in_dev(&mut self, version: &str) {
        self.create(version);
        self.deploy(version, "Dev").unwrap();
        self.end(Outcome::Succeeded);
    }

    pub(super) fn approve(&mut self, who: &str, version: &str, approved: bool, reason: &str) {
        let (release, environment) = (release(version), "Live".parse().unwrap());
        let ask = Ask::Approve { release, environment, approved, reason: text(reason) };
        self.ask(who, ask).unwrap();
    }

    /// What `release explain` tells somebody.
    pub(super) fn explain(&self, who: &str, version: &str) -> Explanation {
        self.explain_for(None, who, version)
    }

    /// What `release explain` tells somebody about a tenant, or about nobody apart.
    pub(super) fn explain_for(
        &self,
        tenant: Option<&str>,
        who: &str,
        version: &str,
    ) -> Explanation {
        let space = self.engine().state().me();
        let project = ProjectId { space, name: "Web".parse().unwrap() };
        let id = ReleaseId { project, version: version.parse().unwrap() };
        let tenant: Option<Name> = tenant.map(|name| name.parse().unwrap());
        let who = person(who);
        explanation::show(self.engine(), &id, tenant.as_ref(), &who, self.now_ms).unwrap()
    }

    /// What somebody may do.
    pub(super) fn rights(&self, who: &str) -> Rights {
        Rights::of(self.engine().state(), &person(who), None, self.now_ms)
    }
}

/// A release of Web.
pub(super) fn release(version: &str) -> Release {
    let (project, version) = ("Web".parse().unwrap(), version.parse().unwrap());
    Release { owner: None, project, version, digest: None }
}

pub(super) fn text(text: &str) -> Text {
    text.parse().unwrap()
}

fn person(name: &str) -> Actor {
    Actor::Person(name.parse::<Name>().unwrap())
}

const fn at(wall_ms: u64) -> Now {
    Now { wall_ms, monotonic_ms: wall_ms - NOON_MS + 1 }
}
