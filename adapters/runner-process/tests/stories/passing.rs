//! What steps pass on to later steps.

use crate::world::{World, output, reason, told};
use schema::latest::model::Condition;
use schema::latest::{Outcome, StepReport};
use schema::limits::{OUTPUTS_BYTES_MAX, STEP_OUTPUTS_MAX};
use std::fs;

fn outputs(step: &StepReport) -> Vec<String> {
    step.outputs.iter().map(|it| format!("{}={}", it.name, it.value)).collect()
}

#[test]
fn what_a_step_writes_is_a_variable_of_the_steps_behind_it_and_is_reported() {
    let world = World::with(&[
        "echo URL=https://x/?a=b >> $INTERSPACE_OUTPUT; echo \"EMPTY=\" >> $INTERSPACE_OUTPUT; \
         echo 'TEXT= a  \"b\" ' >> $INTERSPACE_OUTPUT; echo own $URL",
        "echo \"$URL|$EMPTY|$TEXT|\"; cat $INTERSPACE_OUTPUT; printf URL=2 > $INTERSPACE_OUTPUT",
        "echo $URL",
    ]);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert_eq!(outputs(&report.steps[0]), ["URL=https://x/?a=b", "EMPTY=", "TEXT= a  \"b\" "]);
    assert_eq!(output(&report.steps[0]), "own\n");
    assert_eq!(output(&report.steps[1]), "https://x/?a=b|| a  \"b\" |\n");
    assert_eq!(output(&report.steps[2]), "2\n");
    assert!(outputs(&report.steps[2]).is_empty());
    let left = fs::read_dir(world.environments()).expect("a folder").flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(!left.iter().any(|name| name.ends_with(".output")), "{left:?}");
}

#[test]
fn of_two_lines_with_one_name_the_later_counts_and_a_value_of_the_plan_is_replaced() {
    let mut world =
        World::with(&["printf 'A=1\\nA=2\\n' > $INTERSPACE_OUTPUT; echo $A", "echo $A"]);
    world.variable("A", "0");
    let report = world.run();
    assert_eq!(outputs(&report.steps[0]), ["A=2"]);
    assert_eq!((output(&report.steps[0]), output(&report.steps[1])), ("0\n", "2\n"));
}

#[test]
fn what_is_no_output_fails_the_step_with_the_line_and_quotes_nothing() {
    for (written, why) in [
        ("A=1\\nhunter3\\n", "line 2 of its outputs has no equals sign"),
        ("\\n", "line 1 of its outputs has no equals sign"),
        ("1A=hunter3", "has a name that is no name of an environment variable"),
        ("A B=hunter3", "has a name that is no name of an environment variable"),
        ("=hunter3", "has a name that is no name of an environment variable"),
        ("INTERSPACE_TARGET=hunter3", "has a name that begins with INTERSPACE_"),
        ("PATH=/hunter3", "would change PATH"),
        ("HOME=/hunter3", "would change HOME"),
        ("WORD=hunter3", "would take the place of the secret WORD"),
        ("A=hunter3\\000", "has a value with a NUL in it"),
        ("A=hunter3\\377", "its outputs cannot be read"),
    ] {
        let mut world = World::with(&[&format!("printf '{written}' > $INTERSPACE_OUTPUT"), "true"]);
        world.secret("WORD", "hunter2");
        world.plan.secrets[0].steps = vec!["step 2".parse().expect("a name")];
        let report = world.run();
        assert_eq!(
            (report.outcome, told(&report)),
            (Outcome::Failed, vec!["step 1 failed".into()])
        );
        let step = &report.steps[0];
        assert_eq!((step.exit_code, outputs(step)), (Some(0), Vec::new()));
        assert!(reason(step).contains(why) && !reason(step).contains("hunter3"), "{report:?}");
    }
}

