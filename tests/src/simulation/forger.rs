//! Rewrites a log behind the back of its space, as somebody with its keys could: leaves, roots and
//! signatures are made to fit again.

use crate::site::Site;
use engine::log::Log;
use engine::log::tree::Tree;
use engine::log::verify::certificate_of;
use engine::trust::certificate::Keys;
use engine::trust::identity::Identity;
use log_memory::LogMemory;
use schema::id::{Incarnation, Position};
use schema::latest::{Block, Document, Entry, Event, Header, Own, Record};

/// What a log holds, and whose it is.
pub struct Forger {
    identity: Identity,
    incarnation: Incarnation,
    blocks: Vec<Block>,
}

/// The blocks that a site's device holds.
#[must_use]
pub fn blocks(site: &Site) -> Vec<Block> {
    let image = site.device.image();
    let mut blocks: Vec<Block> = Vec::new();
    while let Some(bytes) = image.bytes(blocks.len()) {
        let first = blocks.last().map_or(Position(1), Block::end);
        match Block::read(bytes, first) {
            Ok(block) => blocks.push(block),
            Err(_) => break,
        }
    }
    blocks
}

/// The newest keys of a log that began with `keys`.
fn stated(keys: Keys, blocks: &[Block]) -> Keys {
    let records = blocks.iter().flat_map(|block| &block.records);
    records.fold(keys, |keys, (record, _)| {
        let Record::Own(own) = record else { return keys };
        let Ok(Event::KeysStated(stated)) = own.entry.event() else { return keys };
        let document = Document::read(&stated.statement).ok();
        let newer = document.and_then(|document| keys.continued(&[document]).ok());
        newer.unwrap_or(keys)
    })
}

impl Forger {
    /// The forger of a site's log; none when the log cannot be read.
    #[must_use]
    pub fn of(site: &Site) -> Option<Self> {
        let blocks = blocks(site);
        let first = blocks.first()?;
        let keys = stated(certificate_of(first)?, &blocks);
        let identity = Identity::of(&keys, site.secrets.clone());
        let Record::Own(own) = &first.records.first()?.0 else {
            return None;
        };
        let Ok(Event::SpaceCreated(created)) = own.entry.event() else {
            return None;
        };
        let incarnation = created.incarnation;
        Some(Self { identity, incarnation, blocks })
    }

    /// The newest record that `wanted` picks: its block and its place there.
    pub fn newest(&self, wanted: impl Fn(&Record) -> bool) -> Option<(usize, usize)> {
        let blocks = self.blocks.iter().enumerate().rev();
        blocks.into_iter().find_map(|(number, block)| {
            let place = block.records.iter().rposition(|(record, _)| wanted(record));
            place.map(|place| (number, place))
        })
    }

    /// Changes one record on the device, and everything behind it that must fit.
    pub fn change(mut self, site: &Site, at: (usize, usize), change: impl FnOnce(&mut Record)) {
        let (number, place) = at;
        change(&mut self.blocks[number].records[place].0);
        let mut tree = Tree::new();
        for (index, block) in self.blocks.iter_mut().enumerate() {
            for (record, leaf) in &mut block.records {
                *leaf = record.leaf();
                tree.push(*leaf);
            }
            if index >= number {
                let (size, time_ms) = (tree.size(), block.checkpoint.time_ms);
                let root = tree.root();
                block.checkpoint = self.identity.checkpoint(&self.incarnation, size, root, time_ms);
                let bytes = block.write();
                site.device.alter(index, |stored| *stored = bytes);
            }
        }
    }

    /// The log as bytes, with everything from a block on replaced by these records.
    #[must_use]
    pub fn rewritten(mut self, from: usize, records: Vec<Record>) -> Vec<(Position, Vec<u8>)> {
        self.blocks.truncate(from);
        let mut tree = Tree::new();
        let before = self.blocks.iter().flat_map(|block| &block.records);
        before.for_each(|(_, leaf)| tree.push(*leaf));
        let first = Position(tree.size() + 1);
        let leaf = |record: Record| {
            let leaf = record.leaf();
            (record, leaf)
        };
        let records: Vec<_> = records.into_iter().map(leaf).collect();
        records.iter().for_each(|(_, leaf)| tree.push(*leaf));
        let checkpoint = self.identity.checkpoint(&self.incarnation, tree.size(), tree.root(), 1);
        self.blocks.push(Block { first, records, checkpoint });
        self.blocks.iter().map(|block| (block.first, block.write())).collect()
    }

    /// Appends an event to the log of a site that is down. False when the log does not open.
    pub fn append(self, site: &Site, header: Header, event: &Event) -> bool {
        let Some(block) = self.next(header, event) else { return false };
        LogMemory::open(&site.device).is_ok_and(|mut log| log.append(&block).is_ok())
    }

    /// The next block of the log, of one event.
    #[must_use]
    pub fn next(self, header: Header, event: &Event) -> Option<Block> {
        let entry = Entry::write(header, event).ok()?;
        let mut tree = Tree::new();
        let records = self.blocks.iter().flat_map(|block| &block.records);
        records.for_each(|(_, leaf)| tree.push(*leaf));
        let first = Position(tree.size() + 1);
        let salt = [7; 16];
        let record = Record::Own(Own { salt, entry });
        let leaf = record.leaf();
        tree.push(leaf);
        let (size, root) = (tree.size(), tree.root());
        let checkpoint = self.identity.checkpoint(&self.incarnation, size, root, 1);
        Some(Block { first, records: vec![(record, leaf)], checkpoint })
    }
}
