//! What strangers write is shown and does nothing.

use crate::stage::Stage;
use engine::command::Command;
use schema::v1::event::Definition;
use schema::v1::model::{Lifecycle, Project};
use tests::pipeline::{environment, phase, project, text};
use tests::visitor::{Seen, Visitor};
use tests::world::{World, name};

/// A name that people may give, and a browser may misunderstand.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&amp;</title>";

/// Notes that turn the line around, hide, and pretend to be something else.
const NOTES: &str = "</div><script>alert(1)</script>\u{202e}gpj.exe\u{200b}\u{1b}[31m\ndata: x\n\n";

/// A world in which everything has a hostile name.
fn hostile() -> World {
    let mut world = World::new(5);
    let site = world.found(HOSTILE);
    let project = Project { lifecycle: name(HOSTILE), steps: Vec::new(), ..project(HOSTILE) };
    let phases = vec![phase(HOSTILE, &[HOSTILE], &[], false), phase("..", &[".."], &[], false)];
    let mut definitions = vec![environment(HOSTILE), environment("..")];
    definitions.push(Definition::Lifecycle(Lifecycle { name: name(HOSTILE), phases }));
    definitions.push(Definition::Project(project));
    world.ask(site, HOSTILE, Command::Apply { definitions }).expect("applied");
    let create = Command::CreateRelease {
        project: name(HOSTILE),
        version: "1.0.0".parse().unwrap(),
        notes: text(NOTES),
        packages: Vec::new(),
        channel: None,
        revise: false,
    };
    world.ask(site, HOSTILE, create).expect("created");
    let other = world.found("..");
    world.link(site, other, World::usual_grants(HOSTILE));
    world.run(5_000);
    world
}

fn is_inert(seen: &Seen) {
    for act in ["<img", "<script>", "onerror=alert(1)>\"", "</div><script", "\u{202e}", "\u{1b}"] {
        assert!(!seen.body.contains(act), "{act:?} in {}", seen.body);
    }
    assert_eq!(seen.body.matches("</title>").count(), seen.body.matches("<title>").count());
    assert_eq!(seen.body.matches("<script").count(), 1, "our own module");
}

/// Every link of a page, as a browser follows it.
fn links(seen: &Seen) -> Vec<String> {
    let links = seen.body.split("href=\"").skip(1).filter_map(|part| part.split('"').next());
    let own = links.filter(|link| link.starts_with("/spaces/"));
    own.map(|link| link.replace("&amp;", "&")).collect()
}

#[test]
fn t20_hostile_names_and_notes_are_inert_on_every_page_and_every_link_leads_there() {
    let stage = Stage::of(hostile());
    let visitor = stage.visitor();
    let list = visitor.get("/");
    assert!(list.body.contains("&lt;img src=x"), "{}", list.body);
    let mut todo = links(&list);
    let mut done: Vec<String> = Vec::new();
    is_inert(&list);
    while let Some(path) = todo.pop() {
        if done.contains(&path) {
            continue;
        }
        assert!(!path.contains("/../") && !path.ends_with("/.."), "{path}");
        let seen = visitor.get(&path);
        assert_eq!(seen.status, 200, "{path}: {}", seen.body);
        is_inert(&seen);
        todo.extend(links(&seen));
        done.push(path);
    }
    assert!(done.len() >= 3 && done.iter().any(|path| path.contains("journey?")), "{done:?}");
    let shown = done.iter().map(|path| visitor.get(path).body).collect::<String>();
    assert!(shown.contains("\\u{202e}gpj.exe\\u{200b}\\u{1b}[31m"), "hidden signs are spelled out");
}

#[test]
fn t19_what_strangers_write_ends_no_event_and_adds_none() {
    let stage = Stage::of(hostile());
    let visitor = stage.visitor();
    let path = links(&visitor.get("/")).into_iter().find(|path| path.contains("img")).unwrap();
    let mut events = visitor.listen(&format!("{path}events"), None);
    let first = events.shown();
    assert!(first.data.contains("id=\"sheet\"") && first.data.ends_with("</div>"));
    assert!(first.id.is_some(), "the notes are inside one event");
}

#[test]
fn t20_what_a_query_says_comes_back_inert() {
    let stage = Stage::of(World::new(6));
    let visitor = stage.visitor();
    let stranger = Visitor::new(&visitor.address);
    for who in [&visitor, &stranger] {
        for path in ["/spaces/%3Cimg%20src=x%3E/", "/spaces/x/journey?%22%3E%3Cimg=1", "/%3Cimg"] {
            let seen = who.get(path);
            assert!(matches!(seen.status, 401 | 404), "{path}: {}", seen.status);
            is_inert(&seen);
        }
    }
    let empty = visitor.get("/").body;
    assert!(empty.contains("This node has no spaces yet"), "{empty}");
}
