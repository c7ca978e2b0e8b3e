//! What the story comes to, whatever happened meanwhile: nothing lost, nothing doubled.

use crate::command::{interspace, run};
use crate::node::Node;
use crate::story::{Line, VERSION, next_version};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const SPACES: [&str; 3] = ["DevTest Space", "Prod EU", "Prod US"];

/// Records of each space that were answered.
#[derive(Default)]
pub(crate) struct Sizes(pub(crate) [AtomicU64; 3]);

impl Sizes {
    pub(crate) fn answered(&self, space: Option<&str>, position: Option<u64>) {
        let index = space.and_then(|space| SPACES.iter().position(|known| *known == space));
        if let (Some(index), Some(position)) = (index, position) {
            self.0[index].fetch_max(position, Ordering::Relaxed);
        }
    }

    /// The spaces that are there have at least these.
    pub(crate) fn hold(&self, spaces: &Value) {
        for (name, answered) in SPACES.iter().zip(&self.0) {
            let answered = answered.load(Ordering::Relaxed);
            let space = spaces
                .as_array()
                .unwrap()
                .iter()
                .find(|space| space["name"].as_str().or(space["space"].as_str()) == Some(name));
            let entries = space.map_or(0, |space| space["entries"].as_u64().unwrap());
            assert!(entries >= answered, "{name} has {entries} of {answered} answered records");
        }
    }
}

/// The last entry that a command wrote, if it says so.
pub(crate) fn last_position(out: &str) -> Option<u64> {
    let did: Value = serde_json::from_str(out).ok()?;
    did.get("positions")?.as_array()?.last()?.as_u64()
}

pub(crate) fn space_of(line: &Line) -> Option<&str> {
    let at = line.words.iter().position(|word| word == "-s")?;
    line.words.get(at + 1).map(String::as_str)
}

/// Numbers that look random and are the same for the same seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What each space sees, without what differs from run to run.
pub(crate) type Dashboards = BTreeMap<String, Vec<Value>>;

pub(crate) fn comparable(cells: &Value) -> Vec<Value> {
    let mut cells = cells.as_array().expect("a list").clone();
    for cell in &mut cells {
        let cell = cell.as_object_mut().expect("a cell");
        ["receipt", "at", "heard_at"].iter().for_each(|key| drop(cell.remove(*key)));
        // What the sum of the demo does not say is so: nothing runs, nothing went another way.
        for (key, usual) in [
            ("running", Value::Null),
            ("through", Value::Null),
            ("revision", json!(1)),
            ("recalled", json!(false)),
        ] {
            cell.entry(key).or_insert_with(|| usual);
        }
        if let Some(last) = cell["last_attempt"].as_object_mut() {
            last.remove("receipt");
        }
    }
    cells.sort_by_key(|cell| (cell["space"].to_string(), cell["environment"].to_string()));
    cells
}

pub(crate) fn dashboards<'a>(node: impl Fn(&str) -> &'a Node) -> Dashboards {
    let see = |space: &str| {
        let seen = node(space).run(&["-o", "json", "-s", space, "dashboard"]).good().json();
        (space.to_owned(), comparable(&seen))
    };
    SPACES.into_iter().map(see).collect()
}

/// What the demo comes to when nobody disturbs it.
pub(crate) fn undisturbed() -> Dashboards {
    let sum = run(interspace(&["demo", "--once", "-o", "json"]).current_dir("/")).good().json();
    let dashboards = sum["dashboards"].as_object().expect("by space");
    dashboards.iter().map(|(space, cells)| (space.clone(), comparable(cells))).collect()
}

/// One release of each version, one promotion to each space, one end of each deployment; what was
/// cut short went on. Says how many were.
pub(crate) fn nothing_is_doubled<'a>(node: impl Fn(&str) -> &'a Node) -> usize {
    let devtest = |words: &[&str]| {
        node("DevTest Space")
            .run(&[&["-o", "json", "-s", "DevTest Space"], words].concat())
            .good()
            .json()
    };
    let releases = devtest(&["release", "list"]);
    let versions: Vec<_> = releases.as_array().unwrap().iter().map(|r| &r["version"]).collect();
    assert_eq!(versions, [&next_version(), VERSION]);
    let journey = devtest(&["journey", "Interspace", VERSION]);
    let count = |event: &str| {
        journey.as_array().unwrap().iter().filter(|step| step["event"] == event).count()
    };
    assert_eq!(count("release.created"), 1, "{journey:#}");
    assert_eq!(count("release.promoted"), 2, "{journey:#}");
    assert_eq!(count("promotion.answered"), 2, "{journey:#}");
    let mut interrupted = 0;
    let mut ends = Vec::new();
    for space in SPACES {
        let all = node(space).run(&["-o", "json", "-s", space, "deployment", "list"]).good().json();
        for one in all.as_array().unwrap() {
            let word = |key: &str| one[key].as_str().unwrap().to_owned();
            if one["outcome"] == "interrupted" {
                interrupted += 1;
            } else {
                ends.push([
                    space.to_owned(),
                    word("environment"),
                    word("version"),
                    word("outcome"),
                ]);
            }
        }
    }
    ends.sort();
    assert_eq!(ends, expected_ends());
    interrupted
}

fn expected_ends() -> Vec<[String; 4]> {
    let next = next_version();
    let ends = [
        ["DevTest Space", "Dev", VERSION, "succeeded"],
        ["DevTest Space", "Dev", &next, "failed"],
        ["DevTest Space", "Test", VERSION, "succeeded"],
        ["Prod EU", "Production", VERSION, "succeeded"],
        ["Prod EU", "Staging", VERSION, "succeeded"],
        ["Prod US", "Production", VERSION, "succeeded"],
        ["Prod US", "Staging", VERSION, "succeeded"],
    ];
    ends.map(|end| end.map(str::to_owned)).to_vec()
}
