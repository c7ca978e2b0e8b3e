//! The story while the node is killed again and again: nothing is lost, and nothing is doubled.

use crate::command::{eventually, interspace, run};
use crate::node::Node;
use crate::outcome::{
    Dashboards, Dice, Sizes, dashboards, last_position, nothing_is_doubled, space_of, undisturbed,
};
use crate::processes;
use crate::story;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

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
        seen = dashboards(|_| &node);
        (seen == *undisturbed).then_some(())
    });
    let interrupted = nothing_is_doubled(|_| &node);
    node.stop();
    assert_eq!(processes::in_folder(&folder), [""; 0]);
    let audit = run(interspace(&["-o", "json", "audit", "verify", "--dir"]).arg(&folder)).good();
    sizes.hold(&audit.json());
    interrupted
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
