//! The log as the engine sees it.

use crate::fence::{Fence, FenceMark};
use crate::folder::Folder;
use crate::key;
use crate::recent::{Recent, holds};
use crate::rows::{self, Stored};
use crate::store::{Store, named};
use crate::tip::{Tip, damaged, load};
use engine::log::{Fault, Log};
use schema::id::{Incarnation, Position};
use schema::latest::{Block, Record};
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the fence may trail a log that is appended to; each move costs a sync.
const FENCE_INTERVAL: Duration = Duration::from_secs(1);

/// A log in sled. Dropping it closes it; [`LogSled::close`] also says how that went.
#[derive(Debug)]
pub struct LogSled {
    incarnation: Incarnation,
    pub(crate) tip: Tip,
    store: Option<Store>,
    fence: Option<Fence>,
    fenced: Instant,
    recent: RefCell<Recent>,
    state: Cell<State>,
    /// Last, so that the lock goes last.
    folder: Folder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It takes blocks.
    Running,
    /// It is only read, and nothing is written when it closes.
    Reading,
    /// Something failed, or it was closed.
    Closed,
}

fn refused(why: String) -> Fault {
    Fault::Store { doing: "appending a block", why }
}

impl LogSled {
    /// A log for reading, of its parts.
    pub(crate) fn assembled(
        folder: Folder,
        store: Store,
        fence: impl Into<Option<Fence>>,
        incarnation: Incarnation,
        tip: Tip,
    ) -> Self {
        Self {
            incarnation,
            tip,
            store: Some(store),
            fence: fence.into(),
            fenced: Instant::now(),
            recent: RefCell::default(),
            state: Cell::new(State::Reading),
            folder,
        }
    }

    /// From now on it takes blocks.
    pub(crate) fn begin_running(self) -> Result<Self, Fault> {
        self.folder.mark_running()?;
        self.state.set(State::Running);
        Ok(self)
    }

    /// What the log had at least when the fence was last moved. None only in a copy, when its
    /// fence is missing or damaged.
    #[must_use]
    pub fn fence(&self) -> Option<FenceMark> {
        self.fence.as_ref().and_then(Fence::mark)
    }

    /// Closes the log; everything is on the device then, and the fence stands at its end. It takes
    /// a few milliseconds for each MiB that was appended since the log was opened.
    ///
    /// # Errors
    /// When something could not be written, or the log was closed by a failure before. What was
    /// appended is durable all the same; the next start treats this as an unclean stop.
    pub fn close(mut self) -> Result<(), Fault> {
        self.stop()
    }

    fn stop(&mut self) -> Result<(), Fault> {
        match self.state.replace(State::Closed) {
            State::Closed => return Err(Fault::Poisoned),
            State::Reading => return self.store.take().map_or(Ok(()), Store::close),
            State::Running => {}
        }
        self.catch_up()?;
        self.store.take().map_or(Ok(()), Store::close)?;
        Store::snapshot(&self.folder.sled())?;
        self.folder.mark_closed()
    }

    fn store(&self) -> Result<&Store, Fault> {
        let open = self.state.get() != State::Closed;
        self.store.as_ref().filter(|_| open).ok_or(Fault::Poisoned)
    }

    /// Moves the fence to the end of the log, unless it stands there.
    fn catch_up(&mut self) -> Result<(), Fault> {
        let Tip { size, root } = self.tip;
        let mark = FenceMark { incarnation: self.incarnation, size, root };
        if let Some(fence) = self.fence.as_mut().filter(|fence| fence.mark() != Some(mark)) {
            fence.write(mark)?;
        }
        self.fenced = Instant::now();
        Ok(())
    }

