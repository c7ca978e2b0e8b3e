//! Channels: which versions go which way, and what of a project is in their releases.

use super::scene::{Scene, lifecycle, phases, project, said, space, step, variable};
use schema::v1::model::{Channel, Project, Step, VersionRule, Where};
use tests::pipeline::version;
use tests::world::name;

fn given() -> Scene {
    let channel = |called: &str, lifecycle: Option<&str>, pre_release: &str| Channel {
        name: name(called),
        lifecycle: lifecycle.map(name),
        versions: VersionRule { pre_release: Some(name(pre_release)), ..VersionRule::default() },
    };
    let within = |called: &str| Where { channels: vec![name(called)], ..Where::default() };
    let web = Project {
        channels: vec![channel("Stable", None, "none"), channel("Beta", Some("Short"), "beta*")],
        steps: vec![step("install"), Step { scope: within("Beta"), ..step("count users") }],
        variables: vec![
            variable("MODE", "plain", Where::default()),
            variable("MODE", "verbose", within("Beta")),
        ],
        ..project()
    };
    let mut all = space(&["Dev", "Live"], phases(&["Dev", "Live"]), web);
    all.push(lifecycle("Short", phases(&["Live"])));
    Scene::given(all)
}

#[test]
fn the_first_channel_that_lets_a_version_in_is_taken_and_brings_its_lifecycle() {
    let mut scene = given();
    scene.create("1.0.0").unwrap();
    scene.create("1.1.0-beta.1").unwrap();
    let channel = |version: &str| scene.release(0, version).snapshot.channel.clone();
    assert_eq!(channel("1.0.0"), Some(name("Stable")));
    assert_eq!(channel("1.1.0-beta.1"), Some(name("Beta")));
    assert!(said(scene.deploy("1.0.0", "Live")).contains("phase Dev"));
    scene.deploy("1.1.0-beta.1", "Live").unwrap();
}

#[test]
fn a_version_that_a_channel_does_not_let_in_is_declined_with_the_reason() {
    let mut scene = given();
    let told = said(scene.create_as("dana", "1.0.0", Some("Beta"), false));
    assert!(told.contains("only pre-releases like beta*"), "{told}");
    let told = said(scene.create_as("dana", "1.0.0", Some("Gamma"), false));
    assert!(told.contains("no channel Gamma") && told.contains("Stable, Beta"), "{told}");
    assert!(said(scene.create("1.0.0-rc.1")).contains("no channel of Web lets version"));
}

#[test]
fn what_is_for_another_channel_is_not_in_the_release() {
    let mut scene = given();
    scene.create("1.0.0").unwrap();
    scene.create("1.1.0-beta.1").unwrap();
    let steps = |version: &str| scene.release(0, version).snapshot.steps.len();
    assert_eq!((steps("1.0.0"), steps("1.1.0-beta.1")), (1, 2));
    scene.deploy("1.1.0-beta.1", "Live").unwrap();
    assert_eq!(scene.seen(0), [("MODE".to_owned(), "verbose".to_owned())]);
}

#[test]
fn the_bounds_of_a_channel_do_not_hang_on_how_a_version_is_written() {
    let old = Channel {
        name: name("Old"),
        lifecycle: None,
        versions: VersionRule {
            from: Some(version("2.0")),
            below: Some(version("3.0.0")),
            ..VersionRule::default()
        },
    };
    let web = Project { channels: vec![old], ..project() };
    let mut scene = Scene::given(space(&["Dev"], phases(&["Dev"]), web));
    for outside in ["3", "3.0", "03.0.0", "v3", "1.9.9"] {
        assert!(
            said(scene.create(outside)).contains("no channel of Web lets version"),
            "{outside}"
        );
    }
    for inside in ["2", "2.0.0", "2.9.9", "3.0.0-rc1"] {
        scene.create(inside).unwrap();
    }
}
