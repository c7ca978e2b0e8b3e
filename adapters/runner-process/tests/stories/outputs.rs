//! What is kept of what steps write.

use crate::world::{World, output, reason};
use schema::latest::Outcome;
use schema::limits::{RECEIPT_OUTPUT_BYTES_MAX, STEP_OUTPUT_BYTES_MAX};

#[test]
fn of_an_output_beyond_the_limit_both_ends_are_kept_and_all_of_it_is_hashed() {
    let script = "echo begin; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end";
    let world = World::with(&[script]);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded);
    let whole = format!("begin\n{}\nend\n", "x".repeat(3_000_000));
    assert_eq!(report.steps[0].output_sha256.0, schema::hash::sha256(&[whole.as_bytes()]));
    let heard = world.heard();
    let kept = heard[0].as_str();
    assert!(kept.len() <= STEP_OUTPUT_BYTES_MAX && kept.len() > STEP_OUTPUT_BYTES_MAX / 2);
    assert!(kept.starts_with("begin\nxxx") && kept.ends_with("xxx\nend\n"));
    assert!(kept.contains("bytes left out"));
    let quote = output(&report.steps[0]);
    assert_eq!(quote.len(), RECEIPT_OUTPUT_BYTES_MAX);
    assert!(kept.ends_with(quote));
}

#[test]
fn nothing_that_steers_a_terminal_comes_through() {
    let report = World::with(&[r"printf '\033[31m\377\a\r\n\tno end'"]).run();
    assert_eq!(output(&report.steps[0]), "\\u{1b}[31m\u{fffd}\\u{7}\\r\n\tno end");
    let raw = b"\x1b[31m\xff\x07\r\n\tno end";
    assert_eq!(report.steps[0].output_sha256.0, schema::hash::sha256(&[raw]));
}

#[test]
fn the_listener_hears_each_step_that_was_begun() {
    let world = World::with(&["echo one", "printf two; exit 1", "echo three"]);
    world.run();
    assert_eq!(world.heard(), ["one\n", "two"]);
}

#[test]
fn what_a_step_wrote_before_it_was_ended_is_kept() {
    let world = World::with(&["echo before; kill -KILL $$"]);
    assert_eq!(output(&world.run().steps[0]), "before\n");
}

#[test]
fn t23_a_step_has_its_secrets_and_neither_its_output_nor_the_hash_of_it_tells_one() {
    let script = "test \"$WORD\" = hunter2 && echo \"it is $WORD\" && printf hun && sleep 0.1 && \
                  printf 'ter2 and'; env | grep WORD";
    let mut world = World::with(&[script]);
    world.secret("WORD", "hunter2");
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    let shown = "it is ***\n*** andWORD=***\n";
    assert_eq!(output(&report.steps[0]), shown);
    assert_eq!(report.steps[0].output_sha256.0, schema::hash::sha256(&[shown.as_bytes()]));
    assert_eq!(world.heard(), [shown]);
    assert_eq!(format!("{:?}", world.plan.secrets[0].value), "(secret)");
}

#[test]
fn t23_a_secret_that_cannot_be_given_to_a_step_is_not_quoted() {
    let mut world = World::with(&["true"]);
    world.secret("not-a-name", "hunter2");
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Failed);
    let why = reason(&report.steps[0]);
    assert!(why.contains("not-a-name") && !why.contains("hunter2"), "{why}");
}

#[test]
fn t23_a_secret_is_masked_in_whatever_form_a_step_writes_it() {
    let script = "printf 'user:%s' \"$WORD\" | base64 -w 8; printf '%s' \"$WORD\" | od -An -tx1 | \
                  tr -d ' '; echo \"$WORD\" | fold -w 5; echo end";
    let mut world = World::with(&[script]);
    world.secret("WORD", "correct-horse-battery");
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert_eq!(output(&report.steps[0]), "dXNlcj***=\n***\n***\nend\n");
}
