//! A step that is over leaves nothing running, however it came to be over.

use crate::world::{World, is_alive, output, reason, told};
use engine::run::Report;
use schema::latest::Outcome;

/// Starts one child in the group, one that leaves it, and one that leaves it and its parent, and
/// writes down their numbers before `then`.
fn tree(then: &str) -> String {
    let one = |name: &str| format!("sh -c 'echo $$ > {name}; exec sleep 1000'");
    format!(
        "{} & setsid {} & (setsid {} &) & until test -s near && test -s far && test -s farthest; \
         do sleep 0.01; done; {then}",
        one("near"),
        one("far"),
        one("farthest"),
    )
}

fn assert_nothing_is_left(world: &World) {
    for name in ["near", "far", "farthest"] {
        let pid = world.number(name);
        assert!(!is_alive(pid), "{name}, {pid}");
    }
    assert_eq!(world.processes(), Vec::<i32>::new());
}

/// Runs until a file is there, then stops.
fn run_and_stop(world: &World, at: &str) -> Report {
    world.run_and(|| {
        world.wait_for_file(at);
        world.control.stop();
    })
}

#[test]
fn what_a_step_leaves_running_ends_with_it() {
    let world = World::with(&[&tree("echo done")]);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded);
    assert_eq!(output(&report.steps[0]), "done\n");
    assert_nothing_is_left(&world);
}

#[test]
fn a_step_that_runs_out_of_time_is_ended_with_all_that_it_started() {
    // A machine may be too slow to start the tree in time; then it gets more.
    for timeout_s in [1, 8, 60] {
        let mut world = World::with(&[&tree("touch grown; sleep 1000"), "touch never"]);
        world.plan.steps[0].timeout_s = timeout_s;
        let report = world.run();
        assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 1));
        assert_eq!(report.steps[0].exit_code, None);
        assert_eq!(reason(&report.steps[0]), format!("timed out after {timeout_s} s"));
        assert!(report.steps[0].duration_ms >= u64::from(timeout_s) * 1000);
        assert_eq!(world.processes(), Vec::<i32>::new());
        assert!(!world.file("never").exists());
        if world.file("grown").exists() {
            return assert_nothing_is_left(&world);
        }
    }
    panic!("the tree never grew");
}

#[test]
fn a_stop_ends_the_step_and_is_reported_as_an_interruption() {
    let world = World::with(&[&tree("echo up; touch ready; sleep 1000"), "touch never"]);
    let report = run_and_stop(&world, "ready");
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Interrupted, 1));
    let step = &report.steps[0];
    assert_eq!((step.outcome, step.exit_code), (Outcome::Interrupted, None));
    assert_eq!((reason(step), output(step)), ("the node was stopped", "up\n"));
    assert_nothing_is_left(&world);
    assert!(!world.file("never").exists());
}

#[test]
fn a_step_is_asked_to_end_before_it_is_made_to() {
    // The grace is short; a busy machine may need more than one try.
    let script = "trap 'echo bye; exit 0' TERM; touch ready; while :; do sleep 0.01; done";
    let polite = (0..10).any(|_| {
        let report = run_and_stop(&World::with(&[script]), "ready");
        assert_eq!(report.outcome, Outcome::Interrupted);
        output(&report.steps[0]).ends_with("bye\n")
    });
    assert!(polite);
}

#[test]
fn a_step_that_does_not_listen_is_made_to_end() {
    let world = World::with(&["trap '' TERM; touch ready; while :; do sleep 0.01; done"]);
    assert_eq!(run_and_stop(&world, "ready").outcome, Outcome::Interrupted);
    assert_eq!(world.processes(), Vec::<i32>::new());
}

#[test]
fn a_stop_before_the_first_step_begins_nothing() {
    let world = World::with(&["touch never"]);
    world.control.stop();
    let report = world.run();
    assert_eq!((report.outcome, report.steps), (Outcome::Interrupted, Vec::new()));
    assert!(!world.file("never").exists());
}

#[test]
fn a_cancel_ends_the_step_and_nothing_of_it_is_left() {
    let world = World::with(&[&tree("echo up; touch ready; sleep 1000"), "touch never"]);
    let report = world.run_and(|| {
        world.wait_for_file("ready");
        world.control.cancel();
    });
    assert_eq!(report.outcome, Outcome::Cancelled);
    assert_eq!(told(&report), ["step 1 cancelled"]);
    let step = &report.steps[0];
    assert_eq!((reason(step), output(step)), ("the deployment was cancelled", "up\n"));
    assert_nothing_is_left(&world);
    assert!(!world.file("never").exists());
}
