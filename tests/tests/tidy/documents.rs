//! Documents: every link inside the repository leads somewhere.

use crate::repository::{self, File, hold, root};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The text of a document that is not code, line by line.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fence = None;
    for line in text.lines() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                // What stands between backticks is code as well.
                let words = line.split('`').enumerate();
                out.extend(words.filter(|(n, _)| n % 2 == 0).map(|(_, words)| words));
            }
        }
        out.push('\n');
    }
    out
}

/// Where the links of a document lead: `[text](target)` and `[name]: target`.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut targets = Vec::new();
    for after in prose.split("](").skip(1) {
        targets.extend(target(after, ')'));
    }
    for line in prose.lines() {
        let name = line.trim_start().strip_prefix('[');
        let after = name.and_then(|name| name.split_once("]: "));
        targets.extend(after.and_then(|(_, after)| target(after, ' ')));
    }
    targets
}

/// The target with which `after` begins, without a title.
fn target(after: &str, end: char) -> Option<String> {
    if let Some(bracketed) = after.trim_start().strip_prefix('<') {
        return bracketed.split_once('>').map(|(target, _)| target.to_owned());
    }
    let target = after.trim_start().split([end, ' ', '\n']).next()?;
    Some(target.to_owned())
}

/// The anchors of a document, as they are made from its headings.
fn anchors(text: &str) -> Vec<String> {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let mut anchors = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if fenced || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let words: String = heading.trim().to_lowercase().chars().filter(kept).collect();
        let anchor = words.replace(' ', "-");
        let before = times.entry(anchor.clone()).or_default();
        anchors.push(match *before {
            0 => anchor,
            number => format!("{anchor}-{number}"),
        });
        *before += 1;
    }
    anchors
}

/// `target`, seen from the document at `path`, as a path from the root; none outside of it.
fn resolve(path: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Whether a target leads to something in the repository.
fn leads_somewhere(document: &File, root: &Path, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    if file.is_empty() {
        return anchors(&document.text).iter().any(|known| known == anchor);
    }
    let found = resolve(&document.path, file).map(|path| root.join(path));
    let Some(found) = found.filter(|path| path.exists() && !file.starts_with('/')) else {
        return false;
    };
    // Only documents have headings; elsewhere an anchor is a line.
    if anchor.is_empty() || !file.ends_with(".md") {
        return true;
    }
    let text = fs::read_to_string(found).unwrap_or_default();
    anchors(&text).iter().any(|known| known == anchor)
}

fn dead_links(document: &File, root: &Path) -> Vec<String> {
    let mut targets = targets(&document.text);
    let elsewhere = ["http://", "https://", "mailto:"];
    targets.retain(|target| !elsewhere.iter().any(|scheme| target.starts_with(scheme)));
    targets.retain(|target| !leads_somewhere(document, root, target));
    let tell = |target| format!("{}: {target}", document.path);
    targets.into_iter().map(tell).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let files = repository::files();
    let documents = files.iter().filter(|file| file.is_markdown());
    let breaches: Vec<_> = documents.flat_map(|file| dead_links(file, &root())).collect();
    hold(
        &breaches,
        "let the link lead to a file or heading of this repository, relative to the document",
    );
}

#[test]
fn a_link_that_leads_nowhere_is_noticed() {
    let text = "# Top of it\n[a](../Cargo.toml) [b](#top-of-it) [c](https://example.com/x)\n\
                ![d](gone.png) [e](../../outside.md) [f](#nowhere) [g](/Cargo.toml)\n\
                [h]: ../schema/gone.md\n[i]: <../schema> \"title\"\n\
                `[j](gone.md)`\n```\n[k](gone.md)\n```\n[l](../Cargo.toml \"title\")\n";
    let document = File::new("schema/a.md", text);
    let dead = dead_links(&document, &root()).join("\n");
    let expected = ["gone.png", "../../outside.md", "#nowhere", "/Cargo.toml", "../schema/gone.md"];
    let expected = expected.map(|target| format!("schema/a.md: {target}")).join("\n");
    assert_eq!(dead, expected);
}

#[test]
fn headings_of_the_same_words_have_numbered_anchors() {
    let text = "# The road, that `data` takes\n## Why\n```\n# no heading\n```\n## Why\n#no\n";
    assert_eq!(anchors(text), ["the-road-that-data-takes", "why", "why-1"]);
}
