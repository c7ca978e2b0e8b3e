//! Vectors: every case has a name of its own, and every refusal says which one it expects.

use crate::repository::{self, File, hold};
use std::collections::BTreeMap;

const VECTORS: &str = "schema/vectors/";

/// The name of a case: its file without folders and endings.
fn case(file: &File) -> &str {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name.split('.').next().unwrap_or_default()
}

/// Cases that two folders, or two spellings, claim.
fn claimed_twice(files: &[File]) -> Vec<String> {
    let mut cases: BTreeMap<String, &str> = BTreeMap::new();
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| is_vector(file)) {
        let stem = &file.path[..file.path.len() - ending(file)];
        let first = cases.entry(case(file).to_lowercase()).or_insert(stem);
        if *first != stem {
            breaches.push(format!("{} and {first}", file.path));
        }
    }
    breaches
}

fn ending(file: &File) -> usize {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name.len() - case(file).len()
}

/// A document beside the cases is none of them.
fn is_vector(file: &File) -> bool {
    file.path.starts_with(VECTORS) && !file.is_markdown()
}

/// Whether a refusal says which one it is: as a field of JSON, or on a line of its own.
fn expects_nothing(file: &File) -> Option<String> {
    if !is_vector(file) || !file.path.contains("/refuse/") {
        return None;
    }
    let expect = if file.path.ends_with(".json") {
        let json: Option<serde_json::Value> = serde_json::from_str(&file.text).ok();
        let field = json.as_ref().and_then(|json| json.get("expect"));
        field.and_then(|field| field.as_str()).map(str::to_owned)
    } else {
        let mut lines = file.text.lines();
        lines.find_map(|line| {
            let after = line.trim_start().strip_prefix("expect")?;
            let value = after.trim_start_matches([' ', '=', ':', '\t', '"']);
            Some(value.to_owned()).filter(|value| value.len() < after.len())
        })
    };
    let said = expect.is_some_and(|expect| !expect.is_empty());
    (!said).then(|| file.path.clone())
}

#[test]
fn every_refusal_says_which_one_it_expects() {
    let breaches: Vec<_> = repository::files().iter().filter_map(expects_nothing).collect();
    hold(&breaches, "add the exact refusal as `expect`");
}

#[test]
fn every_case_has_a_name_of_its_own() {
    hold(&claimed_twice(&repository::files()), "rename one of the two");
}

#[test]
fn a_refusal_without_its_reason_is_noticed() {
    let silent = |name: &str, text| {
        let path = format!("{VECTORS}refuse/{name}");
        expects_nothing(&File::new(&path, text)).is_some()
    };
    assert!(silent("a.json", "{}") && silent("a.json", "{\"expect\": \"\"}"));
    assert!(silent("a.json", "expect") && silent("a.toml", "expected = 1\n"));
    assert!(silent("a.toml", "expect =\n") && silent("a.txt", "unexpected: b\n"));
    assert!(!silent("a.json", "{\"expect\": \"Forwarded\"}"));
    assert!(!silent("a.toml", "bytes = \"00\"\nexpect = \"Forwarded\"\n"));
    assert!(!silent("README.md", ""));
}

#[test]
fn a_case_that_is_claimed_twice_is_noticed() {
    let file = |path: &str| File::new(&format!("{VECTORS}{path}"), "");
    let twice = [file("accept/a.json"), file("refuse/A.json"), file("refuse/b.json")];
    assert_eq!(claimed_twice(&twice).len(), 1);
    let once = [file("accept/a.bin"), file("accept/a.json"), file("refuse/b.json")];
    assert!(claimed_twice(&once).is_empty());
}
