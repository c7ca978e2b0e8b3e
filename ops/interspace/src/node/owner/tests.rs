//! Tests of the owner over a log that fails: what is durable is answered, nothing else is.

use super::*;
use engine::command::Command;
use engine::entropy::Entropy;
use engine::trust::identity::Seeds;
use schema::id::{CommandId, Incarnation};
use schema::latest::{Actor, Block, Record};
use schema::v1::model::{HexHash, Package};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;

#[test]
fn what_came_in_a_turn_that_failed_is_neither_answered_nor_given_up_by_its_carrier() {
    let (told, answered, ended) = turn(0);
    assert!(matches!(ended, Err(Fault::Full { .. })), "{:?}", ended.err());
    assert!(!told, "the carrier would have forgotten an envelope that nobody has");
    assert!(!answered);
}

#[test]
fn what_came_in_a_turn_that_is_durable_is_answered_and_given_up() {
    let (told, answered, ended) = turn(1);
    assert!(ended.is_ok());
    assert!(told && answered);
}

/// A turn with an envelope and a command, over a log with room for so many blocks; whether the
/// carrier of the envelope was told, whether the command was answered, and how the owner ended.
fn turn(room: usize) -> (bool, bool, Result<Small, Fault>) {
    let clocks = Clocks::start();
    let seeds = Seeds::draw(&mut Entropy::from_seed([1; 32]));
    let name = "Home".parse().unwrap();
    let log = |incarnation| Ok(Small { incarnation, size: 0, room: room + 1 });
    let entropy = Entropy::from_seed([2; 32]);
    let space = Space::found(&name, &seeds, entropy, clocks.now(), log).unwrap();
    let (mailbox, receiver) = sync_channel(8);
    let told = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&told);
    let durable: OnDurable = Box::new(move || tell.store(true, Ordering::SeqCst));
    mailbox.send(Mail::Envelope { envelope: vec![0; 9], durable: Some(durable) }).unwrap();
    let (answer, answered) = sync_channel(1);
    let package = Package {
        id: "App".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        size: 1,
        sha256: HexHash([4; 32]),
        object: ObjectId([5; 32]),
    };
    let command = Command::PushPackage { package };
    let id = CommandId([3; 16]);
    let actor = Actor::Person(engine::decide::configuration::OPERATOR.parse().unwrap());
    let request = Request { id, actor, token: None, command };
    mailbox.send(Mail::Ask(Box::new(request), answer)).unwrap();
    mailbox.send(Mail::Stop).unwrap();
    let ended = Owner::new(space, Nowhere, clocks, receiver).run();
    (told.load(Ordering::SeqCst), answered.recv().is_ok(), ended)
}

/// A log with room for a few blocks.
struct Small {
    incarnation: Incarnation,
    size: u64,
    room: usize,
}

impl Log for Small {
    fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn append(&mut self, block: &Block) -> Result<(), Fault> {
        self.room = self.room.checked_sub(1).ok_or(Fault::Full { doing: "a test" })?;
        self.size += block.records.len() as u64;
        Ok(())
    }

    fn read(&self, _: &[Position]) -> Result<Vec<Record>, Fault> {
        Ok(Vec::new())
    }

    fn scan_from(
        &self,
        _: Position,
        _: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// Doors that lead nowhere.
struct Nowhere;

impl Doors for Nowhere {
    fn send(&self, _: &SpaceId, _: EnvelopeKind, _: Vec<u8>) {}
    fn peers(&self, _: BTreeSet<SpaceId>, _: BTreeSet<Option<SpaceId>>) {}
    fn run(&self, _: engine::run::Plan) {}
    fn cancel(&self, _: Position) {}
    fn answer(&self, _: Position, _: engine::run::ManualAnswer) {}
    fn look(&self, _: ObjectId, _: u64, _: Vec<Package>) {}
    fn store(&self, _: Piece) {}
    fn discard(&self, _: ObjectId, _: u64) {}
    fn read_piece(&self, _: LinkId, _: ObjectId, _: u64) {}
    fn forget_keys(&self, _: u32) {}
    fn alarm(&self, _: &str) {}
}
