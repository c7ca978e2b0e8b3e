//! T2: what is not granted neither enters nor leaves, also in the middle of a stream; and a link
//! that was ended is ended.

use crate::scene::Scene;
use engine::command::{Command, RejectionKind};
use engine::step::{Effect, Input};
use engine::trust::door::{self, Content};
use engine::trust::keyring::{Epochs, Keyring};
use schema::bytes::Writer;
use schema::id::LinkSeq;
use schema::latest::{Ack, EnvelopeKind, Event, Mark};
use schema::v1::event::GrantsChanged;
use schema::v1::model::{Disclosure, Grant};
use tests::draw::Draw;
use tests::pipeline::{PROJECT, Pipeline};
use tests::world::{World, name};

fn grant(world: &mut World, site: usize, peer: &str, grants: Vec<Grant>) {
    let command = Command::Grant { peer: name(peer), grants };
    world.ask(site, "ops", command).expect("granted");
}

fn say(scene: &mut Scene, event: &Event) {
    let victim = scene.victim_id();
    let entry = scene.stranger.entry(&victim, event);
    assert_eq!(scene.tell(entry), None);
}

fn changes(world: &World, site: usize) -> Vec<GrantsChanged> {
    let events = world.sites[site].own_events().into_iter();
    let changed = |event| if let Event::GrantsChanged(event) = event { Some(event) } else { None };
    events.filter_map(changed).collect()
}

/// Received and refused of what the stranger said.
fn heard(scene: &Scene) -> (u64, u64) {
    let (received, refused, _) = scene.heard();
    (received, refused)
}

#[test]
fn t02_results_are_refused_from_the_number_on_at_which_they_are_not_accepted() {
    let mut scene = Scene::granting(1, vec![Grant::AcceptResults]);
    let published = |number| Draw::new(number).event(27);
    say(&mut scene, &published(1));
    say(&mut scene, &published(2));
    assert_eq!(heard(&scene), (2, 0));
    grant(&mut scene.world, scene.victim, "Stranger", Vec::new());
    let [change] = &changes(&scene.world, scene.victim)[..] else { panic!("one change") };
    assert_eq!(change.from, LinkSeq(3), "the next that comes");
    let sent = scene.world.sites[scene.victim].engine().traffic()[&change.link].outbox.newest();
    assert_eq!(change.sending_from, sent, "the next that went: what says so to the peer");
    say(&mut scene, &published(3));
    assert_eq!(heard(&scene), (3, 1), "kept and never folded");
    grant(&mut scene.world, scene.victim, "Stranger", vec![Grant::AcceptResults]);
    say(&mut scene, &published(4));
    assert_eq!(heard(&scene), (4, 1));
    let before = crate::session::truth(&scene.world, scene.victim);
    scene.restart();
    assert!(before == crate::session::truth(&scene.world, scene.victim), "replay judges the same");
}

#[test]
fn t02_a_release_of_a_project_that_no_pattern_covers_goes_nowhere() {
    let mut world = World::new(2);
    let pipeline = Pipeline::build(&mut world);
    world.run(2_000);
    let other = vec![Grant::AcceptReleases(name("We?")), Grant::AcceptReleases(name("*shop"))];
    grant(&mut world, pipeline.eu, "DevTest Space", other);
    world.run(5_000);
    pipeline.create(&mut world, "1.0.0", 1_000).expect("created");
    pipeline.deploy(&mut world, pipeline.dev, "1.0.0", "Dev").expect("deployed");
    world.run(20_000);
    let promote = Command::Promote {
        release: pipeline.release(pipeline.dev, "1.0.0"),
        peer: name("Prod EU"),
        bypass: None,
    };
    let why = world.ask(pipeline.dev, "dana", promote.clone()).expect_err("it says so");
    assert_eq!(why.kind, RejectionKind::NotYet, "{why}");
    assert!(why.hint.contains("link grant 'DevTest Space' --accept-releases Web"), "{why:?}");
    let promoted = |world: &World| {
        let events = world.sites[pipeline.dev].own_events().into_iter();
        let to = events.filter_map(|event| {
            let Event::ReleasePromoted(promoted) = event else { return None };
            world.site_of(&promoted.target)
        });
        to.collect::<Vec<_>>()
    };
    assert_eq!(promoted(&world), [pipeline.us], "policy promoted where it may");
    grant(&mut world, pipeline.eu, "DevTest Space", vec![Grant::AcceptReleases(name("W*b"))]);
    world.run(5_000);
    assert_eq!(promoted(&world), [pipeline.us, pipeline.eu], "and goes on by itself");
    let eu = world.sites[pipeline.eu].engine().state();
    assert!(eu.releases.all().next().is_some(), "it is let in");
}

