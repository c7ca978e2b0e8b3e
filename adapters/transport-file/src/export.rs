//! Export: envelopes become parts, all of them or none.

use crate::UNFINISHED;
use crate::draft::Draft;
use crate::fault::Fault;
use crate::medium::Media;
use crate::set::file_name;
use schema::id::{SetId, SpaceId};
use schema::latest::{EnvelopeHeader, Part, PartHead};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// What all parts of an export say about themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The origin of each envelope.
    pub from: SpaceId,
    /// The recipient of each envelope.
    pub to: SpaceId,
    /// Random: nobody else may have a set of this id.
    pub set: SetId,
    /// Now, in milliseconds since 1970.
    pub made_ms: u64,
}

/// How large an export may be where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// The most that goes onto one medium, in bytes of files: parts are then put into the folders
    /// `medium-1`, `medium-2` and so on. A file system takes some room for itself, so this should
    /// be a little less than a medium holds. None if all of it goes into one folder.
    pub medium_bytes_max: Option<u64>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The export.
    pub set: SetId,
    /// Its parts in their order.
    pub parts: Vec<WrittenPart>,
    /// Media that are needed; 0 if it was not asked for their size.
    pub media: u32,
}

/// A part that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenPart {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The envelopes in it.
    pub envelopes: u64,
}

/// An export under way. Until [`Export::finish`] nothing of it has the name of a part, and all of
/// it is removed when it is dropped.
#[derive(Debug)]
pub struct Export {
    head: Head,
    media: Media,
    draft: Option<Draft>,
    staged: Vec<Staged>,
    ended: bool,
}

/// A part that is durable, under its temporary name or its own.
#[derive(Debug)]
struct Staged {
    part: WrittenPart,
    named: bool,
}

impl Staged {
    fn temporary(&self) -> PathBuf {
        self.part.path.with_extension(UNFINISHED)
    }
}

impl Export {
    /// Begins an export into `folder`, which must be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn begin(folder: &Path, head: &Head, sizes: Sizes) -> Result<Self, Fault> {
        if !folder.is_dir() {
            return Err(Fault::NoFolder { path: folder.to_owned() });
        }
        Ok(Self {
            head: head.clone(),
            media: Media::new(folder, sizes.medium_bytes_max),
            draft: None,
            staged: Vec::new(),
            ended: false,
        })
    }

    /// Adds an envelope behind those before. The recipient takes them in this order, so entries
    /// come before the pieces of the packages that they speak of. Acks, beats and the like share
    /// parts with entries.
    ///
    /// # Errors
    /// When these are not the bytes of an envelope from and to the spaces of this export, when one
    /// medium is too small for it, or when writing fails. The export has ended then, and what was
    /// written of it is removed.
    pub fn add(&mut self, envelope: &[u8]) -> Result<(), Fault> {
        if self.ended {
            return Err(Fault::Ended);
        }
        let added = self.put(envelope);
        if added.is_err() {
            self.undo();
        }
        added
    }

    /// Gives the parts their names, in their order, and makes them durable. An export without
    /// envelopes has no parts.
    ///
    /// # Errors
    /// When writing fails, or did before. Nothing of the export is left then.
    pub fn finish(mut self) -> Result<Written, Fault> {
        if self.ended {
            return Err(Fault::Ended);
        }
        self.close(true)?;
        self.name()?;
        // Now nothing of it is removed any more.
        let parts = self.staged.drain(..).map(|staged| staged.part).collect();
        self.media.keep();
        Ok(Written { set: self.head.set, parts, media: self.media.number })
    }

    fn put(&mut self, envelope: &[u8]) -> Result<(), Fault> {
        let header = EnvelopeHeader::of_envelope(envelope).map_err(Fault::NoEnvelope)?;
        if header.origin != self.head.from || header.recipient != self.head.to {
            return Err(Fault::Misaddressed);
        }
        if self.draft.as_mut().is_some_and(|draft| draft.take(&header, envelope)) {
            return Ok(());
        }
        self.close(false)?;
        let (folder, room) = self.media.place(Draft::bytes_min(envelope))?;
        self.draft = Some(Draft::new(folder, room, header, envelope));
        Ok(())
    }

    /// Writes the part that is being filled, if there is one.
    fn close(&mut self, last: bool) -> Result<(), Fault> {
        let Some(draft) = self.draft.take() else {
            return Ok(());
        };
        let number = u32::try_from(self.staged.len() + 1).expect("no medium holds 2^32 parts");
        let Head { from, to, set, made_ms } = self.head;
        let head = PartHead { from, to, set, made_ms, number, last };
        let path = draft.folder.join(file_name(&head));
        let envelopes = draft.envelopes.len() as u64;
        let bytes = Part { head, envelopes: draft.envelopes }.write();
        self.media.took(bytes.len() as u64);
        let part = WrittenPart { path, bytes: bytes.len() as u64, envelopes };
        self.stage(part, &bytes)
    }

    /// Writes a part under its temporary name, durably.
    fn stage(&mut self, part: WrittenPart, bytes: &[u8]) -> Result<(), Fault> {
        let staged = Staged { part, named: false };
        let (path, temporary) = (&staged.part.path, staged.temporary());
        if path.symlink_metadata().is_ok() {
            return Err(Fault::Occupied { path: path.clone() });
        }
        let failed = |error: io::Error| Fault::io("writing", &temporary, &error);
        // New, so that no link that lies there is followed.
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary);
        let mut file = file.map_err(failed)?;
        // From here on it is removed unless the export is finished.
        self.staged.push(staged);
        file.write_all(bytes).map_err(failed)?;
        file.sync_all().map_err(failed)
    }

    /// Gives every part its own name; the last part last, so that whoever finds it finds all.
    fn name(&mut self) -> Result<(), Fault> {
        let mut folders = BTreeSet::from([self.media.folder().to_owned()]);
        for staged in &mut self.staged {
            let path = &staged.part.path;
            let renamed = fs::rename(staged.temporary(), path);
            renamed.map_err(|e| Fault::io("naming", path, &e))?;
            staged.named = true;
            folders.extend(staged.part.path.parent().map(Path::to_owned));
        }
        for folder in folders {
            let synced = File::open(&folder).and_then(|folder| folder.sync_all());
            match synced {
                // Some file systems of other machines have no such call for folders.
                Err(error) if error.kind() == ErrorKind::InvalidInput => {}
                synced => synced.map_err(|e| Fault::io("writing", &folder, &e))?,
            }
        }
        Ok(())
    }

    /// Removes what was written.
    fn undo(&mut self) {
        self.ended = true;
        self.draft = None;
        for staged in self.staged.drain(..) {
            let path = if staged.named { staged.part.path } else { staged.temporary() };
            // What cannot be removed has the name of a part only if it is a good one.
            let _ = fs::remove_file(path);
        }
        self.media.undo();
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        self.undo();
    }
}
