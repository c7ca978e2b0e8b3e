//! The demo: the whole story in one command, its sum as JSON, and nothing left behind.

use crate::command::{Said, interspace, run};
use crate::folder::{bytes, differences, names};
use crate::node::Node;
use crate::processes;
use crate::story::{VERSION, next_version};
use rustix::process::Signal;
use serde_json::{Map, Value};
use std::path::Path;
use tempfile::TempDir;

/// A demo whose temporary folders are made in `temporary`.
fn demo(temporary: &Path, arguments: &[&str]) -> Said {
    let mut command = interspace(&[]);
    run(command.env("TMPDIR", temporary).arg("demo").args(arguments))
}

fn nothing_is_left(temporary: &Path) {
    assert_eq!(names(temporary), [""; 0]);
    assert_eq!(processes::in_folder(temporary), [""; 0]);
}

#[test]
fn the_demo_says_its_sum_as_one_json_object_and_leaves_nothing() {
    let temporary = TempDir::new().unwrap();
    let said = demo(temporary.path(), &["--once", "-o", "json"]).good();
    nothing_is_left(temporary.path());
    let sum = said.json();
    shape::keeps_the_contract(&sum);
    what_devtest_sees(&sum);
    who_did_what(&sum);
    let refused = &sum["refused_promotion"];
    assert_eq!(refused["version"], next_version());
    let reason = refused["reason"].as_str().unwrap();
    assert!(reason.contains("Dev") && reason.contains("failed"), "{reason}");
    let mut directions = Vec::new();
    for link in list(&sum["links"]) {
        assert_eq!(link["head"], link["acknowledged"], "it is not drained: {link}");
        assert_eq!((&link["held"], &link["refused"]), (&0.into(), &0.into()), "{link}");
        directions.push((text(&link["from"]), text(&link["to"])));
    }
    directions.sort_unstable();
    let (devtest, eu, us) = ("DevTest Space", "Prod EU", "Prod US");
    assert_eq!(directions, [(devtest, eu), (devtest, us), (eu, devtest), (us, devtest)]);
    let audited: Vec<_> = list(&sum["audit"]).iter().map(|log| text(&log["space"])).collect();
    assert_eq!(audited, [devtest, eu, us]);
    assert!(list(&sum["audit"]).iter().all(|log| log["verified"] == true));
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

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

/// The cell of an environment in what a space sees.
fn cell<'a>(sum: &'a Value, seen_by: &str, space: &str, environment: &str) -> &'a Value {
    let fits = |cell: &&Value| cell["space"] == space && cell["environment"] == environment;
    let found: Vec<_> = list(&sum["dashboards"][seen_by]).iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{space}: {environment} as {seen_by} sees it: {found:?}");
    found[0]
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

/// The contract of the sum: which keys there are, always, and what they hold.
mod shape {
    use super::{Map, Value, list};

    const TEXT: &str = "text";
    const TEXT_OR_NULL: &str = "text or null";
    const NUMBER: &str = "number";
    const BOOL: &str = "bool";
    const ATTEMPT_OR_NULL: &str = "attempt or null";
    const ANY: &str = "anything";

    type Keys = &'static [(&'static str, &'static str)];

    const SUM: Keys = &[
        ("transport", TEXT),
        ("dashboards", ANY),
        ("journey", ANY),
        ("refused_promotion", ANY),
        ("links", ANY),
        ("audit", ANY),
    ];
    const CELL: Keys = &[
        ("owner", TEXT),
        ("project", TEXT),
        ("space", TEXT),
        ("environment", TEXT),
        ("tenant", TEXT_OR_NULL),
        ("remote", BOOL),
        ("version", TEXT_OR_NULL),
        ("outcome", TEXT_OR_NULL),
        ("fresh", BOOL),
        ("receipt", TEXT_OR_NULL),
        ("proven", BOOL),
        ("last_attempt", ATTEMPT_OR_NULL),
    ];
    const ATTEMPT: Keys = &[("version", TEXT), ("outcome", TEXT), ("receipt", TEXT)];
    const STEP: Keys =
        &[("at", TEXT), ("space", TEXT), ("event", TEXT), ("entry", TEXT), ("actor", TEXT_OR_NULL)];
    const REFUSED: Keys = &[("version", TEXT), ("reason", TEXT)];
    const LINK: Keys = &[
        ("from", TEXT),
        ("to", TEXT),
        ("head", NUMBER),
        ("acknowledged", NUMBER),
        ("held", NUMBER),
        ("refused", NUMBER),
    ];
    const AUDIT: Keys = &[("space", TEXT), ("entries", NUMBER), ("verified", BOOL)];

    pub(super) fn keeps_the_contract(sum: &Value) {
        check(sum, SUM);
        assert_eq!(sum["transport"], "local");
        let dashboards: &Map<String, Value> = sum["dashboards"].as_object().expect("by space");
        let spaces: Vec<_> = dashboards.keys().collect();
        assert_eq!(spaces, ["DevTest Space", "Prod EU", "Prod US"]);
        for cells in dashboards.values() {
            list(cells).iter().for_each(|cell| check(cell, CELL));
        }
        list(&sum["journey"]).iter().for_each(|step| check(step, STEP));
        check(&sum["refused_promotion"], REFUSED);
        list(&sum["links"]).iter().for_each(|link| check(link, LINK));
        list(&sum["audit"]).iter().for_each(|log| check(log, AUDIT));
    }

    /// Exactly these keys, in any order, each with what it should hold.
    fn check(value: &Value, keys: Keys) {
        let object = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
        let mut found: Vec<_> = object.keys().map(String::as_str).collect();
        let mut wanted: Vec<_> = keys.iter().map(|(key, _)| *key).collect();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        for (key, kind) in keys {
            assert!(holds(&object[*key], kind), "{key} is no {kind}: {value}");
        }
    }

    fn holds(value: &Value, kind: &str) -> bool {
        match kind {
            TEXT => value.is_string(),
            TEXT_OR_NULL => value.is_string() || value.is_null(),
            NUMBER => value.is_u64(),
            BOOL => value.is_boolean(),
            ATTEMPT_OR_NULL => {
                if !value.is_null() {
                    check(value, ATTEMPT);
                }
                true
            }
            _ => true,
        }
    }
}
