//! Revisions: a changed snapshot under the same version begins its way anew.

use super::scene::{Scene, from_home, phases, project, said, step, target, variable, within};
use engine::command::{Command, RejectionKind, ReleaseName};
use engine::state::releases::Answer;
use schema::id::ReleaseDigest;
use schema::v1::event::Definition;
use schema::v1::model::Project;
use tests::pipeline::text;
use tests::world::name;

fn painted(value: &str) -> Project {
    let variables = vec![variable("COLOUR", value, within(&[]))];
    Project { variables, steps: vec![step("paint")], ..project() }
}

fn configured(value: &str) -> Vec<Definition> {
    from_home(painted(value))
}

fn two() -> (Scene, usize) {
    let there = target("Home", &["Live"], phases(&["Live"]));
    let (mut scene, away) = Scene::pair(painted("blue"), there);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    (scene, away)
}

#[test]
fn a_release_never_changes_but_is_frozen_anew_as_its_next_revision() {
    let (mut scene, _) = two();
    let again = scene.create("1.0.0").unwrap();
    assert_eq!(again.entries, [], "the same again changes nothing");
    scene.apply(scene.home, configured("green")).unwrap();
    let told = said(scene.create("1.0.0"));
    assert!(told.contains("with other content") && told.contains("--revise"), "{told}");
    scene.create_as("dana", "1.0.0", None, true).unwrap();
    let release = scene.release(scene.home, "1.0.0");
    assert_eq!((release.revision, release.earlier.len()), (2, 1));
    assert_ne!(release.digest, release.earlier[0].digest);
    let told = said(scene.create_as("dana", "2.0.0", None, true));
    assert!(told.contains("to be revised"), "{told}");
}

#[test]
fn a_revision_goes_its_whole_way_anew_and_replaces_the_one_before_when_it_is_accepted() {
    let (mut scene, away) = two();
    scene.deploy_at(away, "dana", "1.0.0", "Live", None).unwrap();
    scene.apply(scene.home, configured("green")).unwrap();
    scene.create_as("dana", "1.0.0", None, true).unwrap();
    scene.world.run(30_000);
    assert_eq!(scene.release(away, "1.0.0").revision, 1, "Dev comes first again");
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let here = scene.release(away, "1.0.0");
    assert_eq!((here.revision, here.earlier.len()), (2, 1), "accepted by its rule");
    assert!(here.progress.is_empty(), "nobody has seen it succeed");
    scene.deploy_at(away, "dana", "1.0.0", "Live", None).unwrap();
    assert_eq!(scene.seen(away), [("COLOUR".to_owned(), "green".to_owned())]);
    scene.world.run(10_000);
    let links = scene.engine(scene.home).links(scene.world.now());
    assert!(links.iter().all(|link| link.refused == 0));
}

#[test]
fn until_it_is_accepted_the_revision_before_counts_and_a_rejected_one_changes_nothing() {
    let (mut scene, away) = two();
    let mut by_hand = target("Home", &["Live"], phases(&["Live"]));
    for definition in &mut by_hand {
        if let Definition::Acceptance(rule) = definition {
            rule.automatic = false;
        }
    }
    scene.apply(away, by_hand).unwrap();
    scene.apply(scene.home, configured("green")).unwrap();
    scene.create_as("dana", "1.0.0", None, true).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let here = scene.release(away, "1.0.0");
    assert_eq!((here.revision, here.newest().revision), (1, 2), "it waits");
    scene.deploy_at(away, "dana", "1.0.0", "Live", None).unwrap();
    assert_eq!(scene.seen(away), [("COLOUR".to_owned(), "blue".to_owned())]);
    let release = scene.named(away, "1.0.0");
    let reject = Command::Reject { release, reason: text("green is not our colour") };
    scene.world.ask(away, "dana", reject).unwrap();
    scene.world.run(30_000);
    let here = scene.release(away, "1.0.0");
    assert_eq!(here.revision, 1);
    assert!(matches!(here.import().unwrap().answer, Answer::Accepted { .. }));
    let told = scene.release(scene.home, "1.0.0").promotions[&scene.id(away)].answer.clone();
    assert_eq!(told.unwrap().unwrap_err().as_str(), "green is not our colour");
}

