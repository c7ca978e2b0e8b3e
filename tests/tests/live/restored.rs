//! T8 on real nodes: a space's folder put back from an old copy, over a real server.

use crate::broker::Server;
use crate::command::eventually;
use crate::folder::copy;
use crate::node::Node;
use crate::outcome::comparable;
use crate::space::{Place, only_space};
use crate::two::{befriend, link, up};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Two nodes with a space each, which trust each other, on one server.
struct Two {
    server: Server,
    home: Place,
    away: Place,
}

impl Two {
    fn start() -> (Self, Node, Node) {
        let two = Self { server: Server::start(), home: Place::new(), away: Place::new() };
        let (home, away) = (up(&two.server, &two.home), up(&two.server, &two.away));
        befriend(&two.home, &home, &two.away, &away);
        two.home.open_the_gate();
        two.away.open_the_gate();
        (two, home, away)
    }
}

/// A release of Home's goes out, and is accepted and deployed by Away.
fn release(home: &Node, away: &Node, version: &str) {
    home.run(&["release", "create", "App", version]).good();
    home.run(&["--wait", "60", "deploy", "App", version, "--to", "Dev"]).good();
    home.run(&["--wait", "60", "release", "promote", "App", version, "--to", "Away"]).good();
    away.run(&["--wait", "60", "inbox", "accept", "App", version, "--owner", "Home"]).good();
    away.run(&["--wait", "60", "deploy", "App", version, "--owner", "Home", "--to", "Dev"]).good();
    home.run(&["--wait", "60", "release", "await", "App", version, "--in", "Away: Dev"]).good();
}

fn cells(node: &Node) -> Vec<Value> {
    comparable(&node.run(&["-o", "json", "dashboard"]).good().json())
}

fn put_back(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy(from, to);
}

/// The space of `home` lives on, everything that it told comes back, and nobody is frozen.
fn recovers(home: Node, away: Node, wanted: &(Vec<Value>, Vec<Value>)) {
    home.run(&["space", "recover"]).fails(2, &["nothing was changed", "--yes"]);
    home.run(&["space", "recover", "--yes"]).good();
    eventually("both lives at the peer", || {
        let lives = link(&away, "Away", "Home")["lives"].as_array().unwrap().len();
        (lives == 2).then_some(())
    });
    eventually("dashboards as they were", || {
        ((cells(&home), cells(&away)) == *wanted).then_some(())
    });
    for (node, space, peer) in [(&home, "Home", "Away"), (&away, "Away", "Home")] {
        eventually("a link without trouble", || {
            link(node, space, peer)["trouble"].is_null().then_some(())
        });
        node.run(&["audit", "verify"]).good();
    }
    // Nothing is lost now, so that there is nothing to recover.
    home.run(&["space", "recover", "--yes"]).fails(5, &["nothing is known to be lost", "--force"]);
    release(&home, &away, "3.0.0");
    home.stop();
    away.stop();
}

#[test]
fn t08_a_log_behind_its_fence_stays_closed_until_it_lives_on() {
    let (two, home, away) = Two::start();
    release(&home, &away, "1.0.0");
    home.stop();
    let log = only_space(&two.home.node()).join("log");
    let backup = two.home.file("backup");
    copy(&log.join("sled"), &backup);
    let home = up(&two.server, &two.home);
    // Another space of the same node, which goes on whatever happens.
    home.run(&["space", "create", "Beside"]).good();
    let does =
        |rest: &[&str]| home.run(&[&["-s", "Home", "--wait", "60"][..], rest].concat()).good();
    does(&["release", "create", "App", "2.0.0"]);
    does(&["deploy", "App", "2.0.0", "--to", "Dev"]);
    does(&["release", "promote", "App", "2.0.0", "--to", "Away"]);
    eventually("an installed release, told to the peer", || {
        let told = link(&home, "Home", "Away");
        (told["head"] == told["acknowledged"]).then_some(())
    });
    home.stop();
    put_back(&backup, &log.join("sled"));
    let home = up(&two.server, &two.home);
    let spaces = home.run(&["-o", "json", "space", "list"]).good().json();
    let closed = spaces.as_array().unwrap().iter().find(|space| space["name"] == "Home").unwrap();
    let why = closed["closed"].as_str().unwrap();
    assert!(why.contains("rolled back") && why.contains("interspace space recover"), "{why}");
    home.run(&["-s", "Home", "dashboard"]).fails(1, &["closed"]);
    home.run(&["-s", "Beside", "dashboard"]).good();
    home.run(&["-s", "Beside", "space", "recover", "--yes"]).fails(5, &["nothing is known"]);
    home.run(&["-s", "Home", "space", "recover", "--yes"]).good();
    eventually("both lives at the peer", || {
        let lives = link(&away, "Away", "Home")["lives"].as_array().unwrap().len();
        (lives == 2).then_some(())
    });
    eventually("the deployment that came back", || {
        let cells = home.run(&["-s", "Home", "-o", "json", "dashboard"]).good().json();
        cells.to_string().contains("2.0.0").then_some(())
    });
    home.run(&["-s", "Home", "audit", "verify"]).good();
    away.run(&["audit", "verify"]).good();
    home.stop();
    away.stop();
}

