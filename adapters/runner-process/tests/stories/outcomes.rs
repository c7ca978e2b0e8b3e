//! How steps begin and end, and what the report says about it.

use crate::world::{World, output, reason, step};
use runner_process::{Control, Runner, Settings};
use schema::latest::Outcome;
use std::process::{Command, Stdio};

#[test]
fn steps_run_one_after_the_other_in_the_folder_of_the_environment() {
    let world = World::with(&["echo one; pwd; touch made", "ls; echo two >&2"]);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded);
    assert!(report.started_ms > 0 && report.started_ms <= report.finished_ms);
    let [one, two] = report.steps.as_slice() else { panic!("{report:?}") };
    assert_eq!((one.outcome, one.exit_code, &one.reason), (Outcome::Succeeded, Some(0), &None));
    assert_eq!(one.name.as_str(), "step 1");
    let folder = world.file("made").parent().expect("a folder").canonicalize().expect("a path");
    assert_eq!(output(one), format!("one\n{}\n", folder.display()));
    assert_eq!(output(two), "made\ntwo\n");
    assert_eq!(two.output_sha256.0, schema::hash::sha256(&[b"made\ntwo\n"]));
}

#[test]
fn the_first_step_that_fails_ends_the_deployment() {
    let world = World::with(&["exit 0", "echo broken; exit 3", "touch never"]);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Failed);
    let [_, failed] = report.steps.as_slice() else { panic!("{report:?}") };
    assert_eq!((failed.outcome, failed.exit_code), (Outcome::Failed, Some(3)));
    assert_eq!((output(failed), &failed.reason), ("broken\n", &None));
    assert!(!world.file("never").exists());
}

#[test]
fn output_and_errors_are_kept_in_the_order_in_which_they_were_written() {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done";
    let report = World::with(&[script]).run();
    let expected: String = (1..10).map(|i| format!("out {i}\nerr {i}\n")).collect();
    assert_eq!(output(&report.steps[0]), expected);
}

#[test]
fn a_step_that_a_signal_ended_has_a_reason_and_no_exit_code() {
    let report = World::with(&["kill -SEGV $$"]).run();
    assert_eq!((report.outcome, report.steps[0].exit_code), (Outcome::Failed, None));
    assert_eq!(reason(&report.steps[0]), "ended by signal 11");
}

#[test]
fn a_program_that_cannot_be_started_is_a_failed_step() {
    for (run, why) in [
        (["no-such-program\u{1b}"].as_slice(), "cannot start \"no-such-program\\u{1b}\": No such"),
        (&["/dev/null"], "cannot start \"/dev/null\": Permission denied"),
        (&["echo", "a\0b"], "cannot start \"echo\": nul byte"),
        (&[], "the step names no program"),
    ] {
        let mut world = World::new();
        world.plan.steps = vec![step("one", run), step("two", &["touch", "never"])];
        let report = world.run();
        assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 1), "{run:?}");
        assert!(reason(&report.steps[0]).starts_with(why), "{report:?}");
        assert!(!world.file("never").exists());
    }
}

#[test]
fn no_shell_is_put_in_between() {
    let mut world = World::new();
    world.plan.steps = vec![step("one", &["printf", "%s|", "$HOME", "a  b", "*", ";", ""])];
    assert_eq!(output(&world.run().steps[0]), "$HOME|a  b|*|;||");
}

#[test]
fn a_step_that_reads_finds_nothing_to_read() {
    let report = World::with(&["cat; echo end"]).run();
    assert_eq!(output(&report.steps[0]), "end\n");
}

#[test]
fn a_step_is_given_no_descriptor_but_its_own_three() {
    const LIST: &str = "ls /proc/self/fd; readlink /proc/self/fd/0";
    let world = World::with(&[LIST, "test /proc/self/fd/1 -ef /proc/self/fd/2"]);
    let report = world.run();
    // What this test process was itself handed open at its start, it cannot close.
    let bare = Command::new("sh")
        .args(["-c", LIST])
        .stdin(Stdio::null())
        .output()
        .expect("a shell")
        .stdout;
    assert_eq!(output(&report.steps[0]).as_bytes(), bare);
    assert_eq!(report.outcome, Outcome::Succeeded, "output and errors are one pipe");
}

#[test]
fn a_deployment_without_steps_succeeds() {
    let report = World::new().run();
    assert_eq!((report.outcome, report.steps), (Outcome::Succeeded, Vec::new()));
}

#[test]
fn a_guard_that_is_none_fails_the_step() {
    let world = World::with(&["touch never"]);
    for (guard, why) in [
        (["/no/such/guard"].as_slice(), "the guard cannot be started: No such file"),
        (&["true"], "the guard ended before the step did (exit status: 0)"),
        (&[], "the guard cannot be started: it has no command line"),
    ] {
        let guard = guard.iter().map(Into::into).collect();
        let runner = Runner::new(Settings { environments: world.environments(), guard });
        let report = runner.run(&world.plan, &|_| None, &Control::default());
        assert_eq!(report.outcome, Outcome::Failed);
        assert!(reason(&report.steps[0]).starts_with(why), "{report:?}");
    }
    assert!(!world.file("never").exists());
}

#[test]
fn a_guard_that_a_person_starts_does_nothing() {
    for arguments in [["guard"].as_slice(), &["guard", "/"], &["guard", "/", "x"]] {
        let ended = Command::new(crate::world::STAND_IN)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("an executable");
        assert_eq!(ended.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&ended.stderr).contains("only the runner starts guards"));
    }
}
