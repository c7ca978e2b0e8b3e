//! T17: odd names, links and pipes in the folder of a stick.

use crate::scene::{entries, export, files, head, look, piece, refused, stick, taken};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use transport_file::{Export, Fault, Sizes, read};

/// A part somewhere else, that nobody brought.
fn elsewhere() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = stick();
    let part = export(folder.path(), 9, &[entries(9, 1, 9)]).parts[0].path.clone();
    (folder, part)
}

#[test]
fn t17_a_link_on_the_stick_is_not_followed() {
    let (other, part) = elsewhere();
    let stick = stick();
    symlink(&part, stick.path().join("link.isp")).unwrap();
    symlink(other.path(), stick.path().join("medium-1")).unwrap();
    symlink("/dev/zero", stick.path().join("zero.isp")).unwrap();
    symlink("nowhere", stick.path().join("broken.isp")).unwrap();
    let look = look(&stick);
    assert!(taken(&look).is_empty());
    let names = ["broken.isp", "link.isp", "zero.isp"];
    assert_eq!(refused(&look), names.map(|name| (name.to_owned(), "no-file")));
    // Nor when a shell that found it names it.
    let named = read(&[stick.path().join("link.isp")]).unwrap();
    assert_eq!(refused(&named), [("link.isp".to_owned(), "no-file")]);
}

#[test]
fn t17_what_is_no_file_is_neither_read_nor_waited_for() {
    let stick = stick();
    let pipe = stick.path().join("pipe.isp");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    fs::create_dir(stick.path().join("folder.isp")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(stick.path().join("socket.isp")).unwrap();
    let names = ["folder.isp", "pipe.isp", "socket.isp"];
    assert_eq!(refused(&look(&stick)), names.map(|name| (name.to_owned(), "no-file")));
}

#[test]
fn t17_a_part_is_found_under_any_name_that_ends_so_and_under_no_other() {
    let (_other, part) = elsewhere();
    let long = format!("{}.isp", "x".repeat(250));
    let odd: [&[u8]; 8] = [
        b"\xff\xfe.isp",
        b"line\nbreak.isp",
        b"\x1b[31mred.isp",
        "left\u{202e}right.isp".as_bytes(),
        b"UPPER.ISP",
        b"-rf.isp",
        b" .isp",
        long.as_bytes(),
    ];
    for name in odd {
        let stick = stick();
        fs::copy(&part, stick.path().join(OsStr::from_bytes(name))).unwrap();
        assert_eq!(taken(&look(&stick)), [entries(9, 1, 9)], "{name:?}");
    }
    let others: [&[u8]; 6] =
        [b"isp", b".isp", b"._part.isp", b"part.isp.txt", b"partisp", b"a.isp~"];
    for name in others {
        let stick = stick();
        fs::copy(&part, stick.path().join(OsStr::from_bytes(name))).unwrap();
        assert!(look(&stick).found.is_empty(), "{name:?}");
    }
}

#[test]
fn t17_an_export_follows_no_link_that_lies_where_it_writes() {
    let other = stick();
    let victim = other.path().join("precious");
    fs::write(&victim, b"keep me").unwrap();
    let stick = stick();
    let name = "interspace-vkvkvkvk-to-xo53xo53-aeaqcaib-0001.isp";
    for planted in [name.to_owned(), format!("{name}-unfinished")] {
        let link = stick.path().join(&planted);
        symlink(&victim, &link).unwrap();
        let mut export = Export::begin(stick.path(), &head(1), Sizes::default()).unwrap();
        export.add(&entries(1, 1, 9)).unwrap();
        let fault = export.add(&piece(9)).unwrap_err();
        assert!(matches!(fault, Fault::Occupied { .. }), "{planted}: {fault}");
        assert!(link.is_symlink(), "{planted}: it is not ours to remove");
        fs::remove_file(link).unwrap();
    }
    let sizes = Sizes { medium_bytes_max: Some(10_000) };
    symlink(other.path(), stick.path().join("medium-1")).unwrap();
    let mut export = Export::begin(stick.path(), &head(1), sizes).unwrap();
    let fault = export.add(&entries(1, 1, 9)).unwrap_err();
    assert!(matches!(fault, Fault::Occupied { .. }), "{fault}");
    assert_eq!(
        files(other.path()).into_iter().collect::<Vec<_>>(),
        [(victim, b"keep me".to_vec())]
    );
}
