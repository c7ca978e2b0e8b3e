//! The demo: a folder, the files of an example, and its list of commands. Nothing else.

mod nodes;
mod script;
mod story;
mod summary;

use crate::cli::{Cli, Noun, Options, Space};
use crate::client::Client;
use crate::commands;
use crate::commands::up::{Up, wait_for_the_end};
use crate::failure::{Failure, code};
use crate::output::Output;
use clap::Parser as _;
use nodes::Nodes;
use script::{Line, lines};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use story::Between;
pub(crate) use story::Story;

/// The space in which each story begins.
pub(super) const SOURCE: &str = "DevTest Space";

/// The project of the story.
pub(super) const PROJECT: &str = "Interspace";

/// Where the demo's files and its node are.
struct Stage {
    /// Removed when it is dropped, unless it is kept.
    temporary: Option<tempfile::TempDir>,
    files: PathBuf,
    node: PathBuf,
}

/// Tells a story. `once` stops then; `keep` keeps the node's folder.
pub(crate) fn run(
    story: Story,
    once: bool,
    keep: Option<&Path>,
    nats: Option<&str>,
    out: &mut Output,
) -> Result<(), Failure> {
    if story.between() == Between::Stick && nats.is_some() {
        let what = "the spaces of the story airgap share no server";
        return Err(Failure::new(code::USAGE, what, "leave --nats out, or tell the story prod"));
    }
    let stage = Stage::set(story, keep)?;
    let mut nodes = Nodes::start(&stage.node, story.between(), nats)?;
    let told = tell(story, &stage, &mut nodes, out);
    let told = told.and_then(|()| finish(&stage, once, keep, &nodes, out));
    let stopped = nodes.stop();
    drop(stage);
    told.and(stopped)
}

impl Stage {
    fn set(story: Story, keep: Option<&Path>) -> Result<Self, Failure> {
        let failed = |why: std::io::Error| {
            Failure::new(code::FAILED, format!("no temporary folder: {why}"), "make room")
        };
        let temporary =
            tempfile::Builder::new().prefix("interspace-demo-").tempdir().map_err(failed)?;
        let files = temporary.path().join("files");
        std::fs::create_dir(&files).map_err(|why| Failure::io("making", &files, &why))?;
        let write = |name: &str, text: &str| {
            let path = files.join(name);
            std::fs::write(&path, text).map_err(|why| Failure::io("writing", &path, &why))
        };
        for (name, text) in story.files() {
            write(name, text)?;
        }
        for name in story.secrets() {
            let random: [u8; 16] = crate::client::random()?;
            write(name, &format!("{}\n", schema::id::base32(&random)))?;
        }
        let node = match keep {
            None => temporary.path().join("node"),
            Some(kept) if kept.exists() => {
                let what = format!("{} is there already", kept.display());
                return Err(Failure::new(
                    code::CONFLICT,
                    what,
                    "name a folder that is not there yet",
                ));
            }
            Some(kept) => {
                std::path::absolute(kept).map_err(|why| Failure::io("finding", kept, &why))?
            }
        };
        if story.between() == Between::Stick {
            // What is carried from one space to the other: nothing else goes between them.
            let stick = node.join("stick");
            std::fs::create_dir_all(&stick).map_err(|why| Failure::io("making", &stick, &why))?;
        }
        Ok(Self { temporary: Some(temporary), files, node })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(Err(why)) = self.temporary.take().map(tempfile::TempDir::close) {
            tracing::warn!(%why, "the demo's folder was not removed");
        }
    }
}

/// What the story's words stand for.
pub(super) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The next minor version.
pub(super) fn next_version() -> String {
    let mut parts = version().split('.').map(|part| part.parse::<u64>().unwrap_or_default());
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{major}.{}.0", minor + 1)
}

/// Runs the list of commands and shows each with what it says.
fn tell(story: Story, stage: &Stage, nodes: &mut Nodes, out: &mut Output) -> Result<(), Failure> {
    let executable = std::env::current_exe().map_err(|why| {
        Failure::new(code::FAILED, format!("no own path: {why}"), "start it by its path")
    })?;
    let words = |word: &str| {
        word.replace("$VERSION", version())
            .replace("$NEXT", &next_version())
            .replace("$EXECUTABLE", &executable.to_string_lossy())
    };
    for line in lines(story.text())? {
        match line {
            Line::Heading(text) => show(out, &format!("\n# {text}")),
            Line::Command { words: raw, fails } => {
                let shown = script::shown(&raw, &words);
                show(out, &format!("$ {shown}"));
                let words: Vec<String> = raw.iter().map(|word| words(word)).collect();
                perform(stage, nodes, &words, fails, out)?;
            }
            Line::Stop(space) => {
                show(out, &format!("(the node of {space} stops)"));
                nodes.stop_one(&space)?;
            }
            Line::Start(space) => {
                show(out, &format!("(the node of {space} starts)"));
                nodes.start_one(&space)?;
            }
        }
    }
    Ok(())
}

