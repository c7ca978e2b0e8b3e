//! Packages that a space takes from an operator's feed, and not from who sent the release.

use crate::node::owner::Mail;
use crate::node::store::looked;
use engine::step::Input;
use packages_feed::Feed;
use packages_fs::{Packages, Progress};
use schema::id::ObjectId;
use schema::limits::PIECE_BYTES_MAX;
use schema::v1::model::Package;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Objects that wait for their turn. Those beyond are asked for again.
const WAITING: usize = 256;

/// How long an object is left alone first for which the feed had something else; doubled each time.
const REST: Duration = Duration::from_secs(60);

/// How long at most.
const REST_MAX: Duration = Duration::from_secs(60 * 60);

/// Troubles that are remembered; with more all of them are told again.
const TROUBLES_MAX: usize = 1024;

/// A space's feed, and what waits for it.
pub(crate) struct Feeding {
    sender: SyncSender<(ObjectId, Vec<Package>)>,
    waiting: Arc<Mutex<BTreeSet<ObjectId>>>,
}

/// What kept an object from coming.
struct Trouble {
    why: String,
    /// Not tried again before, and how long that was; none where it may come at any time.
    rests: Option<(Instant, Duration)>,
}

fn lock(waiting: &Mutex<BTreeSet<ObjectId>>) -> MutexGuard<'_, BTreeSet<ObjectId>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Feeding {
    /// Takes objects one after the other, on a thread of its own that ends with the space.
    pub(crate) fn start(feed: Feed, packages: &Arc<Packages>, mailbox: SyncSender<Mail>) -> Self {
        let (sender, wanted) = sync_channel::<(ObjectId, Vec<Package>)>(WAITING);
        let waiting = Arc::new(Mutex::new(BTreeSet::new()));
        // The store is closed when the space is, also while something is awaited here.
        let (packages, done) = (Arc::downgrade(packages), Arc::clone(&waiting));
        std::thread::spawn(move || {
            let mut troubles: BTreeMap<ObjectId, Trouble> = BTreeMap::new();
            for (object, called) in wanted {
                let rests = troubles.get(&object).and_then(|it| it.rests);
                if rests.is_none_or(|(until, _)| until <= Instant::now()) {
                    match take(&feed, &packages, &called) {
                        None => return,
                        Some(Ok(progress)) => {
                            troubles.remove(&object);
                            let told = Mail::Input(looked(object, progress, true));
                            if mailbox.send(told).is_err() {
                                return;
                            }
                        }
                        Some(Err(trouble)) => note(&mut troubles, object, trouble),
                    }
                }
                if let Some(Trouble { why, .. }) = troubles.get(&object) {
                    let told = Mail::Input(Input::Lacks { object, why: why.clone() });
                    if mailbox.send(told).is_err() {
                        return;
                    }
                }
                lock(&done).remove(&object);
            }
        });
        Self { sender, waiting }
    }

    /// Takes an object that releases name so, when its turn comes. Whoever wants it asks again.
    pub(crate) fn want(&self, object: ObjectId, called: Vec<Package>) {
        let mut waiting = lock(&self.waiting);
        if waiting.insert(object) && self.sender.try_send((object, called)).is_err() {
            waiting.remove(&object);
        }
    }
}

/// Says once what is wrong, and not each time that the object is looked for.
fn note(troubles: &mut BTreeMap<ObjectId, Trouble>, object: ObjectId, mut trouble: Trouble) {
    let before = troubles.get(&object);
    if before.is_none_or(|before| before.why != trouble.why) {
        tracing::warn!(why = trouble.why, "a package did not come from its feed");
    }
    if trouble.rests.is_some() {
        let last = before.and_then(|before| before.rests).map(|(_, rest)| rest * 2);
        let rest = last.unwrap_or(REST).min(REST_MAX);
        trouble.rests = Some((Instant::now() + rest, rest));
    }
    if troubles.len() >= TROUBLES_MAX {
        troubles.clear();
    }
    troubles.insert(object, trouble);
}

/// Takes what is missing of an object, under the first of its names that gives it: its hash is the
/// one that the release is signed with. None when the space is closed.
fn take(
    feed: &Feed,
    packages: &Weak<Packages>,
    called: &[Package],
) -> Option<Result<Progress, Trouble>> {
    let mut trouble = Trouble { why: "no release names it".to_owned(), rests: None };
    for package in called {
        match take_one(feed, packages, package)? {
            Ok(progress) => return Some(Ok(progress)),
            // What is there and is something else is told before what is not there.
            Err(other) if trouble.rests.is_none() => trouble = other,
            Err(_) => {}
        }
    }
    Some(Err(trouble))
}

fn take_one(
    feed: &Feed,
    packages: &Weak<Packages>,
    package: &Package,
) -> Option<Result<Progress, Trouble>> {
    let Package { id, version, object, size, .. } = package;
    let fails = |why: String| {
        let why = format!("{id} {version}: {why}");
        Some(Err(Trouble { why, rests: None }))
    };
    let mut progress = packages.upgrade()?.progress(object, *size);
    if progress.complete {
        return Some(Ok(progress));
    }
    let mut bytes = match feed.open(package, progress.have) {
        Ok(bytes) => bytes,
        Err(why) => return fails(why.to_string()),
    };
    let mut piece = Vec::with_capacity(PIECE_BYTES_MAX);
    while !progress.complete {
        piece.clear();
        if let Err(why) = bytes.by_ref().take(PIECE_BYTES_MAX as u64).read_to_end(&mut piece) {
            return fails(format!("{} breaks off: {why}", feed.place()));
        }
        let before = progress.have;
        // The store is held for no longer than a piece takes.
        progress = match packages.upgrade()?.append(object, *size, before, &piece) {
            Ok(progress) => progress,
            Err(why) => return fails(format!("it cannot be stored: {why}")),
        };
        if progress.refused {
            let what = "is not the package that the release names: its hash is another";
            let why = format!("{id} {version}: what {} has for it {what}", feed.place());
            return Some(Err(Trouble { why, rests: Some((Instant::now(), REST)) }));
        }
        if !progress.complete && progress.have == before {
            return fails(format!("{} breaks off at byte {before} of {size}", feed.place()));
        }
    }
    Some(Ok(progress))
}
