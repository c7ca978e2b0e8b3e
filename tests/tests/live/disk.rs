//! A disk without room: the node says so, and keeps what it answered.

use crate::command::{bare, binary, interspace, run};
use crate::node::Node;
use crate::space::{Place, entries};
use std::process::Command;

/// Largest file that the node may write, in blocks of 512 bytes: three segments of the log.
const STARVED: &str = "trap '' XFSZ; ulimit -f 12288; exec \"$@\"";

/// More releases with notes of this size than fit.
const NOTES_BYTES: usize = 60_000;
const RELEASES_MAX: usize = 200;

fn starved_node(place: &Place) -> Node {
    let mut command = Command::new("sh");
    bare(&mut command).args(["-c", STARVED, "sh"]).arg(binary());
    command.args(["up", "--dir"]).arg(place.node());
    Node::from(command, &place.node()).unwrap_or_else(|said| panic!("{said:?}"))
}

#[test]
fn a_node_without_room_says_so_and_keeps_what_it_answered() {
    let place = Place::new();
    place.with_home().stop();
    let node = starved_node(&place);
    let notes = "x".repeat(NOTES_BYTES);
    let create = |node: &Node, n: usize| {
        let version = format!("2.0.{n}");
        node.run(&[
            "--command-id",
            &version,
            "release",
            "create",
            "App",
            &version,
            "--notes",
            &notes,
        ])
    };
    let refused = (0..RELEASES_MAX).find_map(|n| {
        let said = create(&node, n);
        (said.code != 0).then_some((n, said))
    });
    let (answered, said) = refused.expect("the disk is full at last");
    assert!(answered > 0, "some fitted");
    said.fails(1, &["the space is closed", "start the node again"]);
    // It goes on saying so, and takes nothing more.
    create(&node, RELEASES_MAX).fails(1, &["the space is closed"]);
    node.run(&["space", "show"]).fails(1, &["the space is closed"]);
    // The list says it of the space and goes on: one closed space hides no other.
    let listed = node.run(&["-o", "json", "space", "list"]).good().json();
    assert!(listed[0]["closed"].as_str().is_some_and(|why| why.contains("closed")), "{listed}");
    let ended = node.end(rustix::process::Signal::TERM);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("the space is closed"), "{ended:?}");
    let verify = || run(interspace(&["audit", "verify", "--dir"]).arg(place.node()));
    verify().good();

    let node = Node::start(&place.node());
    let all = node.run(&["-o", "json", "release", "list"]).good().json();
    let there = |version: &str| all.as_array().unwrap().iter().any(|r| r["version"] == version);
    assert!(there("1.0.0"));
    for n in 0..answered {
        assert!(there(&format!("2.0.{n}")), "release {n} of {answered} was answered");
    }
    // There is room again: the one that was not answered is, and what was, is not done twice.
    let before = entries(&node);
    create(&node, 0).good();
    assert_eq!(entries(&node), before);
    create(&node, answered).good();
    node.stop();
    verify().good();
}
