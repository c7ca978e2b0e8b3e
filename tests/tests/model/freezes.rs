//! Freezes and windows: when nothing is deployed, whoever asks.

use super::scene::{PROJECT, Scene, phases, project, said, space, target, with};
use engine::command::{Command, Done, Rejection};
use schema::v1::event::{FreezeMade, Pattern, PolicyRule};
use schema::v1::model::Window;
use tests::pipeline::text;
use tests::world::name;

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
    let (mut scene, away) = Scene::pair(project(), target("Home", &["Live"], phases(&["Live"])));
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

#[test]
fn what_would_hold_nothing_is_refused() {
    let (mut scene, away) = Scene::pair(project(), target("Home", &["Live"], phases(&["Live"])));
    let home = scene.home;
    let pattern = |text: &str| text.parse::<Pattern>().unwrap();
    let set = |rule| Command::SetPolicy { rule, reason: text("we look at it") };
    let freeze = |project: &str, environment: &str| {
        let freeze = FreezeMade {
            name: name("Sale"),
            projects: vec![pattern(project)],
            environments: vec![pattern(environment)],
            from_ms: 0,
            until_ms: None,
            reason: text("the shops are full"),
        };
        Command::Freeze { freeze: Box::new(freeze) }
    };
    let pause = |project: &str, place: &str| {
        set(PolicyRule::Pause { project: pattern(project), place: pattern(place) })
    };
    let pin = |environment: &str| {
        let (project, version) = (pattern(PROJECT), tests::pipeline::version("1.0.0"));
        set(PolicyRule::Pin { project, environment: name(environment), version })
    };
    let skip = |place: &str| set(PolicyRule::Skip { place: pattern(place) });
    let odd = [
        (freeze("Wbe", "*"), "there is no project Wbe here; there are: Web"),
        (freeze("web", "*"), "there is no project web here"),
        (freeze("Away: Web", "*"), "there is no project Away: Web here; none is known yet"),
        (freeze("*", "Dve"), "there is no environment Dve here; there are: Dev"),
        (freeze("*", "Away: Live"), "is decided there; to hold up what goes to it: `'Away: *'`"),
        (freeze("*", "Nowhere: *"), "no space is called Nowhere here"),
        (pause("Wbe", "*"), "there is no project Wbe here"),
        (pause("*", "Dve"), "there is no environment Dve here"),
        (pause("*", "Away"), "there is no environment Away here; Away is a space"),
        (pin("Dve"), "there is no environment Dve here"),
        (skip("Dve"), "there is no environment Dve here"),
        (skip("Away"), "all of it is `'Away: *'`"),
        (skip("Away: Lvie"), "there is no environment Away: Lvie here; there are: Live"),
    ];
    for (command, told) in odd {
        let said = said(scene.world.ask(home, "mia", command));
        assert!(said.contains(told), "{said}");
    }
    let good =
        [freeze(PROJECT, "Dev"), pause("Home: Web", "Away: *"), pin("Dev"), skip("Away: Live")];
    for command in good {
        scene.world.ask(home, "mia", command).unwrap();
    }
    // What another space is known to release, or by a rule may release, has a name here.
    let freeze = freeze("Home: Web", "*");
    scene.world.ask(away, "mia", freeze).unwrap();
}