    /// A failure of the store closes the log. Damage does not: it is an answer.
    fn answer<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        if matches!(result, Err(Fault::Store { .. } | Fault::Full { .. })) {
            self.state.set(State::Closed);
        }
        result
    }

    /// The block that holds `position`.
    pub(crate) fn block_holding(&self, position: Position) -> Result<Arc<Block>, Fault> {
        if let Some(block) = self.recent.borrow_mut().holding(position) {
            return Ok(block);
        }
        let found = load(self.store()?, position).map_err(|fault| named(fault, position))?;
        let found = found.filter(|(block, _)| holds(block, position));
        let (block, bytes) = found.ok_or_else(|| damaged(position, "it is missing"))?;
        let block = Arc::new(block);
        self.recent.borrow_mut().keep(Arc::clone(&block), bytes);
        Ok(block)
    }

    fn check_fit(&self, block: &Block) -> Result<(), Fault> {
        let (first, next, end) = (block.first, self.tip.size + 1, block.end().0 - 1);
        let stated = block.checkpoint.size;
        if first.0 != next {
            Err(refused(format!("the block begins at Position {first}, not at {next}")))
        } else if block.records.is_empty() {
            Err(refused("the block is empty".to_owned()))
        } else if stated != end {
            Err(refused(format!("the checkpoint is of size {stated}, the log would be of {end}")))
        } else {
            Ok(())
        }
    }

    fn records(&self, positions: &[Position]) -> Result<Vec<Record>, Fault> {
        let mut records = Vec::with_capacity(positions.len());
        let mut current: Option<Arc<Block>> = None;
        for position in positions {
            let block = match current.take().filter(|block| holds(block, *position)) {
                Some(block) => block,
                None => self.block_holding(*position)?,
            };
            let index = usize::try_from(position.0 - block.first.0).ok();
            let record = index.and_then(|index| block.records.get(index));
            let (record, _) = record.ok_or_else(|| damaged(*position, "it is missing"))?;
            records.push(record.clone());
            current = Some(block);
        }
        Ok(records)
    }

    fn show(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        // Nothing may stand before Position 1, so that it is seen where something does.
        let begin = if from == Position(1) { Position(0) } else { from };
        let mut stored = Stored::new(self.store()?.rows_from(key::row(begin, 0))?);
        // None after a block of which nobody can say where it ends: it was shown, and says itself
        // that it is damaged.
        let mut expected = Some(from);
        loop {
            let next = stored.next();
            let next = next.map_err(|fault| expected.map_or(fault.clone(), |at| named(fault, at)));
            let Some((first, bytes)) = next? else { break };
            if let Some(expected) = expected.filter(|expected| *expected != first) {
                return Err(damaged(expected.min(first), "the log has a gap here"));
            }
            if visit(first, &bytes).is_break() {
                return Ok(());
            }
            expected = rows::end(first, &bytes);
        }
        match expected {
            Some(end) if end.0 <= self.tip.size => Err(damaged(end, "the log ends before it")),
            _ => Ok(()),
        }
    }
}

impl Log for LogSled {
    fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    fn size(&self) -> u64 {
        self.tip.size
    }

    fn append(&mut self, block: &Block) -> Result<(), Fault> {
        match self.state.replace(State::Closed) {
            State::Closed => return Err(Fault::Poisoned),
            State::Reading => return Err(refused("this copy was opened for reading".to_owned())),
            // It runs again only at the end: whatever returns early leaves the log closed.
            State::Running => {}
        }
        self.check_fit(block)?;
        let rows = rows::cut(block)?;
        let store = self.store.as_ref().ok_or(Fault::Poisoned)?;
        store.apply("appending a block", &rows)?;
        self.tip = Tip { size: block.checkpoint.size, root: block.checkpoint.root };
        if self.fenced.elapsed() >= FENCE_INTERVAL {
            self.catch_up()?;
        }
        self.state.set(State::Running);
        Ok(())
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<Record>, Fault> {
        self.store()?;
        self.answer(self.records(positions))
    }

    fn scan_from(
        &self,
        first: Position,
        visit: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        self.answer(self.show(first, visit))
    }

    fn settle(&mut self) -> Result<(), Fault> {
        match self.state.get() {
            State::Closed => Err(Fault::Poisoned),
            State::Reading => Ok(()),
            State::Running => {
                let moved = self.catch_up();
                self.answer(moved)
            }
        }
    }
}

impl Drop for LogSled {
    fn drop(&mut self) {
        // Whoever wants to know how it went calls close.
        let _ = self.stop();
    }
}
