//! Vectors: what another implementation is held to, checked through the real doors.
//!
//! ```sh
//! INTERSPACE_VECTORS=write cargo test -p tests --test vectors -- the_files the_encodings
//! ```
//!
//! writes the files anew. That is an approval: whoever does it says that the format was meant to
//! change.

mod archives;
mod cast;
mod documents;
mod doors;
mod entries;
mod envelopes;
mod files;
mod joins;
mod parts;
mod pinned;
mod proofs;
mod prose;
mod relayed;
mod secrets;
mod shown;
mod small;

use files::{Vector, Verdict};
use std::collections::BTreeMap;

/// Every vector, made anew.
fn all() -> Vec<Vector> {
    let cast = cast::Cast::new();
    let mut made = Vec::new();
    small::make(&mut made);
    entries::make(&cast, &mut made);
    relayed::make(&cast, &mut made);
    archives::make(&mut made);
    proofs::make(&mut made);
    documents::make(&cast, &mut made);
    secrets::make(&cast, &mut made);
    envelopes::make(cast, &mut made);
    joins::make(&mut made);
    parts::make(&mut made);
    made
}

#[test]
fn the_files_are_what_the_generator_makes() {
    let made = all();
    let names: BTreeMap<String, String> =
        made.iter().map(|vector| (vector.path(), vector.text())).collect();
    assert_eq!(names.len(), made.len(), "two vectors have one name");
    files::approve(&names);
    let kept = files::texts();
    for (path, text) in &names {
        assert_eq!(kept.get(path), Some(text), "{path} is another one");
    }
    for path in kept.keys() {
        assert!(names.contains_key(path), "nobody makes {path}");
    }
}

#[test]
fn every_file_is_what_the_doors_say() {
    let vectors = files::read();
    assert!(vectors.len() > 100, "only {} vectors", vectors.len());
    for vector in vectors {
        let said = doors::open(&vector.kind, &vector.context, &vector.input);
        let expected = match &vector.expect {
            Verdict::Accept(value) => Ok(value.clone()),
            Verdict::Refuse(code) => Err(code.clone()),
        };
        assert_eq!(said, expected, "{}", vector.path());
    }
}

#[test]
fn every_kind_of_object_is_accepted_once_and_refused_once() {
    let mut seen: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for vector in files::read() {
        let counts = seen.entry(vector.kind).or_default();
        match vector.expect {
            Verdict::Accept(_) => counts.0 += 1,
            Verdict::Refuse(_) => counts.1 += 1,
        }
    }
    for (kind, (accepted, refused)) in &seen {
        assert!(*accepted > 0, "no {kind} is accepted");
        // What is only computed cannot be refused.
        let computed = kind.starts_with("compute");
        assert_eq!(*refused == 0, computed, "{kind}: {refused} refused");
    }
}

#[test]
fn the_encodings_are_pinned() {
    let made = BTreeMap::from([("pinned.json".to_owned(), pinned::text())]);
    files::approve(&made);
    let kept = files::pinned();
    assert_eq!(Some(&kept), made.get("pinned.json"), "a format changed");
}
