//! Archives of logs: written by a node that runs or is stopped, verified where nothing else is.

use crate::audit::Kept;
use crate::command::{Said, binary, run};
use crate::node::Node;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The space whose log is written down.
const SPACE: &str = "Prod EU";

/// A command on a third machine: no node, no home, nothing in the environment.
pub(crate) fn elsewhere(arguments: &[&str], file: &Path) -> Said {
    let place = TempDir::new().unwrap();
    let mut command = Command::new(binary());
    command.env_clear().current_dir(place.path()).stdin(Stdio::null());
    let said = run(command.args(arguments).arg(file));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "it leaves nothing behind");
    said
}

fn verify(file: &Path) -> Said {
    elsewhere(&["-o", "json", "audit", "verify", "--archive"], file)
}

fn verdict(said: &Said) -> Value {
    said.json().as_array().expect("one")[0].clone()
}

fn export(node: &Node, file: &Path) -> Value {
    let file = file.to_str().unwrap();
    node.run(&["-o", "json", "-s", SPACE, "audit", "export", file]).good().json()
}

#[test]
fn a_log_written_down_verifies_on_a_third_machine() {
    let kept = Kept::tell();
    let place = TempDir::new().unwrap();
    let (stopped, running) = (place.path().join("stopped"), place.path().join("running"));
    let folder = kept.folder();
    let mut command = crate::command::interspace(&["-o", "json", "-s", SPACE, "audit", "export"]);
    let written = run(command.arg(&stopped).arg("--dir").arg(&folder)).good().json();
    let node = Node::start(&folder);
    let while_running = export(&node, &running);
    let audited = node.run(&["-o", "json", "-s", SPACE, "audit", "verify"]).good().json();
    assert_eq!(while_running, audited[0], "it says what the audit says");
    node.stop();
    for (file, told) in [(&stopped, &written), (&running, &while_running)] {
        assert_eq!(verdict(&verify(file).good()), *told);
        let fingerprint = told["fingerprint"].as_str().unwrap();
        elsewhere(&["audit", "verify", "--expect", fingerprint, "--archive"], file).good();
        let first = if fingerprint.starts_with('7') { "2" } else { "7" };
        let other = format!("{first}{}", &fingerprint[1..]);
        let said = elsewhere(&["audit", "verify", "--expect", &other, "--archive"], file);
        said.fails(7, &["Position 1", "another space"]);
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "it holds the log in the clear");
    }
    // A start may add a record; what both hold is the same, byte for byte.
    let (stopped, running) = (fs::read(&stopped).unwrap(), fs::read(&running).unwrap());
    let blocks = |text: &[u8]| {
        let text = String::from_utf8(text.to_vec()).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    };
    assert!(blocks(&running).starts_with(&blocks(&stopped)));
}

#[test]
fn t31_an_archive_that_was_changed_names_the_first_record_that_is_not_what_it_was() {
    let kept = Kept::tell();
    let place = TempDir::new().unwrap();
    let file = place.path().join("archive");
    let mut command = crate::command::interspace(&["-s", SPACE, "audit", "export"]);
    run(command.arg(&file).arg("--dir").arg(kept.folder())).good();
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let first = |line: &str| {
        let block: Value = serde_json::from_str(line).unwrap();
        block["first"].as_u64().unwrap()
    };
    let ends = |at: usize| match lines.get(at + 1) {
        Some(next) => first(next),
        None => verdict(&verify(&file).good())["entries"].as_u64().unwrap() + 1,
    };
    let changed = place.path().join("changed");
    for at in [1, 2, lines.len() / 2, lines.len() - 1] {
        let mut line = lines[at].to_owned();
        let middle = line.len() / 2;
        let other = if &line[middle..=middle] == "A" { "B" } else { "A" };
        line.replace_range(middle..=middle, other);
        let text = [&lines[..at], &[&line], &lines[at + 1..]].concat().join("\n") + "\n";
        fs::write(&changed, text).unwrap();
        let said = verify(&changed).fails(7, &["Position"]);
        let named = verdict(&said)["damaged_at"].as_u64().unwrap();
        assert!((first(lines[at])..ends(at)).contains(&named), "{named} for line {at}");
        // The line is missing, and so are all behind it.
        for text in [[&lines[..at], &lines[at + 1..]].concat(), lines[..at].to_vec()] {
            fs::write(&changed, text.join("\n") + "\n").unwrap();
            let said = verify(&changed).fails(7, &["the record is missing"]);
            assert_eq!(verdict(&said)["damaged_at"], json!(first(lines[at])));
        }
    }
    fs::write(&changed, &whole.as_bytes()[..whole.len() - 5]).unwrap();
    verify(&changed).fails(7, &["cut short"]);
    verify(&place.path().join("nothing")).fails(1, &["check the path"]);
}

#[test]
fn nothing_is_written_of_a_damaged_log_or_of_a_space_that_is_not_there() {
    let kept = Kept::tell();
    let place = TempDir::new().unwrap();
    let file = place.path().join("archive");
    let export = |space: &str| {
        let mut command = crate::command::interspace(&["-s", space, "audit", "export"]);
        run(command.arg(&file).arg("--dir").arg(kept.folder()))
    };
    export("Prod").fails(3, &["no such space"]);
    let mut command = crate::command::interspace(&["audit", "export"]);
    run(command.arg(&file).arg("--dir").arg(kept.folder())).fails(2, &["several spaces"]);
    let database = kept.space().join("log/sled/db");
    let mut damaged = fs::read(&database).unwrap();
    let used = damaged.iter().rposition(|byte| *byte != 0).unwrap();
    damaged[used * 3 / 4] ^= 8;
    fs::write(&database, &damaged).unwrap();
    export("DevTest Space").fails(7, &["damaged at Position", "nothing was written"]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "not even a part");
}

/// The text of a vector of the schema.
fn vector(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/vectors");
    let vector: Value = serde_json::from_slice(&fs::read(folder.join(path)).unwrap()).unwrap();
    vector["input"]["text"].as_str().unwrap().to_owned()
}

#[test]
fn t09_a_proof_of_two_stories_is_accepted_on_a_third_machine() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("proof");
    let shown = |name: &str, arguments: &[&str]| {
        fs::write(&file, vector(name)).unwrap();
        elsewhere(arguments, &file)
    };
    let json = ["-o", "json", "audit", "verify", "--proof"];
    for (name, about) in [("two_stories", "entries"), ("two_logs", "log")] {
        let said = shown(&format!("accept/proof_of_{name}.json"), &json).good().json();
        assert_eq!((&said["space"], &said["about"]), (&json!("Anna"), &json!(about)));
        assert_ne!(said["signed"][0], said["signed"][1]);
        let fingerprint = said["fingerprint"].as_str().unwrap().to_owned();
        let text = shown(
            &format!("accept/proof_of_{name}.json"),
            &["audit", "verify", "--expect", &fingerprint, "--proof"],
        );
        assert!(text.good().out.contains("Anna contradicted itself"));
    }
    for name in ["of_one_story", "with_a_forged_signature", "with_white_space"] {
        shown(&format!("refuse/proof_{name}.json"), &json).fails(7, &["proves nothing"]);
    }
    let kept = Kept::tell();
    let proof = |peer: &str| {
        let mut command = crate::command::interspace(&["-s", SPACE, "audit", "proof", peer]);
        run(command.arg(&file).arg("--dir").arg(kept.folder()))
    };
    proof("Nobody").fails(3, &["ever called Nobody"]);
    proof("DevTest Space").fails(3, &["no contradiction of DevTest Space"]);
}
