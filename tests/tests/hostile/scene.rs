//! The scene of most attacks: a victim, an honest peer, and a stranger that the victim trusts.

use crate::session::deliver;
use engine::command::{Command, ReleaseName};
use engine::log::Log as _;
use engine::trust::refusal::Refusal;
use schema::id::{LinkId, Position, SpaceId};
use schema::latest::{Event, Record};
use schema::v1::event::{Definition, ReleasePromoted};
use schema::v1::model::{Disclosure, Grant, Lifecycle, ProjectId, ReleaseId};
use tests::pipeline::{environment, phase, text, version};
use tests::stranger::Stranger;
use tests::world::{World, name};

/// Who is there.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) victim: usize,
    pub(crate) honest: usize,
    pub(crate) stranger: Stranger,
}

/// A project whose releases are promoted to `spaces`.
pub(crate) fn configuration(project: &str, spaces: &[&str]) -> Vec<Definition> {
    let phase = phase("Out", &[], spaces, false);
    let project = tests::pipeline::project(project);
    let lifecycle = Lifecycle { name: name("Standard"), phases: vec![phase] };
    vec![environment("Dev"), Definition::Lifecycle(lifecycle), Definition::Project(project)]
}

impl Scene {
    /// The victim promoted Web 1.0.0 to both, Web 2.0.0 to the honest peer, Web 3.0.0 to nobody;
    /// the honest peer promoted App 1.0.0 to the victim. The stranger may send releases of Gift,
    /// and results.
    pub(crate) fn new(seed: u64) -> Self {
        Self::granting(seed, vec![Grant::AcceptReleases(name("Gift")), Grant::AcceptResults])
    }

    /// The same with other grants for the stranger.
    pub(crate) fn granting(seed: u64, grants: Vec<Grant>) -> Self {
        let mut world = World::new(seed);
        let (victim, honest) = (world.found("Victim"), world.found("Honest"));
        let mut stranger = Stranger::new("Stranger", seed);
        for (site, definitions) in [
            (victim, configuration("Web", &["Stranger", "Honest"])),
            (honest, configuration("App", &["Victim"])),
        ] {
            let command = Command::Apply { definitions };
            world.ask(site, "ops", command).expect("applied");
        }
        let all = || Grant::AcceptReleases(name("*"));
        let for_victim = vec![all(), Grant::AcceptResults];
        let for_honest = vec![all(), Grant::SendResults(Disclosure::Full)];
        world.link(victim, honest, [for_victim, for_honest]);
        let command =
            Command::Trust { certificate: stranger.certificate().write(), name: None, grants };
        world.ask(victim, "ops", command).expect("trusted");
        let certificate = world.sites[victim].engine().state().certificate();
        stranger.trust(&certificate.expect("founded"));
        let mut scene = Self { world, victim, honest, stranger };
        for (site, project, version, peers) in [
            (victim, "Web", "1.0.0", &["Stranger", "Honest"][..]),
            (victim, "Web", "2.0.0", &["Honest"]),
            (victim, "Web", "3.0.0", &[]),
            (honest, "App", "1.0.0", &["Victim"]),
        ] {
            scene.release(site, project, version, peers);
        }
        scene.world.run(5_000);
        scene
    }

    fn release(&mut self, site: usize, project: &str, called: &str, peers: &[&str]) {
        let create = Command::CreateRelease {
            project: name(project),
            version: version(called),
            notes: text("notes"),
            packages: Vec::new(),
            channel: None,
            revise: false,
        };
        self.world.ask(site, "dana", create).expect("created");
        for peer in peers {
            let release = ReleaseName::new(None, name(project), version(called));
            let peer = name(peer);
            let promote = Command::Promote { release, peer, bypass: None };
            self.world.ask(site, "dana", promote).expect("promoted");
        }
    }

    /// The victim's id.
    pub(crate) fn victim_id(&self) -> SpaceId {
        self.world.sites[self.victim].id
    }

    /// The honest peer's id.
    pub(crate) fn honest_id(&self) -> SpaceId {
        self.world.sites[self.honest].id
    }

    /// The link between the victim and the honest peer.
    pub(crate) fn honest_link(&self) -> LinkId {
        let state = self.world.sites[self.victim].engine().state();
        let peer = state.links.peer(&self.honest_id());
        peer.expect("trusted").link
    }

    /// What a site promoted, in its own words: the newest promotion of `called` to `target`.
    pub(crate) fn promotion(&self, site: usize, called: &str, target: SpaceId) -> ReleasePromoted {
        let log = self.world.sites[site].space.as_ref().expect("up").log();
        for position in 1..=log.size() {
            let records = log.read(&[Position(position)]).expect("a record");
            if let Some(Record::Own(own)) = records.first()
                && let Ok(Event::ReleasePromoted(promoted)) = own.entry.event()
                && promoted.target == target
                && promoted.release.version == version(called)
            {
                return promoted;
            }
        }
        panic!("{called} was not promoted")
    }

    /// The stranger says one entry to the victim, which takes a turn.
    pub(crate) fn tell(&mut self, entry: Vec<u8>) -> Option<Refusal> {
        let victim = self.victim_id();
        let envelope = self.stranger.tell(&victim, entry);
        deliver(&mut self.world, self.victim, &envelope)
    }

    /// What came from the stranger: received, refused, and whether the link is frozen.
    pub(crate) fn heard(&self) -> (u64, u64, bool) {
        let engine = self.world.sites[self.victim].engine();
        let stranger = self.stranger.id();
        let mut traffic = engine.traffic().values();
        let traffic = traffic.find(|traffic| traffic.peer == stranger);
        let inbox = &traffic.expect("a link").inbox;
        let peer = engine.state().links.peer(&stranger);
        let frozen = peer.expect("trusted").frozen;
        (inbox.acknowledged().0, inbox.held_and_refused().1, frozen)
    }

    /// Stops and starts the victim.
    pub(crate) fn restart(&mut self) {
        self.world.crash(self.victim);
        self.world.start(self.victim).expect("it starts again");
    }
}

/// A release by its owner, project and version.
pub(crate) fn release(owner: SpaceId, project: &str, called: &str) -> ReleaseId {
    let project = ProjectId { space: owner, name: name(project) };
    let version = version(called);
    ReleaseId { project, version }
}
