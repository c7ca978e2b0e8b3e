//! Key files that cannot be used: the node does not start with them, and loses nothing.

use crate::node::Node;
use crate::space::{Place, entries, only_space};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A stopped node, the key of its space, and how many records it has.
fn stopped(place: &Place) -> (PathBuf, serde_json::Value) {
    let node = place.with_home();
    let size = entries(&node);
    node.stop();
    (only_space(&place.node()).join("keys/1/signing.pem"), size)
}

fn refuses(place: &Place, key: &Path, words: &[&str]) {
    let Err(said) = Node::try_start(&place.node()) else { panic!("it started all the same") };
    said.fails(1, words).fails(1, &[key.to_str().unwrap()]);
}

#[test]
fn a_key_that_others_may_read_is_refused_until_its_mode_is_mended() {
    let place = Place::new();
    let (key, size) = stopped(&place);
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    refuses(&place, &key, &["others may read the key", "644", "chmod 600"]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let node = Node::start(&place.node());
    assert_eq!(entries(&node), size);
    node.stop();
}

#[test]
fn a_key_that_is_garbage_missing_or_of_another_space_is_refused() {
    let place = Place::new();
    let (key, size) = stopped(&place);
    let right = fs::read(&key).unwrap();
    fs::write(&key, "garbage").unwrap();
    refuses(&place, &key, &["cannot be used", "backup"]);
    fs::remove_file(&key).unwrap();
    let Err(said) = Node::try_start(&place.node()) else { panic!("it started all the same") };
    said.fails(7, &["the keys are not those that the log's certificate names"]);
    // The root key is of the same kind, and yet not the one that belongs there.
    fs::copy(only_space(&place.node()).join("keys/root.pem"), &key).unwrap();
    let Err(said) = Node::try_start(&place.node()) else { panic!("it started all the same") };
    said.fails(7, &["the keys and the log of a space belong together"]);
    fs::write(&key, right).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let node = Node::start(&place.node());
    assert_eq!(entries(&node), size);
    node.stop();
}
