//! The log as a process has it open on a device.

use crate::device::{Device, Image, Mishap, Stored};
use engine::log::{Fault, Log};
use schema::id::{Incarnation, Position};
use schema::latest::{Block, Record};
use schema::v1::block::Damage;
use std::ops::ControlFlow;

/// A log in memory. Dropping it is a crash and a stop alike: nothing is written then.
#[derive(Debug)]
pub struct LogMemory {
    device: Device,
    incarnation: Incarnation,
    size: u64,
    closed: bool,
}

impl LogMemory {
    /// A new log on a device of its own.
    ///
    /// # Errors
    /// Never; the form is that of the other adapters.
    pub fn create(incarnation: Incarnation) -> Result<Self, Fault> {
        Self::open(&Device::new(incarnation))
    }

    /// Opens the log on `device`, after the device has forgotten what it was told to forget.
    ///
    /// # Errors
    /// When it is open already, when the last block is damaged, when it is shorter than its fence.
    pub fn open(device: &Device) -> Result<Self, Fault> {
        let mut disk = device.lock();
        if disk.in_use {
            return Err(Fault::Locked { folder: "the device in memory".to_owned() });
        }
        disk.come_back();
        let (size, fence) = (disk.image.size()?, disk.image.fence);
        if size < fence {
            return Err(Fault::RolledBack { first_missing: Position(size + 1), fence });
        }
        disk.in_use = true;
        let incarnation = disk.image.incarnation;
        Ok(Self { device: device.clone(), incarnation, size, closed: false })
    }

    /// A crash and a new start.
    ///
    /// # Errors
    /// Those of [`LogMemory::open`].
    pub fn reopen(self) -> Result<Self, Fault> {
        let device = self.device.clone();
        drop(self);
        Self::open(&device)
    }

    /// The device below.
    #[must_use]
    pub fn device(&self) -> Device {
        self.device.clone()
    }

    fn check_open(&self) -> Result<(), Fault> {
        if self.closed { Err(Fault::Poisoned) } else { Ok(()) }
    }

    /// The stored block that holds `position`.
    fn holding(image: &Image, position: Position) -> Result<&Stored, Fault> {
        let after = image.blocks.partition_point(|stored| stored.first <= position);
        let stored = after.checked_sub(1).and_then(|at| image.blocks.get(at));
        stored.map(AsRef::as_ref).ok_or_else(|| missing(position))
    }
}

fn missing(position: Position) -> Fault {
    Fault::Damaged(Damage { position, what: "it is missing".to_owned() })
}

fn store(why: &str) -> Fault {
    Fault::Store { doing: "appending a block", why: why.to_owned() }
}

/// Why `block` cannot follow a log of `size` records.
fn misfit(block: &Block, size: u64) -> Option<Fault> {
    let (first, next) = (block.first, size + 1);
    let end = block.end().0 - 1;
    if block.records.is_empty() {
        Some(store("the block is empty"))
    } else if first.0 != next {
        Some(store(&format!("the block begins at Position {first}, not at {next}")))
    } else if block.checkpoint.size != end {
        let stated = block.checkpoint.size;
        Some(store(&format!("the checkpoint is of size {stated}, the log would be of {end}")))
    } else {
        None
    }
}

impl Log for LogMemory {
    fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn append(&mut self, block: &Block) -> Result<(), Fault> {
        self.check_open()?;
        // Open again only at the end: whatever returns early leaves the log closed.
        self.closed = true;
        if let Some(fault) = misfit(block, self.size) {
            return Err(fault);
        }
        let mut disk = self.device.lock();
        let mishap = disk.mishap();
        if matches!(mishap, None | Some(Mishap::Kept)) {
            disk.image.blocks.push(Stored::new(block.first, block.write()));
        }
        match mishap {
            Some(Mishap::Full) => {
                return Err(Fault::Full { doing: "appending a block" });
            }
            Some(Mishap::Lost | Mishap::Kept) => return Err(store("a planned mishap")),
            None => {}
        }
        self.size = block.checkpoint.size;
        self.closed = false;
        Ok(())
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<Record>, Fault> {
        self.check_open()?;
        let disk = self.device.lock();
        let mut records = Vec::with_capacity(positions.len());
        for position in positions {
            let block = Self::holding(&disk.image, *position)?.block()?;
            let index = usize::try_from(position.0 - block.first.0).ok();
            let record = index.and_then(|index| block.records.get(index));
            records.push(record.ok_or_else(|| missing(*position))?.0.clone());
        }
        Ok(records)
    }

    fn scan_from(
        &self,
        first: Position,
        visit: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        self.check_open()?;
        // A copy, which costs pointers: the visitor may use the device.
        let image = self.device.image();
        let before = image.blocks.partition_point(|stored| stored.first < first);
        let blocks = &image.blocks[before..];
        // Behind the end there is none; a log whose first block is elsewhere shows what it has.
        let begins = blocks.first().map_or(first.0 == self.size + 1, |s| s.first == first);
        if !begins && first > Position(1) {
            return Err(missing(first));
        }
        for stored in blocks {
            if visit(stored.first, &stored.bytes).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Fault> {
        self.check_open()?;
        self.device.lock().image.fence = self.size;
        Ok(())
    }
}

impl Drop for LogMemory {
    fn drop(&mut self) {
        self.device.lock().in_use = false;
    }
}
