//! T8: a log that lost its end, because its folder was put back from a backup.

use engine::command::Command;
use engine::engine::Engine;
use engine::log::Log as _;
use engine::log::verify::Verifier;
use engine::views::dashboard;
use schema::id::{Incarnation, LinkSeq};
use schema::latest::EnvelopeKind;
use schema::name::Name;
use std::ops::ControlFlow;
use tests::pipeline::Pipeline;
use tests::world::World;

struct Restored {
    world: World,
    pipeline: Pipeline,
    first_life: Incarnation,
}

/// Cells in words: which version is where and how its deployment ended.
fn cells(world: &World, site: usize) -> Vec<String> {
    let state = world.sites[site].engine().state();
    dashboard::cells(state)
        .into_iter()
        .map(|cell| {
            let of = |deployed: &Option<dashboard::Deployed>| {
                deployed.as_ref().map(|it| (it.version.to_string(), it.outcome, it.proven))
            };
            let environment: &Name = &cell.environment;
            format!("{environment}: {:?} {:?}", of(&cell.installed), of(&cell.last))
        })
        .collect()
}

impl Restored {
    /// Web 1.0.0 is everywhere; a backup of `site` is made; Web 2.0.0 goes everywhere; the backup
    /// is put back.
    fn new(seed: u64, site: impl Fn(Pipeline) -> usize) -> Self {
        Self::set_back(seed, site, 0)
    }

    /// The same, and before Web 2.0.0 all clocks are set back by so many milliseconds.
    fn set_back(seed: u64, site: impl Fn(Pipeline) -> usize, by_ms: u64) -> Self {
        let mut world = World::new(seed);
        world.wall_shift_ms = by_ms;
        let pipeline = Pipeline::build(&mut world);
        let mut told = Self { world, pipeline, first_life: Incarnation([0; 16]) };
        told.release("1.0.0");
        let site = site(pipeline);
        let engine = told.world.sites[site].engine();
        told.first_life = engine.state().incarnation.expect("founded");
        let backup = told.world.sites[site].device.image();
        told.world.wall_shift_ms = 0;
        told.release("2.0.0");
        told.world.restore(site, backup).expect("an old log opens");
        told.world.run(30_000);
        told
    }

    fn release(&mut self, version: &str) {
        let Self { world, pipeline, .. } = self;
        pipeline.create(world, version, 3_000).expect("created");
        pipeline.deploy(world, pipeline.dev, version, "Dev").expect("deployed");
        world.run(30_000);
        if pipeline.accept(world, version).is_ok() {
            world.run(5_000);
            for environment in ["Staging", "Production"] {
                pipeline.deploy(world, pipeline.eu, version, environment).expect("deployed");
                world.run(20_000);
            }
        }
    }

    fn sound(&self) {
        for site in &self.world.sites {
            let space = site.space.as_ref().expect("up");
            let mut verifier = Verifier::new();
            space
                .log()
                .scan(&mut |first, bytes| {
                    verifier.block(first, bytes).expect("a sound block");
                    ControlFlow::Continue(())
                })
                .expect("a scan");
            verifier.finish().expect("a sound log");
            let entropy = engine::entropy::Entropy::from_seed([1; 32]);
            let told = Engine::rebuilt(space.log(), &site.secrets, entropy, self.world.now());
            assert!(told.expect("it replays").state() == space.engine().state(), "{}", site.called);
            assert!(space.engine().state().links.all().all(|(_, peer)| !peer.frozen));
            for link in space.engine().links(self.world.now()) {
                assert_eq!((link.held, link.refused), (0, 0), "{}", site.called);
            }
        }
    }
}

#[test]
fn t08_a_restored_log_publishes_nothing_and_writes_nothing() {
    let mut restored = Restored::new(1, |pipeline| pipeline.us);
    let (us, dev) = (restored.pipeline.us, restored.pipeline.dev);
    assert!(restored.world.sites[us].engine().is_read_only());
    let size = restored.world.sites[us].engine().checkpoint().0;
    let seen = restored.world.sites[dev].engine().checkpoint().0;
    let definitions = tests::pipeline::target(true);
    let refused = restored.world.ask(us, "ops", Command::Apply { definitions });
    assert!(refused.expect_err("read-only").hint.contains("space recover"));
    restored.release("3.0.0");
    assert_eq!(restored.world.sites[us].engine().checkpoint().0, size, "nothing was written");
    let received = |world: &World| {
        let links = world.sites[dev].engine().links(world.now());
        links.iter().map(|link| link.received).collect::<Vec<_>>()
    };
    let before = received(&restored.world);
    restored.world.run(120_000);
    assert_eq!(received(&restored.world), before, "nothing arrived");
    assert!(restored.world.sites[dev].engine().checkpoint().0 > seen, "others go on");
}

