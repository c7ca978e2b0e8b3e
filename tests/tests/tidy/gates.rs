//! Gates: no route of the interface is registered past the one place where its gate is stated.

use crate::code::{lines_with, without_tests};
use crate::repository::{self, File, hold};

/// The only file that may hand a route to the router.
const GATE: &str = "adapters/api-http/src/gate.rs";

/// What registers a route, or something that takes the place of one.
const WAYS: [&str; 4] = [".route(", ".route_service(", ".nest(", ".nest_service("];

fn past_the_gate(file: &File) -> Vec<String> {
    if !file.path.starts_with("adapters/api-http/src/") || file.path == GATE {
        return Vec::new();
    }
    let code = without_tests(&file.code());
    let lines = WAYS.iter().flat_map(|way| lines_with(&code, way));
    lines.map(|line| format!("{}:{line}", file.path)).collect()
}

#[test]
fn t28_every_route_is_behind_a_gate() {
    let breaches: Vec<_> = repository::sources().iter().flat_map(past_the_gate).collect();
    hold(&breaches, "register it with `Gated::at`, and say there who may pass");
}

#[test]
fn a_route_without_a_gate_is_noticed() {
    let text = "Router::new().route(\"/\", get(all))\n";
    assert_eq!(past_the_gate(&File::new("adapters/api-http/src/x.rs", text)).len(), 1);
    assert!(past_the_gate(&File::new(GATE, text)).is_empty());
    assert!(past_the_gate(&File::new("tests/src/x.rs", text)).is_empty());
}
