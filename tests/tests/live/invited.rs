//! Two nodes that become peers by one token, over a real server; and what a token is not good for.

use crate::broker::Server;
use crate::command::{Said, eventually, interspace, run};
use crate::node::Node;
use crate::space::Place;
use crate::two::{leading_to_away, link, up};
use serde_json::Value;
use std::fs::File;
use std::process::Stdio;

/// What Home lets flow, and what Away does.
const HOMES: [&str; 5] = ["--accept-results", "--send-results", "full", "--name", "Away"];
const AWAYS: [&str; 5] = ["--accept-releases", "*", "--accept-results", "--send-results", "full"];

/// Two nodes with a space each, on one server, that know nothing of each other.
struct Two {
    server: Server,
    home: Place,
    away: Place,
}

impl Two {
    fn start() -> (Self, Node, Node) {
        let two = Self { server: Server::start(), home: Place::new(), away: Place::new() };
        let (home, away) = (up(&two.server, &two.home), up(&two.server, &two.away));
        two.home.found(&home, "Home");
        two.away.found(&away, "Away");
        (two, home, away)
    }
}

/// Makes a token.
fn invite(node: &Node, more: &[&str]) -> Value {
    node.run(&[&["-s", "Home", "-o", "json", "link", "invite"][..], more].concat()).good().json()
}

fn token(made: &Value) -> &str {
    made["token"].as_str().expect("a token")
}

/// Accepts a token, and waits until the other side has let this one in.
fn accept(node: &Node, token: &str) -> Said {
    node.run(
        &[&["-s", "Away", "-o", "json", "--wait", "60", "link", "accept", token], &AWAYS[..]]
            .concat(),
    )
}

/// Both sides show one link, and each other's fingerprint.
fn are_linked(home: &Node, away: &Node) {
    let [there, here] = eventually("one link that is heard on both sides", || {
        let both = [link(home, "Home", "Away"), link(away, "Away", "Home")];
        let heard = both.iter().all(|link| link["fresh"] == true && !link["theirs"].is_null());
        heard.then_some(both)
    });
    assert_eq!(there["link"], here["link"]);
    for (node, space, seen) in [(home, "Home", &here), (away, "Away", &there)] {
        let own = node.run(&["-s", space, "-o", "json", "space", "show"]).good().json();
        for form in ["fingerprint", "fingerprint_words", "fingerprint_hex"] {
            assert_eq!(own[form], seen[form], "{form} of {space}");
        }
        let links = node.run(&["-s", space, "link", "list"]).good();
        let hex = if space == "Home" { &there } else { &here }["fingerprint_hex"].as_str().unwrap();
        assert!(links.out.contains(hex), "{links:?}");
        let all = node.run(&["-s", space, "-o", "json", "link", "list"]).good().json();
        assert_eq!(all.as_array().expect("a list").len(), 1);
    }
}

/// How an invitation stands.
fn state(node: &Node, id: &Value) -> Value {
    let all = node.run(&["-s", "Home", "-o", "json", "link", "invitations"]).good().json();
    let all = all.as_array().expect("a list").clone();
    all.into_iter().find(|one| one["invitation"] == *id).expect("an invitation")
}

/// Waits until a space has refused something for this reason.
fn refuses(node: &Node, reason: &str) {
    eventually(reason, || {
        let shown = node.run(&["-s", "Home", "-o", "json", "space", "show"]).good().json();
        shown["refused"][reason].as_u64().filter(|count| *count > 0)
    });
}

#[test]
fn one_token_links_two_nodes_and_a_release_travels() {
    let (two, home, away) = Two::start();
    let made = invite(&home, &HOMES);
    assert_eq!(state(&home, &made["invitation"])["state"], "open");
    let accepted = accept(&away, token(&made)).good().json();
    assert_eq!(accepted["peer"], "Home");
    for form in ["fingerprint", "fingerprint_words", "fingerprint_hex"] {
        assert_eq!(accepted[form], made[form]);
    }
    are_linked(&home, &away);
    let used = state(&home, &made["invitation"]);
    assert_eq!((&used["state"], &used["used_by"]), (&"used".into(), &"Away".into()));
    assert_eq!(used["used_by_words"], link(&home, "Home", "Away")["fingerprint_words"]);
    two.home.open_the_gate();
    let file = two.home.write("space.toml", &leading_to_away(&two.home, "Home"));
    home.run(&["apply", "-f", &file]).good();
    home.run(&["release", "create", "App", "1.0.0"]).good();
    home.run(&["--wait", "60", "deploy", "App", "1.0.0", "--to", "Dev"]).good();
    home.run(&["--wait", "60", "release", "promote", "App", "1.0.0", "--to", "Away"]).good();
    away.run(&["--wait", "60", "inbox", "accept", "App", "1.0.0", "--owner", "Home"]).good();
    away.run(&["--wait", "60", "deploy", "App", "1.0.0", "--owner", "Home", "--to", "Dev"]).good();
    home.run(&["--wait", "60", "release", "await", "App", "1.0.0", "--in", "Away: Dev"]).good();
    home.stop();
    away.stop();
    let (home, away) = (up(&two.server, &two.home), up(&two.server, &two.away));
    are_linked(&home, &away);
    for node in [&home, &away] {
        node.run(&["audit", "verify"]).good();
    }
    assert!(!is_anywhere(&two.home, token(&made)) && !is_anywhere(&two.away, token(&made)));
    home.stop();
    away.stop();
}

