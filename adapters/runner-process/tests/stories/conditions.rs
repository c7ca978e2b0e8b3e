//! Which steps are begun, after what happened before them.

use crate::world::{World, reason, step, told, wait_for};
use schema::latest::Outcome;
use schema::latest::model::Condition::{Always, Failure, Success};
use schema::latest::model::{Condition, Work};

fn world(steps: &[(&str, Condition)]) -> World {
    let scripts: Vec<_> = steps.iter().map(|(script, _)| *script).collect();
    let mut world = World::with(&scripts);
    for (step, (_, when)) in world.plan.steps.iter_mut().zip(steps) {
        step.when = *when;
    }
    world
}

#[test]
fn what_is_begun_hangs_on_whether_something_failed() {
    for (steps, outcome, expected) in [
        (
            vec![("true", Success), ("true", Failure), ("true", Always), ("true", Success)],
            Outcome::Succeeded,
            vec!["step 1 succeeded", "step 3 succeeded", "step 4 succeeded"],
        ),
        (
            vec![("false", Success), ("true", Success), ("true", Failure), ("true", Always)],
            Outcome::Failed,
            vec!["step 1 failed", "step 3 succeeded", "step 4 succeeded"],
        ),
        (
            vec![("false", Always), ("true", Success), ("false", Failure), ("true", Failure)],
            Outcome::Failed,
            vec!["step 1 failed", "step 3 failed", "step 4 succeeded"],
        ),
        (vec![("true", Failure)], Outcome::Succeeded, vec![]),
    ] {
        let report = world(&steps).run();
        assert_eq!(
            (report.outcome, told(&report)),
            (outcome, expected.iter().map(|s| (*s).into()).collect())
        );
    }
}

#[test]
fn a_clean_up_that_fails_makes_the_deployment_a_failure() {
    let report = world(&[("true", Success), ("exit 4", Always)]).run();
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(report.steps[1].exit_code, Some(4));
}

#[test]
fn after_a_cancel_only_what_runs_always_is_begun_and_no_person_is_asked() {
    let steps = [
        ("touch ready; sleep 1000", Success),
        ("true", Success),
        ("true", Failure),
        ("echo cleaned", Always),
        ("true", Always),
        ("exit 1", Always),
        ("true", Always),
    ];
    let mut world = world(&steps);
    world.plan.steps[4].work = Work::Manual("clean up".parse().expect("a text"));
    let report = world.run_and(|| {
        world.wait_for_file("ready");
        world.control.cancel();
    });
    assert_eq!(report.outcome, Outcome::Cancelled);
    let expected = ["step 1 cancelled", "step 4 succeeded", "step 6 failed", "step 7 succeeded"];
    assert_eq!(told(&report), expected);
    assert_eq!(world.awaited(), Vec::<String>::new());
    assert_eq!(world.processes(), Vec::<i32>::new());
}

#[test]
fn a_cancel_before_the_first_step_begins_nothing_at_all() {
    for packages in [0, 1] {
        let mut world = world(&[("touch never", Success), ("touch never", Always)]);
        if packages > 0 {
            world.package("web", b"hello");
        }
        world.control.cancel();
        let report = world.run();
        assert_eq!((report.outcome, report.steps), (Outcome::Cancelled, Vec::new()));
        assert!(!world.file("never").exists());
    }
}

#[test]
fn a_stop_while_it_cleans_up_after_a_cancel_ends_that_too() {
    let steps = [
        ("touch ready; sleep 1000", Success),
        ("touch cleaning; sleep 1000", Always),
        ("touch never", Always),
    ];
    let world = world(&steps);
    let report = world.run_and(|| {
        world.wait_for_file("ready");
        world.control.cancel();
        world.wait_for_file("cleaning");
        world.control.stop();
    });
    assert_eq!(report.outcome, Outcome::Cancelled);
    assert_eq!(told(&report), ["step 1 cancelled", "step 2 interrupted"]);
    assert_eq!(reason(&report.steps[1]), "the node was stopped");
    assert!(!world.file("never").exists());
    assert_eq!(world.processes(), Vec::<i32>::new());
}

#[test]
fn after_a_stop_nothing_is_begun() {
    let world = world(&[("touch ready; sleep 1000", Success), ("touch never", Always)]);
    let report = world.run_and(|| {
        world.wait_for_file("ready");
        world.control.stop();
    });
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::Interrupted, vec!["step 1 interrupted".into()])
    );
    assert!(!world.file("never").exists());
}

#[test]
fn a_cancel_while_it_repairs_leaves_the_deployment_a_failure() {
    let steps = [("false", Success), ("touch ready; sleep 1000", Failure), ("true", Always)];
    let world = world(&steps);
    let report = world.run_and(|| {
        world.wait_for_file("ready");
        world.control.cancel();
    });
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(told(&report), ["step 1 failed", "step 2 cancelled", "step 3 succeeded"]);
}

#[test]
fn what_may_have_left_something_running_is_followed_by_nothing() {
    // The guard is stopped, so that it can neither end the step nor go; the story ends both.
    let mut world = world(&[("echo $PPID > guard; sleep 1000", Success), ("touch never", Always)]);
    world.plan.steps.push(step("last", &["touch", "never"]));
    let report = world.run_and(|| {
        let guard = world.number("guard");
        crate::world::signal("STOP", guard);
        world.control.cancel();
    });
    assert_eq!(report.steps.len(), 1, "{report:?}");
    assert!(reason(&report.steps[0]).contains("cannot be ended"), "{report:?}");
    assert!(!world.file("never").exists());
    crate::world::signal("CONT", world.number("guard"));
    wait_for("end", || world.processes().is_empty().then_some(()));
}
