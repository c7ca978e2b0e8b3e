//! The device under a log in memory: what is stored on it, and what goes wrong with it.

use engine::log::Fault;
use schema::id::{Incarnation, Position};
use schema::latest::Block;
use schema::v1::block::Damage;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What goes wrong with one append. The log answers a [`Fault`] and is closed either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The device fails and nothing of the block is kept.
    Lost,
    /// The device answers an error although the block is kept.
    Kept,
    /// The device is full; nothing of the block is kept.
    Full,
}

/// One stored block.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) first: Position,
    pub(crate) bytes: Vec<u8>,
    /// Decoded when first asked for: a simulator reads the same block many times over.
    decoded: OnceLock<Result<Block, Damage>>,
}

impl Stored {
    pub(crate) fn new(first: Position, bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { first, bytes, decoded: OnceLock::new() })
    }

    pub(crate) fn block(&self) -> Result<&Block, Fault> {
        let decoded = self.decoded.get_or_init(|| Block::read(&self.bytes, self.first));
        decoded.as_ref().map_err(|damage| Fault::Damaged(damage.clone()))
    }
}

/// Everything that is stored on a device. A clone shares the bytes and costs a pointer a block.
#[derive(Debug, Clone)]
pub struct Image {
    pub(crate) incarnation: Incarnation,
    pub(crate) blocks: Vec<Arc<Stored>>,
    /// Records that the log had at least when it was last settled.
    pub(crate) fence: u64,
}

impl Image {
    /// Blocks that are stored.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The bytes of the block with this number, from 0.
    #[must_use]
    pub fn bytes(&self, block: usize) -> Option<&[u8]> {
        self.blocks.get(block).map(|stored| stored.bytes.as_slice())
    }

    /// Records that are stored, by the last block that can be read.
    pub(crate) fn size(&self) -> Result<u64, Fault> {
        let Some(last) = self.blocks.last() else {
            return Ok(0);
        };
        Ok(last.block()?.end().0 - 1)
    }
}

/// What a [`Device`] is made of; held only for the length of one call.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) image: Image,
    pub(crate) in_use: bool,
    plan: Option<(u64, Mishap)>,
    forget: usize,
}

impl Disk {
    /// The mishap that is due now, if one is; counts down otherwise.
    pub(crate) fn mishap(&mut self) -> Option<Mishap> {
        let (appends, mishap) = self.plan.take()?;
        if appends == 0 {
            return Some(mishap);
        }
        self.plan = Some((appends - 1, mishap));
        None
    }

    /// What a device that lied about durability does when the power comes back.
    pub(crate) fn come_back(&mut self) {
        let kept = self.image.blocks.len().saturating_sub(std::mem::take(&mut self.forget));
        self.image.blocks.truncate(kept);
    }
}

/// A device with one log on it. A clone is another handle on the same device.
#[derive(Debug, Clone)]
pub struct Device(Arc<Mutex<Disk>>);

impl Device {
    /// A device with an empty log.
    #[must_use]
    pub fn new(incarnation: Incarnation) -> Self {
        Self::from_image(Image { incarnation, blocks: Vec::new(), fence: 0 })
    }

    /// A device that holds `image`: a copy, or a backup that is restored.
    #[must_use]
    pub fn from_image(image: Image) -> Self {
        let disk = Disk { image, in_use: false, plan: None, forget: 0 };
        Self(Arc::new(Mutex::new(disk)))
    }

    /// What is stored now.
    #[must_use]
    pub fn image(&self) -> Image {
        self.lock().image.clone()
    }

    /// Plans a mishap for an append: 0 is the next one. One plan at a time; a new one replaces it.
    pub fn plan(&self, appends_before: u64, mishap: Mishap) {
        self.lock().plan = Some((appends_before, mishap));
    }

    /// The device has lied: the last `blocks` blocks that it holds when the log is next opened
    /// will be gone then. A log that is open does not notice.
    pub fn forget(&self, blocks: usize) {
        self.lock().forget = blocks;
    }

    /// Alters the stored bytes of the block with this number, from 0. False when there is none.
    pub fn alter(&self, block: usize, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut disk = self.lock();
        let Some(stored) = disk.image.blocks.get_mut(block) else {
            return false;
        };
        let mut bytes = stored.bytes.clone();
        change(&mut bytes);
        *stored = Stored::new(stored.first, bytes);
        true
    }

    /// Accepts what is there as a new incarnation of the log: how an operator leaves the state
    /// *rolled back*.
    ///
    /// # Errors
    /// When the last block cannot be read.
    pub fn begin_anew(&self, incarnation: Incarnation) -> Result<(), Fault> {
        let mut disk = self.lock();
        disk.come_back();
        disk.image.fence = disk.image.size()?;
        disk.image.incarnation = incarnation;
        Ok(())
    }

    /// A panic elsewhere leaves the disk whole: every change to it is made at its end.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
