//! T3: somebody has a space's signing key and writes in its name, until the space revokes it.

use crate::session::deliver;
use engine::engine::Engine;
use engine::log::verify::Verifier;
use engine::state::cells::Cells;
use engine::state::releases::Release;
use engine::trust::refusal::Refusal;
use schema::id::{LinkSeq, Position};
use schema::latest::{Document, Event, Kind, Outcome, Receipt, Revocation};
use schema::name::Name;
use schema::v1::event::{DeploymentReported, EnvironmentsPublished};
use schema::v1::model::ReleaseId;
use std::ops::ControlFlow;
use tests::pipeline::Pipeline;
use tests::thief::Thief;
use tests::world::{World, name};

/// What a thief wants to change: what is shown of the space.
#[derive(Debug, PartialEq)]
struct Shown {
    releases: Vec<(ReleaseId, Release)>,
    cells: Cells,
    environments: Vec<Name>,
}

struct Robbed {
    world: World,
    pipeline: Pipeline,
    /// What the log of the robbed space had when its key was stolen.
    size: u64,
    /// What its peer showed then.
    before: Shown,
}

impl Robbed {
    /// Web 1.0.0 is everywhere; then the key of Prod US is stolen.
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let pipeline = Pipeline::build(&mut world);
        pipeline.create(&mut world, "1.0.0", 3_000).expect("created");
        pipeline.deploy(&mut world, pipeline.dev, "1.0.0", "Dev").expect("deployed");
        world.run(20_000);
        let size = world.sites[pipeline.us].engine().checkpoint().0;
        let before = shown(&world, pipeline);
        assert!(before.environments.len() == 2, "{before:?}");
        Self { world, pipeline, size, before }
    }

    fn revocation(&self) -> Revocation {
        let incarnation = self.world.sites[self.pipeline.us].engine().state().incarnation;
        Revocation { key: 1, incarnation: incarnation.expect("founded"), size: self.size }
    }

    /// The number of the next entry of Prod US for its peer.
    fn next(&self) -> LinkSeq {
        let us = self.world.sites[self.pipeline.us].engine();
        let traffic = us.traffic().values().next().expect("a link");
        traffic.outbox.newest().next()
    }

    fn thief(&self, from: LinkSeq) -> Thief {
        Thief::of(&self.world, self.pipeline.us, self.pipeline.dev, from)
    }

    /// What the thief tells: environments that are not there, and a deployment that failed.
    fn lies(&self) -> Vec<Event> {
        let us = &self.world.sites[self.pipeline.us];
        let told = us.own_events().into_iter().rev().find_map(|event| {
            if let Event::DeploymentReported(it) = event { Some(it.receipt) } else { None }
        });
        let document = Document::read(&told.expect("a result was told")).expect("a document");
        let mut receipt: Receipt = document.payload(Kind::Receipt).expect("a receipt");
        receipt.outcome = Outcome::Failed;
        receipt.finished_ms += 1_000_000;
        receipt.deployment = receipt.deployment.replace('/', "/9");
        let forged = us.engine().identity().document(Kind::Receipt, &receipt).write();
        let environments = vec![name("Moon")];
        vec![
            Event::EnvironmentsPublished(EnvironmentsPublished { environments }),
            Event::DeploymentReported(DeploymentReported { receipt: forged }),
        ]
    }

    /// The space notices, revokes the key, and time goes on.
    fn revoke(&mut self) {
        let revocation = self.revocation();
        self.world.rotate(self.pipeline.us, vec![revocation]).expect("revoked");
        self.world.run(60_000);
    }

    /// All is as if nobody had lied, and everything goes on.
    fn restored(&mut self) {
        assert_eq!(shown(&self.world, self.pipeline), self.before);
        sound(&self.world);
        let Self { world, pipeline, .. } = self;
        pipeline.create(world, "2.0.0", 3_000).expect("created");
        pipeline.deploy(world, pipeline.dev, "2.0.0", "Dev").expect("deployed");
        world.run(60_000);
        let us = &world.sites[pipeline.us];
        let links = world.sites[pipeline.dev].engine().links(world.now());
        let link = links.iter().find(|link| link.peer == us.id).expect("a link");
        let sent = us.engine().traffic().values().next().expect("a link").outbox.newest();
        assert_eq!((link.received, link.rolled_back), (sent.0, false));
        assert!(link.fresh, "what it says now is heard");
        assert_ne!(shown(world, *pipeline), self.before, "news arrive");
    }
}

/// A release without when its results came: what comes again comes later.
fn timeless((id, release): (&ReleaseId, &Release)) -> (ReleaseId, Release) {
    let mut release = release.clone();
    release.successes.values_mut().for_each(|success| success.since_ms = 0);
    (id.clone(), release)
}

fn shown(world: &World, pipeline: Pipeline) -> Shown {
    let state = world.sites[pipeline.dev].engine().state();
    let us = state.links.peer(&world.sites[pipeline.us].id).expect("linked");
    Shown {
        releases: state.releases.all().map(timeless).collect(),
        cells: state.cells.clone(),
        environments: us.environments.clone(),
    }
}

