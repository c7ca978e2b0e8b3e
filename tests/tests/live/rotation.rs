//! Keys replaced and revoked by the operator: with the root key at hand, and with it far away.

use crate::command::{eventually, interspace, run};
use crate::node::Node;
use crate::space::{Place, only_space};
use serde_json::Value;
use std::fs;

/// Two spaces of one node that trust each other.
pub(crate) fn pair(place: &Place) -> Node {
    let node = Node::start(&place.node());
    place.found(&node, "Home");
    place.found(&node, "Away");
    for (space, other) in [("Home", "Away"), ("Away", "Home")] {
        let file = place.file(&format!("{space}.certificate"));
        let file = file.to_str().unwrap();
        node.run(&["-s", space, "certificate", "export", "-f", file]).good();
        node.run(&["-s", other, "certificate", "import", file, "--accept-results"]).good();
    }
    node
}

/// What `key show` says of a space.
pub(crate) fn keys(node: &Node, space: &str) -> Value {
    node.run(&["-s", space, "-o", "json", "key", "show"]).good().json()
}

/// Waits until the only peer seals to a statement.
pub(crate) fn sealed_to(node: &Node, space: &str, number: u32) -> Value {
    eventually("a peer that seals to the newest key", || {
        let keys = keys(node, space);
        (keys["peers"][0]["seals_to"] == number).then_some(keys)
    })
}

#[test]
fn t24_a_rotation_reaches_the_peer_and_the_old_keys_are_forgotten() {
    let place = Place::new();
    let node = pair(&place);
    sealed_to(&node, "Home", 1);
    node.run(&["-s", "Home", "key", "rotate", "--to", "2"]).good();
    // The command again finds it done.
    let again = node.run(&["-s", "Home", "key", "rotate", "--to", "2"]).good();
    assert!(again.out.contains("in use already"), "{again:?}");
    let shown = sealed_to(&node, "Home", 2);
    assert_eq!(shown["number"], 2);
    eventually("keys that are forgotten", || {
        let keys = keys(&node, "Home");
        let kept = keys["statements"][0]["kept"] == false && keys["kept_because"].is_null();
        kept.then_some(())
    });
    // The other way is open too, and a start goes on under the new keys.
    node.run(&["-s", "Away", "key", "rotate"]).good();
    sealed_to(&node, "Away", 2);
    node.stop();
    let node = Node::start(&place.node());
    sealed_to(&node, "Home", 2);
    sealed_to(&node, "Away", 2);
    node.run(&["audit", "verify"]).good();
    node.stop();
    run(interspace(&["audit", "verify", "--dir"]).arg(place.node())).good();
}

#[test]
fn t24_the_root_key_signs_far_from_the_node_and_each_step_goes_on_where_it_stopped() {
    let place = Place::new();
    let node = place.with_home();
    let space = only_space(&place.node());
    let (root, request, signed) =
        (place.file("root.pem"), place.file("next.json"), place.file("signed.json"));
    fs::rename(space.join("keys/root.pem"), &root).unwrap();
    let [root, request, signed] = [&root, &request, &signed].map(|path| path.to_str().unwrap());
    node.run(&["key", "rotate"]).fails(3, &["the root key is not in the folder", "--request"]);
    assert!(!space.join("keys/2").exists(), "nothing was begun");
    node.run(&["key", "rotate", "--request", request]).good();
    let fresh = fs::read(space.join("keys/2/signing.pem")).unwrap();
    // Without the root key it is worth nothing.
    node.run(&["key", "rotate", "--install", request]).fails(2, &["root"]);
    // The node dies, and the request is written again: the keys are those that it has.
    node.kill();
    let node = Node::start(&place.node());
    node.run(&["key", "rotate", "--request", request]).good();
    assert_eq!(fs::read(space.join("keys/2/signing.pem")).unwrap(), fresh);
    // Another root key does not sign it.
    let stranger = space.join("keys/1/signing.pem");
    let wrong = ["key", "sign", request, "--root", stranger.to_str().unwrap()];
    run(&mut interspace(&wrong)).fails(7, &["did not sign"]);
    let sign = ["key", "sign", request, "--root", root, "-f", signed];
    let said = run(&mut interspace(&sign)).good();
    assert!(said.err.contains("signed: statement 2 of Home"), "{said:?}");
    node.kill();
    let node = Node::start(&place.node());
    node.run(&["key", "rotate", "--install", signed]).good();
    node.run(&["key", "rotate", "--install", signed]).good();
    assert_eq!(keys(&node, "Home")["number"], 2);
    node.kill();
    let node = Node::start(&place.node());
    assert_eq!(keys(&node, "Home")["number"], 2);
    assert_eq!(keys(&node, "Home")["root_here"], false);
    node.run(&["audit", "verify"]).good();
    node.stop();
}

