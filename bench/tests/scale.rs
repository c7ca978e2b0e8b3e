//! Very many projects, with very few: what the program prints.

use serde_json::Value;
use std::process::{Command, Output};

const NAMES: [&str; 8] =
    ["apply", "apply_again", "create", "dashboard", "deploy", "fold", "log", "memory"];
const FEW: [&str; 7] = ["--projects", "1", "3", "--environments", "4", "--releases", "2"];

fn scale(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scale"));
    command.args(arguments).output().expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn a_whole_run_prints_one_object_with_every_figure_at_both_sizes() {
    let output = scale(&[&FEW[..], &["--rounds", "1", "-o", "json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["ratios"].as_object().unwrap().keys().collect::<Vec<_>>(), NAMES);
    for name in NAMES {
        let figure = &value["figures"][name];
        for size in ["small", "large"] {
            let [count, all] = [&figure[size]["count"], &figure[size]["all"]["median"]];
            assert!(count.as_u64() > Some(0), "{name}: {figure}");
            // So little may be resident already.
            assert!(name == "memory" || all.as_f64() > Some(0.0), "{name}: {figure}");
        }
        let growth = figure["growth"].as_str().unwrap();
        assert!(growth.ends_with("linear"), "{name}: {growth}");
    }
    assert!(value["linear_or_better"].is_boolean());
    assert_eq!(value["small"]["deployments"], 4);
    let large = &value["large"];
    assert_eq!((&large["projects"], &large["releases"]), (&3.into(), &6.into()));
    assert_eq!((&large["deployments"], &large["cells"]), (&12.into(), &12.into()));
    assert!(value["fold_rates"][1].as_f64() > Some(0.0));
    assert!(value["machine"]["cores"].as_u64() > Some(0));
}

#[test]
fn without_json_a_table_says_in_words_how_each_figure_grows() {
    let output = scale(&[&FEW[..], &["--rounds", "1"]].concat());
    let table = text(&output.stdout);
    for name in NAMES {
        let mut lines = table.lines().filter(|line| line.starts_with(&format!("{name} /")));
        assert!(lines.next().is_some_and(|line| line.ends_with("linear")), "{name}: {table}");
    }
    assert!(serde_json::from_str::<Value>(&table).is_err());
}

#[test]
fn a_large_size_that_is_not_larger_is_refused() {
    let output = scale(&["--projects", "3", "3"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("larger than the first"));
    assert!(output.stdout.is_empty());
}
