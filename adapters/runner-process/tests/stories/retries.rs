//! Steps that are tried again.

use crate::world::{World, output, reason, told};
use schema::latest::Outcome;

/// Fails until it was tried so often.
fn fails_until(attempt: u32) -> String {
    format!("echo x >> tries; n=$(wc -l < tries); echo try $n; test $n -ge {attempt} || exit $n")
}

#[test]
fn a_step_is_tried_again_until_it_succeeds_and_the_output_of_every_attempt_is_kept() {
    let mut world = World::with(&[&fails_until(3), "touch next"]);
    world.plan.steps[0].retries = 5;
    let report = world.run();
    assert_eq!(told(&report), ["step 1 succeeded", "step 2 succeeded"]);
    let step = &report.steps[0];
    assert_eq!((step.attempts, step.exit_code, &step.reason), (3, Some(0), &None));
    let all = "try 1\n[attempt 2 of 6]\ntry 2\n[attempt 3 of 6]\ntry 3\n";
    assert_eq!(output(step), all);
    assert_eq!(step.output_sha256.0, schema::hash::sha256(&[all.as_bytes()]));
    assert_eq!(world.heard()[0], all);
    assert_eq!(report.steps[1].attempts, 1);
}

#[test]
fn a_step_that_never_succeeds_fails_as_its_last_attempt_did() {
    let mut world = World::with(&[&fails_until(9), "touch next"]);
    world.plan.steps[0].retries = 2;
    let report = world.run();
    assert_eq!((report.outcome, told(&report)), (Outcome::Failed, vec!["step 1 failed".into()]));
    assert_eq!((report.steps[0].attempts, report.steps[0].exit_code), (3, Some(3)));
}

#[test]
fn an_attempt_that_runs_out_of_time_is_tried_again() {
    let mut world = World::with(&["test -e tried || { touch tried; exec sleep 1000; }"]);
    (world.plan.steps[0].retries, world.plan.steps[0].timeout_s) = (60, 1);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert!(report.steps[0].attempts >= 2);
}

#[test]
fn the_wait_between_two_attempts_ends_with_a_cancel_and_with_a_stop() {
    for (stops, outcome, why) in [
        (true, Outcome::Interrupted, "the node was stopped"),
        (false, Outcome::Cancelled, "the deployment was cancelled"),
    ] {
        let mut world = World::with(&["touch tried; exit 3"]);
        (world.plan.steps[0].retries, world.plan.steps[0].retry_delay_s) = (1, u32::MAX);
        let report = world.run_and(|| {
            world.wait_for_file("tried");
            if stops { world.control.stop() } else { world.control.cancel() }
        });
        let step = &report.steps[0];
        assert_eq!((report.outcome, step.outcome, step.attempts), (outcome, outcome, 1));
        assert_eq!(reason(step), why);
    }
}

#[test]
fn what_the_runner_waits_between_two_attempts_is_what_the_step_says() {
    let mut world = World::with(&[&fails_until(2)]);
    (world.plan.steps[0].retries, world.plan.steps[0].retry_delay_s) = (1, 1);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded);
    assert!(report.steps[0].duration_ms >= 1000);
}

#[test]
fn t23_a_secret_is_masked_in_every_attempt() {
    let mut world = World::with(&["printf %s \"$WORD\"; exit 1"]);
    world.secret("WORD", "hunter2");
    world.plan.steps[0].retries = 1;
    assert_eq!(output(&world.run().steps[0]), "***\n[attempt 2 of 2]\n***");
}
