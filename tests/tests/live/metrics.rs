//! What a running node tells those who watch it, and that the document for operators knows it all.

use crate::command::eventually;
use crate::node::Node;
use crate::space::Place;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

#[test]
fn a_scrape_shows_two_linked_spaces_and_what_was_deployed() {
    let place = Place::new();
    let node = place.with_home();
    place.found(&node, "Other");
    link(&place, &node);
    place.open_the_gate();
    node.run(&["-s", "Home", "deploy", "App", "1.0.0", "--to", "Dev"]).good();
    let token = fs::read_to_string(place.node().join("tokens/operator.token")).unwrap();
    let labels = "{space=\"Other\",peer=\"Home\"}";
    let scraped = eventually("both sides have heard of each other", || {
        let scraped = get(&node, "/metrics", Some(&token));
        let fresh = scraped.contains(&format!("interspace_link_fresh{labels} 1"));
        let lag = value(&scraped, "interspace_link_lag_entries", labels);
        let head = value(&scraped, "interspace_link_head_entries", labels);
        (fresh && lag == Some(0.0) && head > Some(0.0)).then_some(scraped)
    });
    let is = |name: &str, labels: &str| value(&scraped, name, labels);
    let head = is("interspace_link_head_entries", labels);
    assert_eq!(is("interspace_link_acknowledged_entries", labels), head);
    assert!(is("interspace_link_last_heard_seconds", labels).is_some());
    for space in ["Home", "Other"] {
        assert_eq!(is("interspace_space_up", &format!("{{space=\"{space}\"}}")), Some(1.0));
    }
    let succeeded = "{space=\"Home\",outcome=\"succeeded\"}";
    assert_eq!(is("interspace_deployments_finished_total", succeeded), Some(1.0));
    let shown = node.run(&["-s", "Home", "-o", "json", "space", "show"]).good().json();
    let entries = is("interspace_log_entries", "{space=\"Home\"}");
    assert_eq!(entries, shown["entries"].as_f64());
    for what in ["App", "1.0.0", "dana"] {
        assert!(!scraped.contains(&format!("=\"{what}\"")), "{what} is a label");
    }
    node.stop();
}

#[test]
fn what_the_node_tells_and_what_operators_read_is_the_same() {
    let place = Place::new();
    let node = place.with_home();
    let token = fs::read_to_string(place.node().join("tokens/operator.token")).unwrap();
    let scraped = get(&node, "/metrics", Some(&token));
    let told: BTreeSet<String> = scraped.lines().filter_map(of_type).collect();
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/METRICS.md");
    let document = fs::read_to_string(document).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(told, documented);
    assert!(told.len() > 15);
    node.stop();
}

#[test]
fn a_node_says_that_it_lives_and_is_ready_to_whoever_asks_and_names_nobody() {
    let place = Place::new();
    let node = place.with_home();
    assert_eq!(get(&node, "/health/live", None), r#"{"live":true}"#);
    let ready = get(&node, "/health/ready", None);
    assert_eq!(ready, r#"{"ready":true,"spaces":[{"state":"open"}]}"#);
    assert!(!get(&node, "/metrics", None).contains("Home"));
    let person = crate::space::only_space(&place.node()).join("tokens/dana.token");
    let person = fs::read_to_string(person).unwrap();
    assert!(!get(&node, "/metrics", Some(&person)).contains("interspace_"));
    node.stop();
}

/// Lets `Other` send results to `Home`.
fn link(place: &Place, node: &Node) {
    let file = |name: &str| place.file(name).display().to_string();
    let (home, other) = (file("home.cert"), file("other.cert"));
    for (space, to) in [("Home", &home), ("Other", &other)] {
        node.run(&["-s", space, "certificate", "export", "-f", to]).good();
    }
    let import = ["-s", "Home", "certificate", "import", &other, "--accept-results"];
    node.run(&import).good();
    let import = ["-s", "Other", "certificate", "import", &home, "--accept-releases", "App"];
    node.run(&[&import[..], &["--send-results", "full"]].concat()).good();
}

/// The value of one sample.
fn value(scraped: &str, name: &str, labels: &str) -> Option<f64> {
    let sample = format!("{name}{labels} ");
    scraped.lines().find_map(|line| line.strip_prefix(&sample)?.parse().ok())
}

/// The name under which the samples of a type are found.
fn of_type(line: &str) -> Option<String> {
    let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
    Some(if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
}

/// The body of the answer.
fn get(node: &Node, path: &str, token: Option<&str>) -> String {
    let mut stream = TcpStream::connect(&node.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", node.address);
    request.push_str("Connection: close\r\n");
    if let Some(token) = token {
        request.push_str(&format!("Authorization: Bearer {}\r\n", token.trim()));
    }
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").expect("an answer").1.to_owned()
}
