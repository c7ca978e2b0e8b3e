//! The pages of a node: who may see them, what they let a browser do, and how they stay live.

use crate::command::eventually;
use crate::node::Node;
use crate::space::{Place, deploy, only_space};
use std::fs;
use std::path::Path;
use tests::visitor::{FORM, Visitor};

const HOME: &str = "/spaces/Home/";

fn token(file: &Path) -> String {
    fs::read_to_string(file).unwrap().trim().to_owned()
}

fn operator(place: &Place) -> String {
    token(&place.node().join("tokens/operator.token"))
}

fn signed_in(place: &Place, node: &Node) -> Visitor {
    Visitor::signed_in(&node.address, &operator(place))
}

#[test]
fn a_page_lets_a_browser_do_nothing_but_show_it() {
    let place = Place::new();
    let node = place.with_home();
    let visitor = signed_in(&place, &node);
    for path in ["/", HOME, "/sign-in", "/nowhere", "/spaces/Nobody/", "/spaces/Home/cell"] {
        let seen = visitor.get(path);
        let policy = seen.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(seen.header(name), value, "{path}: {name}");
        }
        for inline in ["style=", "<style", "onclick", "javascript:", "src=\"http"] {
            assert!(!seen.body.contains(inline), "{path} has {inline}");
        }
    }
    let page = visitor.get(HOME).body;
    let assets = page.split('"').filter(|part| part.starts_with("/assets/"));
    let assets: Vec<_> = assets.map(|path| (path, visitor.get(path))).collect();
    assert_eq!(assets.len(), 2, "a stylesheet and a module");
    for (path, seen) in assets {
        assert_eq!(seen.status, 200, "{path}");
        assert!(seen.header("cache-control").contains("immutable"), "{path}");
        let older = visitor.get(&path.replacen('.', ".0", 1));
        assert_eq!(older.status, 404, "another name is another file");
    }
    node.stop();
}

#[test]
fn without_a_session_there_is_only_the_way_to_sign_in() {
    let place = Place::new();
    let node = place.with_home();
    let mut visitor = Visitor::new(&node.address);
    let secret = ["App", "Dev", "fingerprint"];
    for cookie in [None, Some("interspace-1=x".to_owned()), Some("interspace-=;;=".to_owned())] {
        visitor.cookie = cookie;
        for path in ["/", HOME, "/spaces/Home/journey?x=y", "/spaces/Nobody/"] {
            let seen = visitor.get(path);
            assert_eq!(seen.status, 401, "{path}");
            assert!(seen.body.contains("<form") && seen.body.contains("Token"), "{path}");
            assert!(secret.iter().all(|word| !seen.body.contains(word)), "{path}: {}", seen.body);
        }
        assert_eq!(visitor.listen("/spaces/Home/events", None).status, 401);
    }
    let wrong = visitor.send("POST", "/sign-in", &FORM, "token=isp_aaaa");
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, ""));
    let long = visitor.send("POST", "/sign-in", &FORM, &format!("token={}", "a".repeat(9000)));
    assert!(matches!(long.status, 413 | 422), "{long:?}");
    node.stop();
}

#[test]
fn t21_a_form_from_elsewhere_signs_nobody_in_or_out() {
    let place = Place::new();
    let node = place.with_home();
    let body = format!("token={}", operator(&place));
    let form = FORM[1];
    let port = node.address.rsplit_once(':').unwrap().1;
    let other_port = "http://127.0.0.1:1".to_owned();
    let visitor = signed_in(&place, &node);
    for strange in [
        vec![],
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site")],
        vec![("Sec-Fetch-Site", "none")],
        vec![("Origin", "http://evil.example")],
        vec![("Origin", other_port.as_str())],
        vec![("Origin", "null")],
    ] {
        let headers = [strange.clone(), vec![form]].concat();
        let seen = visitor.send("POST", "/sign-in", &headers, &body);
        assert_eq!((seen.status, seen.header("set-cookie")), (403, ""), "{strange:?}");
        let out = visitor.send("POST", "/sign-out", &headers, "");
        assert_eq!((out.status, out.header("set-cookie")), (403, ""), "{strange:?}");
    }
    assert_eq!(visitor.get(HOME).status, 200, "still signed in");
    for origin in [format!("http://{}", node.address), format!("http://localhost:{port}")] {
        let seen = visitor.send("POST", "/sign-in", &[("Origin", &origin), form], &body);
        assert_eq!(seen.status, 303, "{origin}");
    }
    node.stop();
}

