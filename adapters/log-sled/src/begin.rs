//! How a log begins: made, opened, or begun anew after a loss.

use crate::copy;
use crate::fence::{Fence, FenceMark};
use crate::folder::{self, Folder, format_fault};
use crate::key;
use crate::log::LogSled;
use crate::store::{Store, named, system};
use crate::tip::Tip;
use engine::log::Fault;
use engine::log::tree::Tree;
use schema::id::{Incarnation, Position};
use schema::v1::block::Damage;
use std::fs;
use std::io;
use std::path::Path;

impl LogSled {
    /// Makes an empty log in `folder`, which is not there yet or is empty, and opens it. It is
    /// made under another name beside it, so that it is there whole or not at all.
    ///
    /// # Errors
    /// When something is there, and when the store fails.
    pub fn create(folder: &Path, incarnation: Incarnation) -> Result<Self, Fault> {
        let doing = "making the log";
        let mut beside = folder.file_name().unwrap_or_default().to_owned();
        beside.push(format!(".new-{}", std::process::id()));
        let beside = folder.with_file_name(beside);
        // What an earlier process of this number left behind was never a log.
        copy::remove(&beside).map_err(|error| system(doing, &error))?;
        let made = make(&beside, incarnation).and_then(|()| {
            let taken = [
                io::ErrorKind::DirectoryNotEmpty,
                io::ErrorKind::AlreadyExists,
                io::ErrorKind::NotADirectory,
            ];
            fs::rename(&beside, folder).map_err(|error| {
                if taken.contains(&error.kind()) {
                    format_fault(folder, "something is there already")
                } else {
                    system(doing, &error)
                }
            })
        });
        if let Err(fault) = made {
            // The first failure is the one to report.
            let _ = copy::remove(&beside);
            return Err(fault);
        }
        let parent = folder.parent().filter(|parent| *parent != Path::new(""));
        let synced = copy::sync_folder(parent.unwrap_or(Path::new(".")));
        synced.map_err(|error| system(doing, &error))?;
        Self::open(folder)
    }

    /// Opens the log in `folder`. After an unclean stop, or when its files were changed since it
    /// was closed, they are copied to `before-recovery/` first, because sled rewrites them when
    /// it opens them; when it does not open they are put back. Nothing is ever deleted that does
    /// not open.
    ///
    /// # Errors
    /// When somebody else has it open; when it is shorter than its fence, or another log than the
    /// one for which the fence was written; when its end or its fence is damaged; when the folder
    /// holds a copy or something else; and when the store fails.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        let own = take_own(folder)?;
        let copied = own.copy_unless_intact()?;
        Self::open_own(own).inspect_err(|_| {
            if let Some(own) = Folder::take(folder).ok().filter(|_| copied) {
                // The first failure is the one to report, and the copy stays.
                let _ = own.put_back();
            }
        })
    }

    fn open_own(folder: Folder) -> Result<Self, Fault> {
        let fence = Fence::open(&folder.fence())?;
        let fence = fence.filter(|fence| fence.mark().is_some());
        let fence = fence.ok_or_else(|| {
            folder
                .format_fault("its fence is missing or damaged, so nobody can tell what is missing")
        })?;
        // What sled knows to be damaged when it opens is damage to all: nothing was read yet.
        let store = Store::open(&folder.sled()).map_err(|fault| named(fault, Position(1)))?;
        let incarnation = stored_incarnation(&folder, &store)?;
        if let Some(mark) = fence.mark() {
            check_incarnation(&folder, incarnation, &mark)?;
        }
        let incarnation = incarnation
            .ok_or_else(|| folder.format_fault("it does not say of which incarnation it is"))?;
        let tip = Tip::find(&store)?;
        let log = Self::assembled(folder, store, fence, incarnation, tip);
        log.check_against_fence()?;
        log.begin_running()
    }

    /// Accepts what there is in `folder` as the log of a new incarnation, and opens it: how an
    /// operator leaves the state *rolled back*. The files are copied to `before-recovery/` first.
    /// The log must end in a whole block; what is damaged inside it stays as it is.
    ///
    /// # Errors
    /// As for [`LogSled::open`], except that the fence is not asked.
    pub fn begin_anew(folder: &Path, incarnation: Incarnation) -> Result<Self, Fault> {
        let folder = take_own(folder)?;
        folder.copy_before_recovery()?;
        let store = Store::open(&folder.sled())?;
        let tip = Tip::find(&store)?;
        write_incarnation(&store, incarnation)?;
        let mark = FenceMark { incarnation, size: tip.size, root: tip.root };
        let fence = Fence::create(&folder.fence(), mark)?;
        Self::assembled(folder, store, fence, incarnation, tip).begin_running()
    }
}

fn make(path: &Path, incarnation: Incarnation) -> Result<(), Fault> {
    let doing = "making the log";
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| system(doing, &error))?;
    }
    copy::create_private(path).map_err(|error| system(doing, &error))?;
    let store = Store::open(&folder::sled(path))?;
    write_incarnation(&store, incarnation)?;
    store.close()?;
    let mark = FenceMark { incarnation, size: 0, root: Tree::new().root() };
    Fence::create(&folder::fence(path), mark)?;
    Folder::finish(path).map_err(|error| system(doing, &error))
}

fn take_own(path: &Path) -> Result<Folder, Fault> {
    let folder = Folder::take(path)?;
    if folder.is_copy() {
        return Err(folder.format_fault("it is a copy for reading, see its file COPY"));
    }
    Ok(folder)
}

fn write_incarnation(store: &Store, incarnation: Incarnation) -> Result<(), Fault> {
    let row = (key::INCARNATION, incarnation.0.to_vec());
    store.apply("writing the incarnation", &[row])
}

/// The incarnation in the store; None when the store has lost even that.
pub(crate) fn stored_incarnation(
    folder: &Folder,
    store: &Store,
) -> Result<Option<Incarnation>, Fault> {
    let Some(value) = store.value(&key::INCARNATION)? else {
        return Ok(None);
    };
    let incarnation = value.as_ref().try_into().map(Incarnation);
    let incarnation = incarnation.map_err(|_| folder.format_fault("its incarnation is malformed"));
    incarnation.map(Some)
}

fn check_incarnation(
    folder: &Folder,
    stored: Option<Incarnation>,
    mark: &FenceMark,
) -> Result<(), Fault> {
    match stored {
        None => Err(Fault::RolledBack { first_missing: Position(1), fence: mark.size }),
        Some(stored) if stored != mark.incarnation => Err(folder.format_fault(format!(
            "it is of incarnation {stored}, its fence of {}",
            mark.incarnation
        ))),
        Some(_) => Ok(()),
    }
}

impl LogSled {
    /// The log must be at least as long as the fence, and the same up to there.
    fn check_against_fence(&self) -> Result<(), Fault> {
        let Some(mark) = self.fence() else {
            return Ok(());
        };
        if self.tip.size < mark.size {
            let first_missing = Position(self.tip.size + 1);
            return Err(Fault::RolledBack { first_missing, fence: mark.size });
        }
        if mark.size == 0 {
            return Ok(());
        }
        let position = Position(mark.size);
        let block = self.block_holding(position)?;
        if block.checkpoint.size == mark.size && block.checkpoint.root == mark.root {
            return Ok(());
        }
        let what = "the tree's root there is not the one in the fence: this is another history";
        Err(Fault::Damaged(Damage { position, what: what.to_owned() }))
    }
}
