//! Whom a space trusted, then: asked of a node that runs, of its files, and of an archive.

use crate::archive::elsewhere;
use crate::command::{Said, interspace, run};
use crate::node::Node;
use crate::rotation::{pair, sealed_to};
use crate::space::Place;
use serde_json::{Value, json};

/// Asks a node, that runs or does not.
fn ask(place: &Place, more: &[&str]) -> Said {
    let asked = ["-s", "Home", "-o", "json", "audit", "trust"];
    run(interspace(&[&asked[..], more].concat()).arg("--dir").arg(place.node()))
}

/// Where an event stands among the decisions.
fn position(told: &Value, event: &str) -> u64 {
    let decisions = told["decisions"].as_array().unwrap();
    let found = decisions.iter().rfind(|one| one["event"] == event);
    found.unwrap_or_else(|| panic!("no {event} in {told}"))["position"].as_u64().unwrap()
}

fn events(told: &Value) -> Vec<&str> {
    let decisions = told["decisions"].as_array().unwrap();
    decisions.iter().map(|one| one["event"].as_str().unwrap()).collect()
}

/// Trusts a space, lets its releases in, ends the link; and people come and go in between.
fn decide(place: &Place, node: &Node) {
    let home = ["-s", "Home"];
    let say = |words: &[&str]| node.run(&[&home[..], words].concat()).good();
    say(&["link", "grant", "Away", "--accept-releases", "Pay*", "--accept-results"]);
    node.run(&["-s", "Away", "key", "rotate"]).good();
    sealed_to(node, "Home", 1);
    crate::command::eventually("the peer's newer keys", || {
        let told = ask(place, &[]).good().json();
        (told["peers"][0]["keys"] == 2).then_some(())
    });
    say(&["link", "revoke", "Away"]);
}

#[test]
fn whom_a_space_let_releases_in_from_is_answered_for_any_moment() {
    let place = Place::new();
    let node = pair(&place);
    decide(&place, &node);
    let told = ask(&place, &[]).good().json();
    assert_eq!(
        events(&told),
        ["configuration.applied", "peer.trusted", "grants.changed", "peer.stated", "link.revoked"],
        "{told}"
    );
    assert_eq!(told["at"], Value::Null);
    assert_eq!(told["peers"][0]["state"], "revoked");
    assert_eq!(told["peers"][0]["revoked_at"], told["decisions"][4]["at"]);
    assert!(told["decisions"].as_array().unwrap().iter().all(|one| one["at"].is_string()));
    // Before the grant, with it, and after all.
    let (granted, revoked) = (position(&told, "grants.changed"), position(&told, "link.revoked"));
    let at = |position: u64| ask(&place, &["--at", &position.to_string()]).good().json();
    let before = at(granted - 1);
    assert_eq!(before["peers"][0]["grants"]["accept_releases"], json!([]));
    assert_eq!(before["peers"][0]["keys"], 1);
    let then = at(revoked - 1);
    assert_eq!(then["peers"][0]["state"], "open");
    assert_eq!(then["peers"][0]["grants"]["accept_releases"], json!(["Pay*"]));
    assert_eq!(then["decisions"][2]["grants"], then["peers"][0]["grants"]);
    assert_eq!(then["decisions"][2]["by"], "operator");
    // By time: a day before there was nothing, and by the end of today there is everything.
    let none = ask(&place, &["--at", "2020-02-29"]).good().json();
    assert_eq!((&none["peers"], &none["decisions"]), (&json!([]), &json!([])));
    let moment = &told["decisions"][2]["at"];
    let until = ask(&place, &["--at", moment.as_str().unwrap()]).good().json();
    let mut expected = told["decisions"].as_array().unwrap().clone();
    expected.retain(|one| one["at"].as_str() <= moment.as_str());
    assert_eq!(until["decisions"], Value::from(expected));
    assert_eq!(ask(&place, &["--at", "2999-01-01"]).good().json()["decisions"], told["decisions"]);
    // The files alone say the same, and so does an archive where nothing else is.
    let file = place.file("home.archive");
    node.run(&["-s", "Home", "audit", "export", file.to_str().unwrap()]).good();
    node.stop();
    let stopped = ask(&place, &[]).good().json();
    assert_eq!(stopped["decisions"], told["decisions"]);
    let far = elsewhere(&["-o", "json", "audit", "trust", "--archive"], &file).good().json();
    assert_eq!((&far["peers"], &far["decisions"]), (&told["peers"], &told["decisions"]));
    let text = elsewhere(&["audit", "trust", "--archive"], &file).good().out;
    for word in ["accept releases of Pay*", "revoked since", "link.revoked", "key statement 2"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    ask(&place, &["--at", "yesterday"]).fails(2, &["neither a day nor a time", "2026-03-03"]);
    ask(&place, &["--peer", "Nobody"]).fails(3, &["no space called Nobody"]);
    assert_eq!(ask(&place, &["--peer", "Away"]).good().json()["peers"], told["peers"]);
    let cut = std::fs::read_to_string(&file).unwrap();
    let cut = cut.rsplit_once("{\"first\"").unwrap().0.to_owned();
    std::fs::write(&file, cut).unwrap();
    let said = elsewhere(&["audit", "trust", "--archive"], &file);
    said.fails(7, &["the archive is damaged", "get it again"]);
}