#[test]
fn t02_a_result_that_is_not_there_yet_when_sending_is_revoked_never_leaves() {
    let mut world = World::new(3);
    let pipeline = Pipeline::build(&mut world);
    world.run(2_000);
    pipeline.create(&mut world, "1.0.0", 1_000).expect("created");
    pipeline.deploy(&mut world, pipeline.dev, "1.0.0", "Dev").expect("deployed");
    world.run(20_000);
    pipeline.accept(&mut world, "1.0.0").expect("accepted");
    pipeline.deploy(&mut world, pipeline.eu, "1.0.0", "Staging").expect("begun");
    let only = vec![Grant::AcceptReleases(name(PROJECT))];
    grant(&mut world, pipeline.eu, "DevTest Space", only);
    world.run(20_000);
    let events = world.sites[pipeline.eu].own_events();
    assert!(events.iter().any(|event| matches!(event, Event::DeploymentFinished(_))));
    assert!(!events.iter().any(|event| matches!(event, Event::DeploymentReported(_))));
    let command = Command::Apply { definitions: Vec::new() };
    let _ = world.ask(pipeline.eu, "ops", command);
    world.run(5_000);
    let told = world.sites[pipeline.eu].own_events();
    let names = told.iter().filter(|event| matches!(event, Event::EnvironmentsPublished(_)));
    assert_eq!(names.count(), 1, "nor do the names of environments");
}

#[test]
fn t02_each_side_is_told_what_the_other_accepts_and_sends() {
    let mut world = World::new(4);
    let pipeline = Pipeline::build(&mut world);
    world.run(5_000);
    let theirs = |world: &World, site: usize, peer: &str| {
        let state = world.sites[site].engine().state();
        state.links.named(&name(peer)).expect("a peer").1.theirs.clone()
    };
    let [for_dev, for_eu] = World::usual_grants(PROJECT);
    assert_eq!(theirs(&world, pipeline.eu, "DevTest Space"), Some(for_dev));
    assert_eq!(theirs(&world, pipeline.dev, "Prod EU"), Some(for_eu));
    let changed = vec![Grant::SendResults(Disclosure::Status)];
    grant(&mut world, pipeline.eu, "DevTest Space", changed.clone());
    world.run(5_000);
    assert_eq!(theirs(&world, pipeline.dev, "Prod EU"), Some(changed));
}

#[test]
fn t02_a_revoked_link_lets_nothing_in_or_out_and_what_was_there_stays() {
    let mut scene = Scene::new(5);
    say(&mut scene, &Draw::new(1).event(27));
    let victim = scene.victim_id();
    let late = Draw::new(2).event(27);
    let entry = scene.stranger.entry(&victim, &late);
    let late = scene.stranger.tell(&victim, entry);
    let told = |scene: &Scene| {
        let state = scene.world.sites[scene.victim].engine().state();
        state.links.named(&name("Stranger")).expect("it stays").1.clone()
    };
    let before = told(&scene);
    let revoke = Command::Revoke { peer: name("Stranger") };
    scene.world.ask(scene.victim, "ops", revoke.clone()).expect("revoked");
    let after = told(&scene);
    assert_eq!(after.environments, before.environments, "what it said stays");
    assert!(after.revoked_ms.is_some() && !after.may_report() && !after.may_release(&name("Gift")));
    let refused = crate::session::deliver(&mut scene.world, scene.victim, &late);
    assert_eq!(refused.map(|why| why.code()), Some("unknown-link"));
    let engine = scene.world.sites[scene.victim].engine();
    assert!(engine.traffic().values().all(|traffic| traffic.peer != scene.stranger.id()));
    let size = engine.checkpoint().0;
    let again = scene.world.ask(scene.victim, "ops", revoke).expect_err("it is revoked");
    assert_eq!(again.kind, RejectionKind::Conflict);
    let promote = Command::Promote {
        release: engine::command::ReleaseName::new(
            None,
            name("Web"),
            tests::pipeline::version("3.0.0"),
        ),
        peer: name("Stranger"),
        bypass: None,
    };
    scene.world.ask(scene.victim, "ops", promote).expect_err("nothing is sent");
    grant_is_refused(&mut scene);
    scene.world.run(120_000);
    assert_eq!(scene.world.sites[scene.victim].engine().checkpoint().0, size, "nothing more");
    let before = crate::session::truth(&scene.world, scene.victim);
    scene.restart();
    assert!(before == crate::session::truth(&scene.world, scene.victim), "also after a restart");
}