/// Every log is verified from its bytes, and replays to what its space believes.
fn sound(world: &World) {
    for site in &world.sites {
        let space = site.space.as_ref().expect("up");
        let mut verifier = Verifier::new();
        engine::log::Log::scan(space.log(), &mut |first, bytes| {
            verifier.block(first, bytes).expect("a sound block");
            ControlFlow::Continue(())
        })
        .expect("a scan");
        verifier.finish().expect("a sound log");
        let entropy = engine::entropy::Entropy::from_seed([1; 32]);
        let told = Engine::rebuilt(space.log(), &site.secrets, entropy, world.now());
        let told = told.expect("it replays");
        assert!(told.state() == space.engine().state(), "{} replays otherwise", site.called);
        assert!(told.journeys() == space.engine().journeys());
    }
}

#[test]
fn t03_what_a_thief_wrote_is_gone_once_the_key_is_revoked() {
    let mut robbed = Robbed::new(1);
    let envelope = robbed.thief(robbed.next()).tell(&robbed.lies());
    assert_eq!(deliver(&mut robbed.world, robbed.pipeline.dev, &envelope), None, "a true key");
    assert_ne!(shown(&robbed.world, robbed.pipeline), robbed.before, "the lies are believed");
    robbed.world.run(5_000);
    robbed.revoke();
    robbed.restored();
}

#[test]
fn t03_a_thief_who_was_quicker_than_the_owner_is_found_out_too() {
    // The owner's own entry under the same number never arrived; nothing tells the two apart but
    // the new key.
    let mut robbed = Robbed::new(2);
    let (dev, us) = (robbed.pipeline.dev, robbed.pipeline.us);
    let until = robbed.world.clock_ms + 20_000;
    robbed.world.cut(dev, us, until);
    let envelope = robbed.thief(robbed.next()).tell(&robbed.lies());
    let definitions = {
        let mut all = tests::pipeline::target(true);
        all.push(tests::pipeline::environment("Canary"));
        all
    };
    let apply = engine::command::Command::Apply { definitions };
    robbed.world.ask(us, "ops", apply).expect("applied");
    robbed.size = robbed.world.sites[us].engine().checkpoint().0;
    assert_eq!(deliver(&mut robbed.world, dev, &envelope), None);
    let revocation = robbed.revocation();
    robbed.world.rotate(us, vec![revocation]).expect("revoked");
    robbed.world.run(120_000);
    robbed.before.environments = vec![name("Canary"), name("Production"), name("Staging")];
    let mut told = shown(&robbed.world, robbed.pipeline);
    told.environments.sort();
    assert_eq!(told, robbed.before);
    sound(&robbed.world);
}

#[test]
fn t03_a_thief_who_said_less_than_the_owner_is_found_out_too() {
    // The owner wrote more under the same numbers, so its peer has fewer than it names.
    let mut robbed = Robbed::new(10);
    let (dev, us) = (robbed.pipeline.dev, robbed.pipeline.us);
    let until = robbed.world.clock_ms + 20_000;
    robbed.world.cut(dev, us, until);
    let envelope = robbed.thief(robbed.next()).tell(&robbed.lies()[..1]);
    for canary in [true, false] {
        let mut definitions = tests::pipeline::target(true);
        if canary {
            definitions.push(tests::pipeline::environment("Canary"));
        }
        let apply = engine::command::Command::Apply { definitions };
        robbed.world.ask(us, "ops", apply).expect("applied");
    }
    robbed.size = robbed.world.sites[us].engine().checkpoint().0;
    assert_eq!(deliver(&mut robbed.world, dev, &envelope), None);
    robbed.revoke();
    robbed.world.run(60_000);
    assert!(!robbed.world.sites[us].engine().is_read_only());
    robbed.restored();
}

#[test]
fn t03_a_revoked_key_signs_nothing_more() {
    let mut robbed = Robbed::new(3);
    let mut thief = robbed.thief(robbed.next());
    let first = thief.tell(&robbed.lies());
    robbed.revoke();
    let late = thief.tell(&robbed.lies());
    for envelope in [first, late] {
        let refused = deliver(&mut robbed.world, robbed.pipeline.dev, &envelope);
        assert_eq!(refused, Some(Refusal::RetiredKey));
    }
    assert_eq!(shown(&robbed.world, robbed.pipeline), robbed.before);
    robbed.restored();
}

#[test]
fn t03_lies_that_claim_old_positions_go_as_well() {
    let mut robbed = Robbed::new(4);
    let mut thief = robbed.thief(robbed.next()).at(Position(robbed.size - 1));
    let envelope = thief.tell(&robbed.lies());
    deliver(&mut robbed.world, robbed.pipeline.dev, &envelope);
    robbed.revoke();
    robbed.restored();
}

