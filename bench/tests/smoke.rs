//! The whole with tiny counts: what the program prints and leaves behind.

use serde_json::Value;
use std::process::{Command, Output};

const NAMES: [&str; 8] = [
    "append_1",
    "append_256",
    "append_64",
    "fold",
    "open_256",
    "replay_cold",
    "seal_256",
    "verify",
];

fn road(arguments: &[&str]) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_road"));
    command.args(["--window-ms", "1", "--replay-events", "300", "--folder"]).arg(folder.path());
    (command.args(arguments).output().expect("it starts"), folder)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn a_whole_run_prints_one_object_with_every_ratio_and_leaves_nothing_behind() {
    let (output, folder) = road(&["--local", "-o", "json", "--rounds", "2"]);
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ratios = value["ratios"].as_object().unwrap();
    let with_peer: Vec<_> = NAMES.iter().filter(|name| **name != "fold").collect();
    assert_eq!(ratios.keys().collect::<Vec<_>>(), with_peer);
    for (name, ratio) in ratios {
        let ratio = ratio.as_f64().unwrap();
        assert!(ratio.is_finite() && ratio > 0.0, "{name}: {ratio}");
    }
    for name in NAMES {
        let figure = &value["figures"][name];
        assert_eq!(figure["unit"], "events/s", "{name}");
        let ours = &figure["ours"];
        let [min, median, max] = ["min", "median", "max"].map(|key| ours[key].as_f64().unwrap());
        assert!(0.0 < min && min <= median && median <= max, "{name}: {ours}");
        assert!(told.contains(name), "no progress for {name}: {told}");
    }
    let blocks = &value["figures"]["append_1"]["beside"];
    assert!(blocks["our_block_us"]["median"].as_f64() > Some(0.0), "{blocks}");
    assert!(value["figures"]["machine"]["cores"].as_u64().unwrap() >= 1);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn only_what_was_asked_for_is_measured() {
    let arguments = ["--local", "-o", "json", "--rounds", "1", "--only", "seal_256"];
    let (output, _folder) = road(&arguments);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["ratios"].as_object().unwrap().keys().collect::<Vec<_>>(), ["seal_256"]);
}

#[test]
fn without_json_a_table_is_printed() {
    let (output, _folder) = road(&["--local", "--rounds", "1", "--only", "open_256"]);
    let table = text(&output.stdout);
    assert!(table.contains("theirs") && table.contains("open_256"), "{table}");
    assert!(serde_json::from_str::<Value>(&table).is_err());
}

#[test]
fn a_name_that_is_not_measured_is_refused() {
    let (unknown, _folder) = road(&["--local", "--only", "append_2"]);
    assert!(!unknown.status.success());
    assert!(text(&unknown.stderr).contains("append_256"), "it says which there are");
}

/// A run between processes that takes a few seconds.
fn wire(arguments: &[&str]) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_road"));
    command.args(["-o", "json", "--rounds", "1", "--events", "2000", "--single-events", "3"]);
    command.args(arguments).arg("--folder").arg(folder.path());
    (command.output().expect("it starts"), folder)
}

#[test]
fn events_cross_two_nodes_beside_raw_jetstream_and_nothing_is_left_behind() {
    let legs = ["--leg", "road_catch_up", "--leg", "road_live", "--leg", "latency"];
    let (output, folder) = wire(&[&legs[..], &["--raw-rate-min", "0"]].concat());
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ratios = value["ratios"].as_object().unwrap();
    let names = ["latency_p50", "latency_p99", "road_catch_up", "road_live"];
    assert_eq!(ratios.keys().collect::<Vec<_>>(), names);
    for name in names {
        let figure = &value["figures"][name];
        assert!(figure["ours"]["min"].as_f64() > Some(0.0), "{name}: {figure}");
        assert!(figure["theirs"]["min"].as_f64() > Some(0.0), "{name}: {figure}");
        assert!(figure["how"].as_str().unwrap().contains("batched is part of the ratio"));
    }
    assert_eq!(value["figures"]["latency_p50"]["unit"], "us");
    assert_eq!(value["figures"]["void_pairs"], 0);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn logical_replication_is_measured_where_it_is_installed() {
    let (output, folder) = wire(&["--leg", "road_vs_postgres"]);
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let measured = value["ratios"]["road_vs_postgres"].as_f64() > Some(0.0);
    assert_ne!(measured, told.contains("not installed"), "{told}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_raw_jetstream_that_is_too_slow_ends_the_run_after_ten_pairs() {
    let (output, folder) = wire(&["--leg", "road_live", "--raw-rate-min", "1e12"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("10 void pairs"));
    assert!(output.stdout.is_empty());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn without_a_server_it_says_which_it_looked_for() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_road"));
    let output = command.env("NATS_SERVER", "/nowhere/nats-server").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/nats-server"));
}
