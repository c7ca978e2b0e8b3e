//! T26 on a real folder: what a space trusts is in its log, and who edits it there is found out.

use crate::audit::{Copied, Kept, audit, blocks, replace};
use crate::folder::copy;
use crate::node::Node;
use engine::log::tree::Tree;
use schema::hash::sha256;
use schema::id::Position;
use schema::latest::{Block, Entry, Event, Own, Record};
use schema::v1::model::{Disclosure, Grant};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;
use tempfile::TempDir;

const SPACE: &str = "DevTest Space";

/// How far somebody goes who edits a row and has no key.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Pains {
    /// The entry alone.
    Entry,
    /// And the commitment beside it.
    Leaf,
    /// And the root in every checkpoint from there on.
    Roots,
    /// And the root in the fence beside the log.
    Fence,
}

/// Whom the space trusts, and with what: everything, from now on.
fn edited(own: &Own) -> Option<Own> {
    let Ok(Event::PeerTrusted(mut trusted)) = own.entry.event() else { return None };
    let everything = "*".parse().unwrap();
    let grants = vec![Grant::AcceptReleases(everything), Grant::SendResults(Disclosure::Full)];
    assert_ne!(trusted.grants, grants);
    trusted.grants = grants;
    let event = Event::PeerTrusted(trusted);
    Some(Own { salt: own.salt, entry: Entry::write(own.entry.header().clone(), &event).unwrap() })
}

/// A log in which the first row of trust is edited: its Position, that of its block, and the blocks
/// that are other ones now.
fn forged(log: &[(Position, Vec<u8>)], pains: Pains) -> (Position, Position, Vec<Block>) {
    let mut tree = Tree::new();
    let mut at = None;
    let mut changed = Vec::new();
    for (first, bytes) in log {
        let mut block = Block::read(bytes, *first).unwrap();
        for (position, (record, leaf)) in (first.0..).zip(&mut block.records) {
            if let (None, Record::Own(own)) = (at, &mut *record)
                && let Some(other) = edited(own)
            {
                *record = Record::Own(other);
                at = Some((Position(position), *first));
                if pains != Pains::Entry {
                    *leaf = record.leaf();
                }
            }
            tree.push(*leaf);
        }
        if at.is_some() && pains >= Pains::Roots {
            block.checkpoint.root = tree.root();
        }
        let touched = at.is_some_and(|(_, edited)| edited == *first);
        if touched || (at.is_some() && pains >= Pains::Roots) {
            changed.push(block);
        }
    }
    let (position, block) = at.expect("somebody is trusted");
    (position, block, changed)
}

/// Writes the forged root into the fence, as log-sled has it: two slots of generation 8,
/// incarnation 16, size 8, root 32 and a checksum over these.
fn fence(path: &Path, changed: &[Block]) {
    const SLOTS: [usize; 2] = [0, 4096];
    const ROOT: Range<usize> = 32..64;
    let mut bytes = fs::read(path).unwrap();
    let mut forged = 0;
    for slot in SLOTS {
        let Some(slot) = bytes.get_mut(slot..slot + 96) else { continue };
        let size = u64::from_be_bytes(slot[24..ROOT.start].try_into().unwrap());
        let Some(block) = changed.iter().find(|block| block.checkpoint.size == size) else {
            continue;
        };
        slot[ROOT].copy_from_slice(&block.checkpoint.root);
        let sum = sha256(&[&slot[..ROOT.end]]);
        slot[ROOT.end..].copy_from_slice(&sum);
        forged += 1;
    }
    assert!(forged > 0, "the fence names the end of no forged block");
    fs::write(path, bytes).unwrap();
}

/// A copy of the whole node, with the forged blocks in the log of its space.
fn tampered(kept: &Kept, changed: &[Block]) -> Copied {
    let place = TempDir::new().unwrap();
    let node = place.path().join("node");
    copy(&kept.folder(), &node);
    let log = node.join("spaces").join(kept.space().file_name().unwrap()).join("log");
    let copied = Copied { place, log };
    let database = copied.database();
    for block in changed {
        replace(&database, block.first, &block.write());
    }
    drop(database);
    copied
}

#[test]
fn t26_an_edited_row_of_trust_is_found_by_an_audit_and_at_the_start() {
    let kept = Kept::tell();
    let log = blocks(&kept.space().join("log")).expect("it opens");
    for pains in [Pains::Entry, Pains::Leaf, Pains::Roots, Pains::Fence] {
        let (position, block, changed) = forged(&log, pains);
        let copied = tampered(&kept, &changed);
        if pains == Pains::Fence {
            fence(&copied.log.join("fence"), &changed);
        }
        let folder = copied.place.path().join("node");
        let found = verdict_of_space(&audit(&folder).fails(7, &["damaged at Position", "restore"]));
        let named = found["damaged_at"].as_u64().expect("a position");
        match pains {
            Pains::Entry => assert_eq!(named, position.0, "{found}"),
            Pains::Leaf => assert_eq!(named, block.0, "{found}"),
            // The signature behind the block is none of the space's.
            Pains::Roots | Pains::Fence => assert_eq!(named, changed[0].end().0 - 1, "{found}"),
        }
        let Err(said) = Node::try_start(&folder) else { panic!("{pains:?}: it started") };
        said.fails(7, &["damaged at Position", "audit verify"]);
    }
    // The rows that are put back are the same ones, but for what was edited.
    let untouched: Vec<_> =
        log.iter().map(|(first, bytes)| Block::read(bytes, *first).unwrap()).collect();
    let copied = tampered(&kept, &untouched);
    audit(&copied.place.path().join("node")).good();
    every_link_is_told_by_its_fingerprint(&copied);
}

/// What an audit found of the space that is tampered with: the others are sound.
fn verdict_of_space(said: &crate::command::Said) -> Value {
    let all = said.json();
    let all = all.as_array().expect("one for each log").iter();
    let damaged: Vec<_> = all.filter(|log| !log["damaged_at"].is_null()).collect();
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    damaged[0].clone()
}

/// Names may look alike in ways that no rule knows: `link list` shows who each of them is.
fn every_link_is_told_by_its_fingerprint(copied: &Copied) {
    let node = Node::start(&copied.place.path().join("node"));
    let shown = node.run(&["--space", SPACE, "link", "list"]).good().out;
    let links = node.run(&["--space", SPACE, "-o", "json", "link", "list"]).good().json();
    let links = links.as_array().expect("a list");
    let fingerprints: BTreeSet<&str> =
        links.iter().map(|link| link["fingerprint_hex"].as_str().expect("text")).collect();
    // Prod EU and Prod US.
    assert_eq!(fingerprints.len(), 2, "{links:?}");
    for link in links {
        let (peer, hex) = (link["peer"].as_str(), link["fingerprint_hex"].as_str());
        let told = |line: &str| line.contains(peer.unwrap()) && line.contains(hex.unwrap());
        assert!(shown.lines().any(told), "{peer:?} {hex:?} in {shown}");
    }
    node.stop();
}
