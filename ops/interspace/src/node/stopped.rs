//! What can be learned of a node that does not run: from its files alone.

use crate::failure::{Failure, code};
use crate::node::owner::verify;
use engine::log::Log as _;
use engine::log::verify::{Intact, certificate_of};
use log_sled::{FenceMark, LogSled};
use schema::id::{Position, SpaceId};
use schema::latest::Block;
use schema::name::Name;
use schema::v1::block::Damage;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::TempDir;

/// A copy of the log of one space, because opening a log rewrites its files; gone when dropped.
pub(crate) struct Stopped {
    log: LogSled,
    /// Behind the log, so that it goes when the log is closed.
    _copy: TempDir,
}

impl Stopped {
    /// Copies the log in a space's folder.
    pub(crate) fn copy(space: &Path) -> Result<Self, Failure> {
        let copy = tempfile::tempdir().map_err(|why| {
            Failure::new(code::FAILED, format!("no temporary folder: {why}"), "make room")
        })?;
        let into = copy.path().join("log");
        log_sled::audit_copy(&space.join("log"), &into)?;
        Ok(Self { log: LogSled::open_for_audit(&into)?, _copy: copy })
    }

    /// The log, for reading.
    pub(crate) const fn log(&self) -> &LogSled {
        &self.log
    }

    /// Verifies all of it, and that it is as long as its fence says.
    pub(crate) fn audit(&self) -> Result<Result<Intact, Damage>, Failure> {
        let fence = self.log.fence();
        let verified = verify(&self.log, fence.as_ref().map(|fence| (fence.size, fence.root)))?;
        Ok(verified.and_then(|intact| match fence {
            Some(fence) => against_fence(intact, &fence),
            None => Err(Damage {
                position: Position(intact.size + 1),
                what: "the fence is missing or damaged: what came behind is not known".to_owned(),
            }),
        }))
    }
}

/// What an audit of a stopped node found in one space's folder.
pub(crate) fn audit_folder(space: &Path) -> Result<Result<Intact, Damage>, Failure> {
    Stopped::copy(space)?.audit()
}

/// Whose log is in a space's folder, as its own first entry says. It works on a copy as well.
pub(crate) fn identity(space: &Path) -> Option<(SpaceId, Name)> {
    let copy = tempfile::tempdir().ok()?;
    let into = copy.path().join("log");
    log_sled::audit_copy(&space.join("log"), &into).ok()?;
    let log = LogSled::open_for_audit(&into).ok()?;
    let mut keys = None;
    let first = |first, bytes: &[u8]| {
        keys = Block::read(bytes, first).ok().and_then(|block| certificate_of(&block));
        ControlFlow::Break(())
    };
    log.scan(&mut { first }).ok()?;
    keys.map(|keys| (keys.space(), keys.name().clone()))
}

/// An intact log must also be as long as its fence says.
fn against_fence(intact: Intact, fence: &FenceMark) -> Result<Intact, Damage> {
    if fence.size > intact.size {
        let position = Position(intact.size + 1);
        let what = format!("the record is missing; the fence says that there were {}", fence.size);
        return Err(Damage { position, what });
    }
    Ok(intact)
}
