//! Spaces that take packages from a feed of their operator, and not from who sent the release: what
//! they deploy has the hash that the release is signed with all the same.

use crate::command::{bare, binary, eventually};
use crate::node::Node;
use crate::space::Place;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

const HOME: &str = r#"[space]
name = "Home"

[[environments]]
name = "Dev"

[[lifecycles]]
name = "Standard"

[[lifecycles.phases]]
name = "Dev"
environments = ["Dev"]

[[lifecycles.phases]]
name = "Out"
spaces = ["Folder", "Server"]
automatic = true

[[projects]]
name = "App"
lifecycle = "Standard"
packages = ["app"]

[[projects.steps]]
name = "install"
run = ["sh", "-c", 'cp "$INTERSPACE_PACKAGE_FILE" installed']
"#;

const TARGET: &str = r#"[space]
name = "SPACE"

[[environments]]
name = "Live"

[[lifecycles]]
name = "Standard"

[[lifecycles.phases]]
name = "Live"
environments = ["Live"]
automatic = true

[[acceptances]]
from = "Home"
project = "App"
lifecycle = "Standard"
automatic = true
"#;

/// Serves the files of a folder for as long as the test runs.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/packages", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut asked = String::new();
            let _ = BufReader::new(stream.try_clone().unwrap()).read_line(&mut asked);
            let path = asked.split(' ').nth(1).unwrap_or_default().trim_start_matches("/packages/");
            let answer = match fs::read(folder.join(path)) {
                Ok(bytes) => {
                    let head =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", bytes.len());
                    [head.into_bytes(), bytes].concat()
                }
                Err(_) => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(),
            };
            let _ = stream.write_all(&answer);
        }
    });
    url
}

fn up(place: &Place, config: &str) -> Node {
    let mut command = Command::new(binary());
    bare(&mut command).args(["up", "--config", config, "--dir"]).arg(place.node());
    Node::from(command, &place.node()).unwrap()
}

/// A release of this content, deployed at home, which promotes it.
fn release(place: &Place, node: &Node, version: &str, content: &str) {
    let file = place.write("package", content);
    node.run(&["-s", "Home", "package", "push", "app", version, &file]).good();
    node.run(&["-s", "Home", "release", "create", "App", version]).good();
    node.run(&["-s", "Home", "deploy", "App", version, "--to", "Dev"]).good();
}

/// What is installed in the only environment of a target.
fn installed(node: &Node, space: &str) -> Option<String> {
    let cells = node.run(&["-s", space, "-o", "json", "dashboard"]).good().json();
    let cells = cells.as_array().unwrap().clone();
    let here = cells.into_iter().find(|cell| cell["remote"] == false)?;
    here["version"].as_str().map(str::to_owned)
}

fn package_of(node: &Node, space: &str, version: &str) -> Value {
    let shown = ["-s", space, "-o", "json", "--wait", "30", "inbox", "show", "App", version];
    node.run(&shown).good().json()["packages"][0].clone()
}

/// The file that a deployment left, wherever the node keeps its environments.
fn left_behind(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()) {
        if path.is_dir() {
            found.extend(left_behind(&path));
        } else if path.ends_with("installed") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
    found
}

#[test]
fn a_target_takes_packages_from_its_own_feed_and_proves_their_hash() {
    let place = Place::new();
    for feed in ["folder", "server"] {
        fs::create_dir(place.file(feed)).unwrap();
    }
    let url = serve(place.file("server"));
    let folder = "[space.Folder.packages]\nfolder = \"folder\"\n";
    let server = format!("[space.Server.packages]\nurl = \"{url}\"\n");
    let config = place.write("node.toml", &format!("{folder}{server}"));
    let node = up(&place, &config);
    for space in ["Home", "Folder", "Server"] {
        node.run(&["space", "create", space]).good();
        let text = if space == "Home" { HOME.to_owned() } else { TARGET.replace("SPACE", space) };
        let file = place.write("space.toml", &text);
        node.run(&["-s", space, "apply", "-f", &file]).good();
        let file = place.file(space);
        node.run(&["-s", space, "certificate", "export", "-f", file.to_str().unwrap()]).good();
    }
    for space in ["Folder", "Server"] {
        let (home, there) = (place.file("Home"), place.file(space));
        let import = ["-s", "Home", "certificate", "import", there.to_str().unwrap()];
        node.run(&[&import[..], &["--accept-results"]].concat()).good();
        let import = ["-s", space, "certificate", "import", home.to_str().unwrap()];
        let grants = ["--accept-releases", "App", "--send-results", "full"];
        node.run(&[&import[..], &grants].concat()).good();
    }
    // What the feeds have for 1.0.0 is of the same size and another thing; 1.1.0 is what was sent.
    for (version, sent, fed) in [("1.0.0", "good", "evil"), ("1.1.0", "best", "best")] {
        for feed in ["folder", "server"] {
            fs::write(place.file(feed).join(format!("app-{version}")), fed).unwrap();
        }
        release(&place, &node, version, sent);
    }
    for space in ["Folder", "Server"] {
        eventually("the release whose package is right", || {
            (installed(&node, space).as_deref() == Some("1.1.0")).then_some(())
        });
        let right = package_of(&node, space, "1.1.0");
        assert_eq!(right["here"], right["size"], "{right}");
        // Home has the right one and would send it: it is not asked.
        let wrong = package_of(&node, space, "1.0.0");
        assert_eq!(wrong["here"], 0, "{wrong}");
        let why = wrong["lacks"].as_str().unwrap_or_default();
        assert!(why.starts_with("app 1.0.0: ") && why.contains("its hash is another"), "{wrong}");
        let shown = node.run(&["-s", space, "inbox", "show", "App", "1.0.0"]).good();
        let row = shown.out.lines().find(|line| line.contains("does not come: app 1.0.0: "));
        assert!(row.is_some_and(|row| row.contains('⚠')), "{}", shown.out);
        let deploy = ["-s", space, "deploy", "App", "1.0.0", "--to", "Live"];
        node.run(&deploy).fails(5, &["app 1.0.0"]);
    }
    let doctor = node.run(&["doctor"]).fails(1, &["2 problems"]);
    for space in ["Folder", "Server"] {
        assert!(doctor.out.contains(&format!("{space} lacks app 1.0.0: ")), "{}", doctor.out);
    }
    let left = left_behind(&place.node());
    assert!(!left.contains(&"evil".to_owned()), "{left:?}");
    assert_eq!(left.iter().filter(|it| *it == "best").count(), 3, "{left:?}");
    let ended = node.end(Signal::TERM);
    let said = ended.err.lines().filter(|line| line.contains("did not come from its feed"));
    let said: Vec<_> = said.collect();
    assert_eq!(said.len(), 2, "once for each feed: {}", ended.err);
    for line in said {
        assert!(line.contains("is not the package that the release names"), "{line}");
        assert!(line.contains("1.0.0"), "{line}");
    }
}
