//! What policy is told to leave alone: paused, pinned, skipped.

use super::scene::{PROJECT, Scene, phases, project, said, space, target};
use engine::command::Command;
use engine::gates::Gate;
use engine::state::releases::Answer;
use engine::views::explain;
use schema::latest::{Actor, Event};
use schema::v1::event::{Definition, FreezeMade, Pattern, PolicyRule};
use schema::v1::model::Acceptance;
use tests::pipeline::{phase, text};
use tests::world::{World, name};

fn given() -> Scene {
    let mut all = phases(&["Dev", "Live"]);
    all[1].automatic = true;
    Scene::given(space(&["Dev", "Live"], all, project()))
}

fn set(scene: &mut Scene, rule: &PolicyRule) {
    let (rule, reason) = (rule.clone(), text("we look at it"));
    scene.world.ask(scene.home, "mia", Command::SetPolicy { rule, reason }).unwrap();
}

fn lift(scene: &mut Scene, rule: &PolicyRule) {
    let command = Command::LiftPolicy { rule: rule.clone() };
    scene.world.ask(scene.home, "mia", command).unwrap();
    scene.world.run(30_000);
}

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap()
}

#[test]
fn paused_policy_does_nothing_by_itself_and_goes_on_when_it_is_resumed() {
    let mut scene = given();
    let pause = PolicyRule::Pause { project: pattern(PROJECT), place: pattern("Live") };
    set(&mut scene, &pause);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    assert_eq!(scene.installed(0, 0, "Live"), None);
    lift(&mut scene, &pause);
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"));
}

#[test]
fn a_person_deploys_also_where_policy_is_paused() {
    let mut scene = given();
    let pause = PolicyRule::Pause { project: Pattern::all(), place: Pattern::all() };
    set(&mut scene, &pause);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.deploy("1.0.0", "Live").unwrap();
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"));
}

#[test]
fn where_a_version_is_pinned_policy_deploys_no_other() {
    let mut scene = given();
    let pin = |at: &str| PolicyRule::Pin {
        project: pattern(PROJECT),
        environment: name("Live"),
        version: at.parse().unwrap(),
    };
    set(&mut scene, &pin("1.0.0"));
    for version in ["1.0.0", "1.1.0"] {
        scene.create(version).unwrap();
        scene.deploy(version, "Dev").unwrap();
        scene.world.run(30_000);
    }
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"));
    set(&mut scene, &pin("1.1.0"));
    scene.world.run(30_000);
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.1.0"), "another pin instead");
    let rules = scene.engine(0).state().restraints.rules().count();
    assert_eq!(rules, 1, "one pin for a project in an environment");
}

#[test]
fn a_place_that_is_down_can_be_skipped_and_catches_up_by_itself() {
    let mut world = World::new(10);
    let (home, one, two) = (world.found("Home"), world.found("One"), world.found("Two"));
    for other in [one, two] {
        world.link(home, other, World::usual_grants(PROJECT));
    }
    let mut scene = Scene { world, home };
    let mut all = phases(&["Dev"]);
    let mut wave = phase("First", &[], &["One", "Two"], true);
    wave.environments = vec![pattern("One: Live"), pattern("Two: Live")];
    all.push(wave);
    all.push(phase("After", &["After"], &[], true));
    scene.apply(home, space(&["Dev", "After"], all, project())).unwrap();
    let live = vec![phase("Live", &["Live"], &[], true)];
    for other in [one, two] {
        scene.apply(other, target("Home", &["Live"], live.clone())).unwrap();
    }
    scene.world.run(10_000);
    scene.world.crash(two);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    assert_eq!(scene.installed(home, one, "Live").as_deref(), Some("1.0.0"), "it did not wait");
    assert_eq!(scene.installed(home, home, "After"), None);
    set(&mut scene, &PolicyRule::Skip { place: pattern("Two: *") });
    scene.world.run(30_000);
    assert_eq!(scene.installed(home, home, "After").as_deref(), Some("1.0.0"));
    scene.world.start(two).unwrap();
    scene.world.run(120_000);
    assert_eq!(scene.installed(home, two, "Live").as_deref(), Some("1.0.0"), "it caught up");
}

#[test]
fn a_phase_is_not_done_by_skipping_all_of_it() {
    let mut scene = given();
    set(&mut scene, &PolicyRule::Skip { place: pattern("Dev") });
    scene.create("1.0.0").unwrap();
    assert!(said(scene.deploy("1.0.0", "Live")).contains("phase Dev is not complete"));
}

