//! One deployment at a time in each environment, and none outside of its folder.

use crate::world::{World, output, reason, runner, step, wait_for};
use runner_process::Control;
use schema::latest::Outcome;
use std::fs;
use std::thread;
use std::time::Duration;

#[test]
fn a_name_with_slashes_and_dots_stays_inside() {
    let mut world = World::with(&["touch here; pwd"]);
    for name in ["../../up", "/etc", "..", "a/b"] {
        world.plan.environment.name = name.parse().expect("a name");
        let report = world.run();
        assert_eq!(report.outcome, Outcome::Succeeded);
        let environments = world.environments().canonicalize().expect("a folder");
        let folder = world.file("here").canonicalize().expect("a file");
        assert_eq!(folder.parent().and_then(|folder| folder.parent()), Some(&*environments));
        assert_eq!(
            output(&report.steps[0]),
            format!("{}\n", folder.parent().expect("a folder").display())
        );
    }
    let beside = fs::read_dir(world.environments().join("..")).expect("a folder").count();
    assert_eq!(beside, 2, "only environments and packages");
}

#[test]
fn two_deployments_are_never_in_one_environment() {
    // Each takes the folder for itself and would find the other in it, also between its steps.
    let take = "mkdir taken && sleep 0.2";
    let world = World::with(&[take, "sleep 0.1; rmdir taken"]);
    thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| world.run())).collect();
        for run in runs {
            let report = run.join().expect("a report");
            assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
        }
    });
}

#[test]
fn two_environments_do_not_wait_for_each_other() {
    let meet = |mine: &str, other: &str| {
        format!("touch ../{mine}; until test -e ../{other}; do sleep 0.01; done")
    };
    let world = World::with(&[&meet("a", "b")]);
    let mut other = World::with(&[&meet("b", "a")]).plan.clone();
    other.environment.name = "Test".parse().expect("a name");
    thread::scope(|scope| {
        let run = scope.spawn(|| world.runner.run(&other, &|_| None, &world.control));
        assert_eq!(world.run().outcome, Outcome::Succeeded);
        assert_eq!(run.join().expect("a report").outcome, Outcome::Succeeded);
    });
}

#[test]
fn a_deployment_that_waits_too_long_fails_with_the_reason() {
    let world = World::with(&["touch begun; until test -e go; do sleep 0.01; done"]);
    let mut late = world.plan.clone();
    late.steps = vec![step("late", &["touch", "never"])];
    thread::scope(|scope| {
        let first = scope.spawn(|| world.run());
        wait_for("beginning", || world.file("begun").exists().then_some(()));
        let runner = runner(&world.environments(), Duration::from_millis(200));
        let report = runner.run(&late, &|_| None, &world.control);
        fs::write(world.file("go"), "").expect("a file");
        assert_eq!(report.outcome, Outcome::Failed);
        assert_eq!(report.steps[0].name.as_str(), "environment");
        assert!(reason(&report.steps[0]).contains("another deployment is still in"), "{report:?}");
        assert_eq!(first.join().expect("a report").outcome, Outcome::Succeeded);
    });
    assert!(!world.file("never").exists());
}

#[test]
fn a_deployment_that_waits_can_be_stopped() {
    let world = World::with(&["touch begun; until test -e go; do sleep 0.01; done"]);
    thread::scope(|scope| {
        let first = scope.spawn(|| world.runner.run(&world.plan, &|_| None, &Control::default()));
        wait_for("beginning", || world.file("begun").exists().then_some(()));
        world.control.stop();
        let report = world.run();
        fs::write(world.file("go"), "").expect("a file");
        assert_eq!((report.outcome, report.steps), (Outcome::Interrupted, Vec::new()));
        assert_eq!(first.join().expect("a report").outcome, Outcome::Succeeded);
    });
}

#[test]
fn an_environment_whose_folder_cannot_be_made_fails_with_the_reason() {
    let world = World::with(&["true"]);
    fs::write(world.environments(), "a file").expect("a file");
    let report = world.run();
    assert_eq!(report.steps[0].name.as_str(), "environment");
    assert!(reason(&report.steps[0]).contains("cannot be made"), "{report:?}");
    fs::remove_file(world.environments()).expect("a file");
}
