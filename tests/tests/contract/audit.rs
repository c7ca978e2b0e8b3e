//! An audit looks at a copy, which opens whatever is missing from it and never grows.

use crate::sled::{closed_log, somewhere};
use engine::log::{Fault, Log};
use log_sled::{LogSled, audit_copy};
use std::fs;
use tests::contract;

#[test]
fn a_copy_is_read_like_its_log_and_never_grows() {
    let (keep, path) = somewhere();
    let mut writer = closed_log(&path, 5);
    let shown = contract::shown(&LogSled::open(&path).unwrap());
    let copy = keep.path().join("copy");
    audit_copy(&path, &copy).unwrap();
    assert!(matches!(audit_copy(&path, &copy), Err(Fault::Format { .. })));
    assert!(matches!(LogSled::open(&copy), Err(Fault::Format { .. })));
    assert!(matches!(LogSled::begin_anew(&copy, crate::sled::LIFE), Err(Fault::Format { .. })));
    let mut audited = LogSled::open_for_audit(&copy).unwrap();
    assert_eq!(contract::shown(&audited), shown);
    assert_eq!(audited.fence().unwrap().size, 15);
    assert!(audited.append(&writer.small(1)).is_err());
    let fault = LogSled::open_for_audit(&path).unwrap_err();
    assert!(fault.to_string().contains("no copy"), "{fault}");
}

#[test]
fn an_audit_opens_what_is_shorter_than_its_fence_and_sees_the_fence() {
    let (keep, path) = somewhere();
    closed_log(&path, 5);
    fs::remove_dir_all(path.join("sled")).unwrap();
    fs::create_dir(path.join("sled")).unwrap();
    assert!(matches!(LogSled::open(&path), Err(Fault::RolledBack { .. })));
    let copy = keep.path().join("copy");
    audit_copy(&path, &copy).unwrap();
    let audited = LogSled::open_for_audit(&copy).unwrap();
    assert_eq!((audited.size(), audited.fence().unwrap().size), (0, 15));
    assert_eq!(contract::shown(&audited), []);
}

#[test]
fn an_audit_opens_without_a_fence() {
    let (keep, path) = somewhere();
    closed_log(&path, 5);
    fs::remove_file(path.join("fence")).unwrap();
    let copy = keep.path().join("copy");
    audit_copy(&path, &copy).unwrap();
    let audited = LogSled::open_for_audit(&copy).unwrap();
    assert_eq!((audited.size(), audited.fence()), (15, None));
}

#[test]
fn an_audit_of_a_log_that_does_not_open_has_what_comes_before_the_damage() {
    let (keep, path) = somewhere();
    closed_log(&path, 200);
    let shown = contract::shown(&LogSled::open(&path).unwrap());
    let database = path.join("sled/db");
    let mut bytes = fs::read(&database).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used * 3 / 4] ^= 8;
    fs::write(&database, bytes).unwrap();
    let copy = keep.path().join("copy");
    audit_copy(&path, &copy).unwrap();
    assert!(LogSled::open(&path).is_err());
    let audited = LogSled::open_for_audit(&copy).unwrap();
    assert!((1..600).contains(&audited.size()), "{}", audited.size());
    assert_eq!(audited.fence().unwrap().size, 600);
    let kept = contract::shown(&audited);
    assert_eq!(kept.len() as u64 * 3, audited.size());
    assert_eq!(kept, shown[..kept.len()]);
}
