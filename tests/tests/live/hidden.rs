//! A secret that is looked for everywhere: in any of the forms in which somebody could read it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tests::base64::inside;

/// A text that nobody else has, which can be looked for.
pub(crate) struct Hidden {
    pub(crate) text: String,
    forms: Vec<Vec<u8>>,
}

impl Hidden {
    /// A text that was never there before.
    pub(crate) fn new(what: &str) -> Self {
        let now = format!("{what} {:?} {}", SystemTime::now(), std::process::id());
        let hash = schema::id::hex(&schema::hash::sha256(&[now.as_bytes()]));
        Self::of(&format!("{what}-{}", &hash[..24]))
    }

    /// This text.
    pub(crate) fn of(text: &str) -> Self {
        let text = text.to_owned();
        let hex = schema::id::hex(text.as_bytes());
        let mut forms = vec![text.clone().into_bytes(), hex.to_uppercase().into(), hex.into()];
        for before in 0..3 {
            let inside = inside(before, text.as_bytes());
            forms.push(inside.replace('+', "-").replace('/', "_").into());
            forms.push(inside.into());
        }
        Self { text, forms }
    }

    /// SHA-256 of it, as `sha256sum` says it: what a step may say of it.
    pub(crate) fn proof(&self) -> String {
        schema::id::hex(&schema::hash::sha256(&[self.text.as_bytes()]))
    }

    /// Whether it is in these bytes, in any form.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.forms.iter().any(|form| find(bytes, form))
    }

    /// The files below a folder, by name or by content, in which it is.
    pub(crate) fn below(&self, folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for item in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = item.path();
            if self.is_in(item.file_name().as_encoded_bytes()) {
                found.push(path.clone());
            }
            let kind = item.file_type().unwrap();
            if kind.is_dir() {
                found.extend(self.below(&path));
            } else if kind.is_file() && self.is_in(&fs::read(&path).unwrap()) {
                found.push(path);
            }
        }
        found
    }
}

fn find(bytes: &[u8], form: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == form[0]) {
        if rest[at..].starts_with(form) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[test]
fn what_is_hidden_is_found_in_every_form() {
    let hidden = Hidden::new("marker");
    // As coreutils and Python write them.
    assert_eq!(inside(0, b"marker-00"), "bWFya2VyLTAw");
    assert_eq!(inside(1, b"marker"), "1hcmtlc");
    let text = hidden.text.as_bytes();
    assert!(hidden.is_in(&[b"before", text, b"after"].concat()));
    assert!(hidden.is_in(schema::id::hex(text).as_bytes()));
    for before in 0..3 {
        assert!(hidden.is_in(inside(before, text).as_bytes()));
    }
    assert!(!hidden.is_in(&text[1..]));
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/file"), text).unwrap();
    assert_eq!(hidden.below(folder.path()), [folder.path().join("in/file")]);
}
