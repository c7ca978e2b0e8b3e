//! The server between nodes: a page says at once that it is not reached, before anything is stale.

use crate::stage::Stage;
use api_http::port::Carriage;
use tests::pipeline::Pipeline;
use tests::world::World;

const PAGE: &str = "/spaces/DevTest%20Space/";

/// How it is while all is well.
fn well() -> Carriage {
    Carriage {
        over: "NATS",
        connected: true,
        server: None,
        disconnected_at_ms: None,
        trouble: None,
        stored: 1,
        not_stored: 2,
        taken: 3,
        connections: 4,
    }
}

/// How it is without a connection since five seconds past noon.
fn cut() -> Carriage {
    Carriage {
        connected: false,
        disconnected_at_ms: Some(1_767_268_805_000),
        trouble: Some("<refused>\u{202e}".to_owned()),
        ..well()
    }
}

#[test]
fn a_connection_that_is_cut_is_told_at_once_and_so_is_its_return() {
    let mut world = World::new(8);
    let pipeline = Pipeline::build(&mut world);
    world.run(30_000);
    let dev = world.sites[pipeline.dev].id;
    let stage = Stage::of(world);
    stage.carry(dev, well());
    let visitor = stage.visitor();
    let mut events = visitor.listen(&format!("{PAGE}events"), None);
    let first = events.shown();
    assert!(first.data.contains("over NATS") && !first.data.contains("no connection"));
    stage.carry(dev, cut());
    let told = events.find(|event| event.data.contains("no connection to the server")).unwrap();
    assert_eq!(told.id, first.id, "no entry came: only the server is gone");
    assert!(!told.data.contains("id=\"sheet\""), "only what changed");
    let page = visitor.get(PAGE).body;
    let line = "no connection to the server</b> since <time datetime=\"2026-01-01T12:00:05.000Z\"";
    for said in [line, "12:00:05 UTC", "&lt;refused&gt;\\u{202e}", "<b>no connection</b> since "] {
        assert!(page.contains(said), "{said} is missing in {page}");
    }
    assert!(!page.contains(" stale"), "silence is known only later");
    stage.carry(dev, well());
    let mended = events.find(|event| event.data.contains("id=\"w\"")).unwrap();
    assert!(!mended.data.contains("no connection"), "{}", mended.data);
    assert!(!visitor.get(PAGE).body.contains("no connection"));
}

#[test]
fn what_the_server_denies_is_told_though_there_is_a_connection() {
    let mut world = World::new(9);
    let pipeline = Pipeline::build(&mut world);
    world.run(30_000);
    let dev = world.sites[pipeline.dev].id;
    let stage = Stage::of(world);
    stage.carry(dev, Carriage { trouble: Some("denied".to_owned()), ..well() });
    let page = stage.visitor().get(PAGE).body;
    assert!(page.contains("trouble with the server</b>: <bdi>denied"), "{page}");
    assert!(!page.contains("no connection"), "{page}");
}

#[test]
fn peers_on_the_same_node_need_no_server() {
    let mut world = World::new(10);
    Pipeline::build(&mut world);
    world.run(30_000);
    let stage = Stage::of(world);
    let page = stage.visitor().get(PAGE).body;
    assert!(page.contains("on this node") && !page.contains("the server"), "{page}");
}
