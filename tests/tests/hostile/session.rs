//! A recorded session: everything that crosses between two spaces while a release goes out and its
//! results come back.

use engine::command::Command;
use engine::inbox::Inbox;
use engine::log::Log as _;
use engine::state::State;
use engine::step::Input;
use engine::trust::refusal::Refusal;
use engine::views::journey::Journeys;
use log_memory::Image;
use schema::id::LinkId;
use schema::v1::event::Definition;
use schema::v1::model::{HexHash, Package, Variable, Where};
use std::collections::BTreeSet;
use tests::network::Parcel;
use tests::pipeline::{PROJECT, source, target, text, version};
use tests::world::{World, name};

/// What no carrier may ever see.
pub(crate) const SECRET: &str = "MARKED-SECRET-9f3c";

/// Two spaces and all envelopes between them.
pub(crate) struct Session {
    pub(crate) world: World,
    pub(crate) dev: usize,
    pub(crate) us: usize,
    pub(crate) recorded: Vec<Parcel>,
    seen: BTreeSet<Vec<u8>>,
}

impl Session {
    /// Two spaces that trust each other and have said hello.
    pub(crate) fn linked(seed: u64) -> Self {
        let mut world = World::new(seed);
        let dev = world.found("DevTest Space");
        let us = world.found("Prod US");
        for (site, definitions) in [(dev, marked(source("true"))), (us, marked(target(true)))] {
            let command = Command::Apply { definitions };
            world.ask(site, "ops", command).expect("applied");
        }
        world.link(dev, us, World::usual_grants(PROJECT));
        let mut session = Self { world, dev, us, recorded: Vec::new(), seen: BTreeSet::new() };
        session.run(2_000);
        session
    }

    /// The whole story of one release.
    pub(crate) fn whole(seed: u64) -> Self {
        let mut session = Self::linked(seed);
        session.release("1.0.0");
        session.run(90_000);
        session
    }

    /// Pushes a package, creates a release and deploys it where its journey begins.
    pub(crate) fn release(&mut self, called: &str) {
        let bytes = format!("{SECRET} {called}").into_bytes();
        let (size, sha256) = (bytes.len() as u64, HexHash(schema::hash::sha256(&[&bytes])));
        let object = self.world.put_object(self.dev, bytes);
        let package = Package {
            id: "web".parse().expect("an id"),
            version: version(called),
            size,
            sha256,
            object,
        };
        let commands = [
            Command::PushPackage { package },
            Command::CreateRelease {
                project: name(PROJECT),
                version: version(called),
                notes: text(SECRET),
                packages: Vec::new(),
                channel: None,
                revise: false,
            },
            Command::Deploy {
                release: engine::command::ReleaseName::new(None, name(PROJECT), version(called)),
                environment: name("Dev"),
                tenant: None,
                bypass: None,
            },
        ];
        for command in commands {
            self.world.ask(self.dev, "dana", command).expect("done");
        }
    }

    /// Lets time pass, and writes down what is sent.
    pub(crate) fn run(&mut self, ms: u64) {
        let until = self.world.clock_ms + ms;
        loop {
            for parcel in self.world.network.parcels() {
                if self.seen.insert(parcel.bytes.clone()) {
                    self.recorded.push(parcel.clone());
                }
            }
            if !self.world.advance(until).expect("no log fails here") {
                return;
            }
        }
    }

    /// The link.
    pub(crate) fn link(&self) -> LinkId {
        let engine = self.world.sites[self.dev].engine();
        *engine.traffic().keys().next().expect("one link")
    }

    /// What was sent to a site.
    pub(crate) fn sent_to(&self, site: usize) -> Vec<Vec<u8>> {
        let parcels = self.recorded.iter().filter(|parcel| parcel.to == site);
        parcels.map(|parcel| parcel.bytes.clone()).collect()
    }
}

/// The same configuration with a secret in every value.
fn marked(mut definitions: Vec<Definition>) -> Vec<Definition> {
    for definition in &mut definitions {
        match definition {
            Definition::Project(project) => {
                let (name, value, scope) = (name("TOKEN"), text(SECRET), Where::default());
                project.variables.push(Variable { name, value, scope });
                for value in &mut project.values {
                    value.value = Some(text(SECRET));
                }
            }
            Definition::Acceptance(rule) => {
                for value in &mut rule.values {
                    value.value = Some(text(SECRET));
                }
            }
            Definition::Environment(_)
            | Definition::Lifecycle(_)
            | Definition::User(_)
            | Definition::Tenant(_) => {}
        }
    }
    definitions
}

/// Everything that an attack must not change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Truth {
    state: State,
    journeys: Journeys,
    inboxes: Vec<Inbox>,
    records: u64,
}

/// What is true at a site.
pub(crate) fn truth(world: &World, site: usize) -> Truth {
    let engine = world.sites[site].engine();
    let traffic = engine.traffic().values();
    Truth {
        state: engine.state().clone(),
        journeys: engine.journeys().clone(),
        inboxes: traffic.map(|traffic| traffic.inbox.durable()).collect(),
        records: world.sites[site].space.as_ref().expect("up").log().size(),
    }
}

/// Gives bytes to a site's door; what it refuses them for, if it does.
pub(crate) fn knock(world: &mut World, site: usize, bytes: &[u8]) -> (Option<Refusal>, Input) {
    let space = world.sites[site].space.as_mut().expect("up");
    let input = space.receive(bytes.to_vec());
    let reason = if let Input::Refused { reason, .. } = &input { Some(*reason) } else { None };
    (reason, input)
}

/// Gives bytes to a site and lets it take a turn.
pub(crate) fn deliver(world: &mut World, site: usize, bytes: &[u8]) -> Option<Refusal> {
    let (reason, input) = knock(world, site, bytes);
    world.turn(site, vec![input]).expect("no log fails here");
    reason
}

/// What a site has stored.
pub(crate) fn image(world: &World, site: usize) -> Image {
    world.sites[site].device.image()
}
