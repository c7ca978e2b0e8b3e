//! What is kept of what steps write.

use crate::world::{World, output};
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
