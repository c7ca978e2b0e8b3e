//! The store of a space: what is put into it, and the thread that does what it is told.

use crate::node::owner::Mail;
use api_http::port::{Stored, Trouble};
use engine::fetch::Held;
use engine::log::Fault;
use engine::step::Input;
use packages_fs::{NotStored, Packages, Progress};
use schema::id::{LinkId, ObjectId};
use schema::latest::Piece;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// Orders that wait for a space's store.
const ORDERS: usize = 256;

/// Something for a space's store, which may block.
pub(crate) enum Order {
    Look(ObjectId, u64),
    Store(Piece),
    Discard(ObjectId, u64),
    Read(LinkId, ObjectId, u64),
}

/// How often an opening is tried while the store of the life before is still being put down.
const TRIES: usize = 250;

/// Opens a space's store. Where the space was open a moment ago, its store's threads put down what
/// they hold first.
pub(crate) fn open(folder: &Path) -> Result<Packages, Fault> {
    for _ in 0..TRIES {
        match Packages::open(folder) {
            Err(Fault::Locked { .. }) => std::thread::sleep(Duration::from_millis(20)),
            opened => return opened,
        }
    }
    Packages::open(folder)
}

/// Puts an object into a space's store.
pub(crate) fn push(packages: &Packages, bytes: &mut dyn Read) -> Result<Stored, Trouble> {
    let failed = |why: NotStored| Trouble::Failed(why.to_string());
    let stored = packages.push(bytes, schema::limits::OBJECT_BYTES_MAX).map_err(failed)?;
    Ok(Stored { object: stored.object, sha256: stored.sha256.0, size: stored.size })
}

/// A piece of an object; none if it is not there.
pub(crate) fn read_piece(
    packages: &Packages,
    object: ObjectId,
    offset: u64,
) -> Result<Option<Piece>, Trouble> {
    let read = packages.read_piece(&object, offset);
    let read = read.map_err(|fault| Trouble::Failed(fault.to_string()))?;
    Ok(read.map(|(total, bytes)| Piece { object, total, offset, bytes }))
}

/// Does what a space's store is told, in order, on a thread of its own. Where the space is `fed`,
/// packages come from a feed: see [`Held::elsewhere`].
pub(crate) fn store_thread(
    packages: Arc<Packages>,
    mailbox: SyncSender<Mail>,
    fed: bool,
) -> SyncSender<Order> {
    let (sender, orders) = sync_channel(ORDERS);
    std::thread::spawn(move || {
        for order in orders {
            let input = match order {
                Order::Look(object, size) => {
                    let progress = packages.progress(&object, size);
                    looked(object, progress, fed)
                }
                Order::Discard(object, size) => {
                    packages.discard_partial(&object);
                    let progress = packages.progress(&object, size);
                    looked(object, progress, fed)
                }
                Order::Store(Piece { object, total, offset, bytes }) => {
                    match packages.append(&object, total, offset, &bytes) {
                        Ok(Progress { have, complete, .. }) => {
                            let held = Held { have, complete, looked: false, elsewhere: false };
                            Input::Holds { object, held }
                        }
                        Err(why) => {
                            tracing::error!(%why, "a piece of a package was not stored");
                            continue;
                        }
                    }
                }
                Order::Read(link, object, offset) => match packages.read_piece(&object, offset) {
                    Ok(Some((total, bytes))) => {
                        let piece = Piece { object, total, offset, bytes };
                        Input::Read { link, piece }
                    }
                    Ok(None) => continue,
                    Err(why) => {
                        tracing::error!(%why, "a piece of a package was not read");
                        continue;
                    }
                },
            };
            if mailbox.send(Mail::Input(input)).is_err() {
                return;
            }
        }
    });
    sender
}

/// The answer to a look.
pub(crate) fn looked(object: ObjectId, progress: Progress, elsewhere: bool) -> Input {
    let Progress { have, complete, .. } = progress;
    Input::Holds { object, held: Held { have, complete, looked: true, elsewhere } }
}
