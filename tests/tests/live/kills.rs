//! The story while the node is killed again and again: nothing is lost, and nothing is doubled.

use crate::command::{eventually, interspace, run};
use crate::node::Node;
use crate::processes;
use crate::story::{self, Line, VERSION, next_version};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const SPACES: [&str; 3] = ["DevTest Space", "Prod EU", "Prod US"];

/// Kills in one telling of the story.
const KILLS: u64 = 10;

/// Tellings: 20 kills, or 200 when `INTERSPACE_LONG=1`.
fn tellings() -> u64 {
    if std::env::var_os("INTERSPACE_LONG").is_some_and(|long| long == "1") { 20 } else { 2 }
}

#[test]
fn kills_lose_nothing_that_was_answered_and_double_nothing() {
    let undisturbed = undisturbed();
    let interrupted: usize = (1..=tellings()).map(|seed| tell(seed, &undisturbed)).sum();
    assert!(interrupted > 0, "no kill hit a deployment");
}

/// Tells the story to a node that is killed, and says how many deployments were cut short.
fn tell(seed: u64, undisturbed: &Dashboards) -> usize {
    let place = TempDir::new().unwrap();
    let (files, folder) = (place.path().join("files"), place.path().join("node"));
    story::slow_files(&files);
    let (told, sizes) = (AtomicBool::new(false), Sizes::default());
    let node = thread::scope(|scope| {
        let killer = scope.spawn(|| kill_now_and_then(seed, &folder, &told, &sizes));
        for (number, line) in story::lines().iter().enumerate() {
            let said = story::say(number, line, &files, &folder);
            sizes.answered(space_of(line), last_position(&said.out));
        }
        told.store(true, Ordering::Relaxed);
        killer.join().expect("the killer")
    });
    let end = format!("telling {seed}: the dashboards are those of an undisturbed run");
    let mut seen = Dashboards::new();
    eventually(&end, || {
        seen = dashboards(&node);
        (seen == *undisturbed).then_some(())
    });
    let interrupted = nothing_is_doubled(&node);
    node.stop();
    assert_eq!(processes::in_folder(&folder), [""; 0]);
    let audit = run(interspace(&["-o", "json", "audit", "verify", "--dir"]).arg(&folder)).good();
    sizes.hold(&audit.json());
    interrupted
}

/// Records of each space that were answered.
#[derive(Default)]
struct Sizes([AtomicU64; 3]);

impl Sizes {
    fn answered(&self, space: Option<&str>, position: Option<u64>) {
        let index = space.and_then(|space| SPACES.iter().position(|known| *known == space));
        if let (Some(index), Some(position)) = (index, position) {
            self.0[index].fetch_max(position, Ordering::Relaxed);
        }
    }

    /// The spaces that are there have at least these.
    fn hold(&self, spaces: &Value) {
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
fn last_position(out: &str) -> Option<u64> {
    let did: Value = serde_json::from_str(out).ok()?;
    did.get("positions")?.as_array()?.last()?.as_u64()
}

fn space_of(line: &Line) -> Option<&str> {
    let at = line.words.iter().position(|word| word == "-s")?;
    line.words.get(at + 1).map(String::as_str)
}

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Starts the node, kills it after a while, and so on; the last one goes on. After each kill what
/// had been answered before is there.
fn kill_now_and_then(seed: u64, folder: &Path, told: &AtomicBool, sizes: &Sizes) -> Node {
    let mut dice = Dice(seed);
    for kill in 0..KILLS {
        let node = start(folder);
        let before = Sizes(std::array::from_fn(|at| sizes.0[at].load(Ordering::Relaxed).into()));
        before.hold(&node.run(&["-o", "json", "space", "list"]).good().json());
        // Once the story is told there is nothing to wait for.
        let bound = if told.load(Ordering::Relaxed) { 100 } else { 1300 };
        thread::sleep(Duration::from_millis(dice.below(bound)));
        node.kill();
        // Every other time the next node meets what the guards have not ended yet.
        if kill % 2 == 0 {
            nobody_is_left(folder);
        }
    }
    start(folder)
}

/// What was started by a node that was killed ends by itself. The story's commands know the folder
/// as well, and go on.
fn nobody_is_left(folder: &Path) {
    let environments = folder.join("spaces");
    eventually("nobody is left of what the killed node started", || {
        let left = processes::in_folder(&environments);
        left.is_empty().then_some(())
    });
}

/// The story's own `audit verify` may hold the folder when nobody else does.
fn start(folder: &Path) -> Node {
    eventually("the node starts again", || match Node::try_start(folder) {
        Ok(node) => Some(node),
        Err(said) => {
            assert_eq!(said.code, 5, "{said:?}");
            None
        }
    })
}

/// What each space sees, without what differs from run to run.
type Dashboards = BTreeMap<String, Vec<Value>>;

fn comparable(cells: &Value) -> Vec<Value> {
    let mut cells = cells.as_array().expect("a list").clone();
    for cell in &mut cells {
        let cell = cell.as_object_mut().expect("a cell");
        ["receipt", "at", "heard_at"].iter().for_each(|key| drop(cell.remove(*key)));
        // The sum of the demo does not say what runs now; nothing does.
        cell.entry("running").or_insert(Value::Null);
        if let Some(last) = cell["last_attempt"].as_object_mut() {
            last.remove("receipt");
        }
    }
    cells.sort_by_key(|cell| (cell["space"].to_string(), cell["environment"].to_string()));
    cells
}

fn dashboards(node: &Node) -> Dashboards {
    let see = |space: &str| {
        let seen = node.run(&["-o", "json", "-s", space, "dashboard"]).good().json();
        (space.to_owned(), comparable(&seen))
    };
    SPACES.into_iter().map(see).collect()
}

/// What the demo comes to when nobody disturbs it.
fn undisturbed() -> Dashboards {
    let sum = run(interspace(&["demo", "--once", "-o", "json"]).current_dir("/")).good().json();
    let dashboards = sum["dashboards"].as_object().expect("by space");
    dashboards.iter().map(|(space, cells)| (space.clone(), comparable(cells))).collect()
}

/// One release of each version, one promotion to each space, one end of each deployment; what was
/// cut short went on. Says how many were.
fn nothing_is_doubled(node: &Node) -> usize {
    let devtest = |words: &[&str]| {
        node.run(&[&["-o", "json", "-s", "DevTest Space"], words].concat()).good().json()
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
        let all = node.run(&["-o", "json", "-s", space, "deployment", "list"]).good().json();
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
