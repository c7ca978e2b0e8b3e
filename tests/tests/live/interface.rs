//! The node's interface: who may speak to it, and where requests must be meant for.

use crate::node::Node;
use crate::space::{Place, only_space};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The status line of the answer to a request with these headers.
fn status(node: &Node, headers: &[String]) -> String {
    let mut stream = TcpStream::connect(&node.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut request = "GET /v1/spaces HTTP/1.1\r\nConnection: close\r\n".to_owned();
    headers.iter().for_each(|header| request.push_str(&format!("{header}\r\n")));
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let secret = "Home";
    let status = answer.lines().next().unwrap_or_default().to_owned();
    assert_eq!(status.contains(" 200 "), answer.contains(secret), "{answer}");
    status
}

#[test]
fn a_request_for_another_host_is_refused_also_with_the_right_token() {
    let place = Place::new();
    let node = place.with_home();
    let token = fs::read_to_string(place.node().join("tokens/operator.token")).unwrap();
    let token = format!("Authorization: Bearer {}", token.trim());
    let port = node.address.rsplit_once(':').unwrap().1;
    let ask = |host: &str| status(&node, &[format!("Host: {host}"), token.clone()]);
    for right in [node.address.clone(), format!("localhost:{port}")] {
        assert!(ask(&right).contains(" 200 "), "{right}");
    }
    let others = ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "localhost.evil:80"];
    for other in others.map(str::to_owned).into_iter().chain([format!("evil.example:{port}")]) {
        assert!(ask(&other).contains(" 421 "), "{other}: {}", ask(&other));
    }
    let without = status(&node, std::slice::from_ref(&token));
    assert!(without.contains(" 400 ") || without.contains(" 421 "), "{without}");
    let nobody = status(&node, &[format!("Host: {}", node.address)]);
    assert!(nobody.contains(" 401 "), "{nobody}");
    node.stop();
}

#[test]
fn a_wrong_token_opens_nothing() {
    let place = Place::new();
    let node = place.with_home();
    let wrong = place.write("wrong.token", "isp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
    let empty = place.write("empty.token", "");
    for file in [&wrong, &empty] {
        for command in [&["space", "list"][..], &["dashboard"], &["space", "create", "Other"]] {
            let said = node.run(&[&["-s", "Home", "--token-file", file], command].concat());
            said.fails(4, &["token", "tokens/operator.token"]);
        }
    }
    node.run(&["--token-file", "/nowhere/token", "space", "list"]).fails(4, &["/nowhere/token"]);
    let spaces = node.run(&["-o", "json", "space", "list"]).good().json();
    assert_eq!(spaces.as_array().map(Vec::len), Some(1));
    node.stop();
}

#[test]
fn a_person_acts_in_no_other_space_and_operates_no_node() {
    let place = Place::new();
    let node = place.with_home();
    let dana = only_space(&place.node()).join("tokens/dana.token");
    let dana = dana.to_str().unwrap();
    place.found(&node, "Other");
    node.run(&["-s", "Home", "--token-file", dana, "release", "list"]).good();
    let create = ["--token-file", dana, "release", "create", "App", "2.0.0"];
    let elsewhere = node.run(&[&["-s", "Other"], &create[..]].concat());
    elsewhere.fails(4, &["dana is not known in this space", "operator"]);
    node.run(&["-s", "Other", "--as", "erik", "release", "list"]).fails(4, &["erik"]);
    let found = node.run(&["-s", "Home", "--token-file", dana, "space", "create", "Third"]);
    found.fails(4, &["dana does not operate this node"]);
    let file = place.write("space.toml", &place.small("Home").replace("Dev", "Live"));
    let apply = node.run(&["-s", "Home", "--token-file", dana, "apply", "-f", &file]);
    apply.fails(4, &["dana may not configure the whole space", "the operator of the node"]);
    let releases = node.run(&["-s", "Other", "-o", "json", "release", "list"]).good().json();
    assert_eq!(releases, serde_json::json!([]));
    node.stop();
}

#[test]
fn the_token_of_one_node_opens_no_other() {
    let (here, there) = (Place::new(), Place::new());
    let (one, other) = (here.with_home(), there.with_home());
    let token = |place: &Place| place.node().join("tokens/operator.token").display().to_string();
    other.run(&["--token-file", &token(&there), "space", "list"]).good();
    other.run(&["--token-file", &token(&here), "space", "list"]).fails(4, &["not known"]);
    one.stop();
    other.stop();
}

#[test]
fn the_interface_listens_on_loopback_only() {
    let place = Place::new();
    let mut command = crate::command::interspace(&["up", "--listen", "0.0.0.0:0", "--dir"]);
    command.arg(place.node());
    crate::command::run(&mut command).fails(1, &["loopback only", "127.0.0.1"]);
}