#[test]
fn t08_a_whole_folder_put_back_publishes_nothing_until_it_lives_on() {
    let (two, home, away) = Two::start();
    release(&home, &away, "1.0.0");
    home.stop();
    let space = only_space(&two.home.node());
    let backup = two.home.file("backup");
    copy(&space, &backup);
    let home = up(&two.server, &two.home);
    let does = |rest: &[&str]| home.run(&[&["--wait", "60"][..], rest].concat()).good();
    does(&["release", "create", "App", "2.0.0"]);
    does(&["deploy", "App", "2.0.0", "--to", "Dev"]);
    does(&["release", "promote", "App", "2.0.0", "--to", "Away"]);
    eventually("a promotion that was told", || {
        let told = link(&home, "Home", "Away");
        (told["head"] == told["acknowledged"]).then_some(())
    });
    let wanted = (cells(&home), cells(&away));
    home.stop();
    put_back(&backup, &space);
    let home = up(&two.server, &two.home);
    eventually("the peer's word", || {
        let trouble = link(&home, "Home", "Away")["trouble"].clone();
        trouble.as_str().is_some_and(|why| why.contains("rolled back")).then_some(())
    });
    home.run(&["release", "create", "App", "9.0.0"]).fails(5, &["rolled back", "space recover"]);
    recovers(home, away, &wanted);
}

/// Makes a medium with what there is for a peer, and brings it.
fn carry(stick: &Path, from: &Node, to: (&Node, &str)) -> String {
    fs::create_dir(stick).unwrap();
    let medium = stick.to_str().unwrap();
    from.run(&["courier", "export", "--to", to.1, medium]).good();
    let told = to.0.run(&["courier", "import", medium]).good().out;
    fs::remove_dir_all(stick).unwrap();
    told
}

#[test]
fn t08_a_log_that_is_reached_by_hand_gets_back_by_hand_what_it_lost() {
    let (home, away) = (Place::new(), Place::new());
    let (mut here, there) = (Node::start(&home.node()), Node::start(&away.node()));
    befriend(&home, &here, &away, &there);
    home.open_the_gate();
    away.open_the_gate();
    let stick = home.file("stick");
    let space = only_space(&home.node());
    here.stop();
    let backup = home.file("backup");
    copy(&space.join("log").join("sled"), &backup);
    here = Node::start(&home.node());
    here.run(&["release", "create", "App", "1.0.0"]).good();
    here.run(&["--wait", "60", "deploy", "App", "1.0.0", "--to", "Dev"]).good();
    here.run(&["--wait", "60", "release", "promote", "App", "1.0.0", "--to", "Away"]).good();
    carry(&stick, &here, (&there, "Away"));
    there.run(&["--wait", "60", "inbox", "accept", "App", "1.0.0", "--owner", "Home"]).good();
    let deploy = ["deploy", "App", "1.0.0", "--owner", "Home", "--to", "Dev"];
    there.run(&[&["--wait", "60"], &deploy[..]].concat()).good();
    here.stop();
    put_back(&backup, &space.join("log").join("sled"));
    here = Node::start(&home.node());
    let said = here.run(&["space", "recover", "--yes"]).good();
    assert!(said.out.contains("by hand with the next medium"), "{said:?}");
    // What was on its way knows nothing of the loss, and waits.
    let told = carry(&stick, &there, (&here, "Home"));
    assert!(told.contains("entries of Away wait for what it gives back"), "{told}");
    carry(&stick, &here, (&there, "Away"));
    // The peer's node need not stay up for it.
    there.stop();
    let there = Node::start(&away.node());
    let told = carry(&stick, &there, (&here, "Home"));
    assert!(!told.contains("wait for what it gives back"), "{told}");
    here.run(&["--wait", "60", "release", "await", "App", "1.0.0", "--in", "Away: Dev"]).good();
    let (to, from) = (link(&here, "Home", "Away"), link(&there, "Away", "Home"));
    assert_eq!((&to["refused"], &from["refused"]), (&0.into(), &0.into()), "{to} {from}");
    assert_eq!(from["lives"].as_array().unwrap().len(), 2, "{from}");
    for node in [&here, &there] {
        node.run(&["audit", "verify"]).good();
    }
    here.stop();
    there.stop();
}
