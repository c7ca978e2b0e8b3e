//! T9 on real nodes: a folder that was copied and run twice tells two stories. Who hears both
//! freezes the link, and writes down what convinces a third machine.

use crate::archive::elsewhere;
use crate::command::{Said, interspace, run};
use crate::folder::copy;
use crate::node::Node;
use crate::space::Place;
use crate::two::{befriend, link};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// What is on a stick that `from` made for `to`, in a folder of its own.
fn export(place: &Place, from: &Node, to: &str, name: &str) -> String {
    let folder = place.file(name);
    fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap().to_owned();
    from.run(&["courier", "export", "--to", to, &folder]).good();
    folder
}

fn import(node: &Node, stick: &str) -> Value {
    node.run(&["-o", "json", "courier", "import", stick]).good().json()
}

/// A node of this folder makes a release for `Away`, and a stick that says so.
fn tells(place: &Place, folder: &Path, version: &str, stick: &str) -> String {
    let node = Node::start(folder);
    node.run(&["release", "create", "App", version]).good();
    node.run(&["--wait", "60", "deploy", "App", version, "--to", "Dev"]).good();
    node.run(&["--wait", "60", "release", "promote", "App", version, "--to", "Away"]).good();
    let stick = export(place, &node, "Away", stick);
    node.stop();
    stick
}

/// The findings of `doctor` about links, as text.
fn doctor_of_links(node: &Node) -> String {
    let said = node.run(&["-o", "json", "doctor"]);
    let findings = said.json();
    let of_links = findings.as_array().expect("a list").iter();
    let of_links = of_links.filter(|finding| finding["about"] == "link");
    of_links.map(|finding| format!("{finding}\n")).collect()
}

/// Two nodes that share nothing but sticks, and trust each other; `Home` is stopped and copied,
/// and both copies went on. Gives the sticks that both made, and the node of `Away`.
fn two_stories(home: &Place, away: &Place) -> (Node, [String; 2]) {
    let (one, other) = (Node::start(&home.node()), Node::start(&away.node()));
    befriend(home, &one, away, &other);
    home.open_the_gate();
    import(&other, &export(home, &one, "Away", "hello"));
    import(&one, &export(home, &other, "Home", "answer"));
    one.stop();
    let twin = home.file("twin");
    copy(&home.node(), &twin);
    let first = tells(home, &home.node(), "1.0.0", "first");
    let second = tells(home, &twin, "2.0.0", "second");
    (other, [first, second])
}

#[test]
fn t09_a_folder_that_was_copied_is_frozen_and_proven_on_a_third_machine() {
    let (home, away) = (Place::new(), Place::new());
    let (node, [first, second]) = two_stories(&home, &away);
    import(&node, &first);
    assert!(link(&node, "Away", "Home")["trouble"].is_null());
    let inbox = |node: &Node| node.run(&["-o", "json", "inbox", "list"]).good().json();
    let heard = inbox(&node);
    assert!(heard.to_string().contains("1.0.0"));
    node.run(&["audit", "proof", "Home", "nothing"]).fails(3, &["no contradiction of Home"]);
    // Both stories are well formed and well signed: the second is told from the first alone.
    import(&node, &second);
    frozen(&node, &second);
    assert_eq!(inbox(&node), heard, "nothing of the second story is believed");
    let proof = away.file("proof");
    let proof_file = proof.to_str().unwrap();
    let written = node.run(&["-o", "json", "audit", "proof", "Home", proof_file]).good().json();
    let shown = link(&node, "Away", "Home");
    node.kill();
    // It is as frozen when the node comes back.
    let node = Node::start(&away.node());
    frozen(&node, &second);
    node.run(&["audit", "verify"]).good();
    node.stop();
    convinces(&proof, &written, &shown);
    is_refused_when_changed(&proof);
}

/// The operator sees that the link is frozen wherever links are looked at, and what to do.
fn frozen(node: &Node, more: &str) {
    let trouble = link(node, "Away", "Home")["trouble"].clone();
    assert!(trouble.as_str().is_some_and(|why| why.starts_with("frozen")), "{trouble}");
    let list = node.run(&["link", "list"]).good().out;
    assert!(list.contains("frozen: the peer contradicted itself"), "{list}");
    let doctor = doctor_of_links(node);
    for word in ["problem", "Away to Home: frozen", "interspace audit proof"] {
        assert!(doctor.contains(word), "no {word:?} in {doctor}");
    }
    assert_eq!(import(node, more)["new"], 0, "nothing of it comes in any more");
}

/// A third machine reads in the proof who contradicted itself, where, and that it is so.
fn convinces(proof: &Path, written: &Value, link: &Value) {
    let fingerprint = link["fingerprint"].as_str().unwrap();
    let verify = ["-o", "json", "audit", "verify", "--expect", fingerprint, "--proof"];
    let said = elsewhere(&verify, proof).good().json();
    assert_eq!(said, *written, "it says there what it says where it was written");
    assert_eq!((&said["space"], &said["about"]), (&json!("Home"), &json!("entries")));
    assert_eq!((&said["fingerprint"], &said["link"]), (&link["fingerprint"], &link["link"]));
    assert_eq!(said["verified"], true);
    assert_ne!(said["signed"][0], said["signed"][1]);
    // The second story begins where the first did: after what both copies had told.
    let heard = link["received"].as_u64().unwrap();
    assert!((1..=heard).contains(&said["at"].as_u64().unwrap()), "{said}");
    let text = elsewhere(&["audit", "verify", "--proof"], proof).good().out;
    assert!(text.contains("Home contradicted itself") && text.contains(fingerprint), "{text}");
}

/// Bytes all over the file: hostile tests have every one of them.
fn is_refused_when_changed(proof: &Path) {
    let whole = fs::read(proof).unwrap();
    let changed = proof.with_extension("changed");
    let refuse = |bytes: &[u8]| -> Said {
        fs::write(&changed, bytes).unwrap();
        elsewhere(&["audit", "verify", "--proof"], &changed).fails(7, &["proves nothing"])
    };
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] = if bytes[at] == b'7' { b'6' } else { b'7' };
        refuse(&bytes);
    }
    refuse(&whole[..whole.len() / 2]);
    let nothing = run(interspace(&["audit", "verify", "--proof"]).arg(proof.with_extension("no")));
    nothing.fails(1, &["check the path"]);
}