#[test]
fn a_change_of_configuration_moves_the_newest_release_and_no_older_one() {
    let mut world = World::new(13);
    let (home, away) = (world.found("Home"), world.found("Away"));
    world.link(home, away, World::usual_grants(PROJECT));
    let mut scene = Scene { world, home };
    scene.apply(home, space(&["Dev", "Live"], phases(&["Dev"]), project())).unwrap();
    scene.apply(away, target("Home", &["There"], phases(&["There"]))).unwrap();
    scene.world.run(10_000);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        scene.create(version).unwrap();
        scene.deploy(version, "Dev").unwrap();
    }
    let mut all = phases(&["Dev"]);
    all.push(phase("Live", &["Live"], &["Away"], true));
    scene.apply(home, space(&["Dev", "Live"], all, project())).unwrap();
    scene.world.run(30_000);
    assert_eq!(scene.installed(home, home, "Live").as_deref(), Some("1.2.0"));
    assert_eq!(scene.installed(home, away, "There"), None, "that is for its people to do");
    scene.world.crash(home);
    scene.world.start(home).unwrap();
    scene.world.run(60_000);
    let events = scene.events(home);
    let went = |version: &str| {
        let id = scene.release_id(version);
        let count = events.iter().filter(|event| {
            if let Event::DeploymentStarted(started) = event {
                started.release == id && started.environment == name("Live")
            } else {
                matches!(event, Event::ReleasePromoted(promoted) if promoted.release == id)
            }
        });
        count.count()
    };
    assert_eq!([went("1.0.0"), went("1.1.0"), went("1.2.0")], [0, 0, 2]);
}

#[test]
fn what_people_rolled_back_to_stays() {
    let mut scene = given();
    let home = scene.home;
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    assert_eq!(scene.installed(home, home, "Live").as_deref(), Some("1.0.0"));
    let pause = PolicyRule::Pause { project: pattern("*"), place: pattern("Live") };
    set(&mut scene, &pause);
    for version in ["1.1.0", "1.2.0"] {
        scene.create(version).unwrap();
        scene.deploy(version, "Dev").unwrap();
    }
    scene.deploy("1.2.0", "Live").unwrap();
    let lift = Command::LiftPolicy { rule: pause };
    scene.world.ask(home, "dana", lift).unwrap();
    scene.world.run(10_000);
    scene.deploy("1.0.0", "Live").unwrap();
    scene.world.run(60_000);
    assert_eq!(scene.installed(home, home, "Live").as_deref(), Some("1.0.0"), "policy waits");
    scene.create("1.3.0").unwrap();
    scene.deploy("1.3.0", "Dev").unwrap();
    assert_eq!(scene.installed(home, home, "Live").as_deref(), Some("1.3.0"), "and goes on");
}

#[test]
fn policy_promotes_nothing_that_is_not_let_in_and_explain_says_so() {
    let there = target("Home", &["Live"], phases(&["Live"]));
    let (mut scene, away) = Scene::pair(project(), there);
    let home = scene.home;
    let grant = |grants| Command::Grant { peer: name("Home"), grants };
    scene.world.ask(away, "dana", grant(Vec::new())).unwrap();
    scene.world.run(10_000);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let state = scene.engine(home).state();
    let (id, now_ms) = (scene.release_id("1.0.0"), scene.world.now().wall_ms);
    let explained = explain::of(state, &id, None, &Actor::Policy, now_ms);
    let out = explained.iter().find(|it| it.phase.as_str() == "Out").unwrap();
    let gates: Vec<_> = out.obstacles.iter().map(|it| it.gate).collect();
    assert_eq!(gates, [Gate::Link]);
    assert!(out.obstacles[0].rejection.hint.contains("--accept-releases Web"));
    let [_, usual] = World::usual_grants(PROJECT);
    scene.world.ask(away, "dana", grant(usual)).unwrap();
    scene.world.run(60_000);
    assert!(scene.knows(away, "1.0.0"), "it goes as soon as it is let in");
}