#[test]
fn t03_a_peer_that_learned_of_it_from_a_file_gets_everything_anew() {
    let mut robbed = Robbed::new(5);
    let (dev, us) = (robbed.pipeline.dev, robbed.pipeline.us);
    let envelope = robbed.thief(robbed.next()).tell(&robbed.lies());
    deliver(&mut robbed.world, dev, &envelope);
    let until = robbed.world.clock_ms + 20_000;
    robbed.world.cut(dev, us, until);
    let revocation = robbed.revocation();
    robbed.world.rotate(us, vec![revocation]).expect("revoked");
    let state = robbed.world.sites[us].engine().state();
    let certificate = state.certificate().expect("founded").write();
    let trust = engine::command::Command::Trust { certificate, name: None, grants: Vec::new() };
    robbed.world.ask(dev, "ops", trust).expect("the newer certificate of a peer");
    robbed.world.run(120_000);
    robbed.restored();
}

#[test]
fn t03_what_comes_together_with_newer_keys_is_refused_if_an_older_key_signed_it() {
    let mut robbed = Robbed::new(11);
    let (dev, us) = (robbed.pipeline.dev, robbed.pipeline.us);
    let first = robbed.thief(robbed.next()).tell(&robbed.lies());
    let revocation = robbed.revocation();
    robbed.world.rotate(us, vec![revocation]).expect("revoked");
    let peer = robbed.world.sites[dev].id;
    let space = robbed.world.sites[us].space.as_mut().expect("up");
    let keys = space.lend_signals(&peer).expect("a log").remove(0);
    // Both are opened before either is taken in.
    robbed.world.receive(dev, keys);
    robbed.world.receive(dev, first);
    robbed.world.run(60_000);
    let counts = robbed.world.sites[dev].engine().quarantine().counts().clone();
    assert_eq!(counts.get("retired-key"), Some(&1));
    robbed.restored();
}

#[test]
fn t24_a_peer_that_missed_two_rotations_comes_back_without_a_hand() {
    let mut robbed = Robbed::new(6);
    let (dev, us) = (robbed.pipeline.dev, robbed.pipeline.us);
    robbed.world.crash(dev);
    for _ in 0..2 {
        robbed.world.rotate(us, Vec::new()).expect("rotated");
        robbed.world.run(60_000);
    }
    robbed.world.start(dev).expect("it starts");
    robbed.world.run(60_000);
    let state = robbed.world.sites[dev].engine().state();
    let known = state.links.peer(&robbed.world.sites[us].id).expect("a link");
    assert_eq!(known.keys.newest().number, 3);
    robbed.restored();
}

#[test]
fn t24_a_release_that_was_tested_under_the_keys_before_is_promoted_under_the_new_ones() {
    let mut world = World::new(9);
    let pipeline = Pipeline::build(&mut world);
    pipeline.create(&mut world, "1.0.0", 3_000).expect("created");
    pipeline.deploy(&mut world, pipeline.dev, "1.0.0", "Dev").expect("deployed");
    let proven = |world: &World| {
        let releases = &world.sites[pipeline.dev].engine().state().releases;
        let me = world.sites[pipeline.dev].id;
        let own =
            |release: &Release| release.successes.keys().filter(|(space, _)| *space == me).count();
        releases.all().map(|(_, release)| own(release)).sum::<usize>()
    };
    while proven(&world) == 0 {
        world.run(10);
    }
    world.rotate(pipeline.dev, Vec::new()).expect("rotated");
    world.run(60_000);
    assert_eq!(proven(&world), 2, "the receipts of Dev and Test, under two keys");
    for site in [pipeline.us, pipeline.eu] {
        let engine = world.sites[site].engine();
        assert_eq!(engine.state().releases.all().count(), 1, "the bundle is believed");
        assert!(engine.links(world.now()).iter().all(|link| link.refused == 0));
    }
}

#[test]
fn t24_two_spaces_that_rotate_at_the_same_time_find_each_other() {
    let mut robbed = Robbed::new(7);
    let (dev, us) = (robbed.pipeline.dev, robbed.pipeline.us);
    let until = robbed.world.clock_ms + 20_000;
    robbed.world.cut(dev, us, until);
    robbed.world.rotate(us, Vec::new()).expect("rotated");
    robbed.world.rotate(dev, Vec::new()).expect("rotated");
    for site in [dev, us] {
        robbed.world.crash(site);
        robbed.world.start(site).expect("it starts");
    }
    robbed.world.run(60_000);
    robbed.restored();
}

#[test]
fn t24_a_log_does_not_open_without_its_newest_keys() {
    let mut robbed = Robbed::new(8);
    let us = robbed.pipeline.us;
    let old = robbed.world.sites[us].secrets.clone();
    robbed.world.rotate(us, Vec::new()).expect("rotated");
    robbed.world.crash(us);
    let new = std::mem::replace(&mut robbed.world.sites[us].secrets, old);
    let why = robbed.world.start(us).expect_err("the keys are those from before");
    assert!(why.contains("the keys are not those"), "{why}");
    robbed.world.sites[us].secrets = new;
    robbed.world.start(us).expect("with the keys that belong to it");
}
