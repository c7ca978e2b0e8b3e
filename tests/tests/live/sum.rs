//! The sum of a story, as the demo says it with `-o json`: which keys there are, always, what they
//! hold, and what must be true of every story.

use crate::story::next_version;
use serde_json::{Map, Value};

const TEXT: &str = "text";
const TEXT_OR_NULL: &str = "text or null";
const NUMBER: &str = "number";
const BOOL: &str = "bool";
const ATTEMPT_OR_NULL: &str = "attempt or null";
const ANY: &str = "anything";

type Keys = &'static [(&'static str, &'static str)];

const SUM: Keys = &[
    ("transport", TEXT),
    ("dashboards", ANY),
    ("journey", ANY),
    ("refused_promotion", ANY),
    ("links", ANY),
    ("audit", ANY),
    ("proofs", ANY),
];
const OUTAGE: Keys = &[("space", TEXT), ("from", TEXT), ("to", TEXT)];
const PROOF: Keys = &[("gate", TEXT), ("document", TEXT), ("signer", TEXT), ("verified", BOOL)];
const CELL: Keys = &[
    ("owner", TEXT),
    ("project", TEXT),
    ("space", TEXT),
    ("environment", TEXT),
    ("tenant", TEXT_OR_NULL),
    ("remote", BOOL),
    ("version", TEXT_OR_NULL),
    ("outcome", TEXT_OR_NULL),
    ("fresh", BOOL),
    ("receipt", TEXT_OR_NULL),
    ("proven", BOOL),
    ("last_attempt", ATTEMPT_OR_NULL),
];
const ATTEMPT: Keys = &[("version", TEXT), ("outcome", TEXT), ("receipt", TEXT)];
const STEP: Keys =
    &[("at", TEXT), ("space", TEXT), ("event", TEXT), ("entry", TEXT), ("actor", TEXT_OR_NULL)];
const REFUSED: Keys = &[("version", TEXT), ("reason", TEXT)];
const LINK: Keys = &[
    ("from", TEXT),
    ("to", TEXT),
    ("head", NUMBER),
    ("acknowledged", NUMBER),
    ("held", NUMBER),
    ("refused", NUMBER),
];
const AUDIT: Keys = &[("space", TEXT), ("entries", NUMBER), ("verified", BOOL)];

/// Fails where the sum of a story with these spaces does not keep the contract.
pub(crate) fn keeps_the_contract(sum: &Value, transport: &str, spaces: &[&str]) {
    let mut sum = sum.clone();
    // There only where a node was down.
    if let Some(outages) = sum.as_object_mut().expect("an object").remove("outages") {
        assert!(!list(&outages).is_empty());
        list(&outages).iter().for_each(|outage| check(outage, OUTAGE));
    }
    check(&sum, SUM);
    assert_eq!(sum["transport"], transport);
    let dashboards: &Map<String, Value> = sum["dashboards"].as_object().expect("by space");
    assert_eq!(dashboards.keys().collect::<Vec<_>>(), spaces);
    for cells in dashboards.values() {
        list(cells).iter().for_each(|cell| check(cell, CELL));
    }
    list(&sum["journey"]).iter().for_each(|step| check(step, STEP));
    check(&sum["refused_promotion"], REFUSED);
    list(&sum["links"]).iter().for_each(|link| check(link, LINK));
    list(&sum["audit"]).iter().for_each(|log| check(log, AUDIT));
    list(&sum["proofs"]).iter().for_each(|proof| check(proof, PROOF));
}

/// Fails unless everything arrived, nothing was refused, every log is whole, every remote cell that
/// has a version is proven, every gate has a proof that holds, and the next version stayed at home.
pub(crate) fn is_good(sum: &Value) {
    let refused = &sum["refused_promotion"];
    assert_eq!(refused["version"], next_version());
    let reason = text(&refused["reason"]);
    assert!(reason.contains("Dev") && reason.contains("failed"), "{reason}");
    for link in list(&sum["links"]) {
        assert_eq!(link["head"], link["acknowledged"], "it is not drained: {link}");
        assert_eq!((&link["held"], &link["refused"]), (&0.into(), &0.into()), "{link}");
    }
    assert!(list(&sum["audit"]).iter().all(|log| log["verified"] == true), "{sum}");
    let cells = sum["dashboards"].as_object().expect("by space").values().flat_map(list);
    let remote: Vec<_> = cells.filter(|cell| cell["remote"] == true).collect();
    assert!(!remote.is_empty());
    for cell in remote {
        assert!(cell["version"].is_null() || cell["proven"] == true, "{cell}");
    }
    let proofs = list(&sum["proofs"]);
    assert!(!proofs.is_empty());
    assert!(proofs.iter().all(|proof| proof["verified"] == true), "{proofs:#?}");
}

/// Who signed what satisfied a gate.
pub(crate) fn signers<'a>(sum: &'a Value, gate: &str) -> Vec<&'a str> {
    let fits = |proof: &&Value| proof["gate"] == gate;
    list(&sum["proofs"]).iter().filter(fits).map(|proof| text(&proof["signer"])).collect()
}

/// Exactly these keys, in any order, each with what it should hold.
fn check(value: &Value, keys: Keys) {
    let object = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
    let mut found: Vec<_> = object.keys().map(String::as_str).collect();
    let mut wanted: Vec<_> = keys.iter().map(|(key, _)| *key).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    for (key, kind) in keys {
        assert!(holds(&object[*key], kind), "{key} is no {kind}: {value}");
    }
}

fn holds(value: &Value, kind: &str) -> bool {
    match kind {
        TEXT => value.is_string(),
        TEXT_OR_NULL => value.is_string() || value.is_null(),
        NUMBER => value.is_u64(),
        BOOL => value.is_boolean(),
        ATTEMPT_OR_NULL => {
            if !value.is_null() {
                check(value, ATTEMPT);
            }
            true
        }
        _ => true,
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

/// The cell of an environment in what a space sees.
pub(crate) fn cell<'a>(sum: &'a Value, seen_by: &str, space: &str, environment: &str) -> &'a Value {
    let fits = |cell: &&Value| cell["space"] == space && cell["environment"] == environment;
    let found: Vec<_> = list(&sum["dashboards"][seen_by]).iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{space}: {environment} as {seen_by} sees it: {found:?}");
    found[0]
}