#[test]
fn a_rule_for_a_pattern_of_projects_accepts_them_and_one_that_names_a_project_counts_before_it() {
    let ruled = |patterns: &[&str]| {
        let mut there = target("Home", &["Live"], phases(&["Live"]));
        let at = there.iter().position(|it| matches!(it, Definition::Acceptance(_))).unwrap();
        let Definition::Acceptance(rule) = there.remove(at) else { panic!("it is one") };
        let rules = patterns.iter().map(|it| Acceptance { project: name(it), ..rule.clone() });
        there.extend(rules.map(|it| {
            let automatic = it.project.as_str() != PROJECT;
            Definition::Acceptance(Acceptance { automatic, ..it })
        }));
        there
    };
    let (mut scene, away) = Scene::pair(project(), ruled(&["*", "Wb*"]));
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(60_000);
    let answer =
        |scene: &Scene, version| scene.release(away, version).import().unwrap().answer.clone();
    assert!(matches!(answer(&scene, "1.0.0"), Answer::Accepted { .. }));
    scene.apply(away, ruled(&["*", PROJECT])).unwrap();
    scene.create("1.1.0").unwrap();
    scene.deploy("1.1.0", "Dev").unwrap();
    scene.world.run(60_000);
    assert_eq!(answer(&scene, "1.1.0"), Answer::Waiting, "this project is left to people");
    scene.apply(away, ruled(&["*"])).unwrap();
    scene.world.run(1_000);
    assert!(matches!(answer(&scene, "1.1.0"), Answer::Accepted { .. }), "now it is not");
}

#[test]
fn of_what_was_held_up_the_newest_goes_and_nothing_before_it() {
    let mut scene = given();
    let pause = PolicyRule::Pause { project: Pattern::all(), place: pattern("Live") };
    set(&mut scene, &pause);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        scene.create(version).unwrap();
        scene.deploy(version, "Dev").unwrap();
    }
    // Another place for all of them, and then the old one is open again.
    let mut all = phases(&["Dev", "Live"]);
    all[1].automatic = true;
    all[1].environments.push(pattern("Perf"));
    scene.apply(0, space(&["Dev", "Live", "Perf"], all, project())).unwrap();
    scene.world.run(30_000);
    lift(&mut scene, &pause);
    let begun = |environment: &str| {
        let started = scene.events(0).into_iter().filter_map(|event| {
            if let Event::DeploymentStarted(it) = event { Some(it) } else { None }
        });
        let there = started.filter(|it| it.environment == name(environment));
        there.map(|it| it.release.version.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        (begun("Perf"), begun("Live")),
        (vec!["1.2.0".to_owned()], vec!["1.2.0".to_owned()])
    );
}

#[test]
fn of_what_waits_in_the_inbox_a_new_rule_accepts_the_newest_alone() {
    let there = target("Home", &["Live"], phases(&["Live"]));
    let mut by_hand = there.clone();
    by_hand.retain(|it| !matches!(it, Definition::Acceptance(_)));
    let (mut scene, away) = Scene::pair(project(), by_hand);
    for version in ["1.0.0", "1.1.0"] {
        scene.create(version).unwrap();
        scene.deploy(version, "Dev").unwrap();
        scene.world.run(30_000);
    }
    scene.apply(away, there).unwrap();
    scene.world.run(30_000);
    let answer = |version| scene.release(away, version).import().unwrap().answer.clone();
    assert!(matches!(answer("1.1.0"), Answer::Accepted { .. }));
    assert_eq!(answer("1.0.0"), Answer::Waiting, "people left it there");
}

#[test]
fn what_was_cut_short_is_begun_again_when_what_holds_it_up_is_over() {
    for by_time in [true, false] {
        let mut scene = given();
        scene.create("1.0.0").unwrap();
        let release = scene.named(0, "1.0.0");
        let (environment, tenant, bypass) = (name("Dev"), None, None);
        let deploy = Command::Deploy { release, environment, tenant, bypass };
        scene.world.ask(0, "dana", deploy).unwrap();
        let now_ms = scene.world.now().wall_ms;
        let freeze = FreezeMade {
            name: name("Sale"),
            projects: vec![Pattern::all()],
            environments: vec![Pattern::all()],
            from_ms: now_ms,
            until_ms: by_time.then_some(now_ms + 60_000),
            reason: text("the shops are full"),
        };
        scene.world.ask(0, "mia", Command::Freeze { freeze: Box::new(freeze) }).unwrap();
        scene.world.crash(0);
        scene.world.start(0).unwrap();
        scene.world.run(30_000);
        assert_eq!(scene.installed(0, 0, "Dev"), None);
        if !by_time {
            let lift = Command::LiftFreeze { name: name("Sale"), reason: text("all is well") };
            scene.world.ask(0, "mia", lift).unwrap();
        }
        scene.world.run(60_000);
        assert_eq!(scene.installed(0, 0, "Dev").as_deref(), Some("1.0.0"), "{by_time}");
    }
}
