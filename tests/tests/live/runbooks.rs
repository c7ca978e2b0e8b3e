//! Runbooks are walked through: every block of each one, on real nodes and a real server.

use crate::broker::Server;
use crate::command::{Said, bare, binary, eventually, run};
use crate::folder::copy;
use crate::node::Node;
use crate::space::{Place, only_space};
use crate::two::{link, up};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a runbook calls the folder of the node, and the place away from all nodes.
const NODE: &str = "/var/lib/interspace";
const SAFE: &str = "/mnt/safe";

/// Where a line is meant: what stands behind the sign of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Node,
    Peer,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/runbooks")
}

/// The commands of a runbook, in order.
fn commands(text: &str) -> Vec<(At, String)> {
    let mut commands = Vec::new();
    let mut inside = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some("sh"), None) => inside = Some(At::Node),
            (Some("sh peer"), None) => inside = Some(At::Peer),
            (Some(""), Some(_)) => inside = None,
            (Some(sign), _) => panic!("a block that nobody walks through: {sign}"),
            (None, Some(at)) => commands.push((at, line.to_owned())),
            (None, None) => {}
        }
    }
    assert!(inside.is_none() && !commands.is_empty(), "no commands in: {text}");
    commands
}

/// Two nodes that trust each other, something that is kept away from both, and a server.
struct Stage {
    server: Server,
    home: Place,
    away: Place,
    node: Option<Node>,
    peer: Node,
}

impl Stage {
    fn new() -> Self {
        let (server, home, away) = (Server::start(), Place::new(), Place::new());
        let (node, peer) = (up(&server, &home), up(&server, &away));
        crate::two::befriend(&home, &node, &away, &peer);
        let stage = Self { server, home, away, node: Some(node), peer };
        fs::create_dir(stage.safe()).unwrap();
        let again = crate::two::leading_to_away(&stage.home, "Home Again");
        fs::write(stage.safe().join("home-again.toml"), again).unwrap();
        // So that `interspace` is the binary under test.
        fs::create_dir(stage.home.file("bin")).unwrap();
        std::os::unix::fs::symlink(binary(), stage.home.file("bin/interspace")).unwrap();
        stage
    }

    fn safe(&self) -> PathBuf {
        self.home.file("safe")
    }

    fn node(&self) -> &Node {
        self.node.as_ref().expect("it runs")
    }

    fn stop(&mut self) {
        self.node.take().expect("it runs").stop();
    }

    fn start(&mut self) {
        self.node = Some(up(&self.server, &self.home));
    }

    /// The root key as it is kept: away from the node.
    fn hide_root(&self) {
        let root = only_space(&self.home.node()).join("keys/root.pem");
        fs::rename(root, self.safe().join("root.pem")).unwrap();
    }

    /// Something that was told to the peer, and is only in what is newer than a backup.
    fn tell(&self, version: &str) {
        self.home.open_the_gate();
        self.node().run(&["-s", "Home", "release", "create", "App", version]).good();
        let deploy = ["-s", "Home", "--wait", "60", "deploy", "App", version, "--to", "Dev"];
        self.node().run(&deploy).good();
        let promote = ["release", "promote", "App", version, "--to", "Away"];
        self.node().run(&[&["-s", "Home", "--wait", "60"][..], &promote].concat()).good();
        let told = || {
            let inbox = self.peer.run(&["-o", "json", "inbox", "list"]).good().out;
            inbox.contains(version).then_some(())
        };
        eventually("what was told, at the peer", told);
    }

    fn walk(&mut self, name: &str) {
        let text = fs::read_to_string(folder().join(name)).unwrap();
        for (at, line) in commands(&text) {
            match line.as_str() {
                "systemctl stop interspace" => self.stop(),
                "systemctl start interspace" => self.start(),
                line => self.say(at, line),
            }
        }
    }

    /// Says one line, again while it says that it does not fit yet.
    fn say(&self, at: At, line: &str) {
        eventually(line, || {
            let said = self.once(at, line);
            match said.code {
                0 => Some(()),
                5 => None,
                _ => panic!("{line}: {said:?}"),
            }
        });
    }