#[test]
fn t08_a_restored_target_gets_its_tail_back_and_lives_on() {
    let mut restored = Restored::new(2, |pipeline| pipeline.us);
    let (us, dev) = (restored.pipeline.us, restored.pipeline.dev);
    let before = cells(&restored.world, dev);
    let runs = restored.world.sites[us].engine().state().cells.deployments().count();
    restored.world.live_on(us).expect("it lives on");
    restored.world.run(120_000);
    let engine = restored.world.sites[us].engine();
    assert_ne!(engine.state().incarnation, Some(restored.first_life));
    assert!(!engine.is_read_only());
    assert_eq!(cells(&restored.world, dev), before, "its peer shows what it showed");
    let here = cells(&restored.world, us);
    assert!(here.iter().all(|cell| cell.contains("2.0.0")), "the tail came back: {here:?}");
    assert_eq!(engine.state().cells.deployments().count(), runs, "nothing was deployed twice");
    let peer = &restored.world.sites[dev].engine().state().links;
    let lost = &peer.peer(&restored.world.sites[us].id).expect("linked").lost;
    assert_eq!(lost[..], [restored.first_life], "the peer shows both lives");
    let links = restored.world.sites[dev].engine().links(restored.world.now());
    assert!(links.iter().all(|link| link.fresh), "though the new life has fewer entries");
    restored.sound();
    restored.release("3.0.0");
    restored.world.run(60_000);
    assert!(cells(&restored.world, dev).iter().all(|cell| cell.contains("3.0.0")));
    restored.sound();
}

#[test]
fn t08_what_comes_back_counts_though_the_clocks_were_set_back() {
    let mut restored = Restored::set_back(7, |pipeline| pipeline.us, 1_000_000_000);
    let us = restored.pipeline.us;
    restored.world.live_on(us).expect("it lives on");
    restored.world.run(120_000);
    let here = cells(&restored.world, us);
    assert!(here.iter().all(|cell| cell.contains("2.0.0")), "the tail came back: {here:?}");
    restored.sound();
}

#[test]
fn t08_a_restored_source_knows_again_what_it_promoted() {
    let mut restored = Restored::new(3, |pipeline| pipeline.dev);
    let dev = restored.pipeline.dev;
    restored.world.live_on(dev).expect("it lives on");
    restored.world.run(120_000);
    let here = cells(&restored.world, dev);
    assert!(here.iter().all(|cell| cell.contains("2.0.0")), "{here:?}");
    restored.sound();
    restored.release("3.0.0");
    restored.world.run(60_000);
    let here = cells(&restored.world, dev);
    assert!(here.iter().all(|cell| cell.contains("3.0.0")), "{here:?}");
    restored.sound();
}

#[test]
fn t08_a_log_that_lost_its_end_twice_and_a_peer_that_missed_it_find_each_other() {
    let mut restored = Restored::new(4, |pipeline| pipeline.us);
    let (us, dev) = (restored.pipeline.us, restored.pipeline.dev);
    restored.world.crash(dev);
    for _ in 0..2 {
        restored.world.live_on(us).expect("it lives on");
        restored.world.run(20_000);
    }
    restored.world.start(dev).expect("it starts");
    restored.world.run(120_000);
    assert!(cells(&restored.world, us).iter().all(|cell| cell.contains("2.0.0")));
    restored.sound();
    restored.release("3.0.0");
    restored.world.run(60_000);
    assert!(cells(&restored.world, dev).iter().all(|cell| cell.contains("3.0.0")));
    restored.sound();
}

#[test]
fn t08_an_old_life_is_refused_for_ever() {
    let mut restored = Restored::new(5, |pipeline| pipeline.us);
    let (us, dev) = (restored.pipeline.us, restored.pipeline.dev);
    let old = restored.world.sites[us].device.image();
    restored.world.live_on(us).expect("it lives on");
    restored.world.run(60_000);
    let new = restored.world.sites[us].device.image();
    // The same backup once more: the peers follow another life now.
    restored.world.restore(us, old).expect("an old log opens");
    let received = |world: &World| {
        let us = world.sites[us].id;
        let links = world.sites[dev].engine().links(world.now());
        LinkSeq(links.iter().find(|link| link.peer == us).expect("linked").received)
    };
    let before = received(&restored.world);
    restored.world.run(60_000);
    assert!(restored.world.sites[us].engine().is_read_only(), "it is told that it is old");
    assert_eq!(received(&restored.world), before);
    restored.world.restore(us, new).expect("it opens");
    restored.world.run(60_000);
    restored.release("3.0.0");
    restored.world.run(60_000);
    assert!(received(&restored.world) > before);
    restored.sound();
}

