//! Phases: minimum completions, optional ones, time to soak, environments of other spaces.

use super::scene::{PROJECT, Scene, phases, project, said, space, target};
use schema::v1::model::Phase;
use tests::pipeline::phase;
use tests::world::World;

#[test]
fn enough_of_a_phase_is_enough_where_a_minimum_is_said() {
    let first = Phase { minimum: Some(2), ..phase("Test", &["A", "B", "C"], &[], false) };
    let all = vec![first, phase("Live", &["Live"], &[], false)];
    let mut scene = Scene::given(space(&["A", "B", "C", "Live"], all, project()));
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "B").unwrap();
    let told = said(scene.deploy("1.0.0", "Live"));
    assert!(told.contains("(2 of 3 are enough)") && told.contains("A has not been"), "{told}");
    scene.deploy("1.0.0", "C").unwrap();
    scene.deploy("1.0.0", "Live").unwrap();
}

#[test]
fn an_optional_phase_may_be_left_out_and_the_one_before_it_may_not() {
    let canary = Phase { optional: true, ..phase("Canary", &["Canary"], &[], false) };
    let all =
        vec![phase("Dev", &["Dev"], &[], false), canary, phase("Live", &["Live"], &[], false)];
    let mut scene = Scene::given(space(&["Dev", "Canary", "Live"], all, project()));
    scene.create("1.0.0").unwrap();
    assert!(said(scene.deploy("1.0.0", "Live")).contains("phase Dev is not complete"));
    assert!(said(scene.deploy("1.0.0", "Canary")).contains("phase Dev is not complete"));
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.deploy("1.0.0", "Live").unwrap();
}

#[test]
fn a_release_soaks_before_it_goes_on_also_when_the_node_was_stopped_meanwhile() {
    for stops in [false, true] {
        let test = Phase { soak_s: 3_600, ..phase("Test", &["Test"], &[], false) };
        let all = vec![test, phase("Live", &["Live"], &[], true)];
        let mut scene = Scene::given(space(&["Test", "Live"], all, project()));
        scene.create("1.0.0").unwrap();
        scene.deploy("1.0.0", "Test").unwrap();
        assert!(said(scene.deploy("1.0.0", "Live")).contains("must soak for 3"), "by hand neither");
        scene.world.run(3_000_000);
        assert_eq!(scene.installed(0, 0, "Live"), None);
        if stops {
            scene.world.crash(0);
            scene.world.clock_ms += 700_000;
            scene.world.start(0).unwrap();
            scene.world.run(10_000);
        } else {
            scene.world.run(700_000);
        }
        assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"), "{stops}");
    }
}

#[test]
fn an_environment_of_another_space_is_a_gate_that_its_own_receipt_opens() {
    let mut world = World::new(12);
    let (home, qa, ops) = (world.found("Home"), world.found("QA"), world.found("Ops"));
    for other in [qa, ops] {
        world.link(home, other, World::usual_grants(PROJECT));
    }
    let mut scene = Scene { world, home };
    let mut tested = phase("QA", &[], &["QA"], true);
    tested.environments = vec!["QA: Test".parse().unwrap()];
    let mut all = phases(&["Dev"]);
    all.extend([tested, phase("Ops", &[], &["Ops"], true)]);
    scene.apply(home, space(&["Dev"], all, project())).unwrap();
    scene.apply(qa, target("Home", &["Test"], phases(&["Test"]))).unwrap();
    scene.apply(ops, target("Home", &["Live"], phases(&["Live"]))).unwrap();
    scene.world.run(10_000);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    assert!(scene.knows(qa, "1.0.0") && !scene.knows(ops, "1.0.0"));
    scene.deploy_at(qa, "dana", "1.0.0", "Test", None).unwrap();
    scene.world.run(30_000);
    assert!(scene.knows(ops, "1.0.0"), "by itself, once QA's receipt is here");
}

#[test]
fn t25_a_clock_that_is_set_back_holds_up_nothing_that_need_not_soak() {
    let mut scene = Scene::given(space(&["Dev", "Live"], phases(&["Dev", "Live"]), project()));
    scene.world.wall_shift_ms = 365 * 24 * 3_600_000;
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.wall_shift_ms = 0;
    scene.deploy("1.0.0", "Live").unwrap();
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"));
}
