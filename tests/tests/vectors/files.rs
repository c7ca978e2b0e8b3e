//! The files of the vectors: one JSON object each, named after the case.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a vector expects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It is let in and says this.
    Accept(Value),
    /// It is refused with this code.
    Refuse(String),
}

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) context: Value,
    pub(crate) input: Value,
    pub(crate) expect: Verdict,
}

impl Vector {
    /// From the folder of all vectors.
    pub(crate) fn path(&self) -> String {
        let folder = match self.expect {
            Verdict::Accept(_) => "accept",
            Verdict::Refuse(_) => "refuse",
        };
        format!("{folder}/{}.json", self.name)
    }

    pub(crate) fn text(&self) -> String {
        let expect = match &self.expect {
            Verdict::Accept(value) => value.clone(),
            Verdict::Refuse(code) => Value::from(code.clone()),
        };
        let file = json!({
            "kind": self.kind,
            "context": self.context,
            "input": self.input,
            "expect": expect,
        });
        let text = serde_json::to_string_pretty(&file).expect("plain JSON");
        format!("{text}\n")
    }
}

/// A vector whose expectation is what the door says now.
pub(crate) fn accept(made: &mut Vec<Vector>, name: &str, kind: &str, context: Value, input: Value) {
    let said = crate::doors::open(kind, &context, &input);
    let value = said.unwrap_or_else(|code| panic!("{name} is refused: {code}"));
    made.push(Vector {
        name: name.to_owned(),
        kind: kind.to_owned(),
        context,
        input,
        expect: Verdict::Accept(value),
    });
}

/// A vector that must be refused with `code`.
pub(crate) fn refuse(
    made: &mut Vec<Vector>,
    name: &str,
    (kind, code): (&str, &str),
    context: Value,
    input: Value,
) {
    let said = crate::doors::open(kind, &context, &input);
    assert_eq!(said, Err(code.to_owned()), "{name}");
    made.push(Vector {
        name: name.to_owned(),
        kind: kind.to_owned(),
        context,
        input,
        expect: Verdict::Refuse(code.to_owned()),
    });
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/vectors")
}

/// Writes the files if the one who runs the tests approves of it.
pub(crate) fn approve(texts: &BTreeMap<String, String>) {
    if std::env::var("INTERSPACE_VECTORS").as_deref() != Ok("write") {
        return;
    }
    if !texts.contains_key("pinned.json") {
        for side in ["accept", "refuse"] {
            let _ = fs::remove_dir_all(folder().join(side));
            fs::create_dir_all(folder().join(side)).expect("a folder");
        }
    }
    for (path, text) in texts {
        fs::write(folder().join(path), text).expect("a file that can be written");
    }
}

/// The hashes that were approved last.
pub(crate) fn pinned() -> String {
    fs::read_to_string(folder().join("pinned.json")).expect("schema/vectors/pinned.json")
}

/// Every file by its path from the folder of all vectors.
pub(crate) fn texts() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for side in ["accept", "refuse"] {
        for found in fs::read_dir(folder().join(side)).expect("the folder of the vectors") {
            let found = found.expect("an entry");
            let name = found.file_name().into_string().expect("a plain name");
            let text = fs::read_to_string(found.path()).expect("a text");
            texts.insert(format!("{side}/{name}"), text);
        }
    }
    texts
}

/// Every file, read.
pub(crate) fn read() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for (path, text) in texts() {
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let (side, name) = path.split_once('/').expect("a folder");
        let expect = match side {
            "accept" => Verdict::Accept(file["expect"].clone()),
            _ => Verdict::Refuse(file["expect"].as_str().expect("a code").to_owned()),
        };
        vectors.push(Vector {
            name: name.trim_end_matches(".json").to_owned(),
            kind: file["kind"].as_str().expect("a kind").to_owned(),
            context: file["context"].clone(),
            input: file["input"].clone(),
            expect,
        });
    }
    vectors
}
