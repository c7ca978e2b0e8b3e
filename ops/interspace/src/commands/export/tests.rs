//! Tests that an export is the configuration, all of it, and the same bytes wherever it is applied.

use super::write;
use api_http::shape::configuration::SpaceFile;
use engine::command::{Command, Request};
use engine::entropy::Entropy;
use engine::space::Space;
use engine::step::{Effect, Input, Now};
use engine::trust::identity::Seeds;
use log_sled::LogSled;
use schema::id::CommandId;
use schema::latest::Actor;
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;
use toml::{Table, Value};

/// A file with every key of every table, in an order in which nobody would export it.
const EVERY_KEY: &str = include_str!("every-key.toml");

#[test]
fn exported_applied_elsewhere_and_exported_again_it_is_the_same_bytes() {
    let (_kept, mut here) = space(1);
    assert!(apply(&mut here, EVERY_KEY) > 0);
    let first = export(&here);
    let (_kept, mut there) = space(2);
    assert!(apply(&mut there, &first) > 0);
    assert_eq!(export(&there), first);
}

#[test]
fn applying_an_export_changes_nothing() {
    let (_kept, mut space) = space(1);
    apply(&mut space, EVERY_KEY);
    let exported = export(&space);
    assert_eq!(apply(&mut space, &exported), 0);
}

#[test]
fn an_export_holds_every_key_that_there_is() {
    let (_kept, mut space) = space(1);
    apply(&mut space, EVERY_KEY);
    let exported: Table = export(&space).parse().unwrap();
    let (mut tables, mut keys) = (0, 0);
    for path in paths(&exported, "") {
        tables += 1;
        for key in known_keys(&exported, &path) {
            keys += 1;
            let used = all(&exported, &path).iter().any(|table| table.contains_key(&key));
            assert!(used, "{path}.{key} is not in the file of every key");
        }
    }
    assert!(tables > 12 && keys > 60, "{tables} tables, {keys} keys");
}

/// Sections of a document about a file, each with the keys in the first column of its table.
fn told(document: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut sections: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut section = None;
    for line in document.lines() {
        if line.starts_with('#') {
            let path = line.split('`').nth(1).map(|it| it.trim_matches(['[', ']']).to_owned());
            section = path;
        } else if let (Some(path), Some(row)) = (&section, line.strip_prefix("| `")) {
            let key = row.split('`').next().unwrap_or_default().to_owned();
            sections.entry(path.clone()).or_default().insert(key);
        }
    }
    sections
}

#[test]
fn the_document_about_the_file_tells_of_every_key_and_of_no_other() {
    let file: Table = EVERY_KEY.parse().unwrap();
    let paths = paths(&file, "");
    let keys = |path: &String| {
        let all = known_keys(&file, path).into_iter();
        all.filter(|key| !paths.contains(&format!("{path}.{key}"))).collect::<BTreeSet<_>>()
    };
    let known: BTreeMap<_, _> = paths.iter().map(|path| (path.clone(), keys(path))).collect();
    assert_eq!(told(include_str!("../../../../SPACE.md")), known);
}

#[test]
fn what_has_its_default_is_left_out() {
    let (_kept, mut space) = space(1);
    apply(
        &mut space,
        "[space]\nname = \"Home\"\n[[environments]]\nname = \"Dev\"\n\
        when_down = \"fail\"\ntargets = []\n[[users]]\nname = \"ada\"\n\
        roles = [{ role = \"viewer\", project = \"*\" }]\n",
    );
    let exported = export(&space);
    let expected = "\n[space]\nname = \"Home\"\n\n[[environments]]\nname = \"Dev\"\n\n[[users]]\n\
        name = \"ada\"\n\n[[users.roles]]\nrole = \"viewer\"\n";
    assert!(exported.starts_with("# ") && exported.ends_with(expected), "{exported}");
}