/// With JSON the story is for people, on standard error.
fn show(out: &mut Output, text: &str) {
    if out.json() { out.say(text) } else { out.raw(&format!("{text}\n")) }
}

/// What a command of the story says.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs one command as the command line would: on the node of its space, or on every node where it
/// names none. Its relative paths are in the demo's files.
fn perform(
    stage: &Stage,
    nodes: &mut Nodes,
    words: &[String],
    fails: bool,
    out: &mut Output,
) -> Result<(), Failure> {
    let mut cli = Cli::try_parse_from(words).map_err(|why| mistake(&why))?;
    script::resolve(&mut cli.noun, &stage.files, &stage.node);
    let folders = match (&cli.noun, &cli.options.space) {
        (Noun::Space(Space::Create { name }), _) => vec![nodes.for_new(name)?],
        (_, Some(space)) => {
            let folder = nodes.of(space).ok_or_else(|| mistake(&format!("no {space} yet")))?;
            vec![folder.to_owned()]
        }
        (_, None) => nodes.all(),
    };
    for folder in folders {
        cli.options.dir = Some(folder);
        let heard = Heard::default();
        let mut output = Output::to(heard.clone());
        let result = commands::run(&cli, &mut output);
        if let Err(failure) = &result {
            output.failure(failure);
        }
        let said = heard.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        show(out, String::from_utf8_lossy(&said).trim_end());
        match (result, fails) {
            (Ok(()), false) | (Err(_), true) => {}
            (Err(failure), false) => return Err(failure),
            (Ok(()), true) => {
                let what = format!("`{}` should have failed", words.join(" "));
                return Err(Failure::new(code::FAILED, what, "this is a mistake of ours"));
            }
        }
    }
    Ok(())
}

fn mistake(why: &impl std::fmt::Display) -> Failure {
    Failure::new(code::USAGE, why, "this is a mistake in ops/examples")
}

/// What comes after the story: its sum as JSON, or what to try next.
fn finish(
    stage: &Stage,
    once: bool,
    keep: Option<&Path>,
    nodes: &Nodes,
    out: &mut Output,
) -> Result<(), Failure> {
    let clients: Result<Vec<Client>, Failure> =
        nodes.all().iter().map(|folder| Client::new(&options(folder))).collect();
    let sum = summary::take(nodes, &clients?)?;
    if out.json() {
        out.value(&sum, String::new);
    }
    if once {
        if keep.is_some() {
            let folders = nodes.all();
            let verify = folders.iter().map(|folder| {
                format!("\n      interspace audit verify --dir {}", folder.display())
            });
            let node = stage.node.display();
            out.say(&format!(
                "\nthe folder is kept: {node}\nnext:{}",
                verify.collect::<String>().trim_start_matches("\n     ")
            ));
        }
        return Ok(());
    }
    try_next(stage, nodes, out);
    nodes.one().map_or_else(wait_for_the_end, Up::wait)?;
    out.say("stopping");
    Ok(())
}

/// What the demo asks with, after its story.
fn options(folder: &Path) -> Options {
    Options {
        dir: Some(folder.to_owned()),
        space: None,
        output: crate::output::Form::Json,
        person: None,
        token_file: None,
        command_id: None,
        wait: 60,
        no_prompt: true,
    }
}

/// Says what there is to be tried now.
fn try_next(stage: &Stage, nodes: &Nodes, out: &mut Output) {
    let version = version();
    if let Some(up) = nodes.one() {
        out.say(&format!(
            "\nThe node goes on at http://{}. In another terminal:\n\
             \n  export INTERSPACE_DIR={}\
             \n  interspace -s \"DevTest Space\" dashboard\
             \n  interspace -s \"Prod EU\" --as erik inbox list\
             \n  interspace -s \"DevTest Space\" journey {PROJECT} {version}\
             \n  interspace audit verify\
             \n  interspace open\
             \n\nThe last one gives a link to the live pages. Ctrl-C stops it.",
            up.address,
            stage.node.display(),
        ));
        return;
    }
    out.say("\nThe nodes go on. In another terminal:\n");
    for folder in nodes.all() {
        out.say(&format!("  interspace --dir {} open", folder.display()));
    }
    out.say("\nEach gives a link to the live pages of its node. Ctrl-C stops them.");
}
