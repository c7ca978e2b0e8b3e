//! A space that takes back a key says again what is its own: what others did with it stays done.

use super::scene::{Scene, project, target};
use engine::command::Command;
use engine::state::releases::Answer;
use engine::state::{At, State};
use schema::id::{EntryId, Position};
use schema::latest::{Event, Record, Revocation};
use schema::v1::model::Phase;
use tests::pipeline::phase;

/// How many deployments a site has begun.
fn begun(scene: &Scene, site: usize) -> usize {
    let events = scene.events(site);
    events.iter().filter(|event| matches!(event, Event::DeploymentStarted(_))).count()
}

/// Home revokes its key as of a time before it sent anything: all of it comes again.
fn takes_back(scene: &mut Scene, size: u64) {
    let incarnation = scene.engine(scene.home).state().incarnation.unwrap();
    let revocation = Revocation { key: 1, incarnation, size };
    scene.world.rotate(scene.home, vec![revocation]).unwrap();
    scene.world.run(180_000);
}

fn automatic(environments: &[&str]) -> Vec<Phase> {
    environments.iter().map(|it| phase(it, &[it], &[], true)).collect()
}

#[test]
fn what_was_deployed_is_not_deployed_again_once_it_is_accepted_again() {
    let (mut scene, away) =
        Scene::pair(project(), target("Home", &["Stage", "Live"], automatic(&["Stage", "Live"])));
    let size = scene.engine(scene.home).checkpoint().0;
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(60_000);
    assert_eq!(scene.installed(away, away, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(begun(&scene, away), 2);
    takes_back(&mut scene, size);
    let waits = |scene: &Scene| scene.release(away, "1.0.0").import().unwrap().answer.clone();
    assert_eq!(waits(&scene), Answer::Waiting, "it came again, and somebody looks at it again");
    let progress = &scene.release(away, "1.0.0").progress;
    assert_eq!(progress.values().filter(|it| it.succeeded).count(), 2, "where it was, is known");
    let accept = Command::Accept {
        release: scene.named(away, "1.0.0"),
        lifecycle: None,
        values: Vec::new(),
    };
    scene.world.ask(away, "dana", accept).unwrap();
    scene.world.run(60_000);
    assert_ne!(waits(&scene), Answer::Waiting);
    assert_eq!(begun(&scene, away), 2, "nothing was deployed twice");
    scene.create("1.1.0").unwrap();
    scene.deploy("1.1.0", "Dev").unwrap();
    scene.world.run(60_000);
    assert_eq!(scene.installed(away, away, "Live").as_deref(), Some("1.1.0"));
}

#[test]
fn what_was_sent_is_remembered_also_of_a_release_that_is_not_known() {
    let (mut scene, away) = Scene::pair(project(), target("Home", &["Live"], automatic(&["Live"])));
    for version in ["1.0.0", "1.1.0"] {
        scene.create(version).unwrap();
        scene.deploy(version, "Dev").unwrap();
        scene.world.run(60_000);
    }
    // The log of Home, without what it says that it made.
    let mut state = State::default();
    for (record, position) in scene.world.sites[scene.home].records().into_iter().zip(1..) {
        let Record::Own(own) = record else { continue };
        let event = own.entry.event().unwrap();
        let (origin, position) = (scene.id(scene.home), Position(position));
        let incarnation = scene.engine(scene.home).state().incarnation.unwrap();
        let id = EntryId { origin, incarnation, position };
        let at = At { id, position, header: own.entry.header(), here_ms: 0 };
        if !matches!(event, Event::ReleaseCreated(_)) {
            state.fold_own(&at, &event);
        }
    }
    let project = scene.release_id("1.1.0").project;
    assert!(state.releases.get(&scene.release_id("1.1.0")).is_none());
    let newest = state.releases.newest_sent(&project, &scene.id(away));
    assert_eq!(newest.map(ToString::to_string).as_deref(), Some("1.1.0"));
}
