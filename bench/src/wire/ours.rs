//! Our side: two nodes in two processes, each with one space, that trust each other.

use super::clock::between;
use super::node::{Order, Told};
use super::part::Part;
use crate::Failure;
use crate::pair::Sample;
use crate::road::Link;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) use super::node::{BLOCK_EVENTS, play};

/// The role of both processes.
pub(crate) const ROLE: &str = "node";

/// The first events of each link are written before anything is measured: they are not the same
/// work as those that follow.
const FIRST_EVENTS: u64 = 16;

/// Envelopes that are sealed to see how long one takes.
const SEALED: usize = 101;

/// Where nodes come into being and how they reach each other.
#[derive(Debug)]
pub(crate) struct Ours {
    folder: PathBuf,
    server: String,
}

/// Two nodes. A pair is used once: its logs begin empty.
struct Nodes {
    writer: Node,
    reader: Node,
    _folder: TempDir,
}

/// A process and how its node is opened.
struct Node {
    part: Part,
    name: &'static str,
    folder: PathBuf,
}

/// How long one event took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Single {
    /// From the moment it was handed to the owner of the writing space.
    pub(crate) handed: Duration,
    /// From the moment it was durable there: from the node's trace of it, which comes when its
    /// envelope is sealed, and the time that sealing one takes.
    pub(crate) appended: Duration,
}

impl Ours {
    /// Nodes with folders in `folder`, on the server at `url`.
    pub(crate) fn new(folder: &Path, url: &str) -> Self {
        Self { folder: folder.to_owned(), server: url.to_owned() }
    }

    /// Writes `events` while nobody reaches anybody, and then lets both meet: from the moment
    /// before they do to the moment at which the writer knows that all are durable and folded at
    /// the reader.
    pub(crate) fn catch_up(&self, events: u64) -> Result<Sample, Failure> {
        let mut nodes = Nodes::start(&self.folder, None)?;
        nodes.writer.ask(&Order::Write(events))?;
        nodes.writer.ask(&Order::Close)?;
        nodes.reader.ask(&Order::Close)?;
        nodes.writer.open(Some(&self.server))?;
        nodes.writer.part.tell(&Order::Follow(events))?;
        nodes.reader.open(Some(&self.server))?;
        let told: Told = nodes.writer.part.hear()?;
        nodes.stop()?;
        Ok(Sample { events, took: between(told.began_ns, told.ended_ns) })
    }

    /// Writes `events` while both are there: from the first to the moment at which the writer
    /// knows that all are durable and folded at the reader.
    pub(crate) fn live(&self, events: u64) -> Result<Sample, Failure> {
        let mut nodes = Nodes::start(&self.folder, Some(&self.server))?;
        nodes.writer.ask(&Order::Meet)?;
        let told = nodes.writer.ask(&Order::Live(events))?;
        nodes.stop()?;
        Ok(Sample { events, took: between(told.began_ns, told.ended_ns) })
    }

    /// One event after the other; the next begins when the one before is folded.
    pub(crate) fn singly(&self, events: u64) -> Result<Vec<Single>, Failure> {
        let mut nodes = Nodes::start(&self.folder, Some(&self.server))?;
        nodes.writer.ask(&Order::Meet)?;
        nodes.writer.ask(&Order::Listen)?;
        nodes.reader.ask(&Order::Listen)?;
        let sealing = sealing()?;
        let mut took = Vec::new();
        for number in 0..FIRST_EVENTS + events {
            nodes.reader.part.tell(&Order::FoldOne)?;
            let written = nodes.writer.ask(&Order::WriteOne)?;
            let folded: Told = nodes.reader.part.hear()?;
            if number >= FIRST_EVENTS {
                took.push(Single {
                    handed: between(written.began_ns, folded.ended_ns),
                    appended: sealing + between(written.ended_ns, folded.ended_ns),
                });
            }
        }
        nodes.stop()?;
        Ok(took)
    }
}

/// How long sealing the envelope of one event takes, in the middle of some.
fn sealing() -> Result<Duration, Failure> {
    let Link { mut lane, .. } = Link::new()?;
    let mut took = Vec::with_capacity(SEALED);
    for _ in 0..SEALED {
        let run = lane.run(1)?;
        let sealed = Sample::time(1, || lane.seal(&lane.head(), &run))?;
        took.push(sealed.took);
    }
    took.sort_unstable();
    Ok(took[SEALED / 2])
}

impl Nodes {
    fn start(within: &Path, server: Option<&str>) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("nodes-").tempdir_in(within)?;
        let node = |name: &'static str| {
            let folder = folder.path().join(name);
            Ok::<_, Failure>(Node { part: Part::start(ROLE)?, name, folder })
        };
        let (mut writer, mut reader) = (node("harbour")?, node("island")?);
        let (one, two) = (writer.open(server)?, reader.open(server)?);
        writer.ask(&Order::Trust(two.certificate))?;
        reader.ask(&Order::Trust(one.certificate))?;
        Ok(Self { writer, reader, _folder: folder })
    }

    fn stop(mut self) -> Result<(), Failure> {
        self.writer.ask(&Order::Close)?;
        self.reader.ask(&Order::Close)?;
        Ok(())
    }
}

impl Node {
    fn ask(&mut self, order: &Order) -> Result<Told, Failure> {
        self.part.ask(order)
    }

    fn open(&mut self, server: Option<&str>) -> Result<Told, Failure> {
        let (folder, name) = (self.folder.clone(), self.name.to_owned());
        self.ask(&Order::Open { folder, name, server: server.map(str::to_owned) })
    }
}
