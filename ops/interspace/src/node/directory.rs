//! The spaces that a node has open: where each one's mail goes, and why one is closed.

use crate::node::owner::Mail;
use crate::node::runs::Runs;
use api_http::port::{Stored, Trouble};
use engine::log::Fault;
use schema::id::{ObjectId, SpaceId};
use schema::latest::Piece;
use schema::name::Name;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;

/// Puts an object into a space's store.
pub(crate) type Push = Arc<dyn Fn(&mut dyn Read) -> Result<Stored, Trouble> + Send + Sync>;

/// Reads a piece of an object from a space's store.
pub(crate) type ReadPiece =
    Arc<dyn Fn(ObjectId, u64) -> Result<Option<Piece>, Trouble> + Send + Sync>;

/// A space that is open.
pub(crate) struct Opened {
    pub(crate) name: Name,
    pub(crate) folder: PathBuf,
    pub(crate) mailbox: SyncSender<Mail>,
    /// What runs.
    pub(crate) runs: Runs,
    pub(crate) closed: Closed,
    pub(crate) owner: Option<JoinHandle<Result<(), Fault>>>,
    pub(crate) push: Push,
    pub(crate) read: ReadPiece,
    pub(crate) watched: watch::Receiver<u64>,
}

/// Why a space was closed by a failure, once it was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Closed(Arc<Mutex<Option<String>>>);

impl Closed {
    pub(crate) fn because(&self, why: impl ToString) {
        *lock(&self.0) = Some(why.to_string());
    }

    /// Why, if it was.
    pub(crate) fn why(&self) -> Option<String> {
        lock(&self.0).clone()
    }
}

impl Opened {
    /// A space that cannot be opened: it is known, and says why it is closed.
    pub(crate) fn closed(name: Name, folder: PathBuf, why: impl ToString) -> Self {
        let closed = Closed::default();
        closed.because(why);
        // Nobody reads what is sent there.
        let (mailbox, _) = sync_channel(1);
        let (_, watched) = watch::channel(0);
        let lost = || Trouble::Closed("its log lost its end".to_owned());
        let push: Push = Arc::new(move |_| Err(lost()));
        let read: ReadPiece = Arc::new(move |_, _| Err(lost()));
        let (runs, owner) = (Runs::default(), None);
        Self { name, folder, mailbox, runs, closed, owner, push, read, watched }
    }

    /// Stops it and waits until its log is closed.
    fn stop(self) -> Result<(), Fault> {
        let mut result = Ok(());
        if let Some(Ok(Err(fault))) = self.owner.map(JoinHandle::join) {
            result = Err(fault);
        }
        self.runs.join();
        result
    }

    /// Tells it to stop.
    fn end(&self) {
        self.runs.stop();
        // An owner that is gone needs no telling.
        let _ = self.mailbox.send(Mail::Stop);
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Directory {
    spaces: Mutex<BTreeMap<SpaceId, Opened>>,
}

/// What a mutex guards, also when a thread that held it ended badly.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these hold is whole after every single change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Directory {
    pub(crate) fn add(&self, id: SpaceId, opened: Opened) {
        lock(&self.spaces).insert(id, opened);
    }

    /// Every space by name.
    pub(crate) fn all(&self) -> Vec<(SpaceId, Name)> {
        let spaces = lock(&self.spaces);
        let mut all: Vec<(SpaceId, Name)> =
            spaces.iter().map(|(id, opened)| (*id, opened.name.clone())).collect();
        all.sort_by(|one, other| one.1.cmp(&other.1));
        all
    }

    /// Something of a space.
    pub(crate) fn with<T>(
        &self,
        space: &SpaceId,
        look: impl FnOnce(&Opened) -> T,
    ) -> Result<T, Trouble> {
        let gone = || Trouble::Closed("the node stops".to_owned());
        lock(&self.spaces).get(space).map(look).ok_or_else(gone)
    }

    /// Sends mail.
    pub(crate) fn tell(&self, space: &SpaceId, mail: Mail) -> Result<(), Trouble> {
        let mailbox = self.with(space, |opened| opened.mailbox.clone())?;
        mailbox.send(mail).map_err(|_| self.closed(space))
    }

    /// Sends mail and waits for its answer.
    pub(crate) fn call<T>(
        &self,
        space: &SpaceId,
        mail: impl FnOnce(SyncSender<T>) -> Mail,
    ) -> Result<T, Trouble> {
        let (sender, receiver) = sync_channel(1);
        self.tell(space, mail(sender))?;
        receiver.recv().map_err(|_| self.closed(space))
    }

    fn closed(&self, space: &SpaceId) -> Trouble {
        let why = self.with(space, |opened| opened.closed.why());
        match why {
            Ok(why) => Trouble::Closed(why.unwrap_or_else(|| "it stops".to_owned())),
            Err(trouble) => trouble,
        }
    }

    /// Stops one space, waits until its log is closed, and leaves `why` in its place.
    ///
    /// # Errors
    /// When the space is not there. How its log was closed does not matter: who stops one space
    /// looks at the log next.
    pub(crate) fn close(&self, space: &SpaceId, why: &str) -> Result<(), Trouble> {
        let (name, folder) =
            self.with(space, |opened| (opened.name.clone(), opened.folder.clone()))?;
        let left = Opened::closed(name, folder, why);
        let before = lock(&self.spaces).insert(*space, left);
        if let Some(opened) = before {
            opened.end();
            let _ = opened.stop();
        }
        Ok(())
    }

    /// Stops every space and waits until its log is closed. `leaving` is told of each.
    ///
    /// # Errors
    /// The last failure of a log; the other spaces are stopped all the same.
    pub(crate) fn stop(&self, leaving: impl Fn(&SpaceId)) -> Result<(), Fault> {
        let spaces = std::mem::take(&mut *lock(&self.spaces));
        for opened in spaces.values() {
            opened.end();
        }
        let mut result = Ok(());
        for (id, opened) in spaces {
            leaving(&id);
            if let Err(fault) = opened.stop() {
                result = Err(fault);
            }
        }
        result
    }
}
