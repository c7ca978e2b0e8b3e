//! Journeys: who did what, as far as each space may know.

use super::scene::{PROJECT, Scene, phases, project, space, target};
use engine::command::Command;
use schema::latest::Actor;
use schema::v1::model::{Disclosure, Grant};
use tests::pipeline::phase;
use tests::world::{World, name};

/// Home, which promotes by hand, and Away, which reports at this level.
fn two(level: Disclosure) -> (Scene, usize) {
    let mut world = World::new(12);
    let (home, away) = (world.found("Home"), world.found("Away"));
    let to_home = vec![Grant::AcceptReleases(name(PROJECT)), Grant::SendResults(level)];
    world.link(home, away, [vec![Grant::AcceptResults], to_home]);
    let mut scene = Scene { world, home };
    let mut way = phases(&["Dev"]);
    way.push(phase("Out", &[], &["Away"], false));
    scene.apply(home, space(&["Dev"], way, project())).unwrap();
    scene.apply(away, target("Home", &["Live"], phases(&["Live"]))).unwrap();
    scene.world.run(10_000);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    let release = scene.named(home, "1.0.0");
    let promote = Command::Promote { release, peer: name("Away"), bypass: None };
    scene.world.ask(home, "mia", promote).unwrap();
    scene.world.run(10_000);
    scene.deploy_at(away, "dana", "1.0.0", "Live", None).unwrap();
    scene.world.run(10_000);
    (scene, away)
}

/// Who did something of this name, as a site tells it.
fn who(scene: &Scene, site: usize, event: &str) -> Vec<Actor> {
    let engine = scene.engine(site);
    let steps = engine.journeys().of(&scene.release_id("1.0.0")).iter();
    steps.filter(|step| step.event == event).map(|step| step.actor.clone()).collect()
}

#[test]
fn who_promoted_is_known_at_home_and_nowhere_else() {
    let (scene, away) = two(Disclosure::Status);
    let mia = || Actor::Person(name("mia"));
    assert_eq!(who(&scene, scene.home, "release.promoted"), [mia()]);
    let home = Actor::Space(scene.id(scene.home));
    assert_eq!(who(&scene, away, "release.promoted"), [home]);
}

#[test]
fn who_deployed_is_told_as_the_receipt_tells_it() {
    let (scene, away) = two(Disclosure::Status);
    let undisclosed = Actor::Space(scene.id(away));
    assert_eq!(who(&scene, scene.home, "deployment.reported"), [undisclosed]);
    let (scene, _) = two(Disclosure::Summary);
    let dana = Actor::Person(name("dana"));
    assert_eq!(who(&scene, scene.home, "deployment.reported"), [dana]);
}
