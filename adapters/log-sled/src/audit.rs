//! Looking into a log that may be damaged, without touching it: on a copy.

use crate::begin::stored_incarnation;
use crate::copy;
use crate::fence::Fence;
use crate::folder::{Folder, format_fault};
use crate::log::LogSled;
use crate::store::{Store, system};
use crate::tip::Tip;
use engine::log::Fault;
use std::path::Path;

/// Copies the log in `folder` into `into`, a folder that is not there yet. An audit works on the
/// copy, because sled rewrites what it opens; the copy can never be opened as a log that grows.
///
/// # Errors
/// When the log is open somewhere, when `into` is there already, and when copying fails; an
/// unfinished copy is removed.
pub fn audit_copy(folder: &Path, into: &Path) -> Result<(), Fault> {
    let folder = Folder::take(folder)?;
    if into.exists() {
        return Err(format_fault(into, "something is there already"));
    }
    folder.copy_into(into).map_err(|error| {
        // The first failure is the one to report.
        let _ = copy::remove(into);
        system("copying the log", &error)
    })
}

impl LogSled {
    /// Opens a copy that [`audit_copy`] made, or a `before-recovery/`, for reading: also when it is
    /// shorter than its fence or is damaged. `size` is then that of the sound blocks from the
    /// beginning on, and the first missing Position the one after. Appending to it fails.
    ///
    /// # Errors
    /// When it is not a copy, and when sled does not open it at all.
    pub fn open_for_audit(copy: &Path) -> Result<Self, Fault> {
        let folder = Folder::take(copy)?;
        if !folder.is_copy() {
            return Err(folder.format_fault("it is no copy; opening a log may rewrite its files"));
        }
        let fence = Fence::open(&folder.fence())?;
        let store = Store::open(&folder.sled()).or_else(|fault| {
            // sled does not open when the end of its file is not what its snapshot says. Without
            // one it goes through the whole file and keeps what comes before the damage.
            let aside = folder.set_snapshots_aside();
            let aside = aside.map_err(|error| system("opening the log", &error))?;
            if aside == 0 { Err(fault) } else { Store::open(&folder.sled()) }
        })?;
        let mark = fence.as_ref().and_then(Fence::mark);
        let incarnation = stored_incarnation(&folder, &store).unwrap_or_default();
        let incarnation = incarnation.or(mark.map(|mark| mark.incarnation));
        let incarnation = incarnation
            .ok_or_else(|| folder.format_fault("neither it nor its fence names an incarnation"))?;
        let tip = Tip::find(&store).unwrap_or_else(|_| Tip::of_sound_part(&store));
        Ok(Self::assembled(folder, store, fence, incarnation, tip))
    }
}
