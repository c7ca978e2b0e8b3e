//! The same story with a link and with nothing but a stick.

use crate::command::{interspace, run};
use crate::outcome::comparable;
use crate::story::VERSION;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SPACES: [&str; 2] = ["DevTest Space", "Prod EU"];

/// What nobody may read on the way: names, notes, answers, and the package itself. Each is so long
/// that it is in no ciphertext by chance: four letters are in one of a hundred such sticks.
const SECRETS: [&str; 7] = [
    "DevTest",
    "Prod EU",
    "Production",
    "ON_CALL",
    "erik, +49 30 1234",
    "The road, on a stick",
    "Lets releases travel between spaces",
];

fn story(name: &str, keep: Option<&Path>) -> Value {
    let mut command = interspace(&["demo", "--once", "-o", "json", "--story", name]);
    if let Some(folder) = keep {
        command.arg("--keep").arg(folder);
    }
    run(&mut command).good().json()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[test]
fn t23_a_stick_brings_what_a_link_brings_and_nobody_reads_it_on_the_way() {
    let place = TempDir::new().unwrap();
    let kept = place.path().join("kept");
    let (connected, carried) = (story("prod", None), story("airgap", Some(&kept)));
    assert_eq!(
        (&connected["transport"], &carried["transport"]),
        (&"local".into(), &"stick".into())
    );
    for space in SPACES {
        let cells = |sum: &Value| comparable(&sum["dashboards"][space]);
        assert_eq!(cells(&carried), cells(&connected), "as {space} sees it");
        let production =
            carried["dashboards"][space].as_array().unwrap().iter().find(|cell| {
                cell["environment"] == "Production" && cell["project"] == "Interspace"
            });
        assert_eq!(production.unwrap()["version"], VERSION, "{space}");
    }
    for link in carried["links"].as_array().unwrap() {
        assert_eq!(link["head"], link["acknowledged"], "{link}");
        assert_eq!((&link["held"], &link["refused"]), (&0.into(), &0.into()), "{link}");
    }
    assert!(carried["audit"].as_array().unwrap().iter().all(|space| space["verified"] == true));
    let parts = files(&kept.join("stick"));
    assert!(parts.len() >= 4, "{parts:?}");
    for part in parts {
        let bytes = std::fs::read(&part).unwrap();
        for secret in SECRETS {
            assert!(!holds(&bytes, secret), "{secret} can be read in {}", part.display());
        }
    }
    // What is searched for is there to be found where it may be.
    let everything: Vec<Vec<u8>> =
        files(&kept).iter().map(|file| std::fs::read(file).unwrap()).collect();
    for secret in SECRETS {
        assert!(everything.iter().any(|bytes| holds(bytes, secret)), "{secret} is nowhere");
    }
}

#[test]
fn the_story_of_a_stick_wants_no_server() {
    let said = run(&mut interspace(&["demo", "--once", "--story", "airgap", "--nats", "nats://x"]));
    said.fails(2, &["share no server"]);
}
