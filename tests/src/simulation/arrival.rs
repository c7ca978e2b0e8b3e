//! The very end of a run: what people shut is open again, and a fresh release goes its way by
//! itself. A world that only ever came to rest may have forgotten how to move.

use super::Run;
use super::beside::{SECRETS, set_secret};
use super::settings::{SOURCE, TARGETS, secrets};
use super::watch::Watched;
use crate::pipeline::{
    PROJECT, contact, environment, people, phase, project, text, value, version,
};
use crate::world::name;
use engine::command::{Command, Request};
use engine::decide::configuration::OPERATOR;
use schema::id::CommandId;
use schema::latest::Actor;
use schema::v1::event::Definition;
use schema::v1::model::{Acceptance, Lifecycle, Project};

/// The version of the fresh release: newer than all others.
pub const FRESH: &str = "9.0.0";

/// Where it arrives, in every space but the one that builds it.
pub const LAST: &str = "Production";

/// Bytes of its package: more than a piece.
const SIZE: u64 = 70_000;

impl Run {
    /// Everybody lifts what is shut and configures a way that needs nobody; the source releases.
    ///
    /// # Errors
    /// The first violation.
    pub(super) fn release_afresh(&mut self) -> Watched {
        self.note("a fresh release");
        self.world.failing_percent = 0;
        // Somebody who had no answer yet may have asked for other grants in the meantime.
        super::healing::restore_grants(self);
        let targets = self.world.sites.len() - 1;
        for site in 0..=targets {
            for command in self.shut(site) {
                self.want(site, command);
            }
            let definitions = match site {
                0 => source(&TARGETS[..targets], self.people.relayed),
                _ => target(self.people.relayed && site == 1),
            };
            self.want(site, Command::Apply { definitions });
        }
        self.settle_down()?;
        // Whoever lost the end of a log may have lost values with it.
        for secret in SECRETS {
            let command = set_secret(&mut self.world, secret);
            if let Command::SetSecret { value, .. } = &command {
                self.watch.hides(value.expose());
            }
            self.want(0, command);
        }
        let package = super::people::package(&mut self.world, FRESH, SIZE);
        self.want(0, Command::PushPackage { package });
        self.settle_down()?;
        self.want(
            0,
            Command::CreateRelease {
                project: name(PROJECT),
                version: version(FRESH),
                notes: text("by itself"),
                packages: Vec::new(),
                channel: None,
                revise: false,
            },
        );
        self.settle_down()
    }

    /// The freezes and rules of a site, each lifted.
    fn shut(&self, site: usize) -> Vec<Command> {
        if self.keeps_frozen == Some(site) {
            return Vec::new();
        }
        let state = self.world.sites[site].engine().state();
        let lift = |name| Command::LiftFreeze { name, reason: text("all is well") };
        let freezes = state.restraints.freezes().map(|it| lift(it.content.name.clone()));
        let rules = state.restraints.rules();
        let rules = rules.map(|(rule, _)| Command::LiftPolicy { rule: rule.clone() });
        freezes.chain(rules).collect()
    }

    fn want(&mut self, site: usize, command: Command) {
        let id = CommandId(self.world.bytes());
        let actor = Actor::Person(name(OPERATOR));
        let request = Request { id, actor, token: None, command };
        let what = self.people.add(&mut self.world, site, request);
        self.note(&what);
    }
}

/// Everything by itself; where releases are sent on, the second target gets them no other way.
fn source(targets: &[&str], relayed: bool) -> Vec<Definition> {
    let mut out = phase("Prod", &[], targets, true);
    if relayed {
        out.spaces.retain(|it| it.as_str() != TARGETS[1]);
        out.onward = vec![name(TARGETS[1])];
    }
    let phases = vec![phase("Dev", &["Dev"], &[], true), out];
    let project = Project {
        packages: vec!["web".parse().expect("a package")],
        templates: vec![contact()],
        values: vec![value("Dev", "dana")],
        secrets: secrets(),
        ..project(PROJECT)
    };
    let lifecycle = Lifecycle { name: name("Standard"), phases };
    let mut all = vec![environment("Dev"), Definition::Lifecycle(lifecycle)];
    all.push(Definition::Project(project));
    all.extend(people());
    all
}

fn target(sends_on: bool) -> Vec<Definition> {
    let mut phases = vec![phase(LAST, &[LAST], &[], true)];
    if sends_on {
        phases.push(phase("On", &[], &[TARGETS[1]], true));
    }
    let rule = Acceptance {
        from: name(SOURCE),
        project: name(PROJECT),
        lifecycle: name("Production"),
        automatic: true,
        values: vec![value(LAST, "ursula")],
    };
    let lifecycle = Lifecycle { name: name("Production"), phases };
    let mut all = vec![environment(LAST), Definition::Lifecycle(lifecycle)];
    all.push(Definition::Acceptance(rule));
    all.extend(people());
    all
}
