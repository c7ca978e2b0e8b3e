//! The node is killed, the guard is killed, both are killed: nothing of the step stays.

use crate::world::{STAND_IN, World, is_alive, output, reason, runner, signal, step, wait_for};
use schema::latest::Outcome;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Writes down the number of its guard and of four processes, one of them outside of the group.
const STEP: &str = "echo $PPID > guard; echo $$ > main; \
    sh -c 'echo $$ > near; exec sleep 1000' & \
    setsid sh -c 'echo $$ > far; (sleep 1000; :) & echo $! > below; wait' & \
    wait";

/// Says which of the processes of `STEP` are alive (those that nobody has buried yet are not), and
/// writes down that it ran.
const LOOK: &str = "touch looked; for name in guard main near far below; do \
    if grep -q '^State:.[^ZX]' /proc/$(cat $name)/status 2>/dev/null; then echo $name; fi; done";

/// A node of its own, in the middle of `STEP`.
fn node(world: &World) -> Child {
    let node = Command::new(STAND_IN)
        .arg("node")
        .arg(world.environments())
        .args([world.plan.environment.name.as_str(), STEP])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("a node");
    for pid in numbers(world) {
        assert!(is_alive(pid));
    }
    node
}

fn numbers(world: &World) -> [i32; 5] {
    ["guard", "main", "near", "far", "below"].map(|name| world.number(name))
}

fn kill(mut node: Child) {
    node.kill().expect("a node that runs");
    node.wait().expect("a node that ran");
}

fn wait_until_all_have_ended(pids: &[i32]) {
    wait_for("end", || (!pids.iter().any(|pid| is_alive(*pid))).then_some(()));
}

#[test]
fn a_node_that_is_killed_leaves_nothing_running_and_the_next_run_begins_after_that() {
    let mut world = World::new();
    world.plan.steps = vec![step("look", &["sh", "-c", LOOK])];
    let node = node(&world);
    let pids = numbers(&world);
    kill(node);
    // At once, while the guard is still at it.
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert_eq!(output(&report.steps[0]), "");
    wait_until_all_have_ended(&pids);
}

#[test]
fn nobody_enters_while_the_guard_of_a_killed_node_has_not_finished() {
    let mut world = World::new();
    world.plan.steps = vec![step("look", &["sh", "-c", LOOK])];
    let node = node(&world);
    let pids = numbers(&world);
    // A guard that does not get to work, for as long as the story wants.
    signal("STOP", pids[0]);
    kill(node);
    world.runner = runner(&world.environments(), Duration::from_millis(300));
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(reason(&report.steps[0]).contains("another deployment is still in"), "{report:?}");
    assert!(!world.file("looked").exists());
    assert!(is_alive(pids[1]));
    signal("CONT", pids[0]);
    wait_until_all_have_ended(&pids);
    let report = world.run();
    assert_eq!((report.outcome, output(&report.steps[0])), (Outcome::Succeeded, ""));
}

#[test]
fn a_guard_that_is_killed_fails_the_step_and_the_step_is_ended_without_it() {
    let world = World::with(&[STEP, "touch never"]);
    let report = thread::scope(|scope| {
        let run = scope.spawn(|| world.run());
        let [guard, ..] = numbers(&world);
        signal("KILL", guard);
        run.join().expect("a report")
    });
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 1));
    let why = "the guard ended before the step did (signal: 9 (SIGKILL))";
    assert!(reason(&report.steps[0]).starts_with(why), "{report:?}");
    assert!(numbers(&world).iter().all(|pid| !is_alive(*pid)));
    assert!(!world.file("never").exists());
}

#[test]
fn what_outlived_node_and_guard_is_ended_before_the_next_run() {
    let mut world = World::new();
    world.plan.steps = vec![step("look", &["sh", "-c", LOOK])];
    let node = node(&world);
    let pids = numbers(&world);
    signal("STOP", pids[0]);
    kill(node);
    signal("KILL", pids[0]);
    wait_until_all_have_ended(&pids[..1]);
    assert!(pids[1..].iter().all(|pid| is_alive(*pid)), "this story needs them");
    let report = world.run();
    assert_eq!((report.outcome, output(&report.steps[0])), (Outcome::Succeeded, ""));
    assert!(pids.iter().all(|pid| !is_alive(*pid)));
}
