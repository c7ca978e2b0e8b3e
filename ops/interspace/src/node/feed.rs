//! Packages that a space takes from an operator's feed, and not from who sent the release.

use crate::node::owner::Mail;
use engine::fetch::Held;
use engine::step::Input;
use packages_feed::Feed;
use packages_fs::{Packages, Progress};
use schema::id::ObjectId;
use schema::limits::PIECE_BYTES_MAX;
use schema::v1::model::Package;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Packages that wait for their turn. Those beyond are asked for again.
const WAITING: usize = 64;

/// How long a package is left alone that turned out to be another than the release names.
const REST: Duration = Duration::from_secs(60);

/// Takes packages, one after the other, on a thread of its own. What is not there yet is answered
/// by nothing: whoever wants it asks again.
pub(crate) fn feed_thread(
    feed: Feed,
    packages: Arc<Packages>,
    mailbox: SyncSender<Mail>,
) -> SyncSender<Package> {
    let (sender, wanted) = sync_channel::<Package>(WAITING);
    std::thread::spawn(move || {
        let mut troubles: BTreeMap<ObjectId, (String, Instant)> = BTreeMap::new();
        for package in wanted {
            let object = package.object;
            let rests = |(_, since): &(String, Instant)| since.elapsed() < REST;
            let wrong = |(why, _): &&(String, Instant)| why.contains(OTHER);
            if troubles.get(&object).filter(wrong).is_some_and(rests) {
                continue;
            }
            match take(&feed, &packages, &package) {
                Ok(have) => {
                    troubles.remove(&object);
                    let held = Held { have, complete: true, looked: true };
                    if mailbox.send(Mail::Input(Input::Holds { object, held })).is_err() {
                        return;
                    }
                }
                Err(why) => {
                    let known = troubles.insert(object, (why.clone(), Instant::now()));
                    // Said once, and not each time that it is looked for.
                    if known.is_none_or(|(before, _)| before != why) {
                        let (id, version) = (&package.id, &package.version);
                        tracing::warn!(%id, %version, %why, "a package did not come from its feed");
                    }
                }
            }
        }
    });
    sender
}

/// What is said of a package with another hash.
const OTHER: &str = "is not the package that the release names";

/// Takes what is missing of a package. How large it is, once all of it is here and its hash is the
/// one that the release is signed with.
fn take(feed: &Feed, packages: &Packages, package: &Package) -> Result<u64, String> {
    let Package { object, size, .. } = package;
    let mut progress: Progress = packages.progress(object, *size);
    if progress.complete {
        return Ok(progress.have);
    }
    let mut bytes = feed.open(package, progress.have).map_err(|why| why.to_string())?;
    let mut piece = Vec::with_capacity(PIECE_BYTES_MAX);
    while !progress.complete {
        piece.clear();
        let read = bytes.by_ref().take(PIECE_BYTES_MAX as u64).read_to_end(&mut piece);
        read.map_err(|why| format!("{} breaks off: {why}", feed.place()))?;
        let before = progress.have;
        progress = packages
            .append(object, *size, before, &piece)
            .map_err(|why| format!("the package cannot be stored: {why}"))?;
        if progress.refused {
            return Err(format!("what {} has for it {OTHER}: its hash is another", feed.place()));
        }
        if !progress.complete && progress.have == before {
            return Err(format!("{} breaks off at byte {before} of {size}", feed.place()));
        }
    }
    Ok(progress.have)
}