/// Whether the secret half of a token is in any file of a node.
fn is_anywhere(place: &Place, token: &str) -> bool {
    let said = schema::latest::Invitation::read(token).unwrap();
    let mut folders = vec![place.node()];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap().flatten() {
            if item.path().is_dir() {
                folders.push(item.path());
            } else if let Ok(bytes) = std::fs::read(item.path())
                && bytes.windows(32).any(|part| part == said.secret)
            {
                return true;
            }
        }
    }
    false
}

#[test]
fn t10_a_token_that_was_used_revoked_or_has_ended_lets_nobody_in() {
    let (_two, home, away) = Two::start();
    away.run(&["space", "create", "Third"]).good();
    let made = invite(&home, &HOMES);
    accept(&away, token(&made)).good();
    // While another one is open, Home listens to strangers and says what is wrong with theirs.
    let open = invite(&home, &[]);
    let third = ["-s", "Third", "--wait", "1", "link", "accept"];
    let late = away.run(&[&third[..], &[token(&made)]].concat());
    late.fails(6, &["Home was not heard yet", "asking goes on"]);
    refuses(&home, "invitation-used");
    let asks = link(&away, "Third", "Home");
    assert!(asks["asks_until"].is_string() && asks["heard_at"].is_null(), "{asks}");
    assert!(away.run(&["-s", "Third", "link", "list"]).good().out.contains("asks to be let in"));

    away.run(&["-s", "Third", "link", "revoke", "Home"]).good();
    let id = open["invitation"].as_str().unwrap();
    home.run(&["link", "uninvite", id]).good();
    assert_eq!(state(&home, &open["invitation"])["state"], "revoked");
    invite(&home, &[]);
    away.run(&[&third[..], &[token(&open)]].concat()).fails(6, &["was not heard yet"]);
    refuses(&home, "invitation-revoked");

    away.run(&["-s", "Third", "link", "revoke", "Home"]).good();
    let short = invite(&home, &["--valid-for", "1s"]);
    eventually("its end", || {
        (state(&home, &short["invitation"])["state"] == "ended").then_some(())
    });
    away.run(&[&third[..], &[token(&short)]].concat()).fails(5, &["has ended", "link invite"]);

    let known = home.run(&["-o", "json", "link", "list"]).good().json();
    assert_eq!(known.as_array().unwrap().len(), 1, "Away alone was let in: {known}");
    home.stop();
    away.stop();
}

#[test]
fn a_token_that_is_not_whole_or_ones_own_is_refused_in_words_that_help() {
    let place = Place::new();
    let node = Node::start(&place.node());
    node.run(&["space", "create", "Home"]).good();
    node.run(&["space", "create", "Away"]).good();
    let made = invite(&node, &HOMES);
    let whole = token(&made);
    let try_it = |text: &str| node.run(&["-s", "Away", "link", "accept", text]);
    for at in (0..whole.len()).step_by(whole.len() / 12) {
        let other = if whole.as_bytes()[at] == b'x' { "y" } else { "x" };
        let altered = format!("{}{other}{}", &whole[..at], &whole[at + 1..]);
        try_it(&altered).fails(2, &["not a whole invitation", "copy all of it again"]);
    }
    try_it(&whole[..whole.len() / 2]).fails(2, &["not a whole invitation"]);
    node.run(&["-s", "Home", "link", "accept", whole]).fails(5, &["of the space itself"]);
    node.run(&["link", "invite", "--valid-for", "8d", "-s", "Home"]).fails(2, &["a week"]);
    node.run(&["-s", "Home", "link", "uninvite", &"a".repeat(52)])
        .fails(3, &["no such invitation"]);
    let twice = ["-s", "Home", "--command-id", "once", "link", "invite"];
    assert!(node.run(&twice).good().out.starts_with("isp-invite-1-"));
    assert!(node.run(&twice).good().out.contains("shown then"));
    // Spaces of one node need no server; a mail breaks lines, and a pipe keeps a token unseen.
    let (one, other) = whole.split_at(90);
    let mail = place.write("mail", &format!("  {one}\n{other}\n"));
    let mut piped = interspace(&["-s", "Away", "--wait", "60", "link", "accept", "-"]);
    piped.arg("--dir").arg(place.node()).stdin(Stdio::from(File::open(mail).unwrap()));
    run(&mut piped).good();
    are_linked(&node, &node);
    let known = state(&node, &made["invitation"]);
    assert_eq!(known["used_by"], "Away");
    let used = known["invitation"].as_str().unwrap();
    node.run(&["-s", "Home", "link", "uninvite", used]).fails(5, &["has used this invitation"]);
    node.stop();
}

#[test]
fn a_kill_of_either_side_between_the_steps_still_ends_in_one_link() {
    let (two, home, away) = Two::start();
    let made = invite(&home, &HOMES);
    home.kill();
    let accept = ["-s", "Away", "link", "accept", token(&made)];
    away.run(&[&accept[..], &AWAYS].concat()).good();
    away.kill();
    let away = up(&two.server, &two.away);
    let home = up(&two.server, &two.home);
    eventually("an invitation that is used", || {
        (state(&home, &made["invitation"])["state"] == "used").then_some(())
    });
    home.kill();
    away.kill();
    let (home, away) = (up(&two.server, &two.home), up(&two.server, &two.away));
    are_linked(&home, &away);
    let again = away.run(&[&accept[..], &AWAYS].concat()).good();
    assert!(again.out.contains("accepted already"), "{again:?}");
    home.stop();
    away.stop();
}
