//! The repository as the rules see it: every text file, by its path from the root.

use crate::code;
use std::fs;
use std::path::{Path, PathBuf};

/// A text file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// From the root, with slashes.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl File {
    /// A file that only a test knows.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn is_markdown(&self) -> bool {
        self.path.ends_with(".md")
    }

    /// Whether all of it exists only to test or to measure.
    pub(crate) fn is_test(&self) -> bool {
        let mut folders = self.path.split('/').rev().skip(1);
        folders.any(|folder| matches!(folder, "tests" | "bench" | "benches"))
            || self.path.ends_with("/tests.rs")
    }

    /// Its code without comments and texts, line for line.
    pub(crate) fn code(&self) -> String {
        code::without_texts(&self.text)
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests is a folder of it").to_owned()
}

/// Every text file, sorted by path.
pub(crate) fn files() -> Vec<File> {
    let mut files = Vec::new();
    walk(&root(), "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 40, "the repository was not found");
    files
}

/// The Rust files.
pub(crate) fn sources() -> Vec<File> {
    files().into_iter().filter(File::is_rust).collect()
}

fn walk(folder: &Path, path: &str, files: &mut Vec<File>) {
    for found in fs::read_dir(folder).expect("a folder that can be read") {
        let found = found.expect("an entry");
        let name = found.file_name().into_string().expect("a plain name");
        let below = format!("{path}{name}");
        // Looked up without following: a link out of the repository is not a part of it.
        let kind = found.file_type().expect("a kind");
        if kind.is_dir() && !matches!(&*name, "target" | ".git" | "node_modules") {
            walk(&found.path(), &format!("{below}/"), files);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(found.path())
        {
            files.push(File { path: below, text });
        }
    }
}

/// Fails with every breach, and with what to do.
#[track_caller]
pub(crate) fn hold(breaches: &[String], mend: &str) {
    assert!(breaches.is_empty(), "\n{}\n-> {mend}\n", breaches.join("\n"));
}

#[test]
fn what_only_tests_is_told_from_what_is_shipped() {
    let is_test = |path| File::new(path, "").is_test();
    assert!(is_test("tests/src/world.rs") && is_test("bench/benches/fold.rs"));
    assert!(is_test("adapters/api-http/tests/page.rs") && is_test("engine/src/inbox/tests.rs"));
    assert!(!is_test("engine/src/decide/tests_passed.rs") && !is_test("schema/src/id.rs"));
}
