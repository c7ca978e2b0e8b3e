//! Recall: what was found bad is blocked wherever it went, and its owner sees who is exposed.

use super::scene::{PROJECT, Scene, phases, project, said, space, step, target};
use engine::command::Command;
use engine::views::exposure;
use schema::v1::event::Definition;
use schema::v1::model::Grant;
use tests::pipeline::{phase, text};
use tests::world::{World, name};

/// Home sends to Away, which sends on to Far.
fn three() -> (Scene, usize, usize) {
    let mut world = World::new(6);
    let (home, away, far) = (world.found("Home"), world.found("Away"), world.found("Far"));
    let relay = |grants: Vec<Grant>| [grants, vec![Grant::Relay]].concat();
    let [source, sends] = World::usual_grants(PROJECT);
    world.link(home, away, [relay(source.clone()), relay(sends.clone())]);
    world.link(away, far, [relay(source.clone()), relay(sends.clone())]);
    world.link(home, far, [source, sends]);
    world.cut(home, far, u64::MAX);
    let mut scene = Scene { world, home };
    let mut all = phases(&["Dev"]);
    let onward = vec![name("Far")];
    all.push(schema::v1::model::Phase { onward, ..phase("Out", &[], &["Away"], true) });
    scene.apply(home, space(&["Dev"], all, project())).unwrap();
    let mut on = phases(&["Live"]);
    on.push(phase("On", &[], &["Far"], true));
    scene.apply(away, target("Home", &["Live"], on)).unwrap();
    scene.apply(far, target("Home", &["Live"], phases(&["Live"]))).unwrap();
    scene.world.run(10_000);
    (scene, away, far)
}

fn recall(scene: &mut Scene, called: &str) {
    let release = scene.named(scene.home, called);
    let command = Command::Recall { release, reason: text("it loses orders") };
    scene.world.ask(scene.home, "dana", command).unwrap();
}

#[test]
fn a_recall_blocks_the_release_everywhere_it_went_also_behind_a_relay() {
    let (mut scene, away, far) = three();
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    scene.deploy_at(away, "dana", "1.0.0", "Live", None).unwrap();
    scene.world.run(30_000);
    assert!(scene.knows(far, "1.0.0"), "it went on");
    recall(&mut scene, "1.0.0");
    scene.world.run(30_000);
    for (site, environment) in [(scene.home, "Dev"), (away, "Live"), (far, "Live")] {
        let told = said(scene.deploy_at(site, "dana", "1.0.0", environment, None));
        assert!(told.contains("was recalled: it loses orders"), "{told}");
    }
}

#[test]
fn its_owner_sees_where_it_is_installed_and_who_was_not_told_yet() {
    let (mut scene, away, _) = three();
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    scene.deploy_at(away, "dana", "1.0.0", "Live", None).unwrap();
    scene.world.run(10_000);
    scene.world.cut(scene.home, away, scene.world.clock_ms + 60_000);
    recall(&mut scene, "1.0.0");
    let exposed = |scene: &Scene| {
        let engine = scene.engine(scene.home);
        exposure::of(engine.state(), engine.traffic(), &scene.release_id("1.0.0")).unwrap()
    };
    let before = exposed(&scene);
    assert_eq!(before.installed.len(), 2, "Dev here and Live there: {before:?}");
    assert_eq!(before.told, [(scene.id(away), false)], "nobody reaches it");
    scene.world.run(120_000);
    assert_eq!(exposed(&scene).told, [(scene.id(away), true)]);
    scene.create("1.0.1").unwrap();
    scene.deploy("1.0.1", "Dev").unwrap();
    scene.world.run(30_000);
    scene.deploy_at(away, "dana", "1.0.1", "Live", None).unwrap();
    scene.world.run(30_000);
    assert_eq!(exposed(&scene).installed, [], "another version took its place");
}

#[test]
fn what_is_recalled_before_it_arrives_is_not_accepted() {
    let (mut scene, away, _) = three();
    let definitions = target("Home", &["Live"], phases(&["Live"]));
    let by_hand = definitions.into_iter().map(|mut definition| {
        if let Definition::Acceptance(rule) = &mut definition {
            rule.automatic = false;
        }
        definition
    });
    scene.apply(away, by_hand.collect()).unwrap();
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    recall(&mut scene, "1.0.0");
    scene.world.run(30_000);
    let release = scene.named(away, "1.0.0");
    let command = Command::Accept { release, lifecycle: None, values: Vec::new() };
    assert!(said(scene.world.ask(away, "dana", command)).contains("was recalled"));
}

#[test]
fn a_recall_needs_a_reason_and_is_for_who_owns_the_release() {
    let (mut scene, away, _) = three();
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let release = scene.named(scene.home, "1.0.0");
    let bare = Command::Recall { release, reason: text(" ") };
    assert!(said(scene.world.ask(scene.home, "dana", bare)).contains("needs a reason"));
    let release = scene.named(away, "1.0.0");
    let foreign = Command::Recall { release, reason: text("no") };
    assert!(said(scene.world.ask(away, "dana", foreign)).contains("the space that owns it"));
}

#[test]
fn a_newer_revision_of_a_recalled_release_goes_its_way() {
    let (mut scene, away, _) = three();
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    recall(&mut scene, "1.0.0");
    let better = schema::v1::model::Project { steps: vec![step("better")], ..project() };
    let mut all = phases(&["Dev"]);
    all.push(phase("Out", &[], &["Away"], true));
    scene.apply(scene.home, space(&["Dev"], all, better)).unwrap();
    scene.create_as("dana", "1.0.0", None, true).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    scene.deploy_at(away, "dana", "1.0.0", "Live", None).unwrap();
    assert_eq!(scene.ran(away), ["better"]);
}

#[test]
fn who_has_an_earlier_revision_is_told_and_shown_too() {
    let (mut scene, away, _) = three();
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let mut all = phases(&["Dev"]);
    all.push(phase("Out", &[], &["Away"], false));
    let changed = schema::v1::model::Project { steps: vec![step("another")], ..project() };
    scene.apply(scene.home, space(&["Dev"], all, changed)).unwrap();
    scene.create_as("dana", "1.0.0", None, true).unwrap();
    assert!(scene.release(scene.home, "1.0.0").promotions.is_empty(), "this one went nowhere");
    recall(&mut scene, "1.0.0");
    scene.world.run(30_000);
    let engine = scene.engine(scene.home);
    let id = scene.release_id("1.0.0");
    let exposed = exposure::of(engine.state(), engine.traffic(), &id).unwrap();
    assert_eq!(exposed.told, [(scene.id(away), true)]);
    let told = said(scene.deploy_at(away, "dana", "1.0.0", "Live", None));
    assert!(told.contains("was recalled"), "{told}");
}

#[test]
fn a_peer_that_is_trusted_anew_is_told_what_was_recalled_meanwhile() {
    let (mut scene, away, _) = three();
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let revoke = |scene: &mut Scene, at: usize, peer: &str| {
        scene.world.ask(at, "ops", Command::Revoke { peer: name(peer) }).unwrap();
    };
    revoke(&mut scene, 0, "Away");
    revoke(&mut scene, away, "Home");
    recall(&mut scene, "1.0.0");
    scene.world.run(30_000);
    scene.world.link(0, away, World::usual_grants(PROJECT));
    scene.world.run(120_000);
    let told = said(scene.deploy_at(away, "dana", "1.0.0", "Live", None));
    assert!(told.contains("was recalled: it loses orders"), "{told}");
}
