//! The demo: the whole story in one command, its sum as JSON, and nothing left behind.

use crate::command::{Said, interspace, run};
use crate::folder::{bytes, differences, names};
use crate::node::Node;
use crate::processes;
use crate::story::{VERSION, next_version};
use crate::sum::{cell, is_good, keeps_the_contract, list, text};
use rustix::process::Signal;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A demo whose temporary folders are made in `temporary`.
pub(crate) fn demo(temporary: &Path, arguments: &[&str]) -> Said {
    let mut command = interspace(&[]);
    run(command.env("TMPDIR", temporary).arg("demo").args(arguments))
}

pub(crate) fn nothing_is_left(temporary: &Path) {
    assert_eq!(names(temporary), [""; 0]);
    assert_eq!(processes::in_folder(temporary), [""; 0]);
}

#[test]
fn the_demo_says_its_sum_as_one_json_object_and_leaves_nothing() {
    let temporary = TempDir::new().unwrap();
    let said = demo(temporary.path(), &["--once", "-o", "json"]).good();
    nothing_is_left(temporary.path());
    let sum = said.json();
    let (devtest, eu, us) = ("DevTest Space", "Prod EU", "Prod US");
    keeps_the_contract(&sum, "local", &[devtest, eu, us]);
    is_good(&sum);
    what_devtest_sees(&sum);
    who_did_what(&sum);
    let links = list(&sum["links"]).iter();
    let mut directions: Vec<_> =
        links.map(|link| (text(&link["from"]), text(&link["to"]))).collect();
    directions.sort_unstable();
    assert_eq!(directions, [(devtest, eu), (devtest, us), (eu, devtest), (us, devtest)]);
    let audited: Vec<_> = list(&sum["audit"]).iter().map(|log| text(&log["space"])).collect();
    assert_eq!(audited, [devtest, eu, us]);
}

#[test]
fn the_demo_keeps_its_node_where_it_is_told_and_refuses_a_folder_that_is_there() {
    let temporary = TempDir::new().unwrap();
    let elsewhere = TempDir::new().unwrap();
    let kept = elsewhere.path().join("kept");
    let keep = ["--once", "--keep", kept.to_str().unwrap()];
    let said = demo(temporary.path(), &keep).good();
    nothing_is_left(temporary.path());
    assert!(said.err.contains("interspace audit verify --dir"), "{}", said.err);
    run(interspace(&["audit", "verify", "--dir"]).arg(&kept)).good();
    let before = bytes(&kept);
    let again = demo(temporary.path(), &keep);
    again.fails(5, &["kept is there already", "name a folder"]);
    assert!(differences(&before, &bytes(&kept)).is_empty());
    nothing_is_left(temporary.path());
    // It is a node like any other.
    let node = Node::start(&kept);
    let cells = node.run(&["-s", "DevTest Space", "-o", "json", "dashboard"]).good().json();
    assert_eq!(list(&cells).len(), 6, "{cells}");
    node.stop();
}

#[test]
fn the_demo_goes_on_until_ctrl_c_and_what_it_says_to_try_works() {
    let temporary = TempDir::new().unwrap();
    let mut command = interspace(&["demo"]);
    command.env("TMPDIR", temporary.path());
    let demo = Node::of_demo(command, temporary.path());
    let tried: Vec<_> = demo.said().lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let folder = tried.iter().find_map(|line| line.strip_prefix("export INTERSPACE_DIR="));
    let folder = folder.expect("it says where its node is");
    let commands: Vec<_> =
        tried.iter().filter_map(|line| line.strip_prefix("interspace ")).collect();
    assert!(commands.len() >= 3, "{tried:?}");
    for line in commands {
        let words = shlex::split(line).expect("a command");
        let said = run(interspace(&[]).env("INTERSPACE_DIR", folder).args(words)).good();
        assert!(!said.out.is_empty(), "{line}");
    }
    let ended = demo.end(Signal::INT);
    assert_eq!(ended.code, 0, "{ended:?}");
    nothing_is_left(temporary.path());
}

fn is_installed(cell: &Value) {
    let says = |key: &str| &cell[key];
    assert_eq!((text(says("version")), text(says("outcome"))), (VERSION, "succeeded"), "{cell}");
    assert!(says("fresh") == true && says("proven") == true, "{cell}");
    assert!(says("receipt").is_string(), "{cell}");
    assert_eq!((text(says("owner")), text(says("project"))), ("DevTest Space", "Interspace"));
}

fn what_devtest_sees(sum: &Value) {
    let seen = "DevTest Space";
    for space in ["Prod US", "Prod EU"] {
        for environment in ["Staging", "Production"] {
            let there = cell(sum, seen, space, environment);
            is_installed(there);
            assert_eq!(there["remote"], true, "{there}");
            let own = cell(sum, space, space, environment);
            is_installed(own);
            assert_eq!(own["remote"], false, "{own}");
        }
    }
    for environment in ["Dev", "Test"] {
        let own = cell(sum, seen, seen, environment);
        is_installed(own);
        assert_eq!(own["remote"], false, "{own}");
    }
    let last = &cell(sum, seen, seen, "Dev")["last_attempt"];
    let expected = (next_version(), "failed".to_owned());
    assert_eq!((text(&last["version"]).to_owned(), text(&last["outcome"]).to_owned()), expected);
    let test = &cell(sum, seen, seen, "Test")["last_attempt"];
    assert_eq!(test["version"], VERSION, "Test never saw the next version");
}

fn who_did_what(sum: &Value) {
    let steps = list(&sum["journey"]);
    let actors = |space: &str, event: &str| {
        let found = steps.iter().filter(|step| step["space"] == space && step["event"] == event);
        found.map(|step| step["actor"].as_str()).collect::<Vec<_>>()
    };
    assert_eq!(actors("DevTest Space", "release.created"), [Some("dana")], "{steps:#?}");
    let promoted = actors("DevTest Space", "release.promoted");
    assert_eq!(promoted, [None, None], "by policy, to two spaces");
    let people: Vec<_> = steps.iter().filter_map(|step| step["actor"].as_str()).collect();
    assert!(people.contains(&"erik"), "{people:?}");
    assert!(people.iter().all(|name| ["dana", "erik"].contains(name)), "{people:?}");
    for step in steps {
        assert!(text(&step["at"]).ends_with('Z'), "{step}");
        assert!(["DevTest Space", "Prod US", "Prod EU"].contains(&text(&step["space"])), "{step}");
    }
}
