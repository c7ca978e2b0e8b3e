//! Freezes and windows: when nothing is deployed, whoever asks.

use super::scene::{PROJECT, Scene, phases, project, said, space, target, with};
use engine::command::{Command, Done, Rejection};
use schema::v1::event::FreezeMade;
use schema::v1::model::Window;
use tests::pipeline::{phase, text};
use tests::world::{World, name};

const HOUR_MS: u64 = 60 * 60 * 1_000;

fn given() -> Scene {
    let mut scene = Scene::given(space(&["Dev", "Live"], phases(&["Dev", "Live"]), project()));
    scene.create("1.0.0").unwrap();
    scene
}

fn freeze(
    scene: &mut Scene,
    called: &str,
    environments: &[&str],
    until_ms: Option<u64>,
) -> Result<Done, Rejection> {
    let freeze = FreezeMade {
        name: name(called),
        projects: vec!["*".parse().unwrap()],
        environments: environments.iter().map(|it| it.parse().unwrap()).collect(),
        from_ms: scene.world.now().wall_ms,
        until_ms,
        reason: text("the shops are full"),
    };
    scene.world.ask(0, "mia", Command::Freeze { freeze: Box::new(freeze) })
}

fn lift(scene: &mut Scene, called: &str) -> Result<Done, Rejection> {
    let command = Command::LiftFreeze { name: name(called), reason: text("all is well") };
    scene.world.ask(0, "mia", command)
}

#[test]
fn nothing_is_deployed_where_a_freeze_holds_until_it_is_lifted() {
    let mut scene = given();
    freeze(&mut scene, "Sale", &["Live"], None).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    let told = said(scene.deploy("1.0.0", "Live"));
    for word in ["frozen by Sale", "the shops are full", "interspace freeze"] {
        assert!(told.contains(word), "{told}");
    }
    lift(&mut scene, "Sale").unwrap();
    scene.deploy("1.0.0", "Live").unwrap();
    assert!(said(lift(&mut scene, "Sale")).contains("no freeze Sale"));
}

#[test]
fn a_freeze_of_everything_stops_the_line_promotions_too() {
    let mut world = World::new(9);
    let (home, away) = (world.found("Home"), world.found("Away"));
    world.link(home, away, World::usual_grants(PROJECT));
    let mut scene = Scene { world, home };
    let mut all = phases(&["Dev"]);
    all.push(phase("Out", &[], &["Away"], true));
    scene.apply(home, space(&["Dev"], all, project())).unwrap();
    scene.apply(away, target("Home", &["Live"], phases(&["Live"]))).unwrap();
    scene.world.run(10_000);
    scene.create("1.0.0").unwrap();
    freeze(&mut scene, "Stop", &["Away: *"], None).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    assert!(!scene.knows(away, "1.0.0"), "nothing is promoted");
    freeze(&mut scene, "Line", &["*"], None).unwrap();
    assert!(said(scene.deploy("1.0.0", "Dev")).contains("frozen by Line"));
    lift(&mut scene, "Line").unwrap();
    lift(&mut scene, "Stop").unwrap();
    scene.world.run(30_000);
    assert!(scene.knows(away, "1.0.0"), "what it held up goes on by itself");
}

#[test]
fn what_a_freeze_held_up_goes_on_when_its_time_is_over_also_after_a_stop() {
    for stops in [false, true] {
        let mut all = phases(&["Dev", "Live"]);
        all[1].automatic = true;
        let mut scene = Scene::given(space(&["Dev", "Live"], all, project()));
        scene.create("1.0.0").unwrap();
        let until = scene.world.now().wall_ms + HOUR_MS;
        freeze(&mut scene, "Sale", &["Live"], Some(until)).unwrap();
        scene.deploy("1.0.0", "Dev").unwrap();
        scene.world.run(HOUR_MS / 2);
        assert_eq!(scene.installed(0, 0, "Live"), None);
        if stops {
            scene.world.crash(0);
            scene.world.start(0).unwrap();
        }
        scene.world.run(HOUR_MS);
        assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"), "{stops}");
    }
}

#[test]
fn a_freeze_makes_sense_or_is_not_made() {
    let mut scene = given();
    freeze(&mut scene, "Sale", &["Live"], None).unwrap();
    assert!(said(freeze(&mut scene, "Sale", &["Dev"], None)).contains("already"));
    let over = Some(scene.world.now().wall_ms - 1);
    assert!(said(freeze(&mut scene, "Over", &["Dev"], over)).contains("over before it begins"));
    assert!(
        said(freeze(&mut scene, "Far", &["Mars: *"], None)).contains("no space is called Mars")
    );
}

#[test]
fn outside_of_its_windows_an_environment_is_shut_and_policy_waits_for_the_next() {
    let mut all = phases(&["Dev", "Live"]);
    all[1].automatic = true;
    // The world begins on a Thursday at midnight.
    let window = Window { days: vec![4], from_min: 9 * 60, until_min: 17 * 60 };
    let definitions = with(space(&["Dev", "Live"], all, project()), "Live", |it| {
        it.windows = vec![window.clone()];
    });
    let mut scene = Scene::given(definitions);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    let told = said(scene.deploy("1.0.0", "Live"));
    assert!(told.contains("outside of its windows"), "{told}");
    scene.world.run(32 * HOUR_MS);
    assert_eq!(scene.installed(0, 0, "Live"), None, "Friday, eight in the morning");
    scene.world.run(2 * HOUR_MS);
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"), "and ten");
}
