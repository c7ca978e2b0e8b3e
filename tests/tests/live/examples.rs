//! The examples: the demo tells each of them from its files, and what they claim is so.

use crate::broker::Server;
use crate::command::run;
use crate::demo::{demo, nothing_is_left};
use crate::hidden::Hidden;
use crate::space::only_space;
use crate::story::VERSION;
use crate::sum::{cell, is_good, keeps_the_contract, list, signers, text};
use engine::log::Log as _;
use log_sled::LogSled;
use schema::id::Position;
use schema::latest::{Document, Entry, Event, Kind, Receipt, Record};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The sum of a story, which must be a good one.
fn told(story: &str, spaces: &[&str]) -> Value {
    let temporary = TempDir::new().unwrap();
    let said = demo(temporary.path(), &["--once", "--story", story, "-o", "json"]).good();
    nothing_is_left(temporary.path());
    let sum = said.json();
    keeps_the_contract(&sum, "local", spaces);
    is_good(&sum);
    sum
}

/// When something happened to the release in a space, as its journey says.
fn when<'a>(sum: &'a Value, space: &str, event: &str) -> Vec<&'a str> {
    let fits = |step: &&Value| step["space"] == space && step["event"] == event;
    list(&sum["journey"]).iter().filter(fits).map(|step| text(&step["at"])).collect()
}

/// What a space says is installed in an environment.
fn installed<'a>(sum: &'a Value, seen_by: &str, space: &str, environment: &str) -> &'a str {
    text(&cell(sum, seen_by, space, environment)["version"])
}

#[test]
fn prod_one_space_sends_to_one_other() {
    let sum = told("prod", &["DevTest Space", "Prod EU"]);
    assert_eq!(installed(&sum, "DevTest Space", "Prod EU", "Production"), VERSION);
    assert_eq!(signers(&sum, "Prod EU: bundle of DevTest Space"), ["DevTest Space"]);
    assert_eq!(signers(&sum, "Prod EU: sent on after DevTest Space: Test"), ["DevTest Space"]);
}

#[test]
fn regions_one_of_them_is_down_and_nobody_waits_for_it() {
    let spaces = ["DevTest Space", "Prod AP", "Prod EU", "Prod US"];
    let sum = told("regions", &spaces);
    let [outage] = list(&sum["outages"]) else { panic!("{}", sum["outages"]) };
    assert_eq!(outage["space"], "Prod US");
    let (from, to) = (text(&outage["from"]), text(&outage["to"]));
    // Times of one form, of one machine: they compare as texts.
    let meanwhile = |at: &&str| from <= *at && *at <= to;
    assert!(from < to);
    for region in ["Prod EU", "Prod AP"] {
        let reports = when(&sum, region, "deployment.reported");
        assert_eq!(reports.len(), 2, "Staging and Production of {region}");
        assert!(reports.iter().all(meanwhile), "{region} did not wait: {reports:?} in {outage}");
    }
    let promoted = when(&sum, "DevTest Space", "release.promoted");
    assert_eq!(promoted.len(), 3);
    assert!(promoted.iter().all(meanwhile), "{promoted:?} in {outage}");
    for event in ["promotion.answered", "deployment.reported"] {
        let after = when(&sum, "Prod US", event);
        assert!(!after.is_empty() && after.iter().all(|at| *at >= to), "{after:?} after {outage}");
    }
    for region in &spaces[1..] {
        assert_eq!(installed(&sum, "DevTest Space", region, "Production"), VERSION);
    }
    let gate = "DevTest Space: phase First wave: Prod EU: Production";
    assert_eq!(signers(&sum, gate), ["Prod EU"]);
    assert_eq!(signers(&sum, "Prod EU: approval of erik for Production"), ["Prod EU"]);
}

#[test]
fn qa_return_the_gate_to_ops_is_the_receipt_that_qa_signed() {
    let sum = told("qa-return", &["DevTest Space", "Ops", "QA"]);
    assert_eq!(installed(&sum, "DevTest Space", "Ops", "Production"), VERSION);
    assert_eq!(signers(&sum, "DevTest Space: phase QA: QA: Acceptance"), ["QA"]);
    let tested = when(&sum, "QA", "deployment.reported");
    let promoted = when(&sum, "DevTest Space", "release.promoted");
    let ([tested], [to_qa, to_ops]) = (tested.as_slice(), promoted.as_slice()) else {
        panic!("{tested:?} {promoted:?}");
    };
    assert!(to_qa <= tested && tested <= to_ops, "{to_qa} {tested} {to_ops}");
}

