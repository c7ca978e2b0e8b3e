//! The log in memory: the contract, and mishaps on demand.

use engine::log::{Fault, Log};
use log_memory::{Device, LogMemory, Mishap};
use schema::id::{Incarnation, Position};
use schema::latest::Block;
use std::ops::ControlFlow;
use tests::blocks::Blocks;
use tests::contract::{self, Place};

const LIFE: Incarnation = Incarnation([1; 16]);

fn place() -> Place {
    let device = Device::new(LIFE);
    Box::new(move || LogMemory::open(&device).map(|log| Box::new(log) as Box<dyn Log>))
}

/// A log of three blocks of two records.
fn three() -> (LogMemory, Blocks) {
    let mut writer = Blocks::new();
    let mut log = LogMemory::create(LIFE).expect("an empty log");
    for _ in 0..3 {
        log.append(&writer.small(2)).expect("appended");
    }
    (log, writer)
}

#[test]
fn the_log_in_memory_keeps_the_contract() {
    contract::run(place);
}

#[test]
#[should_panic(expected = "it is not true that what was appended is read back, across reopening")]
fn a_log_that_forgets_everything_breaks_the_contract() {
    let empty = || LogMemory::open(&Device::new(LIFE)).map(|log| Box::new(log) as Box<dyn Log>);
    contract::run(|| Box::new(empty));
}

#[test]
fn a_planned_mishap_keeps_the_block_or_loses_it_and_closes_the_log() {
    for (mishap, size) in [(Mishap::Lost, 8), (Mishap::Full, 8), (Mishap::Kept, 10)] {
        let (mut log, mut writer) = three();
        log.device().plan(1, mishap);
        log.append(&writer.small(2)).unwrap();
        let fault = log.append(&writer.small(2)).unwrap_err();
        assert_eq!(matches!(fault, Fault::Full { .. }), mishap == Mishap::Full);
        assert_eq!(log.size(), 8);
        assert_eq!(log.settle(), Err(Fault::Poisoned));
        let log = log.reopen().unwrap();
        assert_eq!(log.size(), size, "{mishap:?}");
        assert_eq!(contract::shown(&log).len() as u64 * 2, size);
    }
}

#[test]
fn a_device_that_forgets_is_found_by_the_fence_only_where_the_fence_stands() {
    let (mut log, mut writer) = three();
    log.settle().unwrap();
    log.append(&writer.small(2)).unwrap();
    log.device().forget(1);
    assert_eq!(log.read(&[Position(8)]).unwrap().len(), 1, "an open log does not notice");
    let log = log.reopen().unwrap();
    assert_eq!(log.size(), 6, "the fence has not seen the last block");
    let device = log.device();
    device.forget(2);
    let rolled_back = Fault::RolledBack { first_missing: Position(3), fence: 6 };
    assert_eq!(log.reopen().unwrap_err(), rolled_back);
    assert_eq!(LogMemory::open(&device).unwrap_err(), rolled_back, "for as long as it is so");
    device.begin_anew(Incarnation([2; 16])).unwrap();
    let log = LogMemory::open(&device).unwrap();
    assert_eq!((log.size(), log.incarnation()), (2, Incarnation([2; 16])));
}

#[test]
fn an_image_does_not_follow_its_log_and_can_be_restored() {
    let (mut log, mut writer) = three();
    let backup = log.device().image();
    log.append(&writer.small(2)).unwrap();
    assert_eq!((backup.blocks(), log.device().image().blocks()), (3, 4));
    let restored = LogMemory::open(&Device::from_image(backup.clone())).unwrap();
    assert_eq!(restored.size(), 6);
    assert_eq!(contract::shown(&log)[..3], contract::shown(&restored));
    assert_eq!(backup.bytes(0), Some(contract::shown(&log)[0].1.as_slice()));
}

#[test]
fn an_altered_block_is_shown_as_it_is_and_never_read() {
    let (log, _) = three();
    // The salt of the second record of the second block.
    let before = contract::shown(&log);
    let at = before[1].1.len() - 116 - 32 - 100;
    assert!(log.device().alter(1, |bytes| bytes[at] ^= 1));
    assert!(!log.device().alter(3, |_| ()));
    let after = contract::shown(&log);
    assert_ne!(before[1], after[1]);
    let damage = Block::read(&after[1].1, after[1].0).unwrap_err();
    assert_eq!(damage.position, Position(4));
    assert_eq!(log.read(&[Position(3)]), Err(Fault::Damaged(damage)));
    assert!(log.read(&[Position(1), Position(2), Position(5)]).is_ok());
}

#[test]
fn a_log_is_open_once() {
    let (log, _) = three();
    assert!(matches!(LogMemory::open(&log.device()), Err(Fault::Locked { .. })));
    let device = log.device();
    log.scan(&mut |_, _| {
        assert_eq!(device.image().blocks(), 3, "a visitor may look at the device");
        ControlFlow::Continue(())
    })
    .unwrap();
}
