//! The list of commands of the demo: headings, commands, commands that must fail, and nodes that
//! stop and start.

use crate::cli::{Audit, Certificate, Courier, Noun, Package, Secret};
use crate::failure::{Failure, code};
use schema::name::Name;
use std::path::{Path, PathBuf};

/// One line of the list.
pub(super) enum Line {
    /// What is about to happen.
    Heading(String),
    /// A command.
    Command {
        /// Its words, before anything is put in for what they stand for.
        words: Vec<String>,
        /// Whether it must fail.
        fails: bool,
    },
    /// The node of a space stops.
    Stop(Name),
    /// It starts again.
    Start(Name),
}

/// The lines of a list.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Failure> {
    let written = text.lines().map(str::trim).filter(|line| !line.is_empty());
    written.map(line).collect()
}

fn line(text: &str) -> Result<Line, Failure> {
    if let Some(heading) = text.strip_prefix("# ") {
        return Ok(Line::Heading(heading.to_owned()));
    }
    let (fails, command) = match text.strip_prefix("! ") {
        Some(command) => (true, command),
        None => (false, text),
    };
    let odd = || {
        let what = format!("`{command}` is not a command");
        Failure::new(code::FAILED, what, "this is a mistake in ops/examples")
    };
    let words = shlex::split(command).ok_or_else(odd)?;
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["stop", space] => space.parse().map(Line::Stop).map_err(|_| odd()),
        ["start", space] => space.parse().map(Line::Start).map_err(|_| odd()),
        _ => Ok(Line::Command { words, fails }),
    }
}

/// A command as somebody would type it. The path of the executable stays a word.
pub(super) fn shown(words: &[String], replace: &impl Fn(&str) -> String) -> String {
    let shown = words.iter().map(|word| {
        let word = if word == "$EXECUTABLE" { "interspace".to_owned() } else { replace(word) };
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=+".contains(c));
        if plain { word } else { format!("\"{word}\"") }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Relative paths of a command are meant in `folder`, those of media in `media`.
pub(super) fn resolve(noun: &mut Noun, folder: &Path, media: &Path) {
    let stick = |path: &mut PathBuf| *path = media.join(&*path);
    let place = |path: &mut PathBuf| *path = folder.join(&*path);
    match noun {
        Noun::Apply { file, .. }
        | Noun::Export { file: Some(file) }
        | Noun::Certificate(
            Certificate::Export { file: Some(file), .. } | Certificate::Import { file, .. },
        )
        | Noun::Secret(Secret::Set { from: Some(file), .. })
        | Noun::Package(Package::Push { file, .. })
        | Noun::Audit(
            Audit::Export { file }
            | Audit::Proof { file, .. }
            | Audit::Trust { archive: Some(file), .. }
            | Audit::Verify { archive: Some(file), .. }
            | Audit::Verify { proof: Some(file), .. },
        ) => place(file),
        Noun::Courier(Courier::Export { folder, .. }) => stick(folder),
        Noun::Courier(Courier::Inspect { paths } | Courier::Import { paths }) => {
            paths.iter_mut().for_each(stick);
        }
        Noun::Demo { .. }
        | Noun::Doctor(_)
        | Noun::Broker(_)
        | Noun::Up(_)
        | Noun::Open
        | Noun::Space(_)
        | Noun::Certificate(Certificate::Show | Certificate::Export { file: None, .. })
        | Noun::Key(_)
        | Noun::Link(_)
        | Noun::User(_)
        | Noun::Token(_)
        | Noun::Secret(Secret::Set { from: None, .. } | Secret::List | Secret::Unset { .. })
        | Noun::Package(Package::List)
        | Noun::Release(_)
        | Noun::Inbox(_)
        | Noun::Deploy { .. }
        | Noun::Approve(_)
        | Noun::Reject(_)
        | Noun::Freeze(_)
        | Noun::Policy(_)
        | Noun::Deployment(_)
        | Noun::Export { file: None }
        | Noun::Dashboard
        | Noun::Journey { .. }
        | Noun::Audit(Audit::Verify { .. } | Audit::Trust { .. } | Audit::Trail(_)) => {}
    }
}