    fn once(&self, at: At, line: &str) -> Said {
        let (home, safe) = (self.home.node(), self.safe());
        let line = line.replace(NODE, home.to_str().unwrap()).replace(SAFE, safe.to_str().unwrap());
        let away = self.away.node();
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.home.file("bin").display());
        let mut shell = Command::new("sh");
        bare(&mut shell).args(["-ec", &line]).env("PATH", path).current_dir(&safe);
        match at {
            At::Node => shell.env("INTERSPACE_DIR", home).env("INTERSPACE_SPACE", "Home"),
            At::Peer => shell.env("INTERSPACE_DIR", away),
        };
        run(&mut shell)
    }

    /// Both sides see the link without trouble, and every log is sound.
    fn is_well(&self) {
        for (node, space, peer) in [(self.node(), "Home", "Away"), (&self.peer, "Away", "Home")] {
            eventually("a link without trouble", || {
                let link = link(node, space, peer);
                let told = link["head"] == link["acknowledged"];
                (link["trouble"].is_null() && told).then_some(())
            });
            node.run(&["-s", space, "audit", "verify"]).good();
        }
    }

    fn lives_seen_by_the_peer(&self) -> usize {
        link(&self.peer, "Away", "Home")["lives"].as_array().unwrap().len()
    }
}

fn number(node: &Node) -> serde_json::Value {
    node.run(&["-s", "Home", "-o", "json", "key", "show"]).good().json()["number"].clone()
}

#[test]
fn every_runbook_has_a_walk() {
    let walks = [
        "lost-node.md",
        "lost-root-key.md",
        "planned-rotation.md",
        "restored-backup.md",
        "stolen-root-key.md",
        "stolen-signing-key.md",
    ];
    let mut found = crate::folder::names(&folder());
    found.retain(|name| name != "README.md");
    found.sort();
    assert_eq!(found, walks);
}

#[test]
fn t24_planned_rotation() {
    let mut stage = Stage::new();
    stage.hide_root();
    stage.walk("planned-rotation.md");
    assert_eq!(number(stage.node()), 2);
    stage.is_well();
}

#[test]
fn t03_stolen_signing_key() {
    let mut stage = Stage::new();
    stage.tell("1.0.0");
    stage.hide_root();
    stage.walk("stolen-signing-key.md");
    assert_eq!(number(stage.node()), 2);
    stage.tell("2.0.0");
    stage.is_well();
}

#[test]
fn t04_stolen_root_key() {
    let mut stage = Stage::new();
    stage.walk("stolen-root-key.md");
    takes_its_place(&stage);
}

#[test]
fn lost_root_key() {
    let mut stage = Stage::new();
    fs::remove_file(only_space(&stage.home.node()).join("keys/root.pem")).unwrap();
    stage.walk("lost-root-key.md");
    takes_its_place(&stage);
}

/// What the new space releases is taken, and nothing of the old one is.
fn takes_its_place(stage: &Stage) {
    let old = link(&stage.peer, "Away", "Home");
    assert_eq!(old["grants"]["accept_releases"], serde_json::json!([]));
    let node = stage.node();
    let again = |rest: &[&str]| node.run(&[&["-s", "Home Again"][..], rest].concat()).good();
    again(&["release", "create", "App", "1.0.0"]);
    stage.home.open_the_gate();
    again(&["--wait", "60", "deploy", "App", "1.0.0", "--to", "Dev"]);
    again(&["--wait", "60", "release", "promote", "App", "1.0.0", "--to", "Away"]);
    let show = ["--wait", "60", "inbox", "show", "App", "1.0.0", "--owner", "Home Again"];
    stage.peer.run(&show).good();
    node.run(&["audit", "verify"]).good();
}

#[test]
fn t08_lost_node() {
    let mut stage = Stage::new();
    stage.tell("1.0.0");
    stage.stop();
    copy(&stage.home.node(), &stage.safe().join("backup"));
    stage.start();
    stage.tell("2.0.0");
    stage.walk("lost-node.md");
    eventually("both lives", || (stage.lives_seen_by_the_peer() == 2).then_some(()));
    stage.is_well();
    stage.tell("3.0.0");
}

#[test]
fn t08_restored_backup() {
    let mut stage = Stage::new();
    stage.tell("1.0.0");
    stage.stop();
    let sled = only_space(&stage.home.node()).join("log/sled");
    copy(&sled, &stage.safe().join("sled"));
    stage.start();
    stage.tell("2.0.0");
    stage.stop();
    fs::remove_dir_all(&sled).unwrap();
    copy(&stage.safe().join("sled"), &sled);
    stage.start();
    stage.walk("restored-backup.md");
    eventually("both lives", || (stage.lives_seen_by_the_peer() == 2).then_some(()));
    stage.is_well();
    stage.tell("3.0.0");
}
