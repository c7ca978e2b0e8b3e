//! Environments with targets: who is up, and what runs where.

use crate::world::{World, output, reason, told};
use engine::run::Report;
use schema::latest::Outcome;
use schema::latest::model::{Condition, Target, WhenDown};
use schema::name::Name;

fn names(words: &[&str]) -> Vec<Name> {
    words.iter().map(|word| word.parse().expect("a name")).collect()
}

/// A target with these roles that is up when the script succeeds; without one, always.
fn target(name: &str, roles: &[&str], health: Option<&str>) -> Target {
    let words = health.map(|script| ["sh", "-c", script].map(|it| it.parse().expect("a text")));
    let health = words.into_iter().flatten().collect();
    Target { name: name.parse().expect("a name"), roles: names(roles), health }
}

/// Two targets for the web and one for data, one of the former checked by `health`; every step is
/// for the web.
fn world(health: Option<&str>, scripts: &[&str]) -> World {
    let mut world = World::with(scripts);
    world.plan.environment.targets = vec![
        target("web-1", &["web"], None),
        target("db", &["data", "backup"], None),
        target("web-2", &["web", "edge"], health),
    ];
    for step in &mut world.plan.steps {
        step.roles = names(&["web"]);
    }
    world
}

/// `name outcome` of each target, `-` where it has none, `down` where it was.
fn targets(report: &Report) -> Vec<String> {
    let one = |it: &schema::latest::TargetReport| {
        let outcome = it.outcome.map_or("-", Outcome::as_str);
        format!("{} {}", it.name, if it.up { outcome } else { "down" })
    };
    report.targets.iter().map(one).collect()
}

#[test]
fn a_step_runs_once_for_each_target_with_one_of_its_roles_in_order() {
    let mut world =
        world(None, &["echo $INTERSPACE_TARGET", "echo \"[$INTERSPACE_TARGET]\"", "true"]);
    world.plan.steps[1].roles.clear();
    world.plan.steps[2].roles = names(&["backup", "edge"]);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    let expected = [
        "step 1@web-1 succeeded",
        "step 1@web-2 succeeded",
        "step 2 succeeded",
        "step 3@db succeeded",
        "step 3@web-2 succeeded",
    ];
    assert_eq!(told(&report), expected);
    assert_eq!(output(&report.steps[0]), "web-1\n");
    assert_eq!(output(&report.steps[1]), "web-2\n");
    assert_eq!(output(&report.steps[2]), "[]\n");
    assert_eq!(targets(&report), ["web-1 succeeded", "db succeeded", "web-2 succeeded"]);
    assert_eq!(world.heard_of()[..2], ["step 1@web-1", "step 1@web-2"]);
}

#[test]
fn a_target_that_is_down_fails_the_deployment_before_its_first_step() {
    let world = world(Some("echo refused; exit 7"), &["touch never"]);
    let report = world.run();
    assert_eq!((report.outcome, told(&report)), (Outcome::Failed, vec!["targets failed".into()]));
    assert_eq!(reason(&report.steps[0]), "targets are down: web-2 (exit code 7)");
    assert_eq!(report.steps[0].attempts, 0);
    assert_eq!(targets(&report), ["web-1 -", "db -", "web-2 down"]);
    assert_eq!(
        (world.heard_of(), world.heard()),
        (vec!["health@web-2".into()], vec!["refused\n".into()])
    );
    assert!(!world.file("never").exists());
}

#[test]
fn targets_that_are_down_are_left_out_where_the_environment_says_so() {
    let mut world = world(Some("exit 7"), &["echo $INTERSPACE_TARGET"]);
    world.plan.environment.when_down = WhenDown::Skip;
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert_eq!(told(&report), ["step 1@web-1 succeeded"]);
    assert_eq!(targets(&report), ["web-1 succeeded", "db succeeded", "web-2 down"]);
}

#[test]
fn with_all_targets_down_there_is_nothing_left_to_deploy_to() {
    let mut world = world(None, &["touch never"]);
    world.plan.environment.when_down = WhenDown::Skip;
    for target in &mut world.plan.environment.targets {
        target.health = vec!["/no/such/program".parse().expect("a text")];
    }
    let report = world.run();
    assert_eq!((report.outcome, told(&report)), (Outcome::Failed, vec!["targets failed".into()]));
    let why = reason(&report.steps[0]);
    assert!(why.starts_with("all targets are down: web-1 (cannot start \"/no/such"), "{why}");
    assert_eq!(targets(&report), ["web-1 down", "db down", "web-2 down"]);
}

#[test]
fn a_step_whose_targets_were_all_left_out_is_not_run_and_one_without_targets_fails() {
    let mut world = world(Some("false"), &["true", "true", "true"]);
    world.plan.environment.when_down = WhenDown::Skip;
    world.plan.steps[0].roles = names(&["edge"]);
    world.plan.steps[1].roles = names(&["mail", "queue"]);
    let report = world.run();
    assert_eq!((report.outcome, told(&report)), (Outcome::Failed, vec!["step 2 failed".into()]));
    let step = &report.steps[0];
    assert_eq!((step.attempts, &step.target, &step.output), (0, &None, &None));
    assert_eq!(reason(step), "no target of Prod EU has a role of this step: mail, queue");
}

