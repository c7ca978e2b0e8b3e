//! Opening sentences: what lives in a file, and in a package, is said in its first line.

use crate::manifests::{self, Package};
use crate::repository::{self, File, hold};

/// The first sentence of the `//!` with which a text begins, on one line.
fn opening(text: &str) -> Option<String> {
    let paragraph: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    let paragraph = paragraph.join(" ");
    let end = paragraph.find(". ").map(|at| at + 1);
    let sentence = paragraph[..end.unwrap_or(paragraph.len())].trim_end();
    sentence.ends_with('.').then(|| sentence.to_owned())
}

fn without_opening(file: &File) -> Option<String> {
    opening(&file.text).is_none().then(|| file.path.clone())
}

/// Compares the description of a package with the opening of its root.
fn described_otherwise(package: &Package, root: &File) -> Option<String> {
    let described = package.manifest.get("package")?.get("description");
    let described = described.and_then(|d| d.as_str()).unwrap_or_default();
    let opens = opening(&root.text).unwrap_or_default();
    (described != opens).then(|| {
        let folder = &package.folder;
        format!("{folder}/Cargo.toml: {described:?}\n{}: {opens:?}", root.path)
    })
}

#[test]
fn every_file_opens_with_a_sentence() {
    let breaches: Vec<_> = repository::sources().iter().filter_map(without_opening).collect();
    hold(
        &breaches,
        "begin the file with one `//!` sentence, with a full stop, that says what lives there",
    );
}

#[test]
fn every_package_is_described_by_the_sentence_that_opens_it() {
    let sources = repository::sources();
    let mut breaches = Vec::new();
    for package in manifests::packages() {
        let roots = ["lib.rs", "main.rs"].map(|root| format!("{}/src/{root}", package.folder));
        let root = roots.iter().find_map(|root| sources.iter().find(|file| file.path == *root));
        match root {
            Some(root) => breaches.extend(described_otherwise(&package, root)),
            None => breaches.push(format!("{} has no src/lib.rs", package.folder)),
        }
    }
    hold(&breaches, "let both say the same");
}

#[test]
fn a_file_without_an_opening_sentence_is_noticed() {
    let missing = ["", "use x;", "// A comment.\n", "//!\n//! Late.\n", "//! No stop\n"];
    for text in missing {
        assert!(without_opening(&File::new("a.rs", text)).is_some(), "{text:?}");
    }
    let opened = "//! Two lines of 0.34.7\n//! here. And more.\n//!\n//! More.\nuse x;\n";
    assert_eq!(opening(opened).as_deref(), Some("Two lines of 0.34.7 here."));
}

#[test]
fn a_description_that_differs_is_noticed() {
    let text = "[package]\nname = \"a\"\ndescription = \"Keeps it.\"\n";
    let package = Package::read(&File::new("a/Cargo.toml", text)).expect("a package");
    let root = |text| File::new("a/src/lib.rs", text);
    assert_eq!(described_otherwise(&package, &root("//! Keeps it.\n")), None);
    assert!(described_otherwise(&package, &root("//! Loses it.\n")).is_some());
    assert!(described_otherwise(&package, &root("")).is_some());
}
