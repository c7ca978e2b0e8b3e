//! Words that no file may contain, in code and in documents.

use crate::code::{lines_with, without_tests};
use crate::repository::{self, File, hold};

/// Marks of something unfinished. Put together here, so that this file does not contain them.
const UNFINISHED: [&str; 5] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Files whose code may call `.unwrap()` outside tests: path and why.
const UNWRAPS: [(&str, &str); 0] = [];

/// What writes past the doors that outputs and traces have.
const PRINTS: [&str; 4] = ["println!", "eprintln!", "print!", "eprint!"];

/// Other files that may print: path and why.
const PRINTERS: [(&str, &str); 1] =
    [("tests/tests/tidy/threats.rs", "the gate shows how many tests each threat has")];

/// How bincode may be named outside the codec: for derives.
const DERIVES: [&str; 3] =
    ["use bincode::{Decode, Encode};", "use bincode::Decode;", "use bincode::Encode;"];

fn told(file: &File, lines: &[usize], what: &str) -> Vec<String> {
    let tell = |line| format!("{}:{line}: {what}", file.path);
    lines.iter().map(tell).collect()
}

fn unfinished(file: &File) -> Vec<String> {
    let words = UNFINISHED.iter();
    let find = |word: &&str| told(file, &lines_with(&file.text, word), word);
    words.flat_map(find).collect()
}

fn unwraps(file: &File) -> Vec<String> {
    if file.is_test() || UNWRAPS.iter().any(|(path, _)| *path == file.path) {
        return Vec::new();
    }
    let code = without_tests(&file.code());
    told(file, &lines_with(&code, ".unwrap()"), ".unwrap()")
}

fn prints(file: &File) -> Vec<String> {
    let has_a_door = file.path.starts_with("ops/interspace/")
        || file.path.starts_with("bench/")
        || file.path.starts_with("tests/src/bin/")
        // A program of its own, for people.
        || file.path.contains("/examples/")
        // This is how a build script talks to cargo.
        || file.path.ends_with("/build.rs")
        || PRINTERS.iter().any(|(path, _)| *path == file.path);
    if has_a_door {
        return Vec::new();
    }
    let code = file.code();
    let find = |word: &&str| told(file, &lines_with(&code, word), word);
    PRINTS.iter().flat_map(find).collect()
}

fn unsafes(file: &File) -> Vec<String> {
    told(file, &lines_with(&file.code(), "unsafe"), "unsafe")
}

fn bincodes(file: &File) -> Vec<String> {
    // The names of people have a grammar that is checked when they are decoded, by hand.
    if matches!(&*file.path, "schema/src/codec.rs" | "schema/src/name.rs") {
        return Vec::new();
    }
    let code = file.code();
    let lines: Vec<_> = code.lines().collect();
    let mut found = lines_with(&code, "bincode");
    found.retain(|line| !DERIVES.contains(&lines[line - 1].trim()));
    told(file, &found, "bincode")
}

#[test]
fn nothing_is_unfinished() {
    let breaches: Vec<_> = repository::files()
        .iter()
        // What is made of hashes and base64 may contain anything.
        .filter(|file| file.path != "Cargo.lock" && !file.path.starts_with("schema/vectors/"))
        .flat_map(unfinished)
        .collect();
    hold(&breaches, "finish it, or open an issue and take the mark out");
}

#[test]
fn nothing_unwraps_outside_tests() {
    let breaches: Vec<_> = repository::sources().iter().flat_map(unwraps).collect();
    hold(&breaches, "return the error; if it cannot happen, say why with `expect`");
}

#[test]
fn nothing_prints_past_the_doors() {
    let breaches: Vec<_> = repository::sources().iter().flat_map(prints).collect();
    hold(&breaches, "return what a person should see to ops/interspace, or trace it with tracing");
}

#[test]
fn nothing_is_unsafe() {
    let breaches: Vec<_> = repository::sources().iter().flat_map(unsafes).collect();
    hold(&breaches, "use a well-kept crate that does it behind a safe interface");
}

#[test]
fn only_the_codec_knows_bincode() {
    let breaches: Vec<_> = repository::sources().iter().flat_map(bincodes).collect();
    hold(&breaches, "call schema::codec; for a derive write `use bincode::{Decode, Encode};`");
}

#[test]
fn every_exception_is_a_file_and_has_a_reason() {
    let sources = repository::sources();
    let mut breaches = Vec::new();
    for (path, why) in UNWRAPS.iter().chain(&PRINTERS) {
        let there = sources.iter().any(|file| file.path == *path);
        if !there || why.len() < 10 {
            breaches.push((*path).to_owned());
        }
    }
    hold(&breaches, "remove it from the list, or say why it is there");
}

#[test]
fn a_mark_of_something_unfinished_is_noticed() {
    for word in UNFINISHED {
        let file = File::new("a.md", &format!("fine\nx {word}) \n"));
        assert_eq!(unfinished(&file).len(), 1, "{word}");
    }
    assert!(unfinished(&File::new("a.rs", concat!("XX", "XX PREFIX", "ME"))).is_empty());
}

#[test]
fn an_unwrap_is_noticed_outside_tests_only() {
    let text =
        "a.unwrap()\n// b.unwrap()\n#[cfg(test)]\nmod tests {\n    c.unwrap()\n}\nd.unwrap()\n";
    let breaches = unwraps(&File::new("engine/src/a.rs", text));
    assert_eq!(breaches.len(), 2, "{breaches:?}");
    assert!(breaches[1].starts_with("engine/src/a.rs:7:"));
    assert!(unwraps(&File::new("tests/src/world.rs", text)).is_empty());
}

#[test]
fn a_print_is_noticed_where_there_is_no_door() {
    for word in PRINTS {
        let text = format!("{word}(\"x\");\n// {word}\n");
        for path in ["engine/src/a.rs", "tests/src/world.rs", "engine/tests/a.rs"] {
            assert_eq!(prints(&File::new(path, &text)).len(), 1, "{word} in {path}");
        }
        assert!(prints(&File::new("ops/interspace/src/show.rs", &text)).is_empty());
        assert!(prints(&File::new("tests/src/bin/simulate.rs", &text)).is_empty());
    }
}

#[test]
fn an_unsafe_is_noticed_in_code_only() {
    let file = File::new("a.rs", "// unsafe\nlet a = \"unsafe\";\nunsafe { b }\n");
    assert_eq!(unsafes(&file), ["a.rs:3: unsafe"]);
}

#[test]
fn a_use_of_bincode_beside_derives_is_noticed() {
    let text = "use bincode::{Decode, Encode};\nuse bincode::config;\nbincode::encode(x)\n";
    assert_eq!(bincodes(&File::new("schema/src/id.rs", text)).len(), 2);
    assert!(bincodes(&File::new("schema/src/codec.rs", text)).is_empty());
}
