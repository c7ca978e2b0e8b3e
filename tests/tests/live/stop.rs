//! Stops in the middle of a deployment: in order, and by a kill.

use crate::command::{eventually, run};
use crate::node::Node;
use crate::processes;
use crate::space::{Place, deploy, outcomes};
use rustix::process::Signal;
use std::path::Path;

fn nobody_is_left(folder: &Path) {
    eventually(
        &format!("no process in {}: {:?}", folder.display(), processes::in_folder(folder)),
        || processes::in_folder(folder).is_empty().then_some(()),
    );
}

/// After a stop in the middle of the first deployment: it was cut short, policy began it again, and
/// whoever asks once more under the same id gets the one that goes on.
fn the_next_start_begins_it_again(place: &Place) {
    let node = Node::start(&place.node());
    place.somebody_is_at_the_gate();
    assert_eq!(outcomes(&node), ["interrupted", "running"]);
    place.open_the_gate();
    let ask = ["-o", "json", "--command-id", "two", "deploy", "App", "1.0.0", "--to", "Dev"];
    let ended = node.run(&ask).good().json();
    assert_eq!(ended["outcome"], "succeeded", "{ended}");
    assert_eq!(outcomes(&node), ["interrupted", "succeeded"]);
    node.stop();
    run(crate::command::interspace(&["audit", "verify", "--dir"]).arg(place.node())).good();
}

#[test]
fn an_orderly_stop_ends_what_runs_and_the_next_start_begins_it_again() {
    let place = Place::new();
    let node = place.with_home();
    deploy(&node, "two").good();
    place.somebody_is_at_the_gate();
    assert!(processes::in_folder(&place.node()).len() >= 3, "the node, a guard, a step");
    let said = node.end(Signal::TERM);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(processes::in_folder(&place.node()), [""; 0], "a stop waits for what it ends");
    assert!(!place.node().join("node.json").exists());
    the_next_start_begins_it_again(&place);
}

#[test]
fn a_kill_ends_what_runs_and_the_next_start_begins_it_again() {
    let place = Place::new();
    let node = place.with_home();
    deploy(&node, "two").good();
    place.somebody_is_at_the_gate();
    node.kill();
    nobody_is_left(&place.node());
    the_next_start_begins_it_again(&place);
}

#[test]
fn whoever_waits_for_a_deployment_hears_that_the_node_was_stopped() {
    let place = Place::new();
    let node = place.with_home();
    let mut waits = crate::command::interspace(&["deploy", "App", "1.0.0", "--to", "Dev", "--dir"]);
    waits.arg(place.node());
    let waits = std::thread::spawn(move || run(&mut waits));
    place.somebody_is_at_the_gate();
    node.stop();
    waits.join().unwrap().fails(6, &["cannot be reached"]);
}