#[test]
fn a_session_opens_pages_and_no_command() {
    let place = Place::new();
    let node = place.with_home();
    let visitor = signed_in(&place, &node);
    for path in ["/v1/spaces", "/v1/spaces/Home/dashboard"] {
        assert_eq!(visitor.get(path).status, 401, "{path}");
    }
    for path in ["/v1/spaces", "/v1/spaces/Home/commands", "/v1/sign-in-links"] {
        let headers = [("Content-Type", "application/json"), FORM[0]];
        let seen = visitor.send("POST", path, &headers, "{\"name\":\"Other\"}");
        assert!(matches!(seen.status, 401 | 422), "{path}: {seen:?}");
    }
    let spaces = node.run(&["-o", "json", "space", "list"]).good().json();
    assert_eq!(spaces.as_array().map(Vec::len), Some(1));
    node.stop();
}

#[test]
fn t21_the_cookie_is_for_this_node_alone_and_no_script_reads_it() {
    let (here, there) = (Place::new(), Place::new());
    let (one, other) = (here.with_home(), there.with_home());
    let seen = Visitor::new(&one.address).send(
        "POST",
        "/sign-in",
        &FORM,
        &format!("token={}", operator(&here)),
    );
    let cookie = seen.header("set-cookie");
    let port = one.address.rsplit_once(':').unwrap().1;
    assert!(cookie.starts_with(&format!("interspace-{port}=")), "{cookie}");
    for rule in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(rule), "{cookie}");
    }
    let mut stranger = Visitor::new(&other.address);
    stranger.keep(&seen);
    assert_eq!(stranger.get(HOME).status, 401);
    one.stop();
    other.stop();
}

#[test]
fn a_link_signs_in_once() {
    let place = Place::new();
    let node = place.with_home();
    let link = node.run(&["open", "-o", "json"]).good().json();
    let link = link["link"].as_str().expect("a link").to_owned();
    let path = link.strip_prefix(&format!("http://{}", node.address)).expect("of this node");
    let mut visitor = Visitor::new(&node.address);
    assert_eq!(visitor.send("HEAD", path, &[], "").status, 405, "looking does not use it up");
    let ahead = visitor.send("GET", path, &[("Sec-Purpose", "prefetch")], "");
    assert_eq!(ahead.status, 405, "nor does fetching ahead");
    let seen = visitor.get(path);
    assert_eq!(seen.status, 200, "{seen:?}");
    visitor.keep(&seen);
    assert_eq!(visitor.get(HOME).status, 200);
    let again = Visitor::new(&node.address).get(path);
    assert_eq!((again.status, again.header("set-cookie")), (401, ""));
    let said = node.run(&["open"]).good();
    assert!(said.out.starts_with("http://127.0.0.1:") && said.err.contains("once"), "{said:?}");
    node.stop();
}

#[test]
fn a_person_sees_the_own_space_only() {
    let place = Place::new();
    let node = place.with_home();
    let home = only_space(&place.node());
    place.found(&node, "Other");
    let dana = Visitor::signed_in(&node.address, &token(&home.join("tokens/dana.token")));
    let list = dana.get("/");
    assert_eq!((list.status, list.header("location")), (303, HOME));
    assert_eq!(dana.get(HOME).status, 200);
    let other = dana.get("/spaces/Other/");
    assert_eq!(other.status, 403);
    assert!(other.body.contains("Not yours to see") && other.body.contains("dana"));
    assert_eq!(dana.listen("/spaces/Other/events", None).status, 403);
    let operator = signed_in(&place, &node).get("/").body;
    assert!(operator.contains("Home") && operator.contains("Other"));
    node.stop();
}

