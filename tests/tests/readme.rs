//! The sessions in the README and in those of the examples are real ones: every command of them is
//! in the story, and every line that they show was said.

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

/// A line without what differs from run to run: ids, hashes, times and counts become signs, and
/// widths of columns do not count.
fn shape(line: &str) -> String {
    let mut after_tick = false;
    let words = line.split_whitespace().map(|word| {
        let id = std::mem::replace(&mut after_tick, word == "✓") && is_id(word, 12);
        let number = word.chars().all(|c| c.is_ascii_digit());
        let time = word.len() > 7 && word.chars().all(|c| c.is_ascii_digit() || "-:".contains(c));
        match (id || is_id(word, 52), number, time) {
            (true, _, _) => "<id>",
            (_, true, _) => "<number>",
            (_, _, true) => "<time>",
            _ => word,
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a word is an id, or the beginning of one.
fn is_id(word: &str, characters: usize) -> bool {
    word.len() == characters && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// The lines of the first session in a file of the project.
fn session(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = std::fs::read_to_string(path).expect("the file");
    let after = text.split("```console\n").nth(1).expect("a session");
    let session = after.split("```").next().expect("its end");
    session.lines().map(str::to_owned).collect()
}

/// Every line of a session was said by the demo in this order. Where lines are left out, the README
/// of the project says nothing and other files say `[...]`.
fn is_what_the_demo_says(file: &str, story: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Command::new(binary());
    demo.args(["demo", "--once", "--story", story]).env("TMPDIR", folder.path());
    let output = demo.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("text");
    let said: Vec<String> = said.lines().map(shape).collect();
    let (mut at, mut anywhere) = (0, true);
    for line in session(file) {
        if line == "[...]" {
            anywhere = true;
            continue;
        }
        let wanted = shape(&line);
        let place = said[at..].iter().position(|line| *line == wanted);
        let place = place.filter(|place| anywhere || *place == 0).unwrap_or_else(|| {
            let next = &said[at.min(said.len())..];
            panic!("{file}: the demo does not say, in this order:\n{line}\nbut:\n{next:#?}")
        });
        at += place + 1;
        anywhere = file == "README.md";
    }
}

#[test]
fn the_session_in_the_readme_is_what_the_demo_says() {
    is_what_the_demo_says("README.md", "tour");
}

#[test]
fn the_sessions_of_the_examples_are_what_the_demo_says() {
    for story in ["regions", "qa-return", "qa-direct"] {
        is_what_the_demo_says(&format!("ops/examples/{story}/README.md"), story);
    }
}

#[test]
fn the_versions_in_the_readme_are_those_of_this_build() {
    let version = env!("CARGO_PKG_VERSION");
    let named = format!("Interspace {version}");
    assert!(
        session("README.md").iter().any(|line| line.contains(&named)),
        "the README names {version}"
    );
}

#[test]
fn shapes_tell_lines_apart_that_say_something_else() {
    assert_eq!(shape("a  33   ✓ pi4chdkpumuo"), shape(" a 34 ✓ wt3ao5yldw2m"));
    assert_eq!(shape("at 2026-11-22 15:23:18"), shape("at 2027-01-02 05:00:00"));
    assert_ne!(shape("✓ Staging"), shape("✓ Production"));
    assert_ne!(shape("Dev 0.1.0 succeeded"), shape("Dev 0.2.0 succeeded"));
    assert_ne!(shape("verified yes"), shape("verified no"));
}
