//! Archives as files: written whole or not at all, and verified without a node.

use crate::failure::{Failure, code};
use engine::log::archive::Archive;
use engine::log::verify::Intact;
use schema::latest::ArchivedBlock;
use schema::limits::ARCHIVE_LINE_BYTES_MAX;
use schema::v1::block::Damage;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Verifies the archive in a file.
pub(crate) fn verify(file: &Path) -> Result<Result<Intact, Damage>, Failure> {
    read(file, &mut |_| Ok(()))
}

/// Verifies the archive in a file, and shows each block once it is verified.
pub(crate) fn read(
    file: &Path,
    each: &mut dyn FnMut(&ArchivedBlock) -> Result<(), Damage>,
) -> Result<Result<Intact, Damage>, Failure> {
    let failed = |why: std::io::Error| Failure::io("reading", file, &why);
    let mut input = BufReader::new(File::open(file).map_err(failed)?);
    let mut archive = Archive::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than the longest line and its line feed shows a line that is too long.
        let most = ARCHIVE_LINE_BYTES_MAX as u64 + 2;
        let read = (&mut input).take(most).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            return Ok(archive.finish());
        }
        let shown = archive.line(&line).and_then(|block| block.map_or(Ok(()), |one| each(&one)));
        if let Err(damage) = shown {
            return Ok(Err(damage));
        }
    }
}

/// Writes an archive to `file` with `write`. What is written there is verified before it gets its
/// name: whoever finds the file finds an archive. An archive holds what the log holds, in the
/// clear, so that only its owner may read it.
pub(crate) fn create(
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<Result<Intact, Damage>, Failure> {
    let failed = |why: std::io::Error| Failure::io("writing", file, &why);
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    // What an earlier command left behind when it was cut short.
    let _ = std::fs::remove_file(unfinished);
    let options = OpenOptions::new().create_new(true).write(true).mode(0o600).open(unfinished);
    let mut out = BufWriter::new(options.map_err(failed)?);
    let written = write(&mut out).and_then(|()| {
        let file = out.into_inner().map_err(|why| failed(why.into_error()))?;
        file.sync_all().map_err(failed)
    });
    let verified = written.and_then(|()| verify(unfinished));
    if let Ok(Ok(_)) = &verified {
        std::fs::rename(unfinished, file).map_err(failed)?;
    } else {
        // The first failure is the one to report.
        let _ = std::fs::remove_file(unfinished);
    }
    verified
}

/// A log that is not what it was, and so was not written down.
pub(crate) fn not_written(damage: &Damage) -> Failure {
    Failure::new(
        code::NOT_VERIFIED,
        format!("the log is damaged at Position {}: {}", damage.position, damage.what),
        "nothing was written: keep the folder as it is, copy it, and restore from a backup",
    )
}
