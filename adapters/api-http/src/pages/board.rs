//! Boards: each live page that somebody has open is written once per change, for all who look.

use super::moment::Clock;
use super::page::{Page, Viewer};
use super::sheet::Sheet;
use super::way::Server;
use crate::port::{Node, Trouble};
use engine::decide::rights::Rights;
use schema::id::SpaceId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Pause after a sheet was written: at most ten a second, and the newest state always comes.
const PAUSE: Duration = Duration::from_millis(100);

/// Longest time between two sheets: days end, and silence grows, without any entry.
const IDLE: Duration = Duration::from_secs(60);

/// How often it is looked whether the server between nodes is still as it was written.
const SERVER: Duration = Duration::from_secs(1);

/// A page: its space, the query that names it, and what those who look at it may see.
type Key = (SpaceId, String, Rights);

/// What hands a page on that was written.
type Writer = watch::Sender<Option<Arc<Sheet>>>;

/// What is written for those who look at one page.
pub(super) type Shown = watch::Receiver<Option<Arc<Sheet>>>;

/// The pages that somebody has open.
#[derive(Clone)]
pub(super) struct Boards {
    node: Arc<dyn Node>,
    open: Arc<Mutex<BTreeMap<Key, Writer>>>,
}

impl Boards {
    pub(super) fn new(node: Arc<dyn Node>) -> Self {
        Self { node, open: Arc::default() }
    }

    /// Looks at a page for as long as what comes back is kept. It ends when the space is closed.
    ///
    /// # Errors
    /// When the space is closed already.
    pub(super) fn watch(
        &self,
        space: SpaceId,
        page: Page,
        viewer: Viewer,
    ) -> Result<Shown, Trouble> {
        let key = (space, page.query(), viewer.rights.clone());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = open.get(&key) {
            return Ok(sender.subscribe());
        }
        let changes = self.node.watch(&space)?;
        let (sender, shown) = watch::channel(None);
        open.insert(key.clone(), sender.clone());
        drop(open);
        tokio::spawn(self.clone().write(key, (page, viewer), sender, changes));
        Ok(shown)
    }

    /// Writes a page anew after each change, until nobody looks or the space is closed.
    async fn write(
        self,
        key: Key,
        (page, viewer): (Page, Viewer),
        sender: Writer,
        mut changes: watch::Receiver<u64>,
    ) {
        loop {
            changes.mark_unchanged();
            let server = Server::of(&*self.node, &key.0);
            let (boards, space, wanted) = (self.clone(), key.0, page.clone());
            let whose = viewer.clone();
            let written = tokio::task::spawn_blocking(move || {
                let clock = |now_ms| Clock { now_ms, counts: false };
                wanted.write(&*boards.node, &space, &whose, clock)
            });
            let Ok(Ok((_, sheet, _))) = written.await else {
                break;
            };
            sender.send_replace(Some(Arc::new(sheet)));
            tokio::time::sleep(PAUSE).await;
            let ended = tokio::select! {
                changed = changes.changed() => changed.is_err(),
                () = sender.closed() => true,
                () = tokio::time::sleep(IDLE) => false,
                () = self.another(&key.0, &server) => false,
            };
            if ended && self.leave(&key, &changes) {
                return;
            }
        }
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// Waits until the server between nodes is another way than `server`. No entry tells of that.
    async fn another(&self, space: &SpaceId, server: &Server) {
        while Server::of(&*self.node, space) == *server {
            tokio::time::sleep(SERVER).await;
        }
    }

    /// Takes the page off, unless somebody came in the meantime and the space is open.
    fn leave(&self, key: &Key, changes: &watch::Receiver<u64>) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let looked_at = open.get(key).is_some_and(|sender| sender.receiver_count() > 0);
        let leaves = !looked_at || changes.has_changed().is_err();
        if leaves {
            open.remove(key);
        }
        leaves
    }
}
