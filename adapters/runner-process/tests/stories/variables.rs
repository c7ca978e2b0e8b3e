//! What steps find in their environment.

use crate::world::{World, output, reason};
use schema::latest::Outcome;
use std::collections::BTreeMap;

/// Everything that a step of the world finds.
fn found(world: &World) -> BTreeMap<String, String> {
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    let lines = output(&report.steps[0]).lines();
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_step_finds_the_runners_variables_and_the_plans_and_no_others() {
    let mut world = World::new();
    world.plan.steps = vec![crate::world::step("one", &["env"])];
    world.variable("GREETING", "hé  $HOME \"quoted\"");
    world.variable("_x1", "");
    let file = world.package("web-app.v2", b"hello");
    let folder = world.file("").canonicalize().unwrap_or_else(|_| {
        world.run();
        world.file("").canonicalize().expect("a folder")
    });
    let hash = schema::id::hex(&world.plan.packages[0].sha256.0);
    let (file, folder) = (file.display().to_string(), folder.display().to_string());
    let path = std::env::var("PATH").expect("a path");
    let language = std::env::var("LANG").unwrap_or_else(|_| "C.UTF-8".to_owned());
    let expected = [
        ("PATH", path.as_str()),
        ("LANG", &language),
        ("HOME", &folder),
        ("GREETING", "hé  $HOME \"quoted\""),
        ("_x1", ""),
        ("INTERSPACE_PROJECT", "Web"),
        ("INTERSPACE_VERSION", "1.2.3"),
        ("INTERSPACE_ENVIRONMENT", "Prod EU"),
        ("INTERSPACE_ENVIRONMENT_DIR", &folder),
        ("INTERSPACE_DEPLOYMENT", "17"),
        ("INTERSPACE_OUTPUT", &format!("{folder}.output")),
        ("INTERSPACE_PACKAGE_WEB_APP_V2_FILE", &file),
        ("INTERSPACE_PACKAGE_WEB_APP_V2_SHA256", &hash),
        ("INTERSPACE_PACKAGE_WEB_APP_V2_VERSION", "2.0"),
        ("INTERSPACE_PACKAGE_FILE", &file),
        ("INTERSPACE_PACKAGE_SHA256", &hash),
        ("INTERSPACE_PACKAGE_VERSION", "2.0"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found(&world), expected.into());
}

#[test]
fn a_step_finds_the_tenant_that_it_deploys_for() {
    let mut world = World::with(&["env"]);
    world.plan.tenant = Some("Acme GmbH".parse().expect("a name"));
    assert_eq!(found(&world)["INTERSPACE_TENANT"], "Acme GmbH");
}

#[test]
fn a_value_for_some_steps_is_seen_by_those_alone() {
    let mut world = World::with(&["env", "env"]);
    world.variable("BOTH", "b");
    world.variable("SECOND", "2");
    world.variable("EACH", "of one");
    world.variable("EACH", "of two");
    world.secret("HIDDEN", "hunter2");
    let [_, second, one, two] = world.plan.variables.as_mut_slice() else { panic!("four") };
    let only = |step: &str| vec![step.parse().expect("a name")];
    second.steps = only("step 2");
    (one.steps, two.steps) = (only("step 1"), only("step 2"));
    world.plan.secrets[0].steps = only("step 2");
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    let [first, second] = [0, 1].map(|i| {
        let lines = output(&report.steps[i]).lines().filter(|line| !line.contains('/'));
        let names = ["BOTH", "SECOND", "EACH", "HIDDEN"];
        let mut lines: Vec<_> =
            lines.filter(|it| names.iter().any(|n| it.starts_with(n))).collect();
        lines.sort_unstable();
        lines.join(" ")
    });
    assert_eq!(first, "BOTH=b EACH=of one");
    assert_eq!(second, "BOTH=b EACH=of two HIDDEN=*** SECOND=2");
}

#[test]
fn a_step_that_names_packages_finds_those_alone() {
    let mut world = World::with(&["env", "env", "env"]);
    world.package("a", b"1");
    world.package("b", b"2");
    let names = |names: &[&str]| names.iter().map(|it| it.parse().expect("an id")).collect();
    world.plan.steps[0].packages = names(&["b"]);
    world.plan.steps[1].packages = names(&["a", "b"]);
    let report = world.run();
    let [one, two, all] = [0, 1, 2].map(|i| {
        let lines = output(&report.steps[i]).lines();
        let mut files: Vec<_> = lines.filter_map(|line| line.split_once("_FILE=")).collect();
        files.sort_unstable();
        files.iter().map(|(name, file)| format!("{name} {}", &file[file.len() - 1..])).collect()
    });
    let both = vec!["INTERSPACE_PACKAGE_A a".to_owned(), "INTERSPACE_PACKAGE_B b".to_owned()];
    assert_eq!((two, all), (both.clone(), both));
    let one: Vec<String> = one;
    assert_eq!(one, ["INTERSPACE_PACKAGE b", "INTERSPACE_PACKAGE_B b"]);
}

#[test]
fn a_step_that_names_a_package_which_is_not_there_is_refused_before_anything_runs() {
    let mut world = World::with(&["true"]);
    world.plan.steps[0].packages = vec!["web".parse().expect("an id")];
    let report = world.run();
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 1));
    assert_eq!(report.steps[0].name.as_str(), "packages");
    assert!(reason(&report.steps[0]).contains("step 1 uses package web"), "{report:?}");
}

#[test]
fn of_two_packages_none_goes_without_its_id() {
    let mut world = World::with(&["env"]);
    world.package("a", b"1");
    world.package("b", b"2");
    let found = found(&world);
    assert!(found.contains_key("INTERSPACE_PACKAGE_A_FILE"));
    assert!(found.contains_key("INTERSPACE_PACKAGE_B_FILE"));
    assert!(!found.contains_key("INTERSPACE_PACKAGE_FILE"));
}

#[test]
fn of_two_variables_with_one_name_the_later_wins() {
    let mut world = World::with(&["env"]);
    world.variable("A", "earlier");
    world.variable("A", "later");
    world.variable("HOME", "/elsewhere");
    let found = found(&world);
    assert_eq!((found["A"].as_str(), found["HOME"].as_str()), ("later", "/elsewhere"));
}

#[test]
fn a_variable_that_no_process_can_be_given_is_refused_before_anything_runs() {
    for (name, value, why) in [
        ("1A", "", "is no name"),
        ("A-B", "", "is no name"),
        ("A=B", "", "is no name"),
        ("Größe", "", "is no name"),
        ("INTERSPACE_PROJECT", "", "kept for the runner"),
        ("INTERSPACE_", "", "kept for the runner"),
        ("A", "a\0b", "a NUL"),
    ] {
        let mut world = World::with(&["true"]);
        world.variable(name, value);
        let report = world.run();
        assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 1));
        assert_eq!(report.steps[0].name.as_str(), "variables");
        assert!(reason(&report.steps[0]).contains(why), "{report:?}");
        assert!(!world.environments().exists(), "something was begun");
    }
}

#[test]
fn two_packages_whose_variables_would_have_one_name_are_refused() {
    let mut world = World::with(&["true"]);
    world.package("a-b", b"1");
    world.package("A.b", b"2");
    let report = world.run();
    assert_eq!(report.steps[0].name.as_str(), "variables");
    assert!(reason(&report.steps[0]).contains("INTERSPACE_PACKAGE_A_B"), "{report:?}");
}