#[test]
fn the_first_target_that_fails_ends_the_step_and_the_report_says_where_it_was_not_begun() {
    let mut world =
        world(None, &["true", "test $INTERSPACE_TARGET != web-1 || exit 5", "true", "true"]);
    world.plan.environment.targets.push(target("web-3", &["web"], None));
    world.plan.environment.targets.push(target("late", &["late"], None));
    (world.plan.steps[3].when, world.plan.steps[3].roles) = (Condition::Success, names(&["late"]));
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Failed);
    let expected = [
        "step 1@web-1 succeeded",
        "step 1@web-2 succeeded",
        "step 1@web-3 succeeded",
        "step 2@web-1 failed",
    ];
    assert_eq!(told(&report), expected);
    assert_eq!(report.steps[3].exit_code, Some(5));
    assert_eq!(reason(&report.steps[3]), "not begun on web-2, web-3");
    // What runs for all it had is a failure for web-2 and web-3 too: they have only half of it.
    assert_eq!(
        targets(&report),
        ["web-1 failed", "db -", "web-2 failed", "web-3 failed", "late -"]
    );
}

#[test]
fn what_repairs_and_cleans_up_goes_on_to_the_other_targets() {
    let mut world = world(None, &["test $INTERSPACE_TARGET = web-1", "exit 1", "exit 1"]);
    world.plan.steps[1].when = Condition::Failure;
    world.plan.steps[2].when = Condition::Always;
    let report = world.run();
    let expected = [
        "step 1@web-1 succeeded",
        "step 1@web-2 failed",
        "step 2@web-1 failed",
        "step 2@web-2 failed",
        "step 3@web-1 failed",
        "step 3@web-2 failed",
    ];
    assert_eq!(told(&report), expected);
}

#[test]
fn each_target_is_tried_again_on_its_own() {
    let script =
        "echo x >> tries-$INTERSPACE_TARGET; test $(wc -l < tries-$INTERSPACE_TARGET) -ge 2";
    let mut world = world(None, &[script]);
    world.plan.steps[0].retries = 1;
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert!(report.steps.iter().all(|step| step.attempts == 2));
}

#[test]
fn what_a_step_passed_on_for_a_target_is_seen_there_before_anothers() {
    let write = "echo ID=$INTERSPACE_TARGET >> $INTERSPACE_OUTPUT; echo see $ID";
    let world = {
        let mut world = world(None, &[write, "echo $ID", "echo $ID", "echo $ID"]);
        world.plan.steps[2].roles = names(&["data"]);
        world.plan.steps[3].roles.clear();
        world
    };
    let report = world.run();
    let shown: Vec<_> = report.steps.iter().map(|step| output(step).trim()).collect();
    assert_eq!(shown, ["see", "see", "web-1", "web-2", "web-2", "web-2"]);
}

#[test]
fn a_cancel_between_targets_begins_no_other() {
    let world = world(None, &["touch ready; sleep 1000"]);
    let report = world.run_and(|| {
        world.wait_for_file("ready");
        world.control.cancel();
    });
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::Cancelled, vec!["step 1@web-1 cancelled".into()])
    );
    assert_eq!(targets(&report), ["web-1 cancelled", "db -", "web-2 -"]);
    assert_eq!(reason(&report.steps[0]), "the deployment was cancelled; not begun on web-2");
}

#[test]
fn a_stop_while_the_targets_are_looked_at_begins_nothing() {
    let world = world(Some("touch looking; sleep 1000"), &["touch never"]);
    let report = world.run_and(|| {
        world.wait_for_file("looking");
        world.control.stop();
    });
    assert_eq!((report.outcome, report.steps), (Outcome::Interrupted, Vec::new()));
    assert_eq!(world.processes(), Vec::<i32>::new());
    assert!(!world.file("never").exists());
}

#[test]
fn t23_a_health_program_sees_nothing_of_the_release() {
    let mut world = world(Some("env; exit 1"), &["true"]);
    world.plan.environment.when_down = WhenDown::Skip;
    world.variable("GREETING", "hello");
    world.variable("PATH", "/elsewhere");
    world.secret("WORD", "hunter2");
    world.package("web", b"hello");
    let steps = std::mem::take(&mut world.plan.steps);
    assert_eq!(steps.len(), 1);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    let heard = world.heard();
    let mut found: Vec<_> = heard[0].lines().filter_map(|it| Some(it.split_once('=')?.0)).collect();
    found.retain(|name| !matches!(*name, "PWD" | "OLDPWD" | "SHLVL" | "_"));
    found.sort_unstable();
    let expected = [
        "HOME",
        "INTERSPACE_DEPLOYMENT",
        "INTERSPACE_ENVIRONMENT",
        "INTERSPACE_ENVIRONMENT_DIR",
        "INTERSPACE_PROJECT",
        "INTERSPACE_TARGET",
        "INTERSPACE_VERSION",
        "LANG",
        "PATH",
    ];
    assert_eq!(found, expected);
    assert!(heard[0].contains("INTERSPACE_TARGET=web-2\n") && !heard[0].contains("elsewhere"));
}
