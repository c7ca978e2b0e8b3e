//! Two nodes with a space each, which trust each other, on one server.

use crate::broker::Server;
use crate::command::{bare, binary};
use crate::node::Node;
use crate::space::Place;
use serde_json::Value;
use std::process::Command;

/// A node in a place, on a server.
pub(crate) fn up(server: &Server, place: &Place) -> Node {
    let mut command = Command::new(binary());
    bare(&mut command).args(["up", "--nats", &server.address(), "--dir"]).arg(place.node());
    Node::from(command, &place.node()).unwrap()
}

/// Founds `Home` on one and `Away` on the other, each trusting the other in everything.
pub(crate) fn befriend(home: &Place, one: &Node, away: &Place, other: &Node) {
    home.found(one, "Home");
    away.found(other, "Away");
    for (from, to, name) in [(one, other, "Home"), (other, one, "Away")] {
        let file = home.file(name);
        let file = file.to_str().unwrap();
        from.run(&["certificate", "export", "-f", file]).good();
        let import = ["certificate", "import", file, "--accept-results"];
        let more = ["--send-results", "full", "--accept-releases", "*"];
        to.run(&[&import[..], &more].concat()).good();
    }
    let file = home.write("space.toml", &leading_to_away(home, "Home"));
    one.run(&["apply", "-f", &file]).good();
}

/// The configuration of a small space whose releases go on to `Away`.
pub(crate) fn leading_to_away(place: &Place, space: &str) -> String {
    let phase = "environments = [\"Dev\"]\n";
    let further = "\n[[lifecycles.phases]]\nname = \"Out\"\nspaces = [\"Away\"]\n";
    let small = place.small(space);
    assert!(small.contains(phase));
    small.replace(phase, &format!("{phase}{further}"))
}

/// A link as one side shows it.
pub(crate) fn link(node: &Node, space: &str, peer: &str) -> Value {
    node.run(&["-s", space, "-o", "json", "link", "show", peer]).good().json()
}