#[test]
fn only_the_newest_revision_of_what_waits_is_asked_about() {
    let (mut scene, away) = two();
    let mut none = target("Home", &["Live"], phases(&["Live"]));
    none.retain(|it| !matches!(it, Definition::Acceptance(_)));
    scene.apply(away, none).unwrap();
    scene.create("2.0.0").unwrap();
    scene.deploy("2.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    for colour in ["green", "red"] {
        scene.apply(scene.home, configured(colour)).unwrap();
        scene.create_as("dana", "2.0.0", None, true).unwrap();
        scene.deploy("2.0.0", "Dev").unwrap();
        scene.world.run(30_000);
    }
    let here = scene.release(away, "2.0.0");
    assert_eq!((here.revision, here.earlier.len()), (3, 0), "nobody accepted those before");
    let release = scene.named(away, "2.0.0");
    let accept = Command::Accept { release, lifecycle: Some(name("Standard")), values: Vec::new() };
    scene.world.ask(away, "dana", accept).unwrap();
    scene.deploy_at(away, "dana", "2.0.0", "Live", None).unwrap();
    assert_eq!(scene.seen(away), [("COLOUR".to_owned(), "red".to_owned())]);
}

#[test]
fn who_names_a_digest_means_that_revision_and_no_other() {
    let (mut scene, away) = two();
    let mut by_hand = target("Home", &["Live"], phases(&["Live"]));
    by_hand.retain(|it| !matches!(it, Definition::Acceptance(_)));
    scene.apply(away, by_hand).unwrap();
    scene.apply(scene.home, configured("green")).unwrap();
    scene.create_as("dana", "1.0.0", None, true).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let here = scene.release(away, "1.0.0");
    let (counts, waits) = (here.digest, here.newest().digest);
    assert_ne!(counts, waits);
    let meant = |scene: &Scene, site, digest| ReleaseName {
        digest: Some(digest),
        ..scene.named(site, "1.0.0")
    };
    let deploy = |release| {
        let (environment, tenant, bypass) = (name("Live"), None, None);
        Command::Deploy { release, environment, tenant, bypass }
    };
    let refused = scene.world.ask(away, "dana", deploy(meant(&scene, away, waits))).unwrap_err();
    assert_eq!(refused.kind, RejectionKind::Conflict);
    let told = "this is about revision 1 of Web 1.0.0, and the digest that was named is that of \
        revision 2";
    assert_eq!(refused.what, told);
    assert!(refused.hint.contains(&counts.to_string()), "{}", refused.hint);
    scene.world.ask(away, "dana", deploy(meant(&scene, away, counts))).unwrap();
    scene.world.run(5_000);
    let accept = |release| Command::Accept {
        release,
        lifecycle: Some(name("Standard")),
        values: Vec::new(),
    };
    let reject = |release| Command::Reject { release, reason: text("no") };
    for command in [accept(meant(&scene, away, counts)), reject(meant(&scene, away, counts))] {
        let told = said(scene.world.ask(away, "dana", command));
        assert!(told.contains("is about revision 2") && told.contains("of revision 1"), "{told}");
    }
    scene.world.ask(away, "dana", accept(meant(&scene, away, waits))).unwrap();
    assert_eq!(scene.release(away, "1.0.0").revision, 2);
    let home = scene.home;
    let recall = |release| Command::Recall { release, reason: text("it leaks") };
    let promote = |release| Command::Promote { release, peer: name("Away"), bypass: None };
    let approve = |release| {
        let (environment, approved, reason) = (name("Dev"), true, text(""));
        Command::Approve { release, environment, approved, reason }
    };
    let nobodys = ReleaseDigest([7; 32]);
    for command in [recall, promote, approve] {
        let told = said(scene.world.ask(home, "dana", command(meant(&scene, home, counts))));
        assert!(told.contains("is about revision 2") && told.contains("of revision 1"), "{told}");
        let told = said(scene.world.ask(home, "dana", command(meant(&scene, home, nobodys))));
        assert!(told.contains("it never had the digest that was named"), "{told}");
    }
    scene.world.ask(home, "dana", recall(meant(&scene, home, waits))).unwrap();
}
