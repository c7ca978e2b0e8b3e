//! The demo with a node process for each space, over a real server.

use crate::broker::Server;
use crate::command::{Said, interspace, run};
use crate::folder::names;
use crate::outcome::{SPACES, comparable};
use crate::processes;
use crate::story::VERSION;
use tempfile::TempDir;

/// The demo over a server, with what the nodes trace on standard error.
fn demo(server: &str, temporary: &TempDir) -> Said {
    let mut command = interspace(&["demo", "--once", "-o", "json", "--nats", server]);
    command.env("TMPDIR", temporary.path()).env("INTERSPACE_TRACE", "interspace::entries=info");
    run(&mut command)
}

#[test]
fn spaces_apart_come_to_the_same_as_on_one_node_and_their_traces_share_a_correlation() {
    let (server, temporary) = (Server::start(), TempDir::new().unwrap());
    let said = demo(&server.address(), &temporary).good();
    let sum = said.json();
    assert_eq!(sum["transport"], "nats");
    let together = run(interspace(&["demo", "--once", "-o", "json"]).current_dir("/")).good();
    let together = together.json();
    for space in SPACES {
        let cells = |sum: &serde_json::Value| comparable(&sum["dashboards"][space]);
        assert_eq!(cells(&sum), cells(&together), "as {space} sees it");
    }
    assert_eq!(sum["links"], together["links"]);
    assert_eq!(names(temporary.path()), [""; 0]);
    assert_eq!(processes::in_folder(temporary.path()), [""; 0]);
    share_a_correlation(&said.err);
}

/// What the nodes appended for the first release bears its correlation, in every space.
fn share_a_correlation(traces: &str) {
    let of = |line: &str, key: &str| {
        let (_, rest) = line.split_once(&format!("{key}="))?;
        Some(rest.split_whitespace().next().unwrap_or_default().to_owned())
    };
    let created = traces.lines().find(|line| line.contains("event=\"release.created\""));
    let created = created.unwrap_or_else(|| panic!("no release of {VERSION} in: {traces}"));
    let correlation = of(created, "correlation").expect("a correlation");
    for space in SPACES {
        let ended = traces.lines().any(|line| {
            line.contains(&format!("space={space} "))
                && line.contains("event=\"deployment.finished\"")
                && of(line, "correlation").as_ref() == Some(&correlation)
        });
        assert!(ended, "{space} traced no deployment of {correlation}: {traces}");
    }
}

#[test]
fn a_demo_over_a_server_that_is_not_there_says_so_before_it_begins() {
    let temporary = TempDir::new().unwrap();
    let mut server = Server::start();
    let address = server.address();
    server.kill();
    demo(&address, &temporary).fails(6, &["cannot be reached", &address]);
    assert_eq!(names(temporary.path()), [""; 0]);
}

#[test]
fn doctor_says_what_is_wrong_with_the_server_and_the_node_and_what_to_do() {
    let place = TempDir::new().unwrap();
    let (folder, mut server) = (place.path().join("node"), Server::start());
    let address = server.address();
    let doctor = || run(interspace(&["doctor", "-o", "json", "--dir"]).arg(&folder));
    let about = |said: &Said, about: &str| {
        let findings = said.json();
        let findings = findings.as_array().expect("a list").clone();
        let states = findings.iter().filter(|finding| finding["about"] == about);
        states.map(|finding| finding["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // There is no node yet, which is no problem.
    let said = doctor().good();
    assert_eq!(about(&said, "node"), ["advice"]);
    let mut command = std::process::Command::new(crate::command::binary());
    crate::command::bare(&mut command).args(["up", "--nats", &address, "--dir"]).arg(&folder);
    let node = crate::node::Node::from(command, &folder).unwrap();
    node.run(&["space", "create", "Home"]).good();
    let said = doctor().good();
    for good in ["folder", "clock", "keys", "node"] {
        assert!(about(&said, good).iter().all(|state| state == "good"), "{said:?}");
    }
    assert!(about(&said, "broker").len() > 3, "{said:?}");
    server.kill();
    let said = doctor();
    assert_eq!(about(&said, "broker"), ["problem"]);
    said.fails(1, &["there is a problem"]);
    node.kill();
    let said = doctor();
    assert_eq!(about(&said, "node"), ["problem"], "it was killed");
    assert_eq!(about(&said, "log"), ["good"], "what it had is verified");
}
