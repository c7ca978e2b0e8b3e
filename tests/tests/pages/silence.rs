//! Silence: a cut link turns its cells stale on an open page, and says since when.

use crate::stage::Stage;
use tests::pipeline::Pipeline;
use tests::world::World;

/// A pipeline whose release is everywhere.
fn told() -> (Stage, Pipeline) {
    let mut world = World::new(3);
    let pipeline = Pipeline::build(&mut world);
    world.run(2_000);
    pipeline.create(&mut world, "1.0.0", 10_000).expect("created");
    pipeline.deploy(&mut world, pipeline.dev, "1.0.0", "Dev").expect("deployed");
    world.run(30_000);
    (Stage::of(world), pipeline)
}

/// The cells of a page or an event that show an environment of this space.
fn cells<'a>(html: &'a str, place: &str) -> Vec<&'a str> {
    let cells = html.split("<div id=\"c").skip(1);
    cells.filter(|cell| cell.contains(&format!(" in {place}: "))).collect()
}

#[test]
fn t07_a_cut_link_turns_its_cells_stale_and_says_since_when() {
    let (stage, pipeline) = told();
    let visitor = stage.visitor();
    let mut events = visitor.listen("/spaces/DevTest%20Space/events", None);
    let before = events.shown();
    for place in ["Prod US", "Prod EU"] {
        let shown = cells(&before.data, place);
        assert_eq!(shown.len(), 2, "{}", before.data);
        assert!(shown.iter().all(|cell| cell.contains("heard") && !cell.contains("stale")));
    }
    stage.play(|world| {
        let ever = world.clock_ms + 10_000_000;
        world.network.cut(pipeline.dev, pipeline.us, ever);
        world.run(120_000);
    });
    let page = visitor.get("/spaces/DevTest%20Space/").body;
    assert!(!page.contains("stale"), "two minutes are no silence yet");
    stage.play(|world| world.run(60_000));
    let after = events.find(|event| event.data.contains("stale")).expect("it is told");
    assert_eq!(after.id, before.id, "no entry came: only time has passed");
    let stale = cells(&after.data, "Prod US");
    assert_eq!(stale.len(), 2, "{}", after.data);
    for cell in stale {
        assert!(cell.contains("not heard since <b><time datetime=\"2026-01-01T00:00:"), "{cell}");
        assert!(cell.contains("UTC</time>"), "{cell}");
        // What is installed there is still shown, as of then.
        assert!(cell.contains("1.0.0") && cell.contains("succeeded"), "{cell}");
    }
    let page = visitor.get("/spaces/DevTest%20Space/").body;
    assert!(cells(&page, "Prod US").iter().all(|cell| cell.contains("min ago")), "{page}");
    let eu = cells(&page, "Prod EU");
    assert!(eu.len() == 2 && eu.iter().all(|cell| !cell.contains("stale")), "the other is heard");
    stage.play(|world| {
        let now = world.clock_ms;
        world.network = tests::network::Network::new();
        world.run(now.min(120_000));
    });
    let mended = events.find(|event| !cells(&event.data, "Prod US").is_empty()).unwrap();
    assert!(!mended.data.contains("stale"), "{}", mended.data);
}

#[test]
fn a_space_that_was_closed_says_so() {
    let (stage, pipeline) = told();
    let visitor = stage.visitor();
    let mut events = visitor.listen("/spaces/Prod%20US/events", None);
    events.shown();
    stage.play(|world| world.crash(pipeline.us));
    assert!(events.all(|event| event.kind != "show"), "what is told of it ends");
    let seen = visitor.get("/spaces/Prod%20US/");
    assert_eq!(seen.status, 503);
    assert!(seen.body.contains("Not open") && seen.body.contains("its disk is full"));
    assert!(visitor.get("/").body.contains("closed: "));
    assert_eq!(visitor.get("/spaces/Prod%20EU/").status, 200);
}
