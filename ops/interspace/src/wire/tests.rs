//! Founding where it cannot succeed.

use super::*;

#[test]
fn a_space_that_could_not_reach_its_server_is_not_made() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("node.toml");
    let text = "[nats]\nservers = [\"nats://127.0.0.1:1\"]\nmake_streams = false\n\
                [space.Home.nats]\ncredentials = \"missing.creds\"\n";
    std::fs::write(&file, text).unwrap();
    let config = Config::read(&file).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = place.path().join("node");
    let open = || Running::open(&folder, config.clone(), runtime.handle().clone()).unwrap();
    let node = open();
    let Err(Trouble::Failed(why)) = node.found(&"Home".parse().unwrap()) else {
        panic!("it was made");
    };
    assert!(why.contains("missing.creds"), "{why}");
    node.found(&"Away".parse().unwrap()).unwrap();
    node.stop().unwrap();
    drop(node);
    let again = open();
    let names: Vec<_> = again.spaces().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["Away".parse().unwrap()], "nothing stayed behind");
    again.stop().unwrap();
}
