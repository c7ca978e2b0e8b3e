//! Names of files and folders: nouns that say what is inside.

use crate::repository::{self, File, hold};

/// Names that say nothing, so that anything ends up under them.
const SAY_NOTHING: [&str; 11] = [
    "util", "utils", "common", "misc", "helpers", "types", "manager", "shared", "base", "core",
    "extra",
];

fn says_nothing(file: &File) -> Option<String> {
    let mut parts = file.path.split('/');
    let named = parts.any(|part| {
        let stem = part.split('.').next().unwrap_or_default().to_lowercase();
        let mut words = stem.split(['_', '-']);
        SAY_NOTHING.contains(&&*stem) || words.any(|word| word == "manager" || word == "helpers")
    });
    named.then(|| file.path.clone())
}

#[test]
fn every_name_says_what_is_inside() {
    let breaches: Vec<_> = repository::files().iter().filter_map(says_nothing).collect();
    hold(
        &breaches,
        "call it by the noun for what lives there, or move its parts to where they belong",
    );
}

#[test]
fn a_name_that_says_nothing_is_noticed() {
    let named = |path| says_nothing(&File::new(path, "")).is_some();
    assert!(named("engine/src/util.rs") && named("tests/tests/common/mod.rs"));
    assert!(named("engine/src/link_manager.rs") && named("Misc/a.md"));
    assert!(!named("engine/src/commonality.rs") && !named("Cargo.toml"));
}