#[test]
fn t24_keys_that_were_written_in_part_and_never_named_are_replaced() {
    let place = Place::new();
    let node = place.with_home();
    let request = place.file("next.json");
    let request = request.to_str().unwrap();
    node.run(&["key", "rotate", "--request", request]).good();
    let pair = only_space(&place.node()).join("keys/2");
    fs::remove_file(pair.join("sealing.pem")).unwrap();
    node.kill();
    let node = Node::start(&place.node());
    node.run(&["key", "rotate"]).good();
    node.kill();
    let node = Node::start(&place.node());
    assert_eq!(keys(&node, "Home")["number"], 2);
    // What was asked for with the earlier keys is another statement with this number.
    let root = only_space(&place.node()).join("keys/root.pem");
    let signed = place.file("signed.json");
    let (root, signed) = (root.to_str().unwrap(), signed.to_str().unwrap());
    run(&mut interspace(&["key", "sign", request, "--root", root, "-f", signed])).good();
    node.run(&["key", "rotate", "--install", signed]).fails(2, &["not the next key statement"]);
    assert_eq!(keys(&node, "Home")["number"], 2);
    node.stop();
}

#[test]
fn t03_a_revocation_says_first_what_stays_and_then_does_it_once() {
    let place = Place::new();
    let node = pair(&place);
    sealed_to(&node, "Home", 1);
    let before = keys(&node, "Home")["entries"].as_u64().unwrap();
    let home = ["-s", "Home", "key", "revoke", "1", "--since"];
    let revoke = |rest: &[&str]| node.run(&[&home[..], rest].concat());
    let said = revoke(&["2", "--dry-run"]).good();
    assert!(said.out.contains("the first 2 stay"), "{said:?}");
    assert!(said.out.contains("configuration.applied"), "{said:?}");
    // A time before all of it leaves nothing but what is never written later.
    let json =
        node.run(&[&["-o", "json"][..], &home, &["2001-01-01T00:00:00Z", "--dry-run"]].concat());
    assert_eq!(json.good().json()["stays"], 0);
    revoke(&["yesterday", "--dry-run"]).fails(2, &["neither a Position nor a time"]);
    assert_eq!(keys(&node, "Home")["entries"].as_u64().unwrap(), before, "nothing was changed");
    let place_kept = before.to_string();
    revoke(&[&place_kept]).good();
    let shown = sealed_to(&node, "Home", 2);
    assert_eq!(shown["statements"][0]["revoked"]["by"], 2);
    assert_eq!(shown["statements"][0]["revoked"]["size"], before);
    let again = revoke(&[&place_kept]).good();
    assert!(again.out.contains("revoked already, by statement 2"), "{again:?}");
    node.run(&["-s", "Home", "key", "revoke", "9", "--since", "1"])
        .fails(3, &["no key statement 9"]);
    node.run(&["audit", "verify"]).good();
    node.stop();
}

#[test]
fn only_the_operator_of_the_node_deals_with_keys() {
    let place = Place::new();
    let node = place.with_home();
    for command in [&["key", "show"][..], &["key", "rotate"], &["space", "recover", "--yes"]] {
        let said = node.run(&[&["-s", "Home", "--as", "dana"][..], command].concat());
        assert_eq!(said.code, 4, "{said:?}");
    }
    assert_eq!(keys(&node, "Home")["number"], 1);
    node.stop();
}
