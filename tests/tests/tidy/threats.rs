//! Threats: a test that carries the number of a threat carries one that exists.

use crate::repository::{self, File, hold};

/// What can go wrong on purpose, by number.
const THREATS: [(u32, &str); 31] = [
    (1, "broker reads, alters, injects, drops"),
    (2, "peer claims things about what is not its own"),
    (3, "stolen signing key"),
    (4, "stolen root key"),
    (5, "replay, live and by file, across links"),
    (6, "reorder, gap"),
    (7, "withhold, freeze"),
    (8, "rollback of either side"),
    (9, "two stories to two peers"),
    (10, "forwarding to a third space"),
    (11, "one kind of object taken for another"),
    (12, "downgrade of schema or protocol"),
    (13, "weak keys, odd signatures"),
    (14, "decoding bombs"),
    (15, "decompression bombs"),
    (16, "bundle file cut, spliced, old, doubled"),
    (17, "odd names and paths in packages"),
    (18, "injection into subjects and headers"),
    (19, "terminal injection"),
    (20, "page injection"),
    (21, "cross-site requests, rebinding, cookies"),
    (22, "requests to addresses from events"),
    (23, "secrets in traces, store, pages, cores"),
    (24, "rotation interrupted"),
    (25, "clocks"),
    (26, "trust store edited, look-alike names"),
    (27, "another user of the same broker"),
    (28, "local interface"),
    (29, "supply chain"),
    (30, "traffic analysis"),
    (31, "an administrator rewrites history"),
];

/// Functions that are named like the test of a threat, and name none.
fn misnumbered(file: &File) -> Vec<String> {
    let mut breaches = Vec::new();
    for after in file.code().split("fn t").skip(1) {
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        if digits.is_empty() || !after[digits.len()..].starts_with('_') {
            continue;
        }
        let number = digits.parse().unwrap_or(0);
        let known = THREATS.iter().any(|(threat, _)| *threat == number);
        if !known || digits.len() != 2 {
            breaches.push(format!("{}: fn t{digits}_", file.path));
        }
    }
    breaches
}

#[test]
fn every_threat_that_a_test_names_exists() {
    let breaches: Vec<_> = repository::sources().iter().flat_map(misnumbered).collect();
    let last = THREATS.len();
    hold(&breaches, &format!("threats have two digits, from t01_ to t{last}_"));
}

#[test]
fn a_threat_that_does_not_exist_is_noticed() {
    let text = "fn t32_a() {}\nfn t9_b() {}\nfn t00_c() {}\nfn t009_d() {}\n";
    assert_eq!(misnumbered(&File::new("a.rs", text)).len(), 4);
    let text = "fn t09_a() {}\nfn t31_b() {}\nfn take() {}\nfn t2() {}\n// fn t99_c\n";
    assert!(misnumbered(&File::new("a.rs", text)).is_empty());
}

#[test]
fn the_threats_are_numbered_without_gaps() {
    let numbers = THREATS.iter().map(|(number, _)| *number);
    assert!(numbers.eq(1..=31));
}