#[test]
fn outputs_that_are_too_much_fail_the_step() {
    let line = |i| format!("A{i}=x\n");
    let many: String = (0..=STEP_OUTPUTS_MAX).map(line).collect();
    let fits: String = (0..STEP_OUTPUTS_MAX).map(line).collect();
    let long = format!("A={}\n", "x".repeat(OUTPUTS_BYTES_MAX));
    let huge = format!("A={}\n", "x".repeat(3 * OUTPUTS_BYTES_MAX));
    for (written, outcome) in [
        (many, Outcome::Failed),
        (long, Outcome::Failed),
        (huge, Outcome::Failed),
        (fits, Outcome::Succeeded),
    ] {
        let world = World::with(&["true", "cp written $INTERSPACE_OUTPUT"]);
        world.run();
        fs::write(world.file("written"), written).expect("a file");
        let report = world.run();
        assert_eq!(report.outcome, outcome, "{report:?}");
    }
}

#[test]
fn all_steps_together_pass_on_no_more_than_a_receipt_can_hold() {
    let script = |name: &str| format!("printf {name}=; head -c 3000 /dev/zero | tr '\\0' x");
    let [a, b, c] = ["A", "B", "C"].map(|name| format!("({}) > $INTERSPACE_OUTPUT", script(name)));
    let report = World::with(&[&a, &b, &c]).run();
    assert_eq!(told(&report), ["step 1 succeeded", "step 2 succeeded", "step 3 failed"]);
    assert!(reason(&report.steps[2]).contains("of all steps together"), "{report:?}");
}

#[test]
fn whatever_a_step_puts_in_the_place_of_the_file_is_not_followed() {
    for script in [
        "rm $INTERSPACE_OUTPUT; ln -s /etc/passwd $INTERSPACE_OUTPUT",
        "rm $INTERSPACE_OUTPUT; mkfifo $INTERSPACE_OUTPUT",
        "rm $INTERSPACE_OUTPUT; mkdir $INTERSPACE_OUTPUT",
    ] {
        let world = World::with(&[script]);
        let report = world.run();
        assert_eq!(report.outcome, Outcome::Failed);
        assert!(reason(&report.steps[0]).contains("outputs cannot be read"), "{report:?}");
    }
    let world = World::with(&["rm $INTERSPACE_OUTPUT"]);
    assert_eq!(world.run().outcome, Outcome::Succeeded);
}

#[test]
fn a_step_that_failed_by_itself_passes_on_and_one_that_was_ended_does_not() {
    let mut world = World::with(&["echo A=1 > $INTERSPACE_OUTPUT; exit 3", "echo a $A"]);
    world.plan.steps[1].when = Condition::Failure;
    let report = world.run();
    assert_eq!(outputs(&report.steps[0]), ["A=1"]);
    assert_eq!(output(&report.steps[1]), "a 1\n");
    world.plan.steps[0].work =
        World::with(&["echo A=1 > $INTERSPACE_OUTPUT; kill -KILL $$"]).plan.steps[0].work.clone();
    let report = world.run();
    assert_eq!(outputs(&report.steps[0]), Vec::<String>::new());
    assert_eq!(output(&report.steps[1]), "a\n");
}

#[test]
fn of_several_attempts_the_last_passes_on() {
    let script = "test -e tried && echo B=2 > $INTERSPACE_OUTPUT && exit 0; touch tried; \
                  echo A=1 > $INTERSPACE_OUTPUT; exit 1";
    let mut world = World::with(&[script, "echo $A$B"]);
    world.plan.steps[0].retries = 1;
    let report = world.run();
    assert_eq!((outputs(&report.steps[0]), output(&report.steps[1])), (vec!["B=2".into()], "2\n"));
}

#[test]
fn t23_a_secret_that_is_passed_on_is_given_and_not_shown() {
    let mut world = World::with(&[
        "code=$(printf %s \"$WORD\" | base64); \
         printf 'URL=db://%s@x\\nCODE=%s\\n' \"$WORD\" $code > $INTERSPACE_OUTPUT",
        "test \"$URL\" = db://hunter2@x && printf '\\033%s' \"$URL\"",
    ]);
    world.secret("WORD", "hunter2");
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert_eq!(outputs(&report.steps[0]), ["URL=db://***@x", "CODE=***=="]);
    assert!(output(&report.steps[1]).ends_with("db://***@x"));
    assert!(!format!("{report:?}").contains("hunter2"));
}