/// The records of a space whose node is stopped.
fn records(kept: &Path, space: &str) -> Vec<Record> {
    let log = LogSled::open(&folder_of(kept, space).join("log")).unwrap();
    let positions: Vec<Position> = (1..=log.size()).map(Position).collect();
    log.read(&positions).unwrap()
}

/// The folder of the one space of a node, whose own begins with `node`.
fn folder_of(kept: &Path, node: &str) -> PathBuf {
    only_space(&only(kept, node))
}

/// The only folder in a folder that is called so at its beginning.
fn only(folder: &Path, begins: &str) -> PathBuf {
    let all = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
    let fits = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(begins);
    let fit: Vec<_> = all.filter(fits).filter(|path| path.is_dir()).collect();
    assert_eq!(fit.len(), 1, "{begins} in {folder:?}: {fit:?}");
    fit[0].clone()
}

/// Every promotion that a log has, its own and those of others: the bundle and the receipts.
fn promotions(records: &[Record]) -> Vec<(String, Vec<String>)> {
    let event = |record: &Record| match record {
        Record::Own(own) => own.entry.event().ok(),
        Record::Mirrored(mirrored) => Entry::read(&mirrored.entry).unwrap().event().ok(),
        Record::Evidence(_) => None,
    };
    let promoted = |event| {
        if let Event::ReleasePromoted(it) = event { Some((it.bundle, it.receipts)) } else { None }
    };
    records.iter().filter_map(event).filter_map(promoted).collect()
}

#[test]
fn t23_qa_direct_carries_to_ops_what_the_builder_signed_and_a_secret_that_nobody_else_reads() {
    let temporary = TempDir::new().unwrap();
    let server = Server::start();
    let kept = temporary.path().join("kept");
    let mut command = crate::command::interspace(&["demo", "--once", "--story", "qa-direct"]);
    command.env("TMPDIR", temporary.path()).env("INTERSPACE_TRACE", "trace");
    command.args(["-o", "json", "--nats", &server.address(), "--keep"]).arg(&kept);
    let said = run(&mut command).good();
    let sum = said.json();
    keeps_the_contract(&sum, "nats", &["DevTest Space", "Ops", "QA"]);
    is_good(&sum);
    assert_eq!(installed(&sum, "DevTest Space", "Ops", "Production"), VERSION);
    assert_eq!(signers(&sum, "Ops: bundle of DevTest Space"), ["DevTest Space"]);
    assert_eq!(signers(&sum, "Ops: sent on after QA: Acceptance"), ["QA"]);
    // What Ops has is what DevTest Space signed, byte for byte, and the receipt of QA beside it.
    let sent = promotions(&records(&kept, "devtest-space"));
    let came = promotions(&records(&kept, "ops"));
    let ([(signed, _)], [(bundle, receipts)]) = (sent.as_slice(), came.as_slice()) else {
        panic!("{} sent, {} came", sent.len(), came.len());
    };
    assert!(signed == bundle, "another bundle came than was sent");
    let receipts: Vec<Receipt> = receipts
        .iter()
        .map(|text| Document::read(text).unwrap().payload(Kind::Receipt).unwrap())
        .collect();
    let of: Vec<_> = receipts.iter().map(|it| it.space_name.as_str()).collect();
    assert_eq!(of, ["QA"]);
    // The secret is where it was meant to go, and nowhere else.
    let environments = folder_of(&kept, "ops").join("environments");
    let licence = only(&environments, "Production").join("licence");
    let secret = Hidden::of(fs::read_to_string(&licence).unwrap().trim());
    assert_eq!(secret.text.len(), 26);
    assert_eq!(secret.below(temporary.path()), [licence]);
    assert!(secret.below(&server.store()).is_empty());
    assert!(said.err.len() > 100_000, "it was traced: {} bytes", said.err.len());
    for trace in [&said.out, &said.err] {
        assert!(!secret.is_in(trace.as_bytes()));
    }
}
