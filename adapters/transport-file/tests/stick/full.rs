//! A medium that is full midway: the fault says so, and the stick is as it was.

use crate::scene::{entries, export, files, head, look, piece, stick, three_parts};
use std::path::PathBuf;
use std::process::Command;
use transport_file::{Export, Fault, Sizes};

/// Set in the child that may write no large file.
const STARVED: &str = "INTERSPACE_TEST_STARVED";

/// The largest file that the child may write: 1 MiB, in blocks of 512 bytes.
const LIMIT: &str = "trap '' XFSZ; ulimit -f 2048; exec \"$@\"";

/// What the child does: the first part fits, the second does not.
fn starve(folder: PathBuf) {
    let sizes = [Sizes::default(), Sizes { medium_bytes_max: Some(5 << 20) }];
    for sizes in sizes {
        let before = files(&folder);
        let mut export = Export::begin(&folder, &head(7), sizes).unwrap();
        for envelope in three_parts() {
            export.add(&envelope).unwrap();
        }
        for _ in 0..4 {
            export.add(&piece(500_000)).unwrap();
        }
        let fault = export.add(&entries(9, 1, 9)).unwrap_err();
        assert!(matches!(fault, Fault::Full { .. }), "{fault}");
        assert_eq!(files(&folder), before, "what was written is removed");
        assert_eq!(export.finish(), Err(Fault::Ended));
        // The same at the very end.
        let mut export = Export::begin(&folder, &head(8), sizes).unwrap();
        export.add(&entries(9, 1, 9)).unwrap();
        for _ in 0..4 {
            export.add(&piece(500_000)).unwrap();
        }
        let fault = export.finish().unwrap_err();
        assert!(matches!(fault, Fault::Full { .. }), "{fault}");
        assert_eq!(files(&folder), before);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), before.len(), "no folder is left");
    }
}

#[test]
fn t16_a_medium_that_is_full_midway_is_left_as_it_was() {
    if let Some(folder) = std::env::var_os(STARVED) {
        return starve(folder.into());
    }
    let stick = stick();
    export(stick.path(), 1, &three_parts());
    let before = (files(stick.path()), look(&stick));
    let name = "full::t16_a_medium_that_is_full_midway_is_left_as_it_was";
    let child = Command::new("sh")
        .args(["-c", LIMIT, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1"])
        .env(STARVED, stick.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{told}");
    assert!(told.contains("1 passed"), "the child ran nothing: {told}");
    assert_eq!((files(stick.path()), look(&stick)), before);
    // There is room again.
    export(stick.path(), 7, &three_parts());
}