fn grant_is_refused(scene: &mut Scene) {
    let command = Command::Grant { peer: name("Stranger"), grants: vec![Grant::AcceptResults] };
    scene.world.ask(scene.victim, "ops", command).expect_err("there is no link");
}

#[test]
fn t02_a_peer_that_is_trusted_again_is_heard_on_another_link_only() {
    let mut scene = Scene::new(6);
    say(&mut scene, &Draw::new(1).event(27));
    let victim = scene.victim_id();
    let old = scene.stranger.line(&victim).link;
    let replayed = scene.stranger.envelope(&victim, 1, 1);
    let revoke = Command::Revoke { peer: name("Stranger") };
    scene.world.ask(scene.victim, "ops", revoke).expect("revoked");
    let certificate = scene.stranger.certificate().write();
    let grants = vec![Grant::AcceptResults];
    let trust = Command::Trust { certificate, name: None, grants };
    scene.world.ask(scene.victim, "ops", trust).expect("trusted again, under the same name");
    let state = scene.world.sites[scene.victim].engine().state();
    let certificate = state.certificate().expect("founded");
    let new = scene.stranger.trust(&certificate);
    assert_ne!(old, new, "another offer makes another link");
    let refused = crate::session::deliver(&mut scene.world, scene.victim, &replayed);
    assert_eq!(refused.map(|why| why.code()), Some("unknown-link"), "T5: nothing of the old one");
    say(&mut scene, &Draw::new(2).event(27));
    assert_eq!(scene.heard(), (1, 0, false), "numbered from 1 again");
}

/// The newest beat of the victim, as it tells the stranger.
fn mark_of_the_victim(scene: &mut Scene) -> Mark {
    let (now, stranger) = (scene.world.now_at(scene.victim), scene.stranger.id());
    let space = scene.world.sites[scene.victim].space.as_mut().expect("up");
    let effects = space.turn(now, vec![Input::Connected(stranger)]).expect("a turn");
    let victim = scene.victim_id();
    let mut keyring = Keyring::default();
    let state = scene.world.sites[scene.victim].engine().state();
    let keys = state.keys.clone().expect("founded");
    keyring.admit(scene.stranger.line(&victim).link, keys);
    let hello = effects.into_iter().find_map(|effect| {
        let Effect::Send { peer, bytes, .. } = effect else { return None };
        let me = scene.stranger.identity();
        let opened = door::open(&bytes, me, &keyring, &mut Epochs::default());
        let content = opened.ok().filter(|_| peer == stranger)?.into_content();
        if let Content::Hello(beat, _) = content { Some(beat.mark) } else { None }
    });
    hello.expect("a hello")
}

#[test]
fn t08_a_peer_that_claims_too_much_is_got_rid_of_by_ending_its_link() {
    let mut scene = Scene::new(7);
    let victim = scene.victim_id();
    let echo = mark_of_the_victim(&mut scene);
    let mut body = Writer::new();
    let ack = Ack {
        incarnation: scene.world.sites[scene.victim].engine().state().incarnation.expect("begun"),
        acknowledged: LinkSeq(1_000),
        chain: [7; 32],
        applied: LinkSeq(0),
        ranges: Vec::new(),
        credit_bytes: 1,
        credit_envelopes: 1,
        schema: 1,
        echo,
    };
    ack.write(&mut body);
    let claim = scene.stranger.signal(&victim, EnvelopeKind::Ack, &body.finish());
    assert_eq!(crate::session::deliver(&mut scene.world, scene.victim, &claim), None);
    let apply = Command::Apply { definitions: Vec::new() };
    scene.world.ask(scene.victim, "ops", apply.clone()).expect_err("the log seems rolled back");
    let honest = Command::Revoke { peer: name("Honest") };
    scene.world.ask(scene.victim, "ops", honest).expect_err("that one claims nothing");
    let revoke = Command::Revoke { peer: name("Stranger") };
    scene.world.ask(scene.victim, "ops", revoke).expect("revoked");
    scene.world.ask(scene.victim, "ops", apply).expect("it goes on");
}