#[test]
fn an_environment_that_is_written_with_the_own_space_is_its_own() {
    let (_kept, mut space) = space(1);
    apply(
        &mut space,
        "[space]\nname = \"Home\"\n[[environments]]\nname = \"Dev\"\n[[lifecycles]]\nname = \"L\"\n\
         [[lifecycles.phases]]\nname = \"dev\"\nenvironments = [\"Home: Dev\", \"Away: Dev\"]\n",
    );
    assert!(export(&space).contains("environments = [\"Dev\", \"Away: Dev\"]"));
}

fn now() -> Now {
    Now { wall_ms: 1_700_000_000_000, monotonic_ms: 1 }
}

fn space(seed: u8) -> (TempDir, Space<LogSled>) {
    let folder = tempfile::tempdir().unwrap();
    let seeds = Seeds::draw(&mut Entropy::from_seed([seed; 32]));
    let path = folder.path().join("log");
    let log = |incarnation| LogSled::create(&path, incarnation);
    let name = "Home".parse().unwrap();
    let space = Space::found(&name, &seeds, Entropy::from_seed([seed; 32]), now(), log);
    (folder, space.unwrap())
}

/// Applies a file; how many entries that wrote.
fn apply(space: &mut Space<LogSled>, text: &str) -> usize {
    let file: SpaceFile = toml::from_str(text).unwrap();
    let people = file.people().into_iter();
    let tokens = people.map(|name| (name.clone(), token(&name))).collect();
    let command = Command::Apply { definitions: file.definitions(tokens) };
    let actor = Actor::Person(engine::decide::configuration::OPERATOR.parse().unwrap());
    let id = CommandId::of(&[text.as_bytes()]);
    let request = Request { id, actor, token: None, command };
    let effects = space.turn(now(), vec![Input::Asked { request, reply: 1 }]).unwrap();
    let answer = effects.into_iter().find_map(|effect| {
        if let Effect::Reply { answer, .. } = effect { Some(answer) } else { None }
    });
    answer.unwrap().unwrap().entries.len()
}

/// Each person has a token of their own, whatever the order.
fn token(name: &schema::name::Name) -> [u8; 32] {
    let mut token = [0; 32];
    let bytes = name.as_str().as_bytes();
    token[..bytes.len()].copy_from_slice(bytes);
    token
}

fn export(space: &Space<LogSled>) -> String {
    write(&SpaceFile::of(space.engine())).unwrap()
}

/// The paths of all tables and arrays of tables.
fn paths(table: &Table, above: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (key, value) in table {
        let path = format!("{above}{key}");
        let inner: Vec<&Table> = each(value).into_iter().filter_map(Value::as_table).collect();
        for inner in inner {
            found.push(path.clone());
            found.extend(paths(inner, &format!("{path}.")));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// All tables at a path.
fn all<'a>(table: &'a Table, path: &str) -> Vec<&'a Table> {
    let mut tables = vec![table];
    for key in path.split('.') {
        let below = tables.into_iter().filter_map(|table| table.get(key));
        let below = below.flat_map(each);
        tables = below.filter_map(Value::as_table).collect();
    }
    tables
}

/// The members of an array, or else the value itself.
fn each(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |all| all.iter().collect())
}

/// The keys that a table may have, as the refusal of an unknown one lists them.
fn known_keys(file: &Table, path: &str) -> Vec<String> {
    let mut odd = file.clone();
    let table = first_at(&mut odd, path).unwrap_or_else(|| panic!("nothing at {path}"));
    table.insert("odd".to_owned(), Value::Boolean(true));
    let why = odd.try_into::<SpaceFile>().unwrap_err();
    let why = why.message();
    let (_, list) = why.split_once("expected ").unwrap_or_else(|| panic!("{path}: {why}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The first table at a path.
fn first_at<'a>(table: &'a mut Table, path: &str) -> Option<&'a mut Table> {
    let (key, below) = path.split_once('.').map_or((path, None), |(key, it)| (key, Some(it)));
    let value = table.get_mut(key)?;
    let inner: Vec<&mut Table> = if value.is_array() {
        value.as_array_mut()?.iter_mut().filter_map(Value::as_table_mut).collect()
    } else {
        value.as_table_mut().into_iter().collect()
    };
    inner.into_iter().find_map(|table| match below {
        Some(below) => first_at(table, below),
        None => Some(table),
    })
}