#[test]
fn t08_what_was_lost_comes_back_by_hand_and_an_old_stick_that_comes_first_loses_nothing() {
    let mut restored = Restored::new(6, |pipeline| pipeline.dev);
    let Pipeline { dev, us, eu } = restored.pipeline;
    for target in [us, eu] {
        restored.world.cut(dev, target, u64::MAX / 2);
    }
    restored.world.live_on(dev).expect("it lives on");
    let lost = restored.world.sites[dev].engine().state().releases.all().count();
    // A result of a release that the source does not know any more, on a stick that comes too soon.
    let (pipeline, world) = (restored.pipeline, &mut restored.world);
    pipeline.deploy(world, eu, "2.0.0", "Staging").expect("deployed");
    world.run(120_000);
    let old = world.export(eu, dev);
    let received = |world: &World| {
        let links = world.sites[dev].engine().links(world.now());
        links.iter().map(|link| (link.received, link.refused)).collect::<Vec<_>>()
    };
    let before = received(world);
    world.import(&old);
    world.run(120_000);
    assert_eq!(received(world), before, "it waits for what the peer gives back");
    for _ in 0..2 {
        for target in [us, eu] {
            let there = world.export(dev, target);
            world.import(&there);
            let back = world.export(target, dev);
            world.import(&back);
            world.run(1_000);
        }
    }
    let here = cells(world, dev);
    assert!(here.iter().filter(|cell| cell.contains("2.0.0")).count() >= 4, "{here:?}");
    assert!(world.sites[dev].engine().state().releases.all().count() > lost);
    restored.sound();
    // What was answered once is not given back again.
    let world = &mut restored.world;
    let (there, back) = (world.export(dev, eu), world.export(eu, dev));
    for envelope in there.envelopes.iter().chain(&back.envelopes) {
        let kind = schema::latest::Envelope::read(envelope).expect("whole").header.kind;
        assert!(!matches!(kind, EnvelopeKind::Reclaim), "nothing is lost any more");
    }
}

#[test]
fn t08_peers_are_told_again_what_holds_in_the_new_life() {
    let mut world = World::new(9);
    let pipeline = Pipeline::build(&mut world);
    let (us, dev) = (pipeline.us, pipeline.dev);
    world.run(10_000);
    let backup = world.sites[us].device.image();
    let known = |world: &World| {
        let peer = world.sites[dev].engine().state().links.peer(&world.sites[us].id).cloned();
        let peer = peer.expect("linked");
        (peer.theirs.expect("told"), peer.environments)
    };
    let before = known(&world);
    let narrower = Command::Grant { peer: "DevTest Space".parse().unwrap(), grants: Vec::new() };
    world.ask(us, "ops", narrower).expect("granted");
    let mut definitions = tests::pipeline::target(true);
    definitions.push(tests::pipeline::environment("Another"));
    world.ask(us, "ops", Command::Apply { definitions }).expect("applied");
    world.run(10_000);
    assert_ne!(known(&world).0, before.0);
    world.restore(us, backup).expect("an old log opens");
    world.run(30_000);
    world.live_on(us).expect("it lives on");
    world.run(120_000);
    assert_eq!(known(&world), before, "what was lost does not hold any more");
}

#[test]
fn t08_a_log_that_was_rolled_back_rests_also_while_somebody_else_owes_it_an_ack() {
    let mut world = World::new(9);
    let pipeline = Pipeline::build(&mut world);
    let (dev, us, eu) = (pipeline.dev, pipeline.us, pipeline.eu);
    let carla = world.found("Carla");
    world.link(dev, carla, [Vec::new(), Vec::new()]);
    world.run(30_000);
    let backup = world.sites[dev].device.image();
    let mut told = Restored { world, pipeline, first_life: Incarnation([0; 16]) };
    told.release("1.0.0");
    let world = &mut told.world;
    let until = world.clock_ms + 30_000;
    for peer in [us, eu] {
        world.cut(dev, peer, until);
    }
    world.restore(dev, backup).expect("an old log opens");
    world.run(5_000);
    // Carla has answered, and then has no connection: what dev tells her is under way for good.
    world.cut(dev, carla, u64::MAX);
    let grants = vec![schema::v1::model::Grant::AcceptResults];
    let command = Command::Grant { peer: tests::world::name("Carla"), grants };
    world.ask(dev, "ops", command).expect("nobody has said yet that the log is old");
    world.run(1_000);
    assert!(!world.sites[dev].engine().is_read_only());
    let end = world.clock_ms + 120_000;
    let turns = (0..20_000).take_while(|_| world.advance(end).expect("no log fails here")).count();
    assert!(world.sites[dev].engine().is_read_only(), "the others have more than it has");
    assert_eq!(world.clock_ms, end, "after {turns} turns");
}
