//! A node with one small space whose deployments wait at a gate.

use crate::command::{Said, eventually};
use crate::node::Node;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// One environment, one project without packages, one step that waits until a file is there.
const FILE: &str = r#"[space]
name = "SPACE"

[[users]]
name = "dana"
roles = [
    { role = "release-manager" },
    { role = "deployer", environment = "Dev" },
]

[[environments]]
name = "Dev"

[[lifecycles]]
name = "Standard"

[[lifecycles.phases]]
name = "Dev"
environments = ["Dev"]

[[projects]]
name = "App"
lifecycle = "Standard"

[[projects.steps]]
name = "wait at the gate"
run = ["sh", "-c", "touch 'GATE.reached'; until [ -e 'GATE' ]; do sleep 0.02; done"]
"#;

/// A folder for one test: a node's, and files around it.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// The node's folder.
    pub(crate) fn node(&self) -> PathBuf {
        self.file("node")
    }

    /// A file beside the node's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file beside the node's folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.file(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The configuration of a small space.
    pub(crate) fn small(&self, space: &str) -> String {
        let gate = self.file("gate");
        FILE.replace("SPACE", space).replace("GATE", gate.to_str().unwrap())
    }

    /// Lets deployments pass, now and from now on.
    pub(crate) fn open_the_gate(&self) {
        fs::write(self.file("gate"), "").unwrap();
    }

    /// Waits until a deployment stands before the gate; the next one has to come anew.
    pub(crate) fn somebody_is_at_the_gate(&self) {
        let reached = self.file("gate.reached");
        eventually("a deployment at the gate", || reached.exists().then_some(()));
        fs::remove_file(reached).unwrap();
    }

    /// A node with the space `Home` in it and a release `App 1.0.0`.
    pub(crate) fn with_home(&self) -> Node {
        let node = Node::start(&self.node());
        self.found(&node, "Home");
        let create = ["-s", "Home", "--command-id", "one", "release", "create", "App", "1.0.0"];
        node.run(&create).good();
        node
    }

    /// Founds and configures a small space.
    pub(crate) fn found(&self, node: &Node, space: &str) {
        node.run(&["space", "create", space]).good();
        let file = self.write("space.toml", &self.small(space));
        node.run(&["-s", space, "apply", "-f", &file]).good();
    }
}

/// The folder of the space in a node's folder that has just one.
pub(crate) fn only_space(node: &Path) -> PathBuf {
    let mut spaces = fs::read_dir(node.join("spaces")).unwrap().map(|item| item.unwrap().path());
    let only = spaces.next().expect("a space");
    assert!(spaces.next().is_none());
    only
}

/// Begins a deployment of `App 1.0.0` and does not wait for its end.
pub(crate) fn deploy(node: &Node, id: &str) -> Said {
    node.run(&["--command-id", id, "deploy", "App", "1.0.0", "--to", "Dev", "--no-wait"])
}

/// The outcomes of all deployments, oldest first.
pub(crate) fn outcomes(node: &Node) -> Vec<String> {
    let all = node.run(&["-o", "json", "deployment", "list"]).good().json();
    let all = all.as_array().expect("a list").iter().rev();
    all.map(|one| one["outcome"].as_str().expect("a word").to_owned()).collect()
}

/// Records in the log of the only space.
pub(crate) fn entries(node: &Node) -> Value {
    node.run(&["-o", "json", "space", "show"]).good().json()["entries"].clone()
}
