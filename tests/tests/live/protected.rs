//! Keys at rest: closed with a passphrase, readable by OpenSSL, and shown to other tools as X.509.

use crate::command::{Said, bare, binary, interspace, run};
use crate::node::Node;
use crate::space::{Place, entries, only_space};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A command with the passphrase in a file.
fn with(place: &Place, word: &str, arguments: &[&str]) -> Command {
    let mut command = interspace(arguments);
    let file = place.write("passphrase", &format!("{word}\n"));
    command.env("INTERSPACE_PASSPHRASE_FILE", file).arg("--dir").arg(place.node());
    command
}

fn openssl(arguments: &[&str]) -> Said {
    run(Command::new("openssl").args(arguments))
}

fn bytes(space: &Path) -> Vec<Vec<u8>> {
    ["root.pem", "1/signing.pem", "1/sealing.pem", "at-rest/1.pem"]
        .map(|name| fs::read(space.join("keys").join(name)).unwrap())
        .into()
}

#[test]
fn t23_keys_are_closed_with_a_passphrase_and_the_node_starts_with_it_alone() {
    let place = Place::new();
    let node = place.with_home();
    let size = entries(&node);
    run(&mut with(&place, "a word", &["key", "protect"])).fails(5, &["another node runs"]);
    node.stop();
    let space = only_space(&place.node());
    let plain = bytes(&space);
    run(&mut with(&place, "a word", &["key", "protect"])).good();
    let again = run(&mut with(&place, "a word", &["key", "protect"])).good();
    assert!(again.out.contains("nothing to do"), "{again:?}");
    let closed = bytes(&space);
    for (plain, closed) in plain.iter().zip(&closed) {
        assert!(closed.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        assert!(plain.starts_with(b"-----BEGIN PRIVATE KEY-----"));
    }
    run(interspace(&["up", "--dir"]).arg(place.node())).fails(1, &["passphrase", "FILE"]);
    run(&mut with(&place, "another", &["up"])).fails(4, &["does not open the key"]);
    run(&mut with(&place, "another", &["key", "unprotect"])).fails(4, &["does not open the key"]);
    assert_eq!(bytes(&space), closed, "nothing was changed");
    let node = Node::from(with(&place, "a word", &["up"]), &place.node()).unwrap();
    assert_eq!(entries(&node), size);
    // Fresh keys are closed in the same way.
    run(&mut with(&place, "a word", &["key", "rotate"])).good();
    let fresh = fs::read(space.join("keys/2/signing.pem")).unwrap();
    assert!(fresh.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    node.stop();
    let credentials = place.file("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("interspace-passphrase"), "a word").unwrap();
    let mut command = Command::new(binary());
    bare(&mut command).env("CREDENTIALS_DIRECTORY", &credentials).arg("up").arg("--dir");
    command.arg(place.node());
    Node::from(command, &place.node()).unwrap().stop();
    run(&mut with(&place, "a word", &["key", "unprotect"])).good();
    assert_eq!(fs::read(space.join("keys/root.pem")).unwrap(), plain[0]);
    Node::start(&place.node()).stop();
}

#[test]
fn a_closed_key_is_one_that_openssl_opens() {
    let place = Place::new();
    place.with_home().stop();
    run(&mut with(&place, "a word", &["key", "protect"])).good();
    let space = only_space(&place.node());
    for (name, kind) in [("1/signing.pem", "ED25519"), ("1/sealing.pem", "X25519")] {
        let path = space.join("keys").join(name);
        let path = path.to_str().unwrap();
        let said = openssl(&["pkey", "-in", path, "-passin", "pass:a word", "-noout", "-text"]);
        assert!(said.out.to_uppercase().contains(kind), "{said:?}");
        assert_ne!(openssl(&["pkey", "-in", path, "-passin", "pass:no", "-noout"]).code, 0);
    }
}

#[test]
fn the_identity_is_a_certificate_that_openssl_reads_and_verifies() {
    let place = Place::new();
    let node = place.with_home();
    node.run(&["key", "rotate"]).good();
    let file = place.file("home.pem");
    let path = file.to_str().unwrap();
    node.run(&["certificate", "export", "--x509", "-f", path]).good();
    let shown = node.run(&["-o", "json", "space", "show"]).good().json();
    let id = shown["id"].as_str().unwrap();
    let said = openssl(&["x509", "-in", path, "-noout", "-text"]).good();
    let wanted = [
        format!("CN = {} Home", &id[..8]),
        format!("URI:interspace:{id}"),
        "ED25519".to_owned(),
        "Serial Number: 2 (0x2)".to_owned(),
        "CA:FALSE".to_owned(),
    ];
    for wanted in wanted {
        assert!(said.out.contains(&wanted), "no {wanted:?} in {}", said.out);
    }
    openssl(&["verify", "-partial_chain", "-trusted", path, path]).good();
    node.stop();
}

#[test]
fn a_fingerprint_fits_in_words_in_hex_and_whole() {
    let place = Place::new();
    let node = place.with_home();
    let shown = node.run(&["-o", "json", "space", "show"]).good().json();
    let text = |field: &str| shown[field].as_str().unwrap().to_owned();
    assert_eq!(text("fingerprint_words").split(' ').count(), 12);
    let words = node.run(&["certificate", "show"]).good();
    for field in ["fingerprint", "fingerprint_words", "fingerprint_hex"] {
        let said = node.run(&["audit", "verify", "--expect", &text(field)]).good();
        assert_eq!(said.err.contains("short"), field != "fingerprint", "{said:?}");
        assert!(words.out.contains(&text(field)), "{words:?}");
    }
    let other = text("fingerprint_words").replacen(' ', " zoo ", 1);
    node.run(&["audit", "verify", "--expect", &other]).fails(7, &["another space"]);
    node.stop();
}

#[test]
fn t23_a_process_that_holds_keys_leaves_no_core() {
    // What this test allows, a node inherits; where nothing is allowed at all, nothing is shown.
    let maximum = getrlimit(Resource::Core).maximum;
    setrlimit(Resource::Core, Rlimit { current: maximum, maximum }).unwrap();
    let place = Place::new();
    let node = place.with_home();
    let file = place.node().join("node.json");
    let file: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", file["process"])).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    node.stop();
}
