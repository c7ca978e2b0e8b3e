//! Packages are proven before anything runs.

use crate::world::{World, reason};
use engine::run::Report;
use schema::latest::Outcome;
use std::fs;

fn assert_refused(world: &World, report: &Report, why: &str) {
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 1), "{report:?}");
    let step = &report.steps[0];
    assert_eq!((step.name.as_str(), step.outcome), ("packages", Outcome::Failed));
    assert_eq!((step.exit_code, &step.output), (None, &None));
    assert!(reason(step).contains(why), "{report:?}");
    assert!(!world.environments().exists(), "something was begun");
}

#[test]
fn packages_that_hold_are_reported_as_proven() {
    let mut world = World::with(&["true"]);
    world.package("web", &[7; 300_000]);
    world.package("empty", b"");
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded);
    assert_eq!(report.proven, world.plan.packages);
}

#[test]
fn a_package_with_another_content_is_refused() {
    let mut world = World::with(&["true"]);
    world.package("first", b"first");
    let file = world.package("web", b"hello");
    fs::write(file, b"hellO").expect("a file");
    let report = world.run();
    assert_refused(&world, &report, "package web 2.0: its SHA-256 is ");
    assert_eq!(report.proven, world.plan.packages[..1]);
}

#[test]
fn a_package_with_another_size_is_refused() {
    for found in [b"hell".as_slice(), b"hello!", b""] {
        let mut world = World::with(&["true"]);
        let file = world.package("web", b"hello");
        fs::write(file, found).expect("a file");
        let why = format!("package web 2.0: it has {} bytes, the release says 5", found.len());
        assert_refused(&world, &world.run(), &why);
    }
}

#[test]
fn a_package_that_is_not_here_is_refused() {
    let mut world = World::with(&["true"]);
    let file = world.package("web", b"hello");
    fs::remove_file(&file).expect("a file");
    assert_refused(&world, &world.run(), "package web 2.0: it is not here");
    fs::create_dir(&file).expect("a folder");
    assert_refused(&world, &world.run(), "package web 2.0: its file is not a plain file");
}
