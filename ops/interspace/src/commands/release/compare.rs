//! `release compare`: two releases beside each other.

use crate::cli::Revision;
use crate::client::Client;
use crate::commands::{or_dash, revised};
use crate::failure::Failure;
use crate::output::{Output, table, visible};
use api_http::shape::command::Release as Named;
use api_http::shape::compare::{Compared, Notes, Side};
use api_http::shape::difference::{Change, Difference, Field};
use schema::name::Name;

pub(super) fn run(
    from: &Named,
    revisions: (&Revision, &Revision),
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let (first, second) = revisions;
    let revision = |it: &Revision| it.revision.map(|number| number.to_string());
    let (first_revision, second_revision) = (revision(first), revision(second));
    let parts = [
        ("owner", from.owner.as_ref().map(Name::as_str)),
        ("project", Some(from.project.as_str())),
        ("from", Some(first.version.as_str())),
        ("from_revision", first_revision.as_deref()),
        ("to", Some(second.version.as_str())),
        ("to_revision", second_revision.as_deref()),
    ];
    let compared: Compared = client.get(&client.query("compare", &parts)?)?;
    out.value(&compared, || {
        let Compared { project, owner, from, to, .. } = &compared;
        format!("{project} of {owner}: {} → {}\n{}", name(from), name(to), text(&compared))
    });
    Ok(())
}

/// A version with its revision, where there was one before it.
pub(in crate::commands) fn name(side: &Side) -> String {
    revised(&side.version, side.revision)
}

/// The notes between, and what differs.
pub(in crate::commands) fn text(compared: &Compared) -> String {
    let mut text = String::new();
    for Notes { version, revision, notes } in &compared.notes {
        text.push_str(&format!("notes of {}\n", revised(version, *revision)));
        text.push_str(&indented(notes));
    }
    let channel = compared.channel.clone().map(|field| Difference {
        name: "channel".to_owned(),
        change: Change::Changed,
        fields: vec![field],
    });
    let all = &compared.differences;
    let parts = [
        ("release", channel.as_slice()),
        ("package", &all.packages),
        ("variable", &all.variables),
        ("secret", &all.secrets),
        ("template", &all.templates),
        ("step", &all.steps),
    ];
    let rows =
        parts.into_iter().flat_map(|(part, all)| all.iter().flat_map(move |it| rows(part, it)));
    let head = ["", "part", "name", "what", "before", "after"];
    text.push_str(&table(
        &head,
        rows.collect(),
        "packages, values, templates and process are the same",
    ));
    text.push('\n');
    let hidden = compared.from.withheld.max(compared.to.withheld);
    if hidden > 0 {
        let owner = &compared.owner;
        text.push_str(&format!("{hidden} parts stay with {owner} and are not compared\n"));
    }
    text
}

/// A text of several lines, further in.
pub(in crate::commands) fn indented(text: &str) -> String {
    visible(text).lines().map(|line| format!("    {line}\n")).collect()
}

/// A row for each thing that is said; what it is about stands in the first.
fn rows(part: &str, difference: &Difference) -> Vec<Vec<String>> {
    let sign = match difference.change {
        Change::Added => "+",
        Change::Removed => "-",
        Change::Changed => "~",
    };
    let heads = [sign, part, difference.name.as_str()].map(str::to_owned);
    let said = |field: &Field| {
        vec![field.what.clone(), or_dash(field.before.as_ref()), or_dash(field.after.as_ref())]
    };
    let mut lines: Vec<Vec<String>> = difference.fields.iter().map(said).collect();
    if lines.is_empty() {
        lines.push(vec![String::new(); 3]);
    }
    let row = |(at, said): (usize, Vec<String>)| {
        let head = if at == 0 { heads.clone() } else { Default::default() };
        head.into_iter().chain(said).collect()
    };
    lines.into_iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_http::shape::difference::Differences;

    fn side(version: &str, revision: u32) -> Side {
        let (version, digest) = (version.to_owned(), String::new());
        Side { version, revision, digest, withheld: 0 }
    }

    fn field(what: &str, before: Option<&str>, after: Option<&str>) -> Field {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Field { what: what.to_owned(), before: text(before), after: text(after) }
    }

    #[test]
    fn each_difference_is_named_once_with_all_that_is_said_of_it() {
        let fields = vec![
            field("applies", Some("everywhere"), Some("in Test")),
            field("value", Some("a"), Some("b\u{202e}")),
        ];
        let name = "URL".to_owned();
        let variables = vec![Difference { name, change: Change::Changed, fields }];
        let compared = Compared {
            owner: "Home".to_owned(),
            project: "Web".to_owned(),
            from: side("1.0.0", 1),
            to: side("1.0.0", 2),
            channel: None,
            notes: vec![Notes {
                version: "1.0.0".to_owned(),
                revision: 2,
                notes: "- faster\n- better".to_owned(),
            }],
            differences: Differences { variables, ..Differences::default() },
        };
        let text = text(&compared);
        assert!(text.starts_with("notes of 1.0.0~2\n    - faster\n    - better\n"), "{text}");
        assert_eq!(text.matches("URL").count(), 1, "{text}");
        assert!(text.contains("b\\u{202e}"), "{text}");
    }
}
