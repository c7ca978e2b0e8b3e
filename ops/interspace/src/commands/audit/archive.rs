//! Archives: a log written down to be verified elsewhere, and verified there.

use super::{pin, report};
use crate::archive::{create, not_written, verify};
use crate::cli::Options;
use crate::client::Client;
use crate::failure::{Failure, code};
use crate::node::folder::{Folder, slug};
use crate::node::stopped::Stopped;
use crate::output::Output;
use api_http::shape::audit::Verified;
use engine::log::Log as _;
use engine::log::verify::Intact;
use schema::latest::{ArchiveHead, ArchivedBlock, Block};
use schema::v1::block::Damage;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Verifies an archive; there need not be a node.
pub(super) fn verify_archive(
    file: &Path,
    expect: Option<&str>,
    out: &mut Output,
) -> Result<(), Failure> {
    let mut result = match verify(file)? {
        Ok(intact) => Verified::intact(&intact),
        Err(damage) => Verified::damaged(&file.display().to_string(), &damage),
    };
    pin(&mut result, expect);
    report(&[result], "get the archive again from whoever wrote it", out)
}

/// Writes the log of a space into a file.
pub(super) fn export(options: &Options, file: &Path, out: &mut Output) -> Result<(), Failure> {
    let intact = write_down(options, file)?;
    let result = Verified::intact(&intact);
    out.value(&result, || {
        let (space, size, root) = (&result.space, result.entries, schema::id::hex(&intact.root));
        let fingerprint = result.fingerprint.as_deref().unwrap_or_default();
        format!("{space}: {size} records\nfingerprint   {fingerprint}\nroot          {root}")
    });
    Ok(())
}

/// Writes the log of a space into a file, whether its node runs or not.
fn write_down(options: &Options, file: &Path) -> Result<Intact, Failure> {
    let folder = Folder::of(options)?;
    if !folder.path().is_dir() {
        let what = format!("there is no folder {}", folder.path().display());
        return Err(Failure::new(code::NOT_FOUND, what, "name the node's folder with --dir"));
    }
    let written = match folder.lock() {
        Ok(_lock) => stopped(&folder, options, file)?,
        Err(failure) if failure.code == code::CONFLICT => running(options, file)?,
        Err(failure) => return Err(failure),
    };
    written.map_err(|damage| not_written(&damage))
}

/// A log as an archive: one that was given, or that of a space, written down for as long as this
/// lives.
pub(super) struct Readable {
    file: PathBuf,
    /// Where it was written down; gone when dropped.
    _place: Option<TempDir>,
}

impl Readable {
    /// The archive that was given, or the log of the space that was chosen.
    pub(super) fn of(options: &Options, archive: Option<&Path>) -> Result<Self, Failure> {
        if let Some(archive) = archive {
            return Ok(Self { file: archive.to_owned(), _place: None });
        }
        let place = tempfile::tempdir().map_err(|why| {
            Failure::new(code::FAILED, format!("no temporary folder: {why}"), "make room")
        })?;
        let file = place.path().join("archive");
        write_down(options, &file)?;
        Ok(Self { file, _place: Some(place) })
    }

    /// Reads every block, each once it is verified.
    pub(super) fn read(&self, mut each: impl FnMut(&Block)) -> Result<Intact, Failure> {
        let read = crate::archive::read(&self.file, &mut |archived| {
            let block = Block::read(&archived.bytes, archived.first);
            block.map(|block| each(&block))
        })?;
        read.map_err(|damage| {
            let what = format!("the archive is damaged at Position {damage}");
            Failure::new(code::NOT_VERIFIED, what, "get it again from whoever wrote it")
        })
    }
}

/// Of a node that runs: it writes what its log is now, and goes on.
fn running(options: &Options, file: &Path) -> Result<Result<Intact, Damage>, Failure> {
    let client = Client::new(options)?;
    let path = client.path("audit/export")?;
    create(file, |out| client.download(&path, out))
}

/// Of a node that does not run: from a copy, because opening a log rewrites its files.
fn stopped(
    folder: &Folder,
    options: &Options,
    file: &Path,
) -> Result<Result<Intact, Damage>, Failure> {
    let stopped = Stopped::copy(&chosen(folder, options)?)?;
    let intact = match stopped.audit()? {
        Ok(intact) => intact,
        Err(damage) => return Ok(Err(damage)),
    };
    create(file, |out| write(&stopped, &intact, file, out))
}

fn write(
    stopped: &Stopped,
    intact: &Intact,
    file: &Path,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let Intact { space, incarnation, size, root, .. } = *intact;
    let head = ArchiveHead { space, incarnation, size, root };
    let failed = |why: std::io::Error| Failure::io("writing", file, &why);
    writeln!(out, "{}", head.write()).map_err(failed)?;
    let mut written = Ok(());
    stopped.log().scan(&mut |first, bytes| {
        let line = ArchivedBlock::write(first, bytes)
            .map_err(|why| Failure::new(code::FAILED, why, "no archive can hold such a block"));
        written = line.and_then(|line| writeln!(out, "{line}").map_err(failed));
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written
}

/// The folder of the space that was chosen, or of the only one.
fn chosen(folder: &Folder, options: &Options) -> Result<PathBuf, Failure> {
    let mut spaces = folder.spaces()?;
    if let Some(name) = &options.space {
        // The folder of a space is called after it, and then its id.
        let begins = format!("{}-", slug(name.as_str()));
        let called = |path: &PathBuf| {
            let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let rest = file_name.as_deref().and_then(|name| name.strip_prefix(&begins));
            rest.is_some_and(|rest| !rest.contains('-'))
        };
        spaces.retain(called);
    }
    match spaces.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let what = format!("there is no such space in {}", folder.path().display());
            Err(Failure::new(code::NOT_FOUND, what, "`interspace audit verify` shows all of them"))
        }
        _ => {
            let what = "the node has several spaces";
            Err(Failure::new(code::USAGE, what, "choose one with --space"))
        }
    }
}
