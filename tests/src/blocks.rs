//! Blocks as a space would append them, without a space: the same every time.

use engine::log::tree::Tree;
use schema::hash::Hash;
use schema::id::{CommandId, ObjectId, Position, ReleaseDigest, SpaceId};
use schema::latest::event::{PackageArrived, ReleasePromoted};
use schema::latest::model::{ProjectId, ReleaseId};
use schema::latest::{Actor, Audience, Block, Checkpoint, Entry, Event, Header, Own, Record};

/// Bytes of a large entry that are not the text that makes it large, at most.
pub const ENTRY_FRAME_BYTES: usize = 512;

/// Writes one block after the other. The signature of their checkpoints is zeros: a log does not
/// look at it.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    tree: Tree,
}

impl Blocks {
    /// For an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records written so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The next block, of `count` small entries.
    pub fn small(&mut self, count: usize) -> Block {
        let first = self.size() + 1;
        let events = (first..).take(count).map(|position| {
            let object = ObjectId(schema::hash::sha256(&[&position.to_be_bytes()]));
            Event::PackageArrived(PackageArrived { object, size: position })
        });
        self.of(&events.collect::<Vec<_>>())
    }

    /// The next block, of one entry for each of `texts`, which holds so many bytes of text.
    pub fn large(&mut self, texts: &[usize]) -> Block {
        let name = |text: &str| text.parse().expect("a valid name");
        let space = SpaceId([7; 32]);
        let events = texts.iter().zip(self.size() + 1..).map(|(bytes, position)| {
            let seed = schema::id::hex(&schema::hash::sha256(&[&position.to_be_bytes()]));
            let bundle = seed.chars().cycle().take(*bytes).collect();
            let project = ProjectId { space, name: name("shop") };
            let version = "1.0.0".parse().expect("a valid version");
            let release = ReleaseId { project, version };
            let digest = ReleaseDigest([1; 32]);
            let (receipts, secrets, target) = (Vec::new(), Vec::new(), space);
            let promoted = ReleasePromoted { release, digest, target, bundle, receipts, secrets };
            Event::ReleasePromoted(promoted)
        });
        self.of(&events.collect::<Vec<_>>())
    }

    /// The next block, of these events.
    pub fn of(&mut self, events: &[Event]) -> Block {
        let first = Position(self.size() + 1);
        let records = events.iter().map(|event| self.record(event)).collect();
        let checkpoint = Checkpoint {
            size: self.tree.size(),
            root: self.tree.root(),
            time_ms: self.tree.size(),
            key: 1,
            signature: [0; 64],
        };
        Block { first, records, checkpoint }
    }

    fn record(&mut self, event: &Event) -> (Record, Hash) {
        let position = self.size() + 1;
        let mut command = [0; 16];
        command[..8].copy_from_slice(&position.to_be_bytes());
        let header = Header {
            kind: 0,
            version: 0,
            flags: 0,
            time_ms: 1_700_000_000_000 + position,
            command: CommandId(command),
            correlation: CommandId(command),
            causation: None,
            actor: Actor::Policy,
            audience: Audience::Internal,
        };
        let entry = Entry::write(header, event).expect("an entry within its limit");
        let record = Record::Own(Own { salt: command, entry });
        let leaf = record.leaf();
        self.tree.push(leaf);
        (record, leaf)
    }
}
