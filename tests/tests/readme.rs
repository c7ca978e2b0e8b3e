//! The README's session is a real one: every command of it is in the story, and every line that it
//! shows was said.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The binary that was built beside this test.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let profile = test.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let binary = profile.join("interspace");
    assert!(binary.is_file(), "build it first: cargo build --release -p interspace");
    binary
}

/// A line without what differs from run to run: ids, times and counts become signs, and widths of
/// columns do not count.
fn shape(line: &str) -> String {
    let mut after_tick = false;
    let words = line.split_whitespace().map(|word| {
        let id = std::mem::replace(&mut after_tick, word == "✓");
        let number = word.chars().all(|c| c.is_ascii_digit());
        match (id, number) {
            (true, _) => "<id>",
            (_, true) => "<number>",
            _ => word,
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The lines of the README's session.
fn session() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let after = readme.split("```console\n").nth(1).expect("a session");
    let session = after.split("```").next().expect("its end");
    session.lines().map(str::to_owned).collect()
}

#[test]
fn the_session_in_the_readme_is_what_the_demo_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Command::new(binary());
    demo.args(["demo", "--once"]).env("TMPDIR", folder.path());
    let output = demo.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("text");
    let said: Vec<String> = said.lines().map(shape).collect();
    let mut at = 0;
    for line in session() {
        let wanted = shape(&line);
        let found = said[at..].iter().position(|line| *line == wanted);
        let place = found.unwrap_or_else(|| {
            panic!("the demo does not say, in this order:\n{line}\nthat is:\n{wanted}\n{said:#?}")
        });
        at += place + 1;
    }
}

#[test]
fn the_versions_in_the_readme_are_those_of_this_build() {
    let version = env!("CARGO_PKG_VERSION");
    let named = format!("Interspace {version}");
    assert!(session().iter().any(|line| line.contains(&named)), "the README names {version}");
}

#[test]
fn shapes_tell_lines_apart_that_say_something_else() {
    assert_eq!(shape("a  33   ✓ pi4chdkpumuo"), shape(" a 34 ✓ wt3ao5yldw2m"));
    assert_ne!(shape("Dev 0.1.0 succeeded"), shape("Dev 0.2.0 succeeded"));
    assert_ne!(shape("verified yes"), shape("verified no"));
}
