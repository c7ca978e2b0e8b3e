//! Mistakes of people: each is named with what to do next, has its exit code, and changes nothing.

use crate::command::{interspace, run};
use crate::node::Node;
use crate::space::{Place, deploy, entries, outcomes};

#[test]
fn a_configuration_with_a_mistake_names_it_and_changes_nothing() {
    let place = Place::new();
    let node = place.with_home();
    let before = entries(&node);
    let small = place.small("Home");
    let unknown = small.replacen("name = \"dana\"", "nmae = \"dana\"", 1);
    let mistakes: [(String, &[&str]); 6] = [
        (unknown, &["line 5", "nmae", "spelling"]),
        (small.replace("lifecycle = \"Standard\"", "lifecycle = \"Nowhere\""), &["Nowhere"]),
        (small.replace("environments = [\"Dev\"]", "environments = [\"Live\"]"), &["Live"]),
        (place.small("Elsewhere"), &["Elsewhere", "not for Home", "--space"]),
        (small.replace("lifecycle = \"Standard\"\n", ""), &["lifecycle", "missing"]),
        (small.replace("[space]", "[space"), &["line 1"]),
    ];
    for (text, words) in mistakes {
        let file = place.write("space.toml", &text);
        node.run(&["-s", "Home", "apply", "-f", &file]).fails(2, words);
        assert_eq!(entries(&node), before, "{words:?}");
    }
    let right = place.write("space.toml", &small);
    let applied = node.run(&["-o", "json", "apply", "-f", &right]).good().json();
    assert_eq!(applied["changes"], serde_json::json!([]));
    node.run(&["apply", "-f", "/nowhere/space.toml"]).fails(1, &["/nowhere/space.toml"]);
    node.stop();
}

#[test]
fn what_is_not_there_is_said_to_be_not_there() {
    let place = Place::new();
    let node = place.with_home();
    let missing: [(&[&str], &str); 8] = [
        (&["-s", "Nowhere", "dashboard"], "Nowhere"),
        (&["-s", "Nowhere", "--as", "dana", "dashboard"], "Nowhere"),
        (&["release", "show", "App", "9.9.9"], "App 9.9.9"),
        (&["release", "show", "Nothing", "1.0.0"], "Nothing 1.0.0"),
        (&["deploy", "App", "9.9.9", "--to", "Dev"], "App 9.9.9"),
        (&["inbox", "show", "App", "9.9.9"], "App 9.9.9"),
        (&["deployment", "show", "999"], "999"),
        (&["link", "show", "Nobody"], "Nobody"),
    ];
    for (command, name) in missing {
        node.run(command).fails(3, &[name]);
    }
    let wait = ["--wait", "1", "release", "await", "App", "1.0.0", "--in", "Dev"];
    node.run(&wait).fails(3, &["not installed in Dev", "--wait"]);
    node.run(&["deploy", "App", "1.0.0", "--to", "Nowhere"]).fails(5, &["Nowhere"]);
    assert_eq!(run(&mut interspace(&["no-such-noun"])).code, 2);
    node.stop();
}

#[test]
fn without_a_node_everybody_is_told_how_to_start_one() {
    let place = Place::new();
    let ask = |arguments: &[&str]| run(interspace(arguments).arg("--dir").arg(place.node()));
    ask(&["space", "list"]).fails(6, &["no node runs in", "interspace up --dir"]);
    ask(&["audit", "verify"]).fails(3, &["there is no folder"]);
    place.with_home().kill();
    // The address of the one that was killed is still written down.
    ask(&["space", "list"]).fails(6, &["cannot be reached", "interspace up"]);
}

#[test]
fn a_folder_has_one_node_and_the_second_one_says_so() {
    let place = Place::new();
    let node = place.with_home();
    let Err(said) = Node::try_start(&place.node()) else { panic!("two nodes in one folder") };
    said.fails(5, &["another node runs in", "--dir"]);
    node.run(&["release", "show", "App", "1.0.0"]).good();
    node.stop();
}

#[test]
fn a_command_that_is_repeated_under_its_id_does_nothing_twice() {
    let place = Place::new();
    let node = place.with_home();
    let size = entries(&node);
    let create = ["-o", "json", "--command-id", "one", "release", "create", "App", "1.0.0"];
    let again = node.run(&create).good().json();
    assert_eq!(again["repeated"], true, "{again}");
    assert_eq!(entries(&node), size);
    // Under another id the same release is there already, and another one does not fit.
    node.run(&["release", "create", "App", "1.0.0"]).good();
    assert_eq!(entries(&node), size);
    let other = node.run(&["release", "create", "App", "1.0.0", "--notes", "another"]);
    other.fails(5, &["App 1.0.0"]);
    place.open_the_gate();
    let ask = ["-o", "json", "--command-id", "two", "deploy", "App", "1.0.0", "--to", "Dev"];
    let first = node.run(&ask).good().json();
    let second = node.run(&ask).good().json();
    assert_eq!(first, second);
    deploy(&node, "two").good();
    assert_eq!(outcomes(&node), ["succeeded"]);
    // The same id also holds after a restart, and another id is another deployment.
    node.stop();
    let node = Node::start(&place.node());
    assert_eq!(node.run(&ask).good().json(), first);
    node.run(&["deploy", "App", "1.0.0", "--to", "Dev"]).good();
    assert_eq!(outcomes(&node), ["succeeded", "succeeded"]);
    node.stop();
}

#[test]
fn a_second_deployment_to_the_same_place_waits_or_says_what_runs_there() {
    let place = Place::new();
    let node = place.with_home();
    deploy(&node, "two").good();
    place.somebody_is_at_the_gate();
    deploy(&node, "three").fails(5, &["1.0.0 is being deployed to Dev", "wait"]);
    place.open_the_gate();
    node.run(&["--wait", "60", "release", "await", "App", "1.0.0", "--in", "Dev"]).good();
    node.stop();
}

#[test]
fn who_names_a_digest_does_nothing_to_another_revision() {
    let place = Place::new();
    let node = place.with_home();
    let digest = || {
        let shown = node.run(&["-o", "json", "release", "show", "App", "1.0.0"]).good().json();
        shown["digest"].as_str().unwrap().to_owned()
    };
    let seen = digest();
    let revise = ["release", "create", "App", "1.0.0", "--notes", "other words", "--revise"];
    node.run(&revise).good();
    let now = digest();
    let deploy = |digest: &str| {
        node.run(&["deploy", "App", "1.0.0", "--to", "Dev", "--no-wait", "--digest", digest])
    };
    deploy(&seen).fails(5, &["is about revision 2 of App 1.0.0", "that of revision 1", &now]);
    let odd = deploy("no-digest");
    assert!(odd.code == 2 && odd.err.contains("lowercase base32"), "{}", odd.err);
    deploy(&now).good();
    node.stop();
}
