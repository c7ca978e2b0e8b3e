//! `apply`: reads space.toml strictly and makes the configuration what it says.

use crate::client::Client;
use crate::failure::{Failure, code};
use crate::output::Output;
use api_http::shape::configuration::{Applied, SpaceFile};
use std::path::Path;

pub(super) fn run(
    file: &Path,
    dry_run: bool,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|why| Failure::io("reading", file, &why))?;
    let parsed = parse(file, &text)?;
    let path = format!("{}?dry_run={dry_run}", client.path("configuration")?);
    let applied: Applied = client.put(&path, &parsed)?;
    out.value(&applied, || {
        if applied.changes.is_empty() {
            return "no changes".to_owned();
        }
        let note = if dry_run { "\nnothing was changed: --dry-run" } else { "" };
        format!("{}{note}", applied.changes.join("\n"))
    });
    Ok(())
}

/// The file, or what is wrong with it and in which line.
fn parse(file: &Path, text: &str) -> Result<SpaceFile, Failure> {
    toml::from_str(text).map_err(|why| {
        let what = format!("{} is not a configuration:\n{}", file.display(), shown(&why, text));
        let hint = if why.message().contains("unknown field") {
            "check the spelling; the keys that are known are listed above"
        } else if why.message().contains("missing field") {
            "add the key that is missing"
        } else {
            "mend the line that is shown; nothing was changed"
        };
        Failure::new(code::USAGE, what.trim_end(), hint)
    })
}

/// What is wrong, with the line that it is in; but not a line in which the value of a secret may
/// stand by mistake.
fn shown(why: &toml::de::Error, text: &str) -> String {
    let at = why.span().map_or(0, |span| span.start);
    let above = text.get(..at).unwrap_or_default().matches('\n').count();
    let line = text.lines().nth(above).unwrap_or_default();
    if why.message().contains("secret") || line.contains("secret") {
        format!("line {}: {}", above + 1, why.message())
    } else {
        why.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_with_its_line_and_a_hint() {
        let text = "[space]\nname = \"A\"\n\n[[environments]]\nnmae = \"Dev\"\n";
        let failure = parse(Path::new("space.toml"), text).expect_err("a mistake");
        assert_eq!(failure.code, code::USAGE);
        assert!(failure.what.contains("line 5"), "{}", failure.what);
        assert!(failure.what.contains("nmae"), "{}", failure.what);
        assert!(failure.hint.contains("spelling"));
    }

    #[test]
    fn a_name_that_hides_something_is_named_with_its_line() {
        let text = "[space]\nname = \"A\\u202e\"\n";
        let failure = parse(Path::new("space.toml"), text).expect_err("a mistake");
        assert!(failure.what.contains("line 2"), "{}", failure.what);
    }

    #[test]
    fn a_table_that_contradicts_itself_is_named_with_what_to_write() {
        let step =
            "[[projects]]\nname = \"Web\"\nlifecycle = \"L\"\n[[projects.steps]]\nname = \"S\"\n";
        let template = "[[projects]]\nname = \"Web\"\nlifecycle = \"L\"\n[[projects.templates]]\n\
             name = \"T\"\nlabel = \"Label\"\n";
        let value = "[[projects]]\nname = \"Web\"\nlifecycle = \"L\"\n[[projects.values]]\n\
             template = \"T\"\n";
        let environment = "[[environments]]\nname = \"Dev\"\n";
        for (table, keys, wants) in [
            (environment, "approvals_per = \"release\"", "approvals = 1"),
            (environment, "windows = [\"8-18\"]", "Mon-Fri 08:00-18:00"),
            (step, "", "manual = "),
            (step, "run = [\"true\"]\nmanual = \"look\"", "two steps"),
            (step, "manual = \"look\"\ntimeout_s = 5", "leave timeout_s out"),
            (template, "type = \"choice\"", "choices = "),
            (template, "choices = [\"a\"]", "type = \"choice\""),
            (template, "type = \"date\"", "`number`"),
            (template, "per = \"step\"", "`tenant-environment`"),
            (value, "value = \"x\"", "environment = "),
        ] {
            let text = format!("[space]\nname = \"A\"\n{table}{keys}\n");
            let failure = parse(Path::new("space.toml"), &text).expect_err(keys);
            assert!(failure.what.contains(wants), "{keys}: {}", failure.what);
        }
    }
}