#[test]
fn a_page_is_complete_without_a_script() {
    let place = Place::new();
    place.open_the_gate();
    let node = place.with_home();
    node.run(&["--as", "dana", "-s", "Home", "deploy", "App", "1.0.0", "--to", "Dev"]).good();
    let visitor = signed_in(&place, &node);
    let page = visitor.get(HOME).body;
    for said in ["App", "Dev", "1.0.0", "succeeded", "by dana", "proven", "since", "as of", "UTC"] {
        assert!(page.contains(said), "{said} is missing in {page}");
    }
    let link = |word: &str| {
        let links = page.split("href=\"").skip(1).filter_map(|part| part.split('"').next());
        let mut links = links.map(|link| link.replace("&amp;", "&"));
        links.find(|link| link.contains(word)).expect("a link")
    };
    let journey = visitor.get(&link("journey?")).body;
    for said in ["App 1.0.0", "<svg", "created", "deployment to Dev began", "Dev succeeded"] {
        assert!(journey.contains(said), "{said} is missing in {journey}");
    }
    let receipt = visitor.get(&link("cell?")).body;
    for said in ["App in Dev", "wait at the gate", "the signature was checked just now", "dana"] {
        assert!(receipt.contains(said), "{said} is missing in {receipt}");
    }
    node.stop();
}

#[test]
fn an_open_page_is_told_what_changes_and_who_comes_back_the_newest() {
    let place = Place::new();
    let node = place.with_home();
    let visitor = signed_in(&place, &node);
    let mut events = visitor.listen("/spaces/Home/events", None);
    let header = |name: &str| {
        let found = events.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert!(header("content-type").starts_with("text/event-stream"));
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(events.next().unwrap().comments, ["open"], "a comment comes at once");
    let first = events.shown();
    assert!(first.data.contains("nothing deployed") && first.data.contains("id=\"sheet\""));
    let entries = crate::space::entries(&node).as_u64();
    assert_eq!(first.id, entries, "the id is the Position");
    deploy(&node, "two").good();
    let running = events.find(|event| event.data.contains("is being deployed")).unwrap();
    assert!(running.id > first.id && !running.data.contains("id=\"sheet\""), "only what changed");
    place.open_the_gate();
    let done = events.find(|event| event.data.contains("succeeded")).unwrap();
    assert!(done.id > running.id);
    // Who missed all of that is told where things stand, and not what is over.
    let mut back = visitor.listen("/spaces/Home/events", first.id);
    let newest = back.shown();
    assert_eq!(newest.id, crate::space::entries(&node).as_u64());
    assert!(newest.data.contains("succeeded") && !newest.data.contains("is being deployed"));
    node.stop();
    assert!(back.all(|event| event.kind != "show"), "a stop ends the stream");
    assert!(events.all(|event| event.kind != "show"));
}

#[test]
fn signing_out_ends_what_an_open_page_is_told() {
    let place = Place::new();
    let node = place.with_home();
    let visitor = signed_in(&place, &node);
    let other = signed_in(&place, &node);
    let mut events = visitor.listen("/spaces/Home/events", None);
    events.shown();
    let out = visitor.send("POST", "/sign-out", &FORM, "");
    assert_eq!(out.status, 303);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert!(events.all(|event| event.kind != "show"), "it ends");
    assert_eq!(visitor.get(HOME).status, 401);
    assert_eq!(other.get(HOME).status, 200, "the other session goes on");
    node.stop();
}

#[test]
fn one_session_takes_the_room_of_no_other_and_gives_its_own_back() {
    let place = Place::new();
    let node = place.with_home();
    let (one, other) = (signed_in(&place, &node), signed_in(&place, &node));
    let listen = |visitor: &Visitor| visitor.listen("/spaces/Home/events", None);
    let mut open: Vec<_> = (0..16).map(|_| listen(&one)).collect();
    assert!(open.iter().all(|events| events.status == 200));
    assert_eq!(listen(&one).status, 503, "close some of them");
    assert_eq!(listen(&other).status, 200);
    open.clear();
    eventually("room again", || (listen(&one).status == 200).then_some(()));
    node.stop();
}

#[test]
fn who_signs_in_again_has_no_session_left_over() {
    let place = Place::new();
    let node = place.with_home();
    let visitor = signed_in(&place, &node);
    let body = format!("token={}&next=/spaces/%00", operator(&place));
    let again = visitor.send("POST", "/sign-in", &FORM, &body);
    assert_eq!((again.status, again.header("location")), (303, "/"), "no odd sign in a header");
    assert_eq!(visitor.get(HOME).status, 401, "the session before has ended");
    let mut fresh = Visitor::new(&node.address);
    fresh.keep(&again);
    assert_eq!(fresh.get(HOME).status, 200);
    node.stop();
}
